import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import * as z from 'zod/mini';
import { sign, signatureHeader } from '../../shared/payments/gateways/sandbox-signature.ts';
import { largestAmount } from '../../shared/core/money.ts';
import type { Controls } from '../local/controls.ts';
import { guard } from '../local/http/guard.ts';
import type { Origins } from '../local/http/origins.ts';
import type { LocalServer } from '../local/http/server.ts';
import { report } from '../local/report.ts';
import {
  chargeDraft,
  existing,
  Ledger,
  newId,
  Refusal,
  refundDraft,
  refusals,
  type SandboxCharge,
  type SandboxLedger,
  type SandboxTaking,
  text,
} from './ledger.ts';
import { chargePage, lostPage, missingPage, offered, pageHeaders, takingActions } from './pages.ts';

export interface SandboxGatewayOptions {
  controls: Controls;
  port?: number;
  origins?: Origins | undefined;
  /** Asked for every event, so that a rotated secret counts at once. */
  webhookSecret: () => string;
  /** Where the signed events go: a full URL, known after the start. */
  webhookUrl: () => string | undefined;
  /** The folder of the ledger; without it the ledger lives as long as the process. */
  dir?: string;
}

export interface SandboxGateway extends LocalServer {
  ledger(): SandboxLedger;
}

const bodyLimitBytes = 64 * 1024;
/** After each failed attempt but the last one. */
const retryDelaysMs = [50, 200, 1000, 2000, 4000];
const attemptTimeoutMs = 10_000;
/** How long an event waits for another one to overtake it. */
const longestHoldMs = 2000;

const byKey = z.object({ key: text(200) });
const takingsAsked = z.union([z.object({ charge: text(200) }), z.object({ since: text(40) })]);

/** How events are sent and what a payment costs; tests change both. */
const settingsChange = z.strictObject({
  delayMs: z.optional(z.int().check(z.minimum(0), z.maximum(60_000))),
  copies: z.optional(z.int().check(z.minimum(1), z.maximum(10))),
  reorder: z.optional(z.boolean()),
  fee: z.optional(z.int().check(z.minimum(0), z.maximum(largestAmount))),
  disputeFee: z.optional(z.int().check(z.minimum(0), z.maximum(largestAmount))),
});
type Settings = Required<z.output<typeof settingsChange>>;

const eventTypes = {
  pay: 'charge.paid',
  decline: 'charge.declined',
  pending: 'charge.pending',
  taking: 'charge.taking',
};

/** Sends events to the portal in the background, at least once unless every attempt fails. */
class Events {
  readonly #options: SandboxGatewayOptions;
  readonly #settings: Settings;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #held: { body: string; timer: NodeJS.Timeout } | null = null;

  constructor(options: SandboxGatewayOptions, settings: Settings) {
    this.#options = options;
    this.#settings = settings;
  }

  send(action: keyof typeof eventTypes, charge: SandboxCharge, taking?: SandboxTaking): void {
    if (this.#closing.signal.aborted) return;
    const { id, key, accountId, amount, currency, fee } = charge;
    const named = taking && { taking: { id: taking.id, kind: taking.kind } };
    const data = { charge: id, key, accountId, amount, currency, fee, ...named };
    const createdAt = this.#options.controls.now().toISOString();
    const body = JSON.stringify({ id: newId('evt'), type: eventTypes[action], createdAt, data });
    if (this.#settings.reorder && !this.#held) {
      const timer = setTimeout(() => this.release(), longestHoldMs);
      this.#held = { body, timer: timer.unref() };
      return;
    }
    const overtaken = this.#takeHeld();
    this.#run(overtaken === null ? [body] : [body, overtaken]);
  }

  /** Sends the event that waits to be overtaken. */
  release(): void {
    const held = this.#takeHeld();
    if (held !== null) this.#run([held]);
  }

  /** Stops the deliveries that wait or are under way; they never happen. */
  async close(): Promise<void> {
    this.#takeHeld();
    this.#closing.abort();
    await Promise.all(this.#running);
  }

  #takeHeld(): string | null {
    const held = this.#held;
    if (held) clearTimeout(held.timer);
    this.#held = null;
    return held?.body ?? null;
  }

  /** Delivers one event after the other, so that their order is certain. */
  #run(bodies: string[]): void {
    const { delayMs, copies } = this.#settings;
    const running = (async () => {
      for (const body of bodies) {
        await this.#wait(delayMs);
        await Promise.all(Array.from({ length: copies }, () => this.#deliver(body)));
      }
    })().catch(() => undefined);
    this.#running.add(running);
    void running.then(() => this.#running.delete(running));
  }

  /** Tries until the portal accepts it or no attempt is left. Rejects only when everything is closing. */
  async #deliver(body: string): Promise<void> {
    for (const delayMs of [...retryDelaysMs, null]) {
      try {
        return await this.#attempt(body);
      } catch (error) {
        this.#closing.signal.throwIfAborted();
        if (delayMs === null) return report('sandbox gateway: an event could not be delivered', error);
        await this.#wait(delayMs);
      }
    }
  }

  async #wait(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { ref: false, signal: this.#closing.signal });
  }

  /** Signs each attempt anew, because signatures expire. */
  async #attempt(body: string): Promise<void> {
    const { controls, webhookUrl, webhookSecret } = this.#options;
    const url = webhookUrl();
    if (url === undefined) throw new Error('The address for events is not known yet');
    const signature = sign(webhookSecret(), Math.floor(controls.now().getTime() / 1000), body);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [signatureHeader]: signature },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(attemptTimeoutMs)]),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  }
}

