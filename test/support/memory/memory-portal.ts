import { authorize } from '../../../functions/authorizer/authorize.ts';
import { readNotification } from '../../../functions/inbound-mail/notification.ts';
import { sesNotification } from '../../../infra/local/ses/inbound.ts';
import type { Check, VerdictStatus } from '../../../infra/local/ses/verdicts.ts';
import { handleMail } from '../../../shared/inbound-mail/handle-mail.ts';
import type { InboundRecord } from '../../../shared/mail/received/inbound-mail-store.ts';
import { checkDomains } from '../../../functions/registrar/check-domains.ts';
import { submitRenewal } from '../../../functions/registrar/submit-renewal.ts';
import { renewalStore } from '../../../shared/renewals/renewal-store.ts';
import { type JobDone, planRenewals, runPart, runRenewals } from '../../../shared/renewals/run-renewals.ts';
import { checkBooks, type Difference } from '../../../functions/books-check/check-books.ts';
import { reconcilePayments, type Reconciled } from '../../../functions/payment-janitor/reconcile-payments.ts';
import { paymentStore } from '../../../shared/payments/payment-store.ts';
import { creditBook } from '../../../shared/invoices/ledger/credit.ts';
import { invoiceStore } from '../../../shared/invoices/invoice-store.ts';
import { readJournal } from '../../../shared/invoices/ledger/journal.ts';
import { runTask, sweep } from '../../../functions/outbox/run-task.ts';
import { closeQuietTickets } from '../../../functions/ticket-autoclose/close-quiet-tickets.ts';
import { type Action, ConditionsFailed } from '../../../shared/table/table.ts';
import { linkSeconds, ownedBy, signInvitation } from '../../../shared/mail/invitations/signed-link.ts';
import type { StaffRole } from '../../../shared/access/staff.ts';
import { toInstant, toSeconds } from '../../../shared/core/clock.ts';
import type { MemberOfStaff } from '../../../shared/accounts/people.ts';
import { administratorsRow, staffRow, staffStore } from '../../../shared/accounts/staff/staff-store.ts';
import type { AuthorizerContext, CallerContext } from '../../../shared/http/authorise.ts';
import { type HttpEvent, respond } from '../../../shared/http/serve.ts';
import { addressLoginRow, loginRow, usedRow } from '../../../shared/accounts/people-store.ts';
import { findRoute } from './declared-routes.ts';
import { memoryHandlers } from './memory-handlers.ts';
import { cursorKey, MemoryDependencies, portalUrl, supportAddress } from './memory-dependencies.ts';

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

/** The whole portal in memory: every route, the authoriser, the outbox and mail, over one table. */
export class MemoryPortal extends MemoryDependencies {
  readonly #handlers = memoryHandlers(this);
  readonly #staff = new Set<string>();
  #staffWritten = Promise.resolve();

