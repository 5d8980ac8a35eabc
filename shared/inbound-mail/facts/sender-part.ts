import { type Claim, type Contact, heldPermissions } from '../../accounts/people.ts';

/**
 * What an account's word that an address is of its people rests on, the best first. What nothing has shown decides
 * nothing yet, and what its holder has said no to never will.
 */
export const standings = ['owner', 'login', 'proven', 'organisation', 'claimed', 'declined'] as const;
export type Standing = (typeof standings)[number];

/** The part of an address in an account that knows it. */
export interface SenderPart {
  accountId: string;
  /** Null for the owner. */
  contact: Contact | null;
  standing: Standing;
  /** The question to its holder, where there was one. */
  claim: Claim | null;
}

/** Whether mail of an address with this standing makes tickets. */
export function decides({ standing }: SenderPart): boolean {
  return standing !== 'claimed' && standing !== 'declined';
}

/** Whether something of its own has shown the address, in this account. */
export function isProven({ standing }: SenderPart): boolean {
  return standing === 'owner' || standing === 'login' || standing === 'proven';
}

/** Whether somebody with this part may read every ticket of the account, and so take part in each. */
export function readsTickets({ contact, standing }: SenderPart, now: Date): boolean {
  if (contact === null) return true;
  return standing === 'login' && heldPermissions(contact, now).includes('tickets');
}
