import type { Migration } from './migration.ts';
import { provenContacts } from './steps/proven-contacts.ts';
import { provenLogins } from './steps/proven-logins.ts';

/**
 * Every migration in order. What is not about rows of the table alone, such as making administrators of the members of
 * the user pool's group, is a step with `once`.
 */
export const migrations: readonly Migration[] = [provenLogins, provenContacts];
