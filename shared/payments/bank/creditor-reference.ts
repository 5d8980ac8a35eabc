/**
 * Creditor references of ISO 11649, which payers quote on a transfer: `RF`, two check digits, and what they refer to.
 * Banks check the digits as they are typed in.
 */

const referred = '[0-9A-HJKMNP-TV-Z]';
const length = 10;
const mostFound = 10;

/** The reference of a mass payment: its check digits, and the end of its id, which is random. */
export function creditorReference(massPaymentId: string): string {
  const end = massPaymentId.slice(-length);
  const check = 98 - remainder(`${end}RF00`);
  return `RF${String(check).padStart(2, '0')}${end}`;
}

/**
 * The references that a text from a bank may hold, whatever stands around them: banks add words and take or move spaces.
 * The id of a mass payment counts as its reference.
 */
export function creditorReferencesIn(text: string): string[] {
  const bare = text.toUpperCase().replaceAll(/[^0-9A-Z]/g, '');
  const written = matches(bare, `RF\\d{2}${referred}{${length}}`).filter(
    (reference) => remainder(`${reference.slice(4)}${reference.slice(0, 4)}`) === 1,
  );
  const ids = matches(bare, `MPAY${referred}{26}`).map(creditorReference);
  return [...new Set([...written, ...ids])].slice(0, mostFound);
}

/** Matches may begin within each other. */
const matches = (text: string, pattern: string): string[] =>
  [...text.matchAll(new RegExp(`(?=(${pattern}))`, 'g'))].map((match) => match[1]!);

/** Modulo 97, with letters read as 10 to 35. */
function remainder(text: string): number {
  let left = 0;
  for (const character of text) {
    const value = Number.parseInt(character, 36);
    left = (left * (value > 9 ? 100 : 10) + value) % 97;
  }
  return left;
}
