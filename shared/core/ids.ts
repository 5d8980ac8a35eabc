import { randomBytes } from 'node:crypto';
import { incrementBase32, ulid } from 'ulid';

/** The prefixes of the portal's ids: one for each kind of resource. */
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
  invoice: 'inv',
  creditNote: 'cn',
  journal: 'jrn',
  credit: 'crd',
  massPayment: 'mpay',
  payment: 'pay',
  unassignedMoney: 'umon',
  refund: 'rfd',
  quote: 'quo',
  domain: 'dom',
  service: 'svc',
  product: 'prd',
  order: 'ord',
  cartItem: 'item',
  document: 'doc',
  notification: 'ntf',
} as const;

let last = { timeMs: -1, text: '' };

/** A new opaque id, `con_01J…`. Ids sort by creation time, also within one millisecond. */
export function newId(kind: keyof typeof idPrefixes, now: Date): string {
  const timeMs = now.getTime();
  last = { timeMs, text: timeMs === last.timeMs ? incrementBase32(last.text) : ulid(timeMs) };
  return `${idPrefixes[kind]}_${last.text}`;
}

/** A short random text, unique and unguessable, for the versions of rows and grants. */
export function newVersion(): string {
  return randomBytes(9).toString('base64url').replaceAll('-', 'x').replaceAll('_', 'y');
}
