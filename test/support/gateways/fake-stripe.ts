import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson, type LocalServer, readBody, startServer } from '../../../infra/local/http/server.ts';

interface StripeRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  /** The form or the query, with its keys as they were sent: `line_items[0][quantity]`. */
  fields: Record<string, string>;
}

interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** What goes wrong: a request is not done, or done and not answered, or answered otherwise, or something comes before. */
type Fault = 'lost' | 'unanswered' | { status: number; body: string } | { meanwhile: () => void };

interface Session {
  id: string;
  created: number;
  status: string;
  payment_status: string;
  url: string | null;
  payment_intent: string | null;
  client_reference_id: string | null;
  metadata: Record<string, string>;
  [field: string]: unknown;
}

const refused = (status: number, type: string, code: string, message: string): Answer => ({
  status,
  body: { error: { type, code, message } },
});
const list = (data: unknown[], more = false) => ({ object: 'list', url: '/v1', has_more: more, data });

/** Those of one payment, or made since a second. */
const ofPayment = (all: Record<string, any>[], fields: Record<string, string>) =>
  all.filter(
    ({ payment_intent: intent, created }) =>
      (!fields.payment_intent || intent === fields.payment_intent) &&
      created >= Number(fields['created[gte]'] ?? 0),
  );

/** As much of Stripe's API as Checkout Sessions and refunds need, as docs.stripe.com/api describes it. */
export class FakeStripe {
  requests: StripeRequest[] = [];
  now = new Date('2026-03-01T12:00:00Z');
  readonly secretKey: string;
  #server: LocalServer | undefined;
  #faults: { path: string; fault: Fault }[] = [];
  readonly #sessions: Session[] = [];
  readonly #intents = new Map<string, Record<string, any>>();
  readonly #refunds: Record<string, any>[] = [];
  readonly #disputes: Record<string, any>[] = [];
  readonly #replays = new Map<string, { asked: string; answer: Answer }>();
  #serial = 0;

  constructor(secretKey: string) {
    this.secretKey = secretKey;
  }

