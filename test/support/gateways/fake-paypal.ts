import { generateKeyPairSync, sign } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { crc32 } from 'node:zlib';
import { answerJson, type LocalServer, readBody, startServer } from '../../../infra/local/http/server.ts';
import { certificateOf } from './certificate.ts';

interface PayPalRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingMessage['headers'];
  body: any;
}

interface Answer {
  status: number;
  body?: unknown;
}

/** What goes wrong: a request is not done, or done and not answered, or answered otherwise, or something comes before. */
type Fault = 'lost' | 'unanswered' | { status: number; body: string } | { meanwhile: () => void };

interface Order {
  id: string;
  status: string;
  intent: string;
  unit: Record<string, any>;
  captures: Record<string, any>[];
  refunds: Record<string, any>[];
}

const refused = (status: number, name: string, issue: string): Answer => ({
  status,
  body: { name, message: 'No', debug_id: 'dbg1', details: [{ issue, description: 'No' }], links: [] },
});
const notFound = refused(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID');
const unprocessable = (issue: string) => refused(422, 'UNPROCESSABLE_ENTITY', issue);

/** As much of PayPal as Orders v2, Payments v2 and webhooks need, as developer.paypal.com describes it. */
export class FakePayPal {
  requests: PayPalRequest[] = [];
  readonly clientId = 'client';
  readonly clientSecret = 'a client secret that nobody may see';
  readonly webhookId = '8PT597110X687430LKGECATA';
  /** How the next capture ends. */
  capturing: { status?: string; fee?: string; feeCurrency?: string; refusal?: string; reason?: string } = {};
  /** Whether an order can be patched that the payer has to act on; the reference names others alone. */
  patchable = true;
  token = 'token-1';
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  #server: LocalServer | undefined;
  #faults: { path: string; fault: Fault }[] = [];
  readonly #orders = new Map<string, Order>();
  readonly #disputes = new Map<string, Record<string, any>>();
  /** Reversals: refunds that no order lists. */
  readonly #reversals = new Map<string, Record<string, any>>();
  readonly #replays = new Map<string, { path: string; answer: () => Answer }>();
  #serial = 0;

  async open(): Promise<void> {
    this.#server = await startServer((request, response) => void this.#serve(request, response));
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  get url(): string {
    return this.#server!.url;
  }

  fault(path: string, fault: Fault): void {
    this.#faults.push({ path, fault });
  }

  asked(method: string, path: string): PayPalRequest[] {
    return this.requests.filter((request) => request.method === method && request.path === path);
  }

  order(id: string): Order {
    return this.#orders.get(id)!;
  }

  /** The payer approves: nothing is taken yet. */
  approve(id: string): void {
    this.order(id).status = 'APPROVED';
  }

  /** Nobody paid in time: PayPal forgets the order. */
  lapse(id: string): void {
    this.#orders.delete(id);
  }

  /** A refund that is made in PayPal's own page; it has the capture's ids. */
  refundByHand(captureId: string, value: string, createTime = '2026-03-02T12:00:00Z'): string {
    const { order, capture } = this.#captured(captureId);
    const refund = this.#refundOf(captureId, value, createTime);
    order.refunds.push({ ...refund, custom_id: capture.custom_id, invoice_id: capture.invoice_id });
    return refund.id;
  }

  /** PayPal reverses a capture: PAYMENT.CAPTURE.REVERSED has a refund as its resource. */
  reverse(captureId: string, value: string, createTime = '2026-03-02T12:00:00Z'): string {
    const refund = this.#refundOf(captureId, value, createTime);
    this.#reversals.set(refund.id, refund);
    return refund.id;
  }

  /** A refund as Payments v2 shows it (refunds/{id}): `up` leads to its capture. */
  #refundOf(captureId: string, value: string, createTime: string) {
    const { amount } = this.#captured(captureId).capture;
    const href = `https://api-m.sandbox.paypal.com/v2/payments/captures/${captureId}`;
    return {
      id: this.#id('R'),
      status: 'COMPLETED',
      amount: { currency_code: amount.currency_code, value },
      create_time: createTime,
      update_time: createTime,
      links: [{ href, rel: 'up', method: 'GET' }],
    };
  }

  #captured(captureId: string) {
    const order = [...this.#orders.values()].find(({ captures }) =>
      captures.some((capture) => capture.id === captureId),
    )!;
    return { order, capture: order.captures.find((capture) => capture.id === captureId)! };
  }

  /** A dispute as developer.paypal.com/api/customer-disputes/v1 shows it. */
  dispute(captureId: string, value: string, changes: Record<string, unknown> = {}): string {
    const id = `PP-D-${this.#disputes.size + 1}`;
    this.#disputes.set(id, {
      dispute_id: id,
      create_time: '2026-03-02T12:00:00.000Z',
      update_time: '2026-03-02T12:00:00.000Z',
      disputed_transactions: [{ seller_transaction_id: captureId }],
      reason: 'MERCHANDISE_OR_SERVICE_NOT_RECEIVED',
      status: 'WAITING_FOR_SELLER_RESPONSE',
      dispute_amount: { currency_code: 'GBP', value },
      dispute_life_cycle_stage: 'CHARGEBACK',
      ...changes,
    });
    return id;
  }

  changeDispute(id: string, changes: Record<string, unknown>): void {
    this.#disputes.set(id, { ...this.#disputes.get(id), ...changes });
  }

  /** An order of another shop with the same app. */
  foreignOrder(customId: string): string {
    const amount = { currency_code: 'GBP', value: '1.00' };
    return this.#make('CAPTURE', { amount, custom_id: customId, invoice_id: 'shop 1' }).id;
  }

  /** An event as PayPal sends it, with its headers. */
  event(
    type: string,
    resource: unknown,
    sentAt: Date,
    { certificate = 'CERT-1', webhookId = this.webhookId } = {},
  ) {
    const rawBody = JSON.stringify({ id: 'WH-1', event_version: '1.0', event_type: type, resource }, null, 1);
    return { rawBody, headers: this.sign(rawBody, sentAt, { certificate, webhookId }) };
  }

  sign(rawBody: string, sentAt: Date, { certificate = 'CERT-1', webhookId = this.webhookId } = {}) {
    const id = '69cd13f0-d67a-11e5-baa3-778b53f4ae55';
    const time = sentAt.toISOString().replace('.000Z', 'Z');
    const signed = Buffer.from(`${id}|${time}|${webhookId}|${crc32(Buffer.from(rawBody))}`);
    return {
      'paypal-transmission-id': id,
      'paypal-transmission-time': time,
      'paypal-transmission-sig': sign('sha256', signed, this.#keys.privateKey).toString('base64'),
      'paypal-cert-url': `${this.url}/v1/notifications/certs/${certificate}`,
      'paypal-auth-algo': 'SHA256withRSA',
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://paypal');
    const text = String(await readBody(request, 100_000));
    const method = request.method ?? '';
    const isJson = request.headers['content-type']?.startsWith('application/json') && text !== '';
    const query = Object.fromEntries(searchParams);
    const asked = { method, path, query, headers: request.headers, body: isJson ? JSON.parse(text) : text };
    this.requests.push(asked);
    const index = this.#faults.findIndex((each) => path.startsWith(each.path));
    const fault = index < 0 ? undefined : this.#faults.splice(index, 1)[0]?.fault;
    if (fault === 'lost') return;
    if (typeof fault === 'object' && 'meanwhile' in fault) fault.meanwhile();
    else if (typeof fault === 'object') {
      response.writeHead(fault.status, { 'content-type': 'application/json' });
      response.end(fault.body);
      return;
    }
    const { status, body } = this.#answer(asked);
    if (fault === 'unanswered') return;
    if (typeof body === 'string') response.writeHead(status).end(body);
    else if (body === undefined) response.writeHead(status).end();
    else answerJson(response, status, body);
  }

  #answer(request: PayPalRequest): Answer {
    const { method, path, headers, body } = request;
    if (path === '/v1/oauth2/token') return this.#tokenFor(headers.authorization, String(body));
    const [, certificate] = /^\/v1\/notifications\/certs\/(CERT-.+)$/.exec(path) ?? [];
    if (certificate) return this.#certificate(certificate);
    if (headers.authorization !== `Bearer ${this.token}`) {
      return { status: 401, body: { name: 'AUTHENTICATION_FAILURE', message: 'No', debug_id: 'dbg1' } };
    }
    const key = headers['paypal-request-id'];
    if (method !== 'POST' || typeof key !== 'string') return this.#route(request);
    const known = this.#replays.get(key);
    if (known)
      return known.path === path ? { ...known.answer(), status: 200 } : unprocessable('DUPLICATE_REQUEST_ID');
    return this.#route(request, (answer) => this.#replays.set(key, { path, answer }));
  }

  #tokenFor(authorization: string | undefined, form: string): Answer {
    const basic = Buffer.from(`${this.clientId}:${this.clientSecret}`).toString('base64');
    if (
      authorization !== `Basic ${basic}` ||
      new URLSearchParams(form).get('grant_type') !== 'client_credentials'
    ) {
      return {
        status: 401,
        body: { error: 'invalid_client', error_description: 'Client Authentication failed' },
      };
    }
    return {
      status: 200,
      body: { access_token: this.token, token_type: 'Bearer', expires_in: 32_400, scope: '' },
    };
  }

  /** `keep` makes what was done the answer to every repeat: as it is by then. */
  #route(
    { method, path, query, body }: PayPalRequest,
    keep: (answer: () => Answer) => void = () => undefined,
  ): Answer {
    const dispute = /^\/v1\/customer\/disputes(?:\/(.+))?$/.exec(path);
    if (dispute) return this.#disputed(dispute[1], query);
    const [, version, , kind, id = '', action] = path.split('/');
    if (version !== 'v2') return notFound;
    if (kind === 'refunds') return this.#refunded(id);
    if (kind === 'captures') return this.#captures(method, id, action, body, keep);
    if (method === 'POST' && id === '') {
      const answer = this.#create(body);
      const made = (answer.body as { id?: string }).id;
      if (answer.status < 300) keep(() => ({ status: 200, body: this.#shown(this.order(made!)) }));
      return answer;
    }
    const order = this.#orders.get(id);
    if (!order) return notFound;
    if (method === 'PATCH') return this.#patch(order, body);
    if (action !== 'capture') return { status: 200, body: this.#shown(order) };
    const refusal = this.#capture(order);
    if (refusal) return unprocessable(refusal);
    keep(() => ({ status: 200, body: this.#shown(order) }));
    return { status: 201, body: this.#shown(order) };
  }

  #refunded(id: string): Answer {
    const listed = [...this.#orders.values()].flatMap(({ refunds }) => refunds);
    const refund = this.#reversals.get(id) ?? listed.find((each) => each.id === id);
    return refund ? { status: 200, body: refund } : notFound;
  }

  /** The list has summaries alone; it is by transaction or by time. */
  #disputed(id: string | undefined, query: Record<string, string>): Answer {
    if (id !== undefined) {
      const body = this.#disputes.get(id);
      return body ? { status: 200, body } : notFound;
    }
    const { disputed_transaction_id: captureId, update_time_after: after = '' } = query;
    const found = [...this.#disputes.values()].filter(
      ({ disputed_transactions: [first], update_time }) =>
        (captureId === undefined || first.seller_transaction_id === captureId) && update_time >= after,
    );
    return { status: 200, body: { items: found.map(({ dispute_id }) => ({ dispute_id })), links: [] } };
  }

  #create(body: any): Answer {
    const unit = body.purchase_units?.[0];
    const { currency_code: currency, value } = unit.amount;
    if (['HUF', 'JPY', 'TWD'].includes(currency) && value.includes('.'))
      return unprocessable('DECIMALS_NOT_SUPPORTED');
    if (Number(value) > 999_999) return unprocessable('MAX_VALUE_EXCEEDED');
    return { status: 200, body: this.#shown(this.#make(body.intent, unit)) };
  }

  #make(intent: string, unit: Record<string, any>): Order {
    const order = {
      id: this.#id('O'),
      status: 'PAYER_ACTION_REQUIRED',
      intent,
      unit,
      captures: [],
      refunds: [],
    };
    this.#orders.set(order.id, order);
    return order;
  }

  #id(prefix: string): string {
    this.#serial += 1;
    return `${prefix}${String(this.#serial).padStart(16, '0')}`;
  }

  #shown({ id, status, intent, unit, captures, refunds }: Order) {
    const payments = captures.length > 0 ? { captures, refunds } : undefined;
    const href = `https://www.sandbox.paypal.com/checkoutnow?token=${id}`;
    const links = [
      { href: `https://api-m.sandbox.paypal.com/v2/checkout/orders/${id}`, rel: 'self', method: 'GET' },
      ...(status === 'PAYER_ACTION_REQUIRED' ? [{ href, rel: 'payer-action', method: 'GET' }] : []),
    ];
    return { id, status, intent, purchase_units: [{ reference_id: 'default', ...unit, payments }], links };
  }

  #patch(order: Order, patches: any[]): Answer {
    if (order.status === 'COMPLETED') return unprocessable('ORDER_ALREADY_COMPLETED');
    if (!this.patchable) return unprocessable('NOT_PATCHABLE');
    for (const { op, path, value } of patches) {
      if (op !== 'replace' || path !== '/intent')
        return refused(400, 'INVALID_REQUEST', 'FIELD_NOT_PATCHABLE');
      order.intent = value;
    }
    return { status: 204 };
  }

  #capture(order: Order): string | undefined {
    if (order.intent !== 'CAPTURE') return 'ACTION_DOES_NOT_MATCH_INTENT';
    if (order.status === 'COMPLETED') return 'ORDER_ALREADY_CAPTURED';
    if (order.status !== 'APPROVED') return 'ORDER_NOT_APPROVED';
    const { status = 'COMPLETED', fee, feeCurrency, refusal, reason } = this.capturing;
    if (refusal) return refusal;
    const { amount, custom_id, invoice_id } = order.unit;
    const paypal_fee =
      fee === undefined ? undefined : { currency_code: feeCurrency ?? amount.currency_code, value: fee };
    order.status = 'COMPLETED';
    order.captures.push({
      id: this.#id('C'),
      status,
      ...(reason ? { status_details: { reason } } : {}),
      amount,
      custom_id,
      invoice_id,
      final_capture: true,
      seller_receivable_breakdown: { gross_amount: amount, paypal_fee },
    });
    return undefined;
  }

  #captures(
    method: string,
    id: string,
    action: string | undefined,
    body: any,
    keep: (a: () => Answer) => void,
  ): Answer {
    const order = [...this.#orders.values()].find(({ captures }) =>
      captures.some((capture) => capture.id === id),
    );
    const capture = order?.captures.find((each) => each.id === id);
    if (!order || !capture) return notFound;
    const related = { supplementary_data: { related_ids: { order_id: order.id } } };
    if (method === 'GET') return { status: 200, body: { ...capture, ...related } };
    if (action !== 'refund') return notFound;
    const sum = (all: Record<string, any>[]) => all.reduce((so, each) => so + Number(each.amount.value), 0);
    if (sum(order.refunds) + Number(body.amount.value) > Number(capture.amount.value)) {
      return unprocessable('REFUND_AMOUNT_EXCEEDED');
    }
    const refund = { id: this.#id('R'), status: 'COMPLETED', ...body };
    order.refunds.push(refund);
    capture.status = sum(order.refunds) < Number(capture.amount.value) ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
    keep(() => ({ status: 200, body: refund }));
    return { status: 201, body: refund };
  }

  #certificate(name: string): Answer {
    if (name === 'CERT-404') return { status: 404, body: 'Not found' };
    const years = name === 'CERT-OLD' ? [2019, 2020] : [2025, 2035];
    return { status: 200, body: certificateOf(this.#keys, years[0]!, years[1]!) };
  }
}
