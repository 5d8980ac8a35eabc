/** What a function changes of one token. */
interface TokenChanges {
  claimsToAddOrOverride?: Record<string, unknown>;
  claimsToSuppress?: string[];
  scopesToAdd?: string[];
  scopesToSuppress?: string[];
}

/** The answer of a function that is asked before tokens are made, in its second version. */
export interface ClaimChanges {
  accessTokenGeneration?: TokenChanges | null;
  idTokenGeneration?: TokenChanges | null;
  groupOverrideDetails?: { groupsToOverride?: string[] } | null;
}

/** What no function may change, as the tokens would say something else than what happened. */
const RESERVED = new Set(
  (
    'acr amr at_hash aud auth_time azp client_id cognito:username event_id exp iat identities iss jti nbf nonce ' +
    'origin_jti scope sub token_use username version'
  ).split(' '),
);

/** The claims of a token after the changes that a function may make. */
export function changedClaims(
  claims: Record<string, unknown>,
  changes: TokenChanges | null | undefined,
): Record<string, unknown> {
  const open = (name: string): boolean => !RESERVED.has(name) && !name.startsWith('dev:');
  const suppressed = new Set((changes?.claimsToSuppress ?? []).filter(open));
  const added = Object.entries(changes?.claimsToAddOrOverride ?? {}).filter(([name]) => open(name));
  const left = Object.entries(claims).filter(([name]) => !suppressed.has(name));
  return { ...Object.fromEntries(left), ...Object.fromEntries(added) };
}

export function changedScope(scopes: string[], changes: TokenChanges | null | undefined): string {
  const left = scopes.filter((scope) => !changes?.scopesToSuppress?.includes(scope));
  return [...new Set([...left, ...(changes?.scopesToAdd ?? [])])].join(' ');
}