interface Parts {
  controls: Controls;
  ledger: Ledger;
  events: Events;
  settings: Settings;
}

function read<T>(schema: z.ZodMiniType<T>, given: unknown): T {
  const found = schema.safeParse(Buffer.isBuffer(given) ? parsed(given) : given);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw new Refusal('invalid', `${issue?.path.join('.') || 'The request'}: ${issue?.message}`);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new Refusal('invalid', 'The body is not JSON.');
  }
}

function serveApi(app: FastifyInstance, { controls, ledger, events, settings }: Parts): void {
  // The URL is not stored, because the port may have changed since the charge was created.
  const withUrl = (charge: SandboxCharge) => ({ ...charge, url: `${app.listeningOrigin}/pay/${charge.id}` });

  app.post('/charges', async (request) => {
    const charge = ledger.begin(read(chargeDraft, request.body), controls.now());
    await ledger.save();
    return withUrl(charge);
  });
  app.get('/charges', (request) => withUrl(existing(ledger.chargeBy(read(byKey, request.query).key))));
  app.post<{ Params: { id: string } }>('/charges/:id/expire', async (request) => {
    const charge = existing(ledger.charge(request.params.id));
    ledger.expire(charge);
    await ledger.save();
    return withUrl(charge);
  });
  app.post('/refunds', async (request) => {
    const refund = ledger.refund(read(refundDraft, request.body), controls.now());
    await ledger.save();
    return refund;
  });
  app.get('/refunds', (request) => existing(ledger.refundBy(read(byKey, request.query).key)));
  app.get('/takings', (request) => {
    const asked = read(takingsAsked, request.query);
    if ('charge' in asked) return { takings: shownTakings(ledger, existing(ledger.charge(asked.charge))) };
    const charges = ledger.takenSince(asked.since);
    return { charges: charges.map(({ id, key, accountId }) => ({ charge: id, key, accountId })) };
  });
  app.get('/ledger', () => ledger.all());
  app.put('/controls', (request) => {
    Object.assign(settings, read(settingsChange, request.body));
    if (!settings.reorder) events.release();
    return settings;
  });
}

/** All that was given back of a charge or taken: what the portal asked for has its key. */
function shownTakings(ledger: Ledger, charge: SandboxCharge) {
  const { currency } = charge;
  const asked = ledger.refundsOf(charge).map((refund) => {
    const taken = { currency, taken: refund.amount, fee: 0 };
    return { ...refund, kind: 'refund', status: 'succeeded', ...taken };
  });
  return [...asked, ...ledger.takingsOf(charge).map((taking) => ({ ...taking, currency }))];
}

function servePages(app: FastifyInstance, { controls, ledger, events, settings }: Parts): void {
  const missing = (reply: FastifyReply) => reply.code(404).headers(pageHeaders()).send(missingPage());

  app.get<{ Params: { id: string } }>('/pay/:id', (request, reply) => {
    const charge = ledger.charge(request.params.id);
    if (!charge) return missing(reply);
    return reply.headers(pageHeaders()).send(chargePage(charge, ledger.takingActions(charge)));
  });
  app.post<{ Params: { id: string; action: string } }>('/pay/:id/:action', async (request, reply) => {
    const charge = ledger.charge(request.params.id);
    const action = offered.created.find((known) => known === request.params.action);
    const taking = takingActions.find((known) => known === request.params.action);
    if (charge && taking) {
      const taken = ledger.take(charge, taking, settings.disputeFee, controls.now());
      await ledger.save();
      if (taken) events.send('taking', charge, taken);
      return reply.headers(pageHeaders()).redirect(`/pay/${encodeURIComponent(charge.id)}`, 303);
    }
    if (!charge || !action) return missing(reply);
    const changed = ledger.choose(charge, action, settings.fee);
    // The event tells the choice made here, even if the charge changes while the ledger is saved.
    const chosen = { ...charge };
    await ledger.save();
    if (changed) {
      if (action === 'timeout') return reply.code(504).headers(pageHeaders()).send(lostPage());
      events.send(action, chosen);
    }
    // The charge's page shows the result and links back, because there may be no frontend on this machine.
    return reply.headers(pageHeaders()).redirect(`/pay/${encodeURIComponent(charge.id)}`, 303);
  });
}

/** A payment gateway with hosted pages, on which payers choose the result. No money moves. */
export async function startSandboxGateway(options: SandboxGatewayOptions): Promise<SandboxGateway> {
  const { controls, dir, port = 0, origins } = options;
  const settings: Settings = { delayMs: 0, copies: 1, reorder: false, fee: 0, disputeFee: 0 };
  const ledger = new Ledger(dir === undefined ? null : join(dir, 'sandbox-gateway.json'));
  const events = new Events(options, settings);
  const app = Fastify({ bodyLimit: bodyLimitBytes, forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof Refusal) {
      return reply.code(refusals[error.code]).send({ error: error.code, message: error.message });
    }
    const status = error.statusCode ?? 500;
    if (status >= 500) report('sandbox gateway', error);
    return reply.code(status).send({ error: 'failed', message: status < 500 ? error.message : 'Failed.' });
  });
  const parts = { controls, ledger, events, settings };
  serveApi(app, parts);
  servePages(app, parts);
  guard(app.server, { origins });
  const url = await app.listen({ host: '127.0.0.1', port });
  return {
    url,
    port: (app.server.address() as AddressInfo).port,
    ledger: () => ledger.all(),
    close: async () => {
      await app.close();
      await events.close();
      await ledger.save();
    },
  };
}
