import { describe, expect, test, vi } from 'vitest';
import { disagreements } from '../../support/desks/disagreements.ts';
import type { SentMail } from '../../support/memory/memory-dependencies.ts';
import { type Called, MemoryPortal } from '../../support/memory/memory-portal.ts';
import { insist, settle, stopAt, stoppages } from '../../support/faults/stoppages.ts';

// What is stopped on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

/**
 * A change lands whole or not at all, wherever a function stops. Each use case is stopped at each of its calls in
 * turn; then the client repeats its request, and only the sweep is left to do what the outbox was promised.
 */
interface Scene {
  portal: MemoryPortal;
  /** The request, which the client repeats word for word. */
  ask(): Promise<Called>;
  /** Who signs in, or nothing, before and after. */
  verify(answer: Called): Promise<void>;
}

const password = 'Correct-Horse-2';

/** Whom a text reached, each as often as it did. */
function reachedBy(mails: readonly SentMail[], text: string): string[] {
  return mails
    .filter((mail) => `${mail.subject} ${mail.text}`.includes(text))
    .flatMap((mail) => mail.destinations);
}

async function newAccount() {
  const portal = new MemoryPortal();
  const { accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test');
  const base = `/v1/accounts/${accountId}`;
  const get = async (path: string) => (await portal.call(ownerId, 'GET', `${base}${path}`)).body;
  const actions = async (): Promise<string[]> =>
    (await get('/activity')).items.map((entry: { action: string }) => entry.action);
  return { portal, accountId, ownerId, base, get, actions };
}

async function activation(withPassword: boolean): Promise<Scene> {
  const { portal, accountId, ownerId, base, get, actions } = await newAccount();
  const body = { name: 'Carla', email: 'carla@acme.test', emailPreferences: { invoice: true } };
  const { id } = (await portal.call(ownerId, 'POST', `${base}/contacts`, { body })).body;
  const wanted = { permissions: ['tickets', 'contacts'], ...(withPassword ? { password } : {}) };
  return {
    portal,
    ask: () => portal.call(ownerId, 'PUT', `${base}/contacts/${id}/sub-account`, { body: wanted }),
    async verify(answer) {
      // A repeat of what has landed: the login is there, and a password is only for a new one.
      if (answer.status !== 200) expect(answer.body.type).toMatch(/login-exists$/);
      const { status, permissions } = (await get(`/contacts/${id}`)).subAccount;
      expect({ status, permissions }).toEqual({
        status: withPassword ? 'active' : 'invited',
        permissions: wanted.permissions,
      });
      const { userId } = await portal.people.byAddress('carla@acme.test');
      const { memberships } = await portal.people.loginWithMemberships(userId!);
      expect(memberships.map((each) => each.accountId)).toEqual([accountId]);
      const done = await actions();
      expect(done.filter((action) => action === 'sub-account.activated')).toHaveLength(1);
      expect(reachedBy(portal.mails, 'invitation')).toEqual(withPassword ? [] : ['carla@acme.test']);
      if (withPassword) expect(portal.directory.signIn('carla@acme.test', password)).toBe(userId);
    },
  };
}

async function approval(): Promise<Scene> {
  const { portal, accountId, ownerId, base, get, actions } = await newAccount();
  const made = await portal.createSubAccount(ownerId, accountId, 'carla@acme.test', ['tickets']);
  const body = { permissions: ['invoices'] };
  const asked = await portal.call(made.userId, 'POST', `${base}/access-requests`, { body });
  const path = `${base}/access-requests/${asked.body.id}/approve`;
  return {
    portal,
    ask: () => portal.call(ownerId, 'POST', path, { headers: { 'idempotency-key': 'approve-1' } }),
    async verify(answer) {
      expect(answer.body).toMatchObject({ status: 'approved', permissions: ['invoices'] });
      expect((await get('/access-requests')).items).toEqual([answer.body]);
      const { permissions } = (await get(`/contacts/${made.contactId}`)).subAccount;
      expect(permissions).toEqual(['invoices', 'tickets']);
      const done = await actions();
      expect(done.filter((action) => action === 'access-request.approved')).toHaveLength(1);
      expect(done.filter((action) => action === 'sub-account.changed')).toHaveLength(1);
      expect(reachedBy(portal.mails, 'was approved')).toEqual(['carla@acme.test']);
    },
  };
}

async function opening(): Promise<Scene> {
  const { portal, accountId, ownerId, base, get, actions } = await newAccount();
  const { userId } = await portal.createSubAccount(ownerId, accountId, 'carla@acme.test', ['tickets']);
  const body = { subject: 'Broken', message: 'It is all broken.' };
  const headers = { 'idempotency-key': 'open-1' };
  // That they use the account after signing in is known before.
  await portal.call(userId, 'GET', base);
  return {
    portal,
    ask: () => portal.call(userId, 'POST', `${base}/tickets`, { body, headers }),
    async verify(answer) {
      const { items } = await get('/tickets');
      expect(items.map((ticket: { id: string }) => ticket.id)).toEqual([answer.body.id]);
      const { messages } = await get(`/tickets/${answer.body.id}`);
      expect(messages.map((message: { body: string }) => message.body)).toEqual([body.message]);
      expect((await actions()).filter((action) => action === 'ticket.opened')).toHaveLength(1);
      expect(reachedBy(portal.mails, body.message).toSorted()).toEqual([
        'carla@acme.test',
        'owner@acme.test',
      ]);
    },
  };
}

async function replying(): Promise<Scene> {
  const { portal, accountId, ownerId, base, get, actions } = await newAccount();
  const { userId } = await portal.createSubAccount(ownerId, accountId, 'carla@acme.test', ['tickets']);
  const opened = { body: { subject: 'Broken', message: 'It is all broken.' } };
  const { id } = (await portal.call(userId, 'POST', `${base}/tickets`, opened)).body;
  const body = { message: 'Have you tried to turn it off?' };
  const headers = { 'idempotency-key': 'reply-1' };
  return {
    portal,
    ask: () => portal.call(ownerId, 'POST', `${base}/tickets/${id}/replies`, { body, headers }),
    async verify(answer) {
      const { messages, status } = await get(`/tickets/${id}`);
      expect(status).toBe('customer-reply');
      expect(messages).toEqual(answer.body.messages);
      expect(messages.map((message: { body: string }) => message.body)).toEqual([
        opened.body.message,
        body.message,
      ]);
      expect((await actions()).filter((action) => action === 'ticket.replied')).toHaveLength(1);
      expect(reachedBy(portal.mails, body.message)).toEqual(['carla@acme.test']);
    },
  };
}

const useCases: [string, () => Promise<Scene>][] = [
  ['activating a contact by invitation', () => activation(false)],
  ['activating a contact with a password', () => activation(true)],
  ['approving a request', approval],
  ['opening a ticket', opening],
  ['replying to a ticket', replying],
];

describe.each(useCases)('%s', (_, scenery) => {
  /** The scene with all earlier mail sent and forgotten. */
  const prepare = async () => {
    const scene = await scenery();
    await settle(scene.portal);
    scene.portal.mails.length = 0;
    return scene;
  };

  test('says the same the second time, and does nothing again', async () => {
    const scene = await prepare();
    await scene.ask();
    const again = await scene.ask();
    await settle(scene.portal);
    expect(disagreements(scene.portal)).toEqual([]);
    await scene.verify(again);
  });

  test.each(stoppages)('is whole after a repeat, wherever the first try %s', async (how) => {
    let calls = 0;
    for (let stopped = true; stopped; calls++) {
      const scene = await prepare();
      stopped = await stopAt(scene.portal, how, calls + 1, scene.ask);
      expect(disagreements(scene.portal, false), `stopped at call ${calls + 1}`).toEqual([]);
      const answer = await insist(scene.ask);
      await settle(scene.portal);
      expect(disagreements(scene.portal), `stopped at call ${calls + 1}`).toEqual([]);
      await scene.verify(answer);
    }
    expect(calls).toBeGreaterThan(how === 'loses its answer' ? 1 : 4);
  });

  test.each(stoppages)(
    'is whole or not there at all, where nobody asks again after a try that %s',
    async (how) => {
      for (let nth = 1, stopped = true; stopped; nth++) {
        const scene = await prepare();
        const before = scene.portal.table.all().length;
        stopped = await stopAt(scene.portal, how, nth, scene.ask);
        const landed = scene.portal.table.all().length > before;
        await settle(scene.portal);
        expect(disagreements(scene.portal), `stopped at call ${nth}`).toEqual([]);
        const tasks = scene.portal.table.all().filter((item) => item.pk.startsWith('OUTBOX#'));
        expect(tasks).toEqual([]);
        // Whatever has landed is known to all whom it concerns; what has not, to nobody.
        if (landed) await scene.verify(await insist(scene.ask));
        else expect(scene.portal.mails).toEqual([]);
      }
    },
  );
});