  /** A proven member of staff, who may sign in from the next call on. */
  addStaff(userId: string, roles: StaffRole[] = ['administrator']): void {
    if (this.#staff.has(userId)) return;
    const email = `${userId}@portal.test`;
    this.directory.users.set(userId, {
      email,
      name: userId,
      password: null,
      verified: true,
      enabled: true,
    });
    // One after the other: they share the list of administrators.
    this.#staffWritten = this.#staffWritten.then(() => this.#writeStaff({ userId, email, roles }));
    this.#staff.add(userId);
  }

  async #writeStaff({
    userId,
    email,
    roles,
  }: Pick<MemberOfStaff, 'userId' | 'email' | 'roles'>): Promise<void> {
    const login = {
      userId,
      name: userId,
      email,
      staff: true,
      accounts: 0,
      lastSignInAt: null,
      proven: true,
      secondFactor: { sinceSeconds: 0 },
      notBeforeSeconds: 0,
      version: '',
    };
    const member = { userId, email, roles, version: '', addedAt: toInstant(this.now) };
    const store = staffStore(this.table);
    const before = await store.administrators();
    const administrators = [...(before?.userIds ?? []), userId];
    await this.table.transact([
      loginRow(login, 'new'),
      addressLoginRow(email, userId),
      staffRow(member, 'new'),
      ...(roles.includes('administrator') ? [administratorsRow(administrators, before)] : []),
    ]);
  }

  /** The caller that the authoriser makes of this user's token, of a sign-in at `signedInAt`. Throws where it refuses. */
  async authorizer(userId: string, signedInAt = this.now, session?: string): Promise<CallerContext> {
    const context = await this.#authorise(userId, signedInAt, undefined, session);
    if ('refused' in context) throw new Error(context.refused);
    return context;
  }

  async #authorise(
    userId: string,
    signedInAt: Date,
    accountId?: string,
    session = `session of ${userId}`,
  ): Promise<AuthorizerContext> {
    await this.#staffWritten;
    return authorize(
      {
        verify: async () => ({
          username: userId,
          auth_time: toSeconds(signedInAt),
          origin_jti: session,
        }),
        people: this.people,
        clock: this.clock,
        saveLogin: (login, before) => this.#unlessOvertaken([loginRow(login, { version: before.version })]),
        saveUse: (user, account, signedInAtSeconds, now) =>
          this.#unlessOvertaken([usedRow(user, account, signedInAtSeconds, now)]),
      },
      'Bearer token',
      accountId,
    );
  }

  async #unlessOvertaken(actions: Action[]): Promise<void> {
    try {
      await this.table.transact(actions);
    } catch (error) {
      if (!(error instanceof ConditionsFailed)) throw error;
    }
  }

  /** One request through the authoriser and the route's handler. */
  async call(userId: string, method: string, path: string, options: CallOptions = {}): Promise<Called> {
    const { key, params } = findRoute(method, path);
    const lambda = options.public
      ? undefined
      : (options.cached ?? (await this.#authorise(userId, this.now, params['accountId'])));
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
      { table: this.table, clock: this.clock, providerName: '', portalUrl, cursorKey },
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

  /** A contact whose login holds these permissions and counts; the user's id comes back with the contact's. */
  async createSubAccount(
    byUserId: string,
    accountId: string,
    email: string,
    permissions: string[],
    extra: Record<string, unknown> = {},
  ): Promise<{ contactId: string; userId: string }> {
    const contacts = `/v1/accounts/${accountId}/contacts`;
    const made = await this.call(byUserId, 'POST', contacts, { body: { name: email.split('@')[0], email } });
    const { userId: known } = await this.people.byAddress(email);
    const password = known === null ? { password: 'Correct-Horse-1' } : {};
    const given = await this.call(byUserId, 'PUT', `${contacts}/${made.body.id}/sub-account`, {
      body: { permissions, ...password, ...extra },
    });
    if (given.status !== 200) throw new Error(JSON.stringify([made.body, given.body]));
    const { userId } = await this.people.byAddress(email);
    await this.acceptInvitation(userId!, accountId);
    return { contactId: made.body.id, userId: userId! };
  }

  /** The token of the link that was mailed to this person; null where nothing waits. */
  async invitationToken(userId: string, accountId: string): Promise<string | null> {
    const owned = ownedBy(accountId);
    const [login, waiting] = await Promise.all([
      this.people.login(userId),
      owned === null ? this.people.membership(userId, accountId) : this.people.ownership(userId, owned),
    ]);
    if (!login || !waiting?.invitation) return null;
    const { invitation } = waiting;
    const expiresAtSeconds = toSeconds(this.now) + linkSeconds;
    const link = { userId, accountId, invitation, expiresAtSeconds };
    return signInvitation(link, login.email, await this.provider().replyKeys());
  }

  /** Presses the button behind the mailed link, where an invitation waits; an unproven login chooses its password. */
  async acceptInvitation(userId: string, accountId: string): Promise<void> {
    const token = await this.invitationToken(userId, accountId);
    if (token === null) return;
    const login = (await this.people.login(userId))!;
    const body = login.proven ? {} : { name: login.name, password: 'Chosen-By-Myself-1' };
    const answer = await this.call('', 'POST', `/v1/invitation/${token}`, { body, public: true });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
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

  /** A message as the receiver hands it over: raw with any line ends, or the bytes as they came. */
  async receive(
    raw: string | Uint8Array,
    verdicts: Partial<Record<Check, VerdictStatus>> = {},
    envelope: { key?: string; from?: string; recipients?: string[]; client?: string } = {},
  ): Promise<InboundRecord> {
    const bytes = typeof raw === 'string' ? new TextEncoder().encode(raw.replaceAll(/\r?\n/g, '\r\n')) : raw;
    const key = envelope.key ?? `in/${this.files.objects.size}`;
    const from = envelope.from ?? 'someone@somewhere.test';
    const asked = Object.entries(verdicts).map(([name, status]) => `${name}=${status}`);
    const received = sesNotification({
      raw: Buffer.concat(
        asked.length === 0 ? [bytes] : [Buffer.from(`X-Local-Verdicts: ${asked.join('; ')}\r\n`), bytes],
      ),
      envelope: { from, to: envelope.recipients ?? [supportAddress] },
      client: { address: envelope.client ?? '192.0.2.25', helo: 'mx.somewhere.test' },
      bucket: 'mail',
      key,
      topicArn: 'received',
      messageId: key.slice(key.lastIndexOf('/') + 1),
      now: this.now,
    });
    this.files.objects.set(key, received.raw);
    return handleMail(this.inbound(), readNotification(JSON.stringify(received.notification)));
  }

  /** Runs the job that closes quiet tickets. */
  closeQuietTickets(): Promise<{ warned: number; closed: number }> {
    return closeQuietTickets({ ...this.inbound() });
  }
}
