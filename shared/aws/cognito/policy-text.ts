/** The user pool's words on a password that breaks its policy. */
export function policyText(message: string): string {
  return message.replace(/^Password did not conform with policy: /, '') || 'is too weak';
}
