import PostalMime, { type Email } from 'postal-mime';
import { accessRequestStore } from '../../../functions/access-requests/access-request-store.ts';
import { accessRequestsApi } from '../../../functions/access-requests/api.ts';
import { accountsApi } from '../../../functions/accounts/api.ts';
import { activityApi } from '../../../functions/activity/api.ts';
import { authorize } from '../../../functions/authorizer/authorize.ts';
import { configurationApi } from '../../../functions/configuration/api.ts';
import { contactsApi } from '../../../functions/contacts/api.ts';
import { dashboardApi } from '../../../functions/dashboard/api.ts';
import { documentsApi } from '../../../functions/documents/api.ts';
import { documentStore } from '../../../functions/documents/document-store.ts';
import { emailsApi } from '../../../functions/emails/api.ts';
import { handleMail } from '../../../shared/inbound-mail/handle-mail.ts';
import type { InboundDependencies } from '../../../shared/inbound-mail/inbound-dependencies.ts';
import { inboundMailStore, type InboundRecord } from '../../../shared/mail/received/inbound-mail-store.ts';
import { invoicesApi } from '../../../functions/invoices/api.ts';
import { domainsApi } from '../../../functions/domains/api.ts';
import { notificationsApi } from '../../../functions/notifications/api.ts';
import { notificationStore } from '../../../shared/notifications/notification-store.ts';
import { ordersApi } from '../../../functions/orders/api.ts';
import { cartStore } from '../../../shared/orders/cart-store.ts';
import { payFromCredit } from '../../../shared/payments/pay-from-credit.ts';
import { productsApi } from '../../../functions/products/api.ts';
import { checkDomains } from '../../../functions/registrar/check-domains.ts';
import { fulfilPaidLines } from '../../../shared/renewals/fulfil-paid-lines.ts';
import { submitRenewal, type RegistrarDependencies } from '../../../functions/registrar/submit-renewal.ts';
import { renewalStore } from '../../../shared/renewals/renewal-store.ts';
import { renewalPreviewApi } from '../../../functions/renewal-preview/api.ts';
import {
  type JobDependencies,
  type JobDone,
  type JobPart,
  planRenewals,
  runPart,
  runRenewals,
} from '../../../shared/renewals/run-renewals.ts';
import { linkedAccountsApi } from '../../../functions/linked-accounts/api.ts';
import { changeAsPlanned } from '../../../shared/services/apply-product-change.ts';
import { servicesApi } from '../../../functions/services/api.ts';
import { usageApi } from '../../../functions/usage/api.ts';
import { usageStore } from '../../../functions/usage/usage-store.ts';
import { orderStore } from '../../../shared/orders/order-store.ts';
import { domainPriceStore } from '../../../shared/domains/domain-price-store.ts';
import { domainStore } from '../../../shared/domains/domain-store.ts';
import { serviceStore } from '../../../shared/services/service-store.ts';
import { MemoryRegistrar } from './memory-registrar.ts';
import { checkBooks, type Difference } from '../../../functions/books-check/check-books.ts';
import { invoicePdfApi } from '../../../functions/invoice-pdf/api.ts';
import {
  type JanitorDependencies,
  reconcilePayments,
  type Reconciled,
} from '../../../functions/payment-janitor/reconcile-payments.ts';
import { paymentsApi } from '../../../functions/payments/api.ts';
import {
  bankTransferGateway,
  creditGateway,
  gatewaysOf,
} from '../../../shared/payments/gateways/gateways.ts';
import { paymentStore } from '../../../shared/payments/payment-store.ts';
import { quotesApi } from '../../../functions/quotes/api.ts';
import { quoteStore } from '../../../shared/quotes/quote-store.ts';
import { creditBook } from '../../../shared/invoices/ledger/credit.ts';
import { invoiceStore } from '../../../shared/invoices/invoice-store.ts';
import { readJournal } from '../../../shared/invoices/ledger/journal.ts';
import { mailInApi } from '../../../functions/mail-in/api.ts';
import { outboxStore } from '../../../functions/outbox/outbox-store.ts';
import { type OutboxDependencies, runTask, type Sent, sweep } from '../../../functions/outbox/run-task.ts';
import { everyRoute } from '../../../functions/routes.ts';
import { closeQuietTickets } from '../../../functions/ticket-autoclose/close-quiet-tickets.ts';
import { ticketsApi } from '../../../functions/tickets/api.ts';
import type { Files } from '../../../shared/tickets/attachment.ts';
import { attachmentStore } from '../../../shared/tickets/attachment-store.ts';
import { ticketStore } from '../../../shared/tickets/ticket-store.ts';
import { ConditionsFailed } from '../../../shared/table/table.ts';
import { toSeconds } from '../../../shared/core/clock.ts';
import type { Handled } from '../../../shared/http/request.ts';
import { type Route, routeKey } from '../../../shared/http/route.ts';
import { type AuthorizerContext, type HttpEvent, respond } from '../../../shared/http/serve.ts';
import { bounceStore } from '../../../shared/mail/delivery/bounces.ts';
import { readTemplate } from '../../../shared/mail/template-store.ts';
import { threadStore } from '../../../shared/mail/threads.ts';
import { addressLoginRow, loginRow, peopleStore } from '../../../shared/accounts/people-store.ts';
import { readDepartments } from '../../../shared/settings/departments.ts';
import { providerDay, readSettings } from '../../../shared/settings/settings.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { MemoryGateway } from './memory-gateway.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';

