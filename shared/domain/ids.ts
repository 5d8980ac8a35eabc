import { randomBytes } from 'node:crypto';
import { ulid } from 'ulid';

/** The prefixes of the portal's ids: one for each kind of thing. */
export const idPrefixes = {
  account: 'acct',
  contact: 'con',
  user: 'usr',
  ticket: 'tkt',
  message: 'msg',
  accessRequest: 'req',
  activity: 'act',
  email: 'eml',
  outbox: 'out',
  inboundMail: 'mail',
  department: 'dep',
  attachment: 'att',
} as const;

/** A new opaque id, sortable by the time it was made: `con_01J…`. */
export function newId(kind: keyof typeof idPrefixes, now: Date): string {
  return `${idPrefixes[kind]}_${ulid(now.getTime())}`;
}

/** A short unguessable text that differs from every earlier one: versions of rows and grants. */
export function newVersion(): string {
  return randomBytes(9).toString('base64url').replaceAll('-', 'x').replaceAll('_', 'y');
}
