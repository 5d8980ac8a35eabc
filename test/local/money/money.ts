import { createHmac } from 'node:crypto';
import { expect } from 'vitest';
import type { Answered, Mailed, PortalClient } from '../../support/local/portal-client.ts';
import { type Account, allOf, type Json, nobody, problemType, staffEmail, unique } from '../people.ts';

export interface Money {
  amount: number;
  currency: string;
}

export const gbp = (amount: number): Money => ({ amount, currency: 'GBP' });

export const line = (amount: number, taxRate = '0', more: object = {}): Json => ({
  description: 'Hosting',
  quantity: 1,
  unitPrice: gbp(amount),
  taxRate,
  ...more,
});

/** The day so many days from today. */
export const day = (offset: number): string =>
  new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

/** The end of an id that nothing has. */
export const nothing = '01HZZZZZZZZZZZZZZZZZZZZZZZ';

export const freshKey = (): Record<string, string> => ({ 'idempotency-key': unique('key') });

/** A call of staff under an account. */
export async function asStaff(
  client: PortalClient,
  account: Account,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Answered> {
  const staff = await client.token(staffEmail);
  return client.call(staff, method, `${account.path}${path}`, body, headers);
}

/** Calls under an account by its owner. */
export const ownerOf =
  (client: PortalClient) =>
  (
    account: Account,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answered> =>
    client.call(account.owner.token, method, `${account.path}${path}`, body, headers);

/** An invoice of one line without tax, or of these lines. */
export async function raise(
  client: PortalClient,
  account: Account,
  lines: number | Json[],
  more: object = {},
): Promise<Json> {
  const raised = await asStaff(client, account, 'POST', '/invoices', {
    lines: typeof lines === 'number' ? [line(lines)] : lines,
    dueOn: day(14),
    ...more,
  });
  expect(raised.status, JSON.stringify(raised.body)).toBe(201);
  return raised.body;
}

export async function readInvoice(client: PortalClient, account: Account, id: string): Promise<Json> {
  const read = await client.call(account.owner.token, 'GET', `${account.path}/invoices/${id}`);
  expect(read.status).toBe(200);
  return read.body;
}

/** Money that staff note as having come by bank. */
export const receive = (
  client: PortalClient,
  account: Account,
  invoiceId: string,
  amount: number,
): Promise<Answered> =>
  asStaff(client, account, 'POST', `/invoices/${invoiceId}/payments`, {
    amount: gbp(amount),
    method: 'bank-transfer',
    reference: unique('Transfer'),
    receivedOn: day(-1),
  });

export const adjustCredit = (client: PortalClient, account: Account, amount: number): Promise<Answered> =>
  asStaff(client, account, 'POST', '/credit', { amount: gbp(amount), reason: 'An adjustment' });

export async function creditOf(client: PortalClient, account: Account): Promise<number> {
  const credit = await client.call(account.owner.token, 'GET', `${account.path}/credit`);
  expect(credit.status).toBe(200);
  const { amount } = credit.body.balance as Money;
  const entries: Json[] = credit.body.entries;
  // What these tests write in one account fits on one page.
  expect(credit.body.nextCursor).toBeNull();
  expect(
    entries.reduce((sum: number, entry: Json) => sum + entry.amount.amount, 0),
    'the ledger',
  ).toBe(amount);
  return amount;
}

export const summarise = (
  client: PortalClient,
  account: Account,
  invoices: unknown,
  token = account.owner.token,
): Promise<Answered> => client.call(token, 'POST', `${account.path}/mass-payments`, { invoices });

/** The summary of what is to be paid. */
export async function summary(client: PortalClient, account: Account, invoices: unknown): Promise<Json> {
  const summed = await summarise(client, account, invoices);
  expect(summed.status, JSON.stringify(summed.body)).toBe(201);
  return summed.body;
}

export const pay = (
  client: PortalClient,
  account: Account,
  massPaymentId: string,
  { method = 'sandbox', token = account.owner.token, key = freshKey() } = {},
): Promise<Answered> =>
  client.call(token, 'POST', `${account.path}/mass-payments/${massPaymentId}/pay`, { method }, key);

/** A payment begun with the sandbox, waiting at its page. */
export async function begin(
  client: PortalClient,
  account: Account,
  invoices: unknown,
): Promise<{ id: string; page: string }> {
  const { id } = await summary(client, account, invoices);
  const begun = await pay(client, account, id);
  expect(begun).toMatchObject({
    status: 200,
    body: { id, status: 'processing', next: { type: 'redirect' } },
  });
  return { id, page: begun.body.next.url };
}

/** Submits a form of the sandbox's page, as a browser does; its answer, not followed. */
export async function press(
  page: string,
  name: 'pay' | 'decline' | 'pending' | 'timeout' | 'dispute' | 'win' | 'lose' | 'refund' | 'reverse',
): Promise<Response> {
  const html = await (await fetch(page)).text();
  const form = (html.match(/<form[^>]*>/g) ?? []).find((tag) => tag.includes(`name="${name}"`));
  expect(form, html).toBeDefined();
  const action = /action="([^"]*)"/.exec(form!)![1]!;
  return fetch(new URL(action, page), { method: 'POST', redirect: 'manual' });
}