export interface Called {
  status: number;
  // What came back, as a frontend would read it.
  body: any;
  headers: Record<string, string>;
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  query?: Record<string, string>;
  /** The authoriser's answer from an earlier call: what the gateway has in its cache. */
  cached?: AuthorizerContext;
  /** Without an authoriser before it. */
  public?: boolean;
}

export interface SentMail extends Email {
  destinations: string[];
}

const portalUrl = 'https://portal.test';
export const supportAddress = 'support@portal.test';
const passing = { spf: 'PASS', dkim: 'PASS', dmarc: 'PASS', spam: 'PASS', virus: 'PASS' };

/** The whole portal in memory: every route, the authoriser, the outbox and mail, over one table. */
export class MemoryPortal {
  readonly table = new MemoryTable();
  readonly directory = new MemoryDirectory();
  readonly people = peopleStore(this.table);
  readonly mails: SentMail[] = [];
  readonly files = new MemoryFiles();
  readonly gateway = new MemoryGateway();
  readonly registrar = new MemoryRegistrar();
  /** Parts of the renewals job that were handed on. */
  handedOn: JobPart[] = [];
  readonly #handlers: Map<string, Handled>;
  readonly #staff = new Set<string>();
  /** Task ids that the outbox was told of and has not run. */
  nudged: string[] = [];
  now = new Date('2026-03-01T10:00:00Z');
  /** What SES says to the next mail. */
  ses: () => Sent | null = () => null;

