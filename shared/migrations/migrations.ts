import type { Migration } from './migration.ts';
import { bookedDays } from './steps/booked-days.ts';
import { deadAddresses } from './steps/dead-addresses.ts';
import { foundBy } from './steps/found-by.ts';
import { issuedInvoices } from './steps/issued-invoices.ts';
import { orderedServices } from './steps/ordered-services.ts';
import { staffOfTheGroup } from './steps/staff-of-the-group.ts';
import { provenContacts } from './steps/proven-contacts.ts';
import { taxIdsToCheck } from './steps/tax-ids-to-check.ts';
import { pricesInCurrencies } from './steps/prices-in-currencies.ts';
import { provenLogins } from './steps/proven-logins.ts';

/** Every migration in order. */
export const migrations: readonly Migration[] = [
  staffOfTheGroup,
  provenLogins,
  provenContacts,
  foundBy,
  deadAddresses,
  taxIdsToCheck,
  orderedServices,
  pricesInCurrencies,
  issuedInvoices,
  bookedDays,
];
