import {
  AdminSetUserPasswordCommand,
  type CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { createAccount } from '../../functions/accounts/create-account.ts';
import { saveContact } from '../../functions/contacts/saving/save-contact.ts';
import type { Files, StoredVersion } from '../../shared/tickets/attachment.ts';
import { attachmentStore } from '../../shared/tickets/attachment-store.ts';
import { openTicket } from '../../functions/tickets/open-ticket.ts';
import { replyToTicket } from '../../functions/tickets/reply-to-ticket.ts';
import { deadAddressStore } from '../../shared/mail/delivery/dead-addresses.ts';
import { ticketStore } from '../../shared/tickets/ticket-store.ts';
import { linkAccount } from '../../functions/linked-accounts/link-account.ts';
import type { LinkKind } from '../../shared/access/link.ts';
import type { Permission } from '../../shared/access/permissions.ts';
import type { Action, Item, Table } from '../../shared/table/table.ts';
import type { OutboxTask } from '../../shared/write/outbox-task.ts';
import { requestContext } from '../../shared/http/request.ts';
import type { LoginDirectory } from '../../shared/accounts/logins/directory.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { orderStore } from '../../shared/orders/order-store.ts';
import { domainStore } from '../../shared/domains/domain-store.ts';
import { serviceStore } from '../../shared/services/service-store.ts';
import type { AccountStatus, MailKind } from '../../shared/accounts/people.ts';
import { seedBilling } from './billing.ts';
import { seedDocuments } from './documents.ts';
import { seedHoldings } from './holdings.ts';
import { sallyAtWork, seedStaff, staffOf, withoutSecondFactor } from './staff.ts';
import { acceptedRow, contactRows, loginRow, peopleStore } from '../../shared/accounts/people-store.ts';
import { memberKey } from '../../shared/table/keys.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { readDepartments } from '../../shared/settings/departments.ts';
import { readSettings } from '../../shared/settings/settings.ts';

export interface DemoUser {
  role: 'owner' | 'sub-account' | 'staff';
  email: string;
  password: string;
  accountId?: string;
}

interface DemoCloud {
  table: Table;
  directory: LoginDirectory;
  cognito: CognitoIdentityProviderClient;
  userPoolId: string;
  portalUrl: string;
  providerName: string;
  supportAddress: string;
  /** Puts a file into the bucket of clients' files. */
  putFile(key: string, content: Uint8Array, contentType: string): Promise<StoredVersion>;
  now: Date;
}

const password = 'Demo-Password-2026';
const dayMs = 24 * 60 * 60 * 1000;

interface DemoAccount {
  id: string;
  name: string;
  owner: { name: string; email: string };
  city: string;
  status?: AccountStatus;
  /** The kind of its link to the first account, the main account. */
  linked?: LinkKind;
}

const accounts: DemoAccount[] = [
  {
    id: 'acct_acme',
    name: 'Acme Ltd',
    owner: { name: 'Jane Owner', email: 'owner@acme.test' },
    city: 'London',
  },
  {
    id: 'acct_north',
    name: 'Acme North',
    owner: { name: 'Nora North', email: 'owner@north.test' },
    city: 'Leeds',
    linked: 'aggregated',
  },
  {
    id: 'acct_south',
    name: 'Acme South',
    owner: { name: 'Sam South', email: 'owner@south.test' },
    city: 'Brighton',
    status: 'blocked',
    linked: 'aggregated',
  },
  {
    id: 'acct_west',
    name: 'Acme West',
    owner: { name: 'Will West', email: 'owner@west.test' },
    city: 'Bristol',
    linked: 'independent',
  },
  {
    id: 'acct_globex',
    name: 'Globex',
    owner: { name: 'Gina Globex', email: 'owner@globex.test' },
    city: 'Oxford',
  },
];

interface DemoContact {
  accountId: string;
  name: string;
  email: string;
  mail: MailKind[];
  permissions: Permission[] | null;
  daysAgo: number;
}

const acme = 'acct_acme';
const contacts: DemoContact[] = [
  {
    accountId: acme,
    name: 'Bill Billing',
    email: 'billing@acme.test',
    mail: ['invoice'],
    permissions: ['invoices', 'orders'],
    daysAgo: 80,
  },
  {
    accountId: acme,
    name: 'Dev Developer',
    email: 'dev@acme.test',
    mail: ['support'],
    permissions: ['tickets', 'products'],
    daysAgo: 79,
  },
  {
    accountId: acme,
    name: 'Sue Support',
    email: 'support2@acme.test',
    mail: ['support'],
    permissions: ['tickets'],
    daysAgo: 78,
  },
  {
    accountId: acme,
    name: 'Max Manager',
    email: 'manager@acme.test',
    mail: [],
    permissions: ['contacts', 'tickets'],
    daysAgo: 77,
  },
  {
    accountId: acme,
    name: 'Beth Books',
    email: 'books@acme.test',
    mail: ['invoice'],
    permissions: null,
    daysAgo: 76,
  },
  {
    accountId: 'acct_globex',
    name: 'Dev Developer',
    email: 'dev@acme.test',
    mail: [],
    permissions: ['tickets'],
    daysAgo: 30,
  },
];

/** The logins: an administrator alone, or the demonstration's people too. The first one is the best to begin with. */
function loginsOf(demo: boolean): DemoUser[] {
  const staff = staffOf(demo).map(({ email }): DemoUser => ({ role: 'staff', email, password }));
  if (!demo) return staff;
  const owners = accounts.map(({ id, owner }): DemoUser => ({
    role: 'owner',
    email: owner.email,
    password,
    accountId: id,
  }));
  const subAccounts = contacts
    .filter((contact) => contact.permissions)
    .map(({ email, accountId }): DemoUser => ({ role: 'sub-account', email, password, accountId }));
  return [...owners, ...subAccounts, ...staff];
}

/**
 * Fills an empty cloud with a member of staff and, if wanted, the demonstration's accounts, people and tickets,
 * through the portal's own use cases. A cloud with data from an earlier run is left as it is.
 */
export async function seed(cloud: DemoCloud, demo: boolean): Promise<DemoUser[]> {
  await withoutSecondFactor(cloud.table);
  for (const member of staffOf(demo)) {
    if (!(await cloud.directory.describe(member.email))) await seedStaff(cloud, member, password);
  }
  if (demo && !(await peopleStore(cloud.table).account(acme))) {
    for (const account of accounts) await seedAccount(cloud, account);
    await seedLinks(cloud);
    const known = new Set<string>();
    for (const contact of contacts) {
      await seedContact(cloud, contact, !known.has(contact.email));
      known.add(contact.email);
    }
    await proveLogins(cloud);
    await seedTickets(cloud);
    const contextFor = (daysAgo: number, accountId = acme) => staffContext(cloud, accountId, daysAgo);
    await seedHoldings(dependencies(cloud), contextFor);
    await seedBilling(dependencies(cloud), contextFor);
    await seedDocuments(dependencies(cloud), contextFor, cloud.putFile);
  }
  return loginsOf(demo);
}

async function seedAccount(
  cloud: DemoCloud,
  { id, name, owner, city, status = 'active' }: DemoAccount,
): Promise<void> {
  const context = staffContext(cloud, id, 90);
  const address = { line1: '1 Example Street', city, country: 'GB' };
  const billingMode = 'recurring' as const;
  const input = { name, address, currency: 'GBP', status, billingMode, owner: { ...owner, password } };
  await createAccount(dependencies(cloud), context, input, id);
}

/** The people of the demonstration have all proven their addresses. */
async function proveLogins(cloud: DemoCloud): Promise<void> {
  const { people } = dependencies(cloud);
  for (const email of new Set(loginsOf(true).map((user) => user.email))) {
    const { userId } = await people.byAddress(email);
    const login = userId === null ? undefined : await people.login(userId);
    if (!login) continue;
    await cloud.table.transact([
      loginRow({ ...login, proven: true, namedBySelf: true }, { version: login.version }),
    ]);
  }
}

/** Links accounts to the first one, their main account. */
async function seedLinks(cloud: DemoCloud): Promise<void> {
  for (const { id, linked } of accounts) {
    const link = linked && { mainAccountId: acme, kind: linked };
    if (link) await linkAccount(dependencies(cloud), staffContext(cloud, id, 60), id, link, false);
  }
}

async function seedContact(cloud: DemoCloud, contact: DemoContact, isNew: boolean): Promise<void> {
  const { accountId, name, email, mail, permissions, daysAgo } = contact;
  const context = staffContext(cloud, accountId, daysAgo);
  const emailPreferences = Object.fromEntries(mail.map((kind) => [kind, true]));
  const subAccount = permissions && { permissions, ...(isNew ? { password } : {}) };
  const input = { name, email, emailPreferences, subAccount };
  const made = await saveContact(dependencies(cloud), context, null, input);
  const { id } = made.body as { id: string };
  if (permissions && !isNew) await acceptAccess(cloud, accountId, id);
}

/** The person has accepted the access that another account gave. */
async function acceptAccess(cloud: DemoCloud, accountId: string, contactId: string): Promise<void> {
  const contact = await dependencies(cloud).people.contact(accountId, contactId);
  if (!contact?.subAccount?.invitation) throw new Error('The demonstration has nothing to accept there');
  const { invitation, ...subAccount } = contact.subAccount;
  await cloud.table.transact([
    acceptedRow(memberKey(subAccount.userId, accountId), invitation),
    ...contactRows(contact, { ...contact, subAccount, version: newVersion() }),
  ]);
}

async function seedTickets(cloud: DemoCloud): Promise<void> {
  const { people } = dependencies(cloud);
  const { accounts: known } = await people.byAddress('dev@acme.test');
  const dev = known.find((one) => one.accountId === acme)?.contactId ?? undefined;
  const tickets = [
    { subject: 'Where do I change my nameservers?', message: 'I cannot find them.', daysAgo: 12 },
    { subject: 'The staging server is slow', message: 'Since this morning.', daysAgo: 5, contactId: dev },
    { subject: 'A second invoice address', message: 'Can we have one?', daysAgo: 1 },
  ];
  for (const { subject, message, daysAgo, contactId } of tickets) {
    const context = staffContext(cloud, acme, daysAgo);
    const input = {
      subject,
      message,
      priority: 'medium' as const,
      cc: [],
      attachmentIds: [],
      hideFromMainAccount: false,
    };
    const opened = await openTicket(dependencies(cloud), context, { ...input, contactId });
    if (daysAgo !== 12) continue;
    const { id } = opened.body as { id: string };
    const reply = { message: 'Under Domains, Settings.', attachmentIds: [], private: false };
    await replyToTicket(dependencies(cloud), staffContext(cloud, acme, 11), id, reply);
  }
}

/** The demonstration's tickets come without files. */
const noFiles: Files = {
  uploadLink: () => Promise.reject(new Error('The demonstration uploads nothing')),
  downloadLink: () => Promise.reject(new Error('The demonstration downloads nothing')),
  look: async () => undefined,
  put: () => Promise.reject(new Error('The demonstration uploads nothing')),
  remove: async () => {},
};

/** The passwords of the demonstration are not for the first sign-in alone. */
function lastingPasswords({ directory, cognito, userPoolId: UserPoolId }: DemoCloud): LoginDirectory {
  return {
    ...directory,
    async create(login, chosen) {
      await directory.create(login, chosen);
      if (chosen === null) return;
      const user = { UserPoolId, Username: login.userId };
      await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: chosen, Permanent: true }));
    },
  };
}