/** The mass payment, once it has this status. */
export const once = (client: PortalClient, account: Account, id: string, status: string): Promise<Json> =>
  client.until(async () => {
    const read = await client.call(account.owner.token, 'GET', `${account.path}/mass-payments/${id}`);
    return read.body.status === status ? read.body : null;
  });

/** The payment of these invoices with the sandbox, gone through with. */
export async function payAll(client: PortalClient, account: Account, invoices: unknown): Promise<Json> {
  const { id, page } = await begin(client, account, invoices);
  await press(page, 'pay');
  const { paymentId } = await once(client, account, id, 'succeeded');
  return (await client.call(account.owner.token, 'GET', `${account.path}/payments/${paymentId}`)).body;
}

export const paymentsOf = (client: PortalClient, account: Account): Promise<Json[]> =>
  allOf(client, account.owner.token, `${account.path}/payments`);

/** All the money of an account: what was refused leaves it as it was. */
export async function books(client: PortalClient, account: Account): Promise<unknown> {
  const staff = await client.token(staffEmail);
  const [invoices, payments, quotes, credit] = await Promise.all([
    allOf(client, staff, `${account.path}/invoices`),
    allOf(client, staff, `${account.path}/payments`),
    allOf(client, staff, `${account.path}/quotes`),
    client.call(staff, 'GET', `${account.path}/credit`),
  ]);
  return { invoices, payments, quotes, credit: credit.body };
}

/** Mails whose subject or text holds all of these, now. */
export async function mailsOf(client: PortalClient, ...texts: string[]): Promise<Mailed[]> {
  const mails = await client.mails();
  return mails.filter((mail) => texts.every((text) => `${mail.subject}\n${mail.text}`.includes(text)));
}

/** The signature of the sandbox gateway. */
export const sign = (body: string, secret: string, at = Date.now()): Record<string, string> => {
  const time = Math.floor(at / 1000);
  const hash = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
  return { 'sandbox-signature': `t=${time},v1=${hash}` };
};

/** An event of the sandbox gateway about a payment that was begun. */
export const eventOf = (
  account: Account,
  begun: { id: string; page: string },
  amount: number,
  { type = 'charge.paid', id = unique('evt_'), ...data }: Record<string, unknown> = {},
): Json => ({
  id,
  type,
  createdAt: new Date().toISOString(),
  data: {
    charge: new URL(begun.page).pathname.split('/').at(-1),
    key: begun.id,
    accountId: account.id,
    amount,
    currency: 'GBP',
    fee: 20,
    ...data,
  },
});

export const deliver = (
  client: PortalClient,
  body: string,
  headers: Record<string, string>,
): Promise<Answered> => client.call(nobody, 'POST', '/v1/webhooks/sandbox', body, headers);

/** Delivers an event as the gateway does. */
export const tell = (client: PortalClient, event: Json): Promise<Answered> => {
  const body = JSON.stringify(event);
  return deliver(client, body, sign(body, client.portal.sandboxWebhookSecret));
};

/** The statuses of what was asked at once, the smallest first. */
export const statuses = (answers: Answered[]): number[] =>
  answers.map((answer) => answer.status).sort((a, b) => a - b);

/** That somebody without this permission is told so, and what they may do about it. */
export function expectExplained(answer: Answered, permission: string): void {
  expect(answer.status, JSON.stringify(answer.body)).toBe(403);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({
    type: problemType('permission-required'),
    title: `You don't have access to ${permission}`,
    requiredPermission: permission,
    areas: expect.any(Array),
    whatToDo: expect.stringContaining('request access'),
    requestAccess: { method: 'POST', href: expect.stringMatching(/\/access-requests$/) },
  });
}

/** That a call is the provider's alone. */
export function expectStaffOnly(answer: Answered): void {
  expect(answer, JSON.stringify(answer.body)).toMatchObject({
    status: 403,
    body: { type: problemType('staff-only') },
  });
}

/** That a request was refused for what it says, with the place of it. */
export function expectInvalid(answer: Answered, path?: string, why = path): void {
  expect(answer.status, `${why}: ${JSON.stringify(answer.body)}`).toBe(400);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const paths = answer.body.errors.map((error: Json) => error.path);
  if (path !== undefined) expect(paths, why).toContain(path);
}