  constructor() {
    const { table, people, directory } = this;
    const { nudgeOutbox } = this;
    const write = { table, nudgeOutbox, people, directory, portalUrl };
    const handlers = [
      ...accountsApi({ ...write, settings: this.#billing().settings }),
      ...linkedAccountsApi(this.things()),
      ...dashboardApi({
        ...this.things(),
        credit: creditBook(table),
        quotes: quoteStore(table),
        tickets: ticketStore(table),
        notifications: notificationStore(table),
      }),
      ...notificationsApi({ ...this.things(), notifications: notificationStore(table) }),
      ...contactsApi({
        ...write,
        settings: this.#billing().settings,
        everyRoute,
        bounces: bounceStore(table),
      }),
      ...accessRequestsApi({ ...write, requests: accessRequestStore(table) }),
      ...activityApi({ table }),
      ...ticketsApi({
        ...write,
        tickets: ticketStore(table),
        attachments: attachmentStore(table),
        files: this.files,
        departments: () => readDepartments(table, supportAddress),
        settings: this.#billing().settings,
      }),
      ...invoicesApi(this.#billing()),
      ...quotesApi({ ...this.#billing(), quotes: quoteStore(table) }),
      ...paymentsApi(this.payments()),
      ...domainsApi(this.things()),
      ...productsApi(this.things()),
      ...servicesApi(this.things()),
      ...usageApi({ ...this.things(), usage: usageStore(table) }),
      ...ordersApi({ ...this.payments(), ...this.things(), carts: cartStore(table) }),
      ...renewalPreviewApi(this.things()),
      ...invoicePdfApi({
        ...this.#billing(),
        providerName: 'Annex',
        files: this.files,
        render: async (invoice) => new TextEncoder().encode(`%PDF ${invoice.number} ${invoice.status}`),
      }),
      ...documentsApi({ table, nudgeOutbox, documents: documentStore(table), files: this.files }),
      ...emailsApi({ table }),
      ...mailInApi(this.#inbound()),
      ...configurationApi({ table, nudgeOutbox, supportAddress }),
    ];
    this.#handlers = new Map(handlers.map((handled) => [routeKey(handled.route), handled]));
  }

  clock = () => this.now;

  nudgeOutbox = async (ids: string[]): Promise<void> => {
    this.nudged.push(...ids);
  };

  advance(seconds: number): void {
    this.now = new Date(this.now.getTime() + seconds * 1000);
  }

  addStaff(userId: string): void {
    this.#staff.add(userId);
    const name = userId;
    this.directory.users.set(userId, {
      email: `${userId}@portal.test`,
      name,
      password: null,
      verified: true,
      enabled: true,
      staff: true,
    });
  }

  /** What the authoriser says of this user's token, issued at `issuedAt`. Throws Unauthorized where it is refused. */
  authorizer(userId: string, issuedAt = this.now): Promise<AuthorizerContext> {
    const claims = {
      username: userId,
      iat: toSeconds(issuedAt),
      auth_time: toSeconds(issuedAt),
      ...(this.#staff.has(userId) ? { 'cognito:groups': ['staff'] } : {}),
    };
    return authorize(
      {
        verify: async () => claims,
        people: this.people,
        directory: this.directory,
        clock: this.clock,
        saveLogin: async (login, before) => {
          try {
            await this.table.transact(
              before
                ? [loginRow(login, { version: before.version })]
                : [loginRow(login, 'new'), addressLoginRow(login.email, login.userId)],
            );
          } catch (error) {
            if (!(error instanceof ConditionsFailed)) throw error;
          }
        },
      },
      'Bearer token',
    );
  }

  /** One request through the authoriser and the route's handler. */
  async call(userId: string, method: string, path: string, options: CallOptions = {}): Promise<Called> {
    const lambda = options.public ? undefined : (options.cached ?? (await this.authorizer(userId)));
    const { key, params } = findRoute(method, path);
    const event = {
      routeKey: key,
      rawPath: path,
      headers: options.headers ?? {},
      pathParameters: params,
      queryStringParameters: options.query,
      body:
        options.body === undefined || typeof options.body === 'string'
          ? options.body
          : JSON.stringify(options.body),
      isBase64Encoded: false,
      requestContext: { requestId: 'req-1', http: { method }, authorizer: { lambda } },
    } as unknown as HttpEvent;
    const answer = await respond(
      { table: this.table, clock: this.clock, providerName: '' },
      this.#handlers,
      event,
    );
    const { statusCode = 0, body, headers, isBase64Encoded } = answer;
    return {
      status: statusCode,
      body: body && !isBase64Encoded ? JSON.parse(body) : body,
      headers: headers as Record<string, string>,
    };
  }

  /** Creates an account by staff; its owner is the user whose id comes back. */
  async createAccount(name: string, email: string): Promise<{ accountId: string; ownerId: string }> {
    this.addStaff('stan');
    const made = await this.call('stan', 'POST', '/v1/staff/accounts', {
      body: { name, owner: { name: `Owner of ${name}`, email, password: 'Correct-Horse-1' } },
    });
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    return { accountId: made.body.id, ownerId: made.body.owner.id };
  }

  /** A contact with a login that holds these permissions; the user's id comes back with the contact's. */
  async createSubAccount(
    byUserId: string,
    accountId: string,
    email: string,
    permissions: string[],
    extra: Record<string, unknown> = {},
  ): Promise<{ contactId: string; userId: string }> {
    const contacts = `/v1/accounts/${accountId}/contacts`;
    const made = await this.call(byUserId, 'POST', contacts, { body: { name: email.split('@')[0], email } });
    const given = await this.call(byUserId, 'PUT', `${contacts}/${made.body.id}/sub-account`, {
      body: { permissions, ...extra },
    });
    if (given.status !== 200) throw new Error(JSON.stringify([made.body, given.body]));
    const { userId } = await this.people.byAddress(email);
    return { contactId: made.body.id, userId: userId! };
  }

  outbox(): OutboxDependencies {
    const { table, people, directory } = this;
    return {
      tasks: outboxStore(table),
      people,
      threads: threadStore(table),
      directory,
      send: async ({ raw, destinations }) => {
        const said = this.ses();
        if (said) return said;
        this.mails.push({ ...(await PostalMime.parse(raw)), destinations });
        return { kind: 'sent', messageId: `<${this.mails.length}@eu-west-1.amazonses.com>` };
      },
      remind: async (id) => {
        this.nudged.push(id);
      },
      warn: () => {},
      ...this.#provider(),
      bounces: bounceStore(table),
      template: (name) => readTemplate(table, name),
      sender: { name: 'Annex', address: supportAddress },
      clock: this.clock,
      fulfil: fulfilPaidLines.bind(null, {
        ...this.things(),
        // The sweep finds what nobody was told of.
        tellRegistrar: async () => {},
      }),
    };
  }

  /** Runs what the outbox was told of. */
  async deliver(): Promise<void> {
    const ids = this.nudged;
    this.nudged = [];
    for (const id of ids) await runTask(this.outbox(), id);
  }

  sweep(): Promise<number> {
    return sweep(this.outbox());
  }

  /** What both mail functions are told of the provider. */
  #provider() {
    const { table } = this;
    return {
      portalUrl,
      supportAddress,
      providerName: 'Annex',
      settings: () => readSettings(table),
      departments: () => readDepartments(table, supportAddress),
      replyKeys: async () => ({ current: 'a', keys: { a: 'a key of the tests' } }),
    };
  }

  #billing() {
    const { table, people, nudgeOutbox } = this;
    return {
      table,
      nudgeOutbox,
      people,
      portalUrl,
      invoices: invoiceStore(table),
      settings: async () => (await readSettings(table)).settings,
      today: (now: Date) => providerDay(table, now),
    };
  }

  /** What payments and those who look after them work with. */
  payments(): JanitorDependencies {
    const instructions = async () => 'Sort code 00-00-00';
    return {
      ...this.#billing(),
      payments: paymentStore(this.table),
      gateways: gatewaysOf([this.gateway, bankTransferGateway(instructions), creditGateway]),
      warn: () => {},
      clock: this.clock,
    };
  }

  /** What domains, services and orders are kept with. */
  things() {
    const { table } = this;
    return {
      ...this.#billing(),
      domains: domainStore(table),
      services: serviceStore(table),
      orders: orderStore(table),
      prices: domainPriceStore(table),
      renewals: renewalStore(table),
    };
  }

  /** What the job works with; what it hands on is kept in `handedOn`. */
  job(): JobDependencies {
    return {
      ...this.things(),
      payFromCredit: payFromCredit.bind(null, this.payments()),
      changeAsPlanned: changeAsPlanned.bind(null, this.things()),
      handOn: async (part) => {
        this.handedOn.push(part);
      },
      warn: (message, details) => {
        throw new Error(message, { cause: details['error'] });
      },
    };
  }

  /** Runs the renewals job as the schedule does, with all that it hands on. */
  async renew(time = this.now): Promise<JobDone> {
    const done = await runRenewals(this.job(), time);
    for (let part = this.handedOn.shift(); part; part = this.handedOn.shift()) {
      done.items.push(...(await runPart(this.job(), part)).items);
    }
    return done;
  }

  planRenewals(days = 0): Promise<Omit<JobDone, 'handedOn'>> {
    return planRenewals(this.things(), this.now, days);
  }

  registrarWork(): RegistrarDependencies {
    return { ...this.things(), registrar: this.registrar, staffEmail: 'staff@provider.test', warn: () => {} };
  }

  /** Looks up at the registrar what it was not asked about for a week. */
  checkDomains(): Promise<number> {
    return checkDomains(this.registrarWork(), this.now);
  }

  /** Passes on to the registrar what is due by now. */
  async passRenewals(): Promise<void> {
    for (const name of await renewalStore(this.table).open(this.now, 100)) {
      await submitRenewal(this.registrarWork(), name, this.now);
    }
  }

  lookAfterPayments(): Promise<Reconciled> {
    return reconcilePayments(this.payments());
  }

  /** Where an account's books and what they tell of differ. */
  books(accountId: string): Promise<Difference[]> {
    const { table } = this;
    return checkBooks(
      {
        invoices: invoiceStore(table),
        credit: creditBook(table),
        payments: paymentStore(table).payments,
        journal: (id, page) => readJournal(table, id, page),
      },
      accountId,
    );
  }

  /** A gateway's event as the gateway sends it. */
  webhook(gateway: string, body: string, headers: Record<string, string>): Promise<Called> {
    return this.call('', 'POST', `/v1/webhooks/${gateway}`, { body, headers, public: true });
  }

  #inbound(): InboundDependencies {
    const { table, people } = this;
    return {
      ...this.#provider(),
      table,
      people,
      nudgeOutbox: this.nudgeOutbox,
      mails: inboundMailStore(table),
      tickets: ticketStore(table),
      threads: threadStore(table),
      bounces: bounceStore(table),
      files: this.files,
      readObject: async (name) => this.files.objects.get(name)!,
      clock: this.clock,
    };
  }

  /** A message as the receiver hands it over: raw with any line ends, or the bytes as they came. */
  async receive(
    raw: string | Uint8Array,
    verdicts: Partial<typeof passing> = {},
    envelope: { key?: string; from?: string; recipients?: string[] } = {},
  ): Promise<InboundRecord> {
    const bytes = typeof raw === 'string' ? new TextEncoder().encode(raw.replaceAll(/\r?\n/g, '\r\n')) : raw;
    const objectKey = envelope.key ?? `in/${this.files.objects.size}`;
    this.files.objects.set(objectKey, bytes);
    return handleMail(this.#inbound(), {
      objectKey,
      envelopeFrom: envelope.from ?? 'someone@somewhere.test',
      recipients: envelope.recipients ?? [supportAddress],
      verdicts: { ...passing, ...verdicts },
    });
  }

  /** Runs the job that closes quiet tickets. */
  closeQuietTickets(): Promise<{ warned: number; closed: number }> {
    return closeQuietTickets({ ...this.#inbound() });
  }
}

/** The object store in memory; a test uploads by putting into `objects` what a browser would. */
export class MemoryFiles implements Files {
  readonly objects = new Map<string, Uint8Array>();

  async uploadLink(key: string, contentType: string, size: number) {
    const headers = { 'content-type': contentType, 'content-length': String(size) };
    return { url: `https://files.test/${key}`, headers };
  }

  async downloadLink(key: string): Promise<string> {
    return `https://files.test/${key}?download`;
  }

  async size(key: string): Promise<number | undefined> {
    return this.objects.get(key)?.byteLength;
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    return this.objects.get(key);
  }

  async head(key: string, bytes: number): Promise<Uint8Array | undefined> {
    return this.objects.get(key)?.subarray(0, bytes);
  }

  async put(key: string, content: Uint8Array): Promise<void> {
    this.objects.set(key, content);
  }
}

/** The declared route that a path leads to, as the gateway finds it. */
function findRoute(method: string, path: string): { key: string; params: Record<string, string> } {
  const found = everyRoute
    .filter((route) => route.method === method)
    .map((route) => ({ route, params: matchPath(route, path) }))
    .filter((candidate) => candidate.params !== null)
    .sort((a, b) => Object.keys(a.params!).length - Object.keys(b.params!).length)[0];
  if (!found) throw new Error(`No route ${method} ${path}`);
  return { key: routeKey(found.route), params: found.params! };
}

const partsOf = new Map(everyRoute.map((route) => [route, route.path.split('/')]));

function matchPath(route: Route, path: string): Record<string, string> | null {
  const wanted = partsOf.get(route)!;
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index]!;
    if (part.startsWith('{')) params[part.slice(1, -1)] = decodeURIComponent(value);
    else if (part !== value) return null;
  }
  return params;
}