const isTask = (action: Action): action is { put: Item & { task: OutboxTask } } =>
  'put' in action && action.put.pk.startsWith('OUTBOX#');

function dependencies(cloud: DemoCloud) {
  const { table, portalUrl, providerName, supportAddress } = cloud;
  // The demonstration's own data causes no mail, but is printed.
  const silent: Table = {
    ...table,
    transact: (actions) =>
      table.transact(actions.filter((action) => !isTask(action) || action.put.task.kind === 'documents')),
  };
  return {
    table: silent,
    nudgeOutbox: async () => {},
    people: peopleStore(silent),
    invoices: invoiceStore(silent),
    orders: orderStore(silent),
    services: serviceStore(silent),
    domains: domainStore(silent),
    tickets: ticketStore(silent),
    deadAddresses: deadAddressStore(silent),
    attachments: attachmentStore(silent),
    files: noFiles,
    departments: () => readDepartments(silent, supportAddress),
    settings: async () => (await readSettings(silent)).settings,
    directory: lastingPasswords(cloud),
    portalUrl,
    providerName,
  };
}

function staffContext({ now }: DemoCloud, accountId: string, daysAgo: number) {
  const context = requestContext({
    ...sallyAtWork(),
    accountId,
    now: new Date(now.getTime() - daysAgo * dayMs),
    requestId: 'demo',
    ifMatch: null,
    providerName: '',
    idempotent: null,
  });
  // Nobody signed in for it.
  return { ...context, grantedBy: null };
}