  async open(): Promise<void> {
    this.#server = await startServer((request, response) => void this.#serve(request, response));
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  get api() {
    return { protocol: 'http' as const, host: '127.0.0.1', port: this.#server!.port };
  }

  /** The next request to a path that begins so goes wrong. */
  fault(path: string, fault: Fault): void {
    this.#faults.push({ path, fault });
  }

  asked(method: string, path: string): StripeRequest[] {
    return this.requests.filter((request) => request.method === method && request.path === path);
  }

  session(id: string): Session {
    return this.#sessions.find((session) => session.id === id)!;
  }

  /** Sessions of somebody else who uses the same account. */
  crowd(count: number): void {
    for (let made = 0; made < count; made++)
      this.#make({ client_reference_id: `other ${made}`, metadata: {} });
  }

  /** The payer pays, by card and at once. */
  pay(id: string, { fee = 0, feeCurrency }: { fee?: number; feeCurrency?: string } = {}): string {
    const intent = this.#begin(id, 'succeeded');
    const booked = { object: 'balance_transaction', fee, currency: feeCurrency ?? intent.currency };
    intent.amount_received = intent.amount;
    intent.latest_charge = { object: 'charge', balance_transaction: booked };
    Object.assign(this.session(id), { status: 'complete', payment_status: 'paid', url: null });
    return intent.id;
  }

  /** The payer's card is declined: the page stays open for another. */
  decline(id: string): void {
    const intent = this.#begin(id, 'requires_payment_method');
    intent.last_payment_error = {
      type: 'card_error',
      code: 'card_declined',
      decline_code: 'insufficient_funds',
    };
  }

  /** The payer orders a direct debit, whose money comes later. */
  debit(id: string): void {
    this.#begin(id, 'processing');
    Object.assign(this.session(id), { status: 'complete', url: null });
  }

  /** The bank does not honour the direct debit. */
  bounce(id: string): void {
    const intent = this.#intents.get(this.session(id).payment_intent!)!;
    intent.status = 'requires_payment_method';
    intent.last_payment_error = { type: 'card_error', code: 'payment_intent_payment_attempt_failed' };
  }

  /** Nobody paid in time. */
  lapse(id: string): void {
    Object.assign(this.session(id), { status: 'expired', url: null });
  }

  setRefund(key: string, status: string, reason?: string): void {
    const refund = this.#refunds.find((each) => each.metadata.key === key)!;
    Object.assign(refund, { status, failure_reason: reason });
  }

  /** A refund that is made in the dashboard: docs.stripe.com/api/refunds/object. */
  refundByHand(intent: string, amount: number, changes: Record<string, unknown> = {}): Record<string, any> {
    const { currency } = this.#intents.get(intent)!;
    const created = Math.floor(this.now.getTime() / 1000);
    const of = { object: 'refund', amount, currency, payment_intent: intent, metadata: {}, created };
    const rest = { status: 'succeeded', balance_transaction: 'txn_1', charge: 'ch_1', reason: null };
    const refund = { id: this.#id('re'), ...of, ...rest, ...changes };
    this.#refunds.unshift(refund);
    return refund;
  }

  /** A dispute as its bank opens it: docs.stripe.com/api/disputes/object. */
  dispute(intent: string, changes: Record<string, unknown> = {}): Record<string, any> {
    const { amount, currency } = this.#intents.get(intent)!;
    const created = Math.floor(this.now.getTime() / 1000);
    const dispute = {
      id: this.#id('dp'),
      object: 'dispute',
      amount,
      balance_transactions: [] as unknown[],
      charge: 'ch_1',
      created,
      currency,
      is_charge_refundable: false,
      payment_intent: intent,
      reason: 'fraudulent',
      status: 'needs_response',
      ...changes,
    };
    this.#disputes.unshift(dispute);
    return dispute;
  }

  /** A balance transaction of a dispute: docs.stripe.com/api/balance_transactions/object. */
  moved(amount: number, fee: number, currency = 'gbp'): Record<string, unknown> {
    const rest = { object: 'balance_transaction', type: 'adjustment', reporting_category: 'dispute' };
    return { id: this.#id('txn'), amount, fee, net: amount - fee, currency, ...rest };
  }

  /** Stripe forgets the keys of requests after a day. */
  forgetKeys(): void {
    this.#replays.clear();
  }

  /** An event as it is sent: the session in it is as it is now, without anything expanded. */
  event(type: string, object: unknown): string {
    const created = Math.floor(this.now.getTime() / 1000);
    const envelope = { api_version: '2026-10-28.endive', livemode: false, pending_webhooks: 1 };
    return JSON.stringify(
      { id: 'evt_1', object: 'event', created, data: { object }, type, ...envelope },
      null,
      2,
    );
  }

  #begin(id: string, status: string): Record<string, any> {
    const session = this.session(id);
    session.payment_intent ??= this.#id('pi');
    const { amount_total: amount, currency, metadata } = session;
    const of = { object: 'payment_intent', amount, currency, metadata, status };
    const intent: Record<string, any> = { id: session.payment_intent, ...of };
    this.#intents.set(session.payment_intent, intent);
    return intent;
  }

  #id(prefix: string): string {
    this.#serial += 1;
    return `${prefix}_test_${this.#serial}`;
  }

  #make(fields: Partial<Session>): Session {
    const id = this.#id('cs');
    const created = Math.floor(this.now.getTime() / 1000);
    const session: Session = {
      id,
      object: 'checkout.session',
      created,
      mode: 'payment',
      status: 'open',
      payment_status: 'unpaid',
      url: `https://checkout.stripe.com/c/pay/${id}`,
      payment_intent: null,
      client_reference_id: null,
      metadata: {},
      ...fields,
    };
    this.#sessions.unshift(session);
    return session;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://stripe');
    const sent = new URLSearchParams(String(await readBody(request, 100_000)));
    const method = request.method ?? '';
    const fields = Object.fromEntries(method === 'GET' ? searchParams : sent);
    const asked = { method, path, headers: request.headers, fields };
    this.requests.push(asked);
    const index = this.#faults.findIndex((each) => path.startsWith(each.path));
    const fault = index < 0 ? undefined : this.#faults.splice(index, 1)[0]?.fault;
    if (fault === 'lost') return;
    if (typeof fault === 'object' && 'meanwhile' in fault) fault.meanwhile();
    else if (typeof fault === 'object') {
      response.writeHead(fault.status, { 'content-type': 'application/json', 'request-id': 'req_fault' });
      response.end(fault.body);
      return;
    }
    const { status, body, headers } = this.#once(asked);
    if (fault !== 'unanswered') answerJson(response, status, body, { 'request-id': 'req_1', ...headers });
  }

  /** The same key with the same fields is answered as it was the first time; with others it is an error. */
  #once(request: StripeRequest): Answer {
    const { method, path, headers, fields } = request;
    if (headers.authorization !== `Bearer ${this.secretKey}`) {
      return refused(401, 'invalid_request_error', '', `Invalid API Key provided: ${headers.authorization}`);
    }
    const key = headers['idempotency-key'];
    if (method !== 'POST' || typeof key !== 'string') return this.#route(request);
    if (headers['content-type'] !== 'application/x-www-form-urlencoded') {
      return refused(400, 'invalid_request_error', '', 'Invalid request');
    }
    const asked = JSON.stringify([path, fields]);
    const known = this.#replays.get(key);
    if (known && known.asked !== asked) {
      return refused(400, 'idempotency_error', '', 'Keys can only be used with the same parameters');
    }
    if (known) return { ...known.answer, headers: { 'idempotent-replayed': 'true' } };
    const answer = structuredClone(this.#route(request));
    if (answer.status < 300) this.#replays.set(key, { asked, answer });
    return answer;
  }

  #route({ method, path, fields }: StripeRequest): Answer {
    if (path === '/v1/checkout/sessions') {
      return method === 'POST' ? this.#create(fields) : { status: 200, body: this.#listed(fields) };
    }
    if (path === '/v1/refunds') {
      if (method === 'POST') return this.#refund(fields);
      return { status: 200, body: list(ofPayment(this.#refunds, fields)) };
    }
    if (path === '/v1/disputes') return { status: 200, body: list(ofPayment(this.#disputes, fields)) };
    const [, asked] = /^\/v1\/payment_intents\/([^/]+)$/.exec(path) ?? [];
    const intent = this.#intents.get(asked ?? '');
    if (intent) return { status: 200, body: intent };
    if (asked) return refused(404, 'invalid_request_error', 'resource_missing', 'No such payment_intent');
    const [, found, expiry] = /^\/v1\/checkout\/sessions\/([^/]+)(\/expire)?$/.exec(path) ?? [];
    const session = this.#sessions.find((each) => each.id === found);
    if (!session)
      return refused(404, 'invalid_request_error', 'resource_missing', `No such session: ${found}`);
    if (expiry && session.status !== 'open') {
      return refused(
        400,
        'invalid_request_error',
        '',
        'Only Checkout Sessions with a status of open can be expired',
      );
    }
    if (expiry) this.lapse(session.id);
    return { status: 200, body: this.#shown(session, fields) };
  }

  #create(fields: Record<string, string>): Answer {
    const currency = fields['line_items[0][price_data][currency]'] ?? '';
    const amount = Number(fields['line_items[0][price_data][unit_amount]']);
    const seconds = Number(fields.expires_at) - this.now.getTime() / 1000;
    if (seconds < 30 * 60 || seconds > 24 * 60 * 60) {
      return refused(
        400,
        'invalid_request_error',
        '',
        'The expires_at timestamp must be 30 minutes ahead at least',
      );
    }
    if (amount < 50) return refused(400, 'invalid_request_error', 'amount_too_small', 'Amount too small');
    if (['isk', 'ugx'].includes(currency) && amount % 100 !== 0) {
      return refused(
        400,
        'invalid_request_error',
        'invalid_charge_amount_no_decimal_compatible',
        'Invalid amount',
      );
    }
    const { client_reference_id: reference = '' } = fields;
    const metadata = { key: fields['metadata[key]']!, accountId: fields['metadata[accountId]']! };
    const of = { client_reference_id: reference, metadata, amount_total: amount, currency };
    return { status: 200, body: this.#make(of) };
  }

  #listed(fields: Record<string, string>): unknown {
    const since = Number(fields['created[gte]'] ?? 0);
    const intent = fields.payment_intent;
    const all = this.#sessions.filter(
      (session) => session.created >= since && (!intent || session.payment_intent === intent),
    );
    const from = all.findIndex((session) => session.id === fields.starting_after) + 1;
    const limit = Number(fields.limit ?? 10);
    return list(all.slice(from, from + limit), all.length > from + limit);
  }

  #shown(session: Session, fields: Record<string, string>): unknown {
    const expands = fields['expand[0]'] === 'payment_intent.latest_charge.balance_transaction';
    const intent = this.#intents.get(session.payment_intent ?? '');
    return expands && intent ? { ...session, payment_intent: intent } : session;
  }

  #refund(fields: Record<string, string>): Answer {
    const intent = this.#intents.get(fields.payment_intent ?? '');
    if (!intent) return refused(404, 'invalid_request_error', 'resource_missing', 'No such payment_intent');
    const amount = Number(fields.amount);
    const before = this.#refunds.filter((refund) => refund.payment_intent === intent.id);
    const given = before.reduce((sum, refund) => sum + refund.amount, 0);
    if (given + amount > intent.amount) {
      return refused(400, 'invalid_request_error', 'charge_already_refunded', 'Charge has been refunded');
    }
    const metadata = { key: fields['metadata[key]'], reason: fields['metadata[reason]'] };
    const of = { object: 'refund', amount, currency: intent.currency, payment_intent: intent.id, metadata };
    const created = Math.floor(this.now.getTime() / 1000);
    const refund = { id: this.#id('re'), status: 'succeeded', balance_transaction: 'txn_1', created, ...of };
    this.#refunds.unshift(refund);
    return { status: 200, body: refund };
  }
}

/** The header that Stripe signs its events with: docs.stripe.com/webhooks#verify-manually. */
export function stripeSignature(rawBody: string, secret: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000);
  const mac = createHmac('sha256', secret).update(`${seconds}.${rawBody}`).digest('hex');
  return `t=${seconds},v1=${mac},v0=${'0'.repeat(64)}`;
}
