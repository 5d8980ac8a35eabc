import { everyPermission, type PermissionMask } from './permissions.ts';
import type { Staff } from './staff.ts';

export type Role = 'owner' | 'sub-account';

/** One user's access to one account. */
export interface Grant {
  accountId: string;
  role: Role;
  /** The contact that the grant belongs to; null for the owner. */
  contactId: string | null;
  /** Changes with every change of the grant; a write names the version it was authorised under. */
  version: string;
  permissions: PermissionMask;
  /** Unix seconds after which the grant has no effect; null for no end. */
  expiresAtSeconds: number | null;
}

/** Who is calling, according to the authoriser. */
export interface Caller {
  userId: string;
  name: string;
  email: string;
  /** Their membership of the provider's staff; null for everybody else. */
  staff: Staff | null;
  /** Unix seconds; missing where no sign-in stands behind the request. */
  signedInAtSeconds?: number;
  /** The session of the user pool that its token belongs to; refreshing a token keeps it. */
  sessionId?: string;
  /** The sign-in used the second factor that the portal knows. */
  secondFactor?: boolean;
  grants: Grant[];
}

const roleLetters: Record<Role, string> = { owner: 'o', 'sub-account': 's' };

/**
 * Grants as one short string for the authoriser's context: `account.role.mask.version.expiry.contact` joined by
 * commas, numbers in base 36, empty parts for null. Ids and versions contain neither dots nor commas.
 */
export function encodeGrants(grants: readonly Grant[]): string {
  return grants
    .map(({ accountId, role, permissions, version, expiresAtSeconds, contactId }) => {
      const expiry = expiresAtSeconds?.toString(36) ?? '';
      return `${accountId}.${roleLetters[role]}.${permissions.toString(36)}.${version}.${expiry}.${contactId ?? ''}`;
    })
    .join(',');
}

/**
 * Reads what `encodeGrants` wrote.
 * @throws Error on anything else: the context comes from our own authoriser alone
 */
export function decodeGrants(encoded: string): Grant[] {
  if (encoded === '') return [];
  return encoded.split(',').map((part) => {
    const [accountId, letter, mask, version, expiry, contactId] = part.split('.');
    if (!accountId || !mask || !version || expiry === undefined || contactId === undefined) {
      throw new Error(`Malformed grant: ${part}`);
    }
    if (letter !== 'o' && letter !== 's') throw new Error(`Unknown role in grant: ${part}`);
    const permissions = Number.parseInt(mask, 36);
    if (!Number.isInteger(permissions)) throw new Error(`Malformed mask in grant: ${part}`);
    return {
      accountId,
      role: letter === 'o' ? 'owner' : 'sub-account',
      permissions: letter === 'o' ? everyPermission : permissions,
      version,
      expiresAtSeconds: expiry === '' ? null : Number.parseInt(expiry, 36),
      contactId: contactId === '' ? null : contactId,
    };
  });
}

export function isExpired(expiresAtSeconds: number | null | undefined, now: Date): boolean {
  return typeof expiresAtSeconds === 'number' && expiresAtSeconds * 1000 <= now.getTime();
}
