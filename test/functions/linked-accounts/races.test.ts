import { describe, expect, test } from 'vitest';
import type { Called } from '../../support/memory/memory-portal.ts';
import { type Family, type Member } from './linked-portal.ts';
import { everywhere, interrupted } from './interrupted.ts';

const billed = async (here: Family, payer: Member, id: string): Promise<number> =>
  (await here.invoices(payer))
    .filter(({ status }) => status !== 'cancelled')
    .flatMap(({ lines }) => lines)
    .filter(({ relatesTo }: any) => relatesTo?.id === id).length;

describe('an account that leaves in the midst of', () => {
  test('a renewal is billed for its period once, and not to the main account afterwards', async () => {
    const places = await everywhere(async (here, at) => {
      const { id } = await here.service(here.north);
      here.at('2026-03-20');
      let before = 0;
      const leave = async () => {
        before = await billed(here, here.main, id);
        expect((await here.unlink(here.north)).status).toBe(200);
      };
      const { happened } = await interrupted(here, at, () => here.portal.renew(), leave);
      await here.portal.renew();
      const [main, north] = [await billed(here, here.main, id), await billed(here, here.north, id)];
      expect([at, main + north]).toEqual([at, 1]);
      if (happened) expect([at, main]).toEqual([at, before]);
      await here.agree();
      return happened;
    });
    expect(places).toBeGreaterThan(3);
  });

  test('its checkout leaves no order that waits for nobody', async () => {
    const places = await everywhere(async (here, at) => {
      const { ownerId } = here.north;
      await here.add(ownerId, here.north);
      const leave = () => here.unlink(here.north);
      const done = await interrupted(here, at, () => here.checkout(ownerId, here.north), leave);
      expect([at, [201, 409]]).toEqual([at, expect.arrayContaining([done.result.status])]);
      const orders = await here.orders(here.north);
      expect(orders.length).toBe(done.result.status === 201 ? 1 : 0);
      if (done.happened)
        for (const { status } of orders) expect([at, status]).not.toEqual([at, 'awaiting-main-account']);
      expect(await here.invoices(here.main)).toEqual([]);
      return done.happened;
    });
    expect(places).toBeGreaterThan(3);
  });

  test('an approval leaves its order either paid for or cancelled', async () => {
    const places = await everywhere(async (here, at) => {
      const { order } = await here.ordered(here.north);
      await here.give(here.main, 3720);
      const approve = () =>
        here.decide(here.main.ownerId, here.main, order.id, 'approve', { paymentMethod: 'credit' });
      const { result, happened } = await interrupted(here, at, approve, () => here.unlink(here.north));
      await here.portal.deliver();
      const [{ status }] = (await here.orders(here.north)) as [any];
      const paid = result.status === 200;
      const due = await here.invoices(here.main, { status: 'unpaid' });
      const left = { status, credit: await here.credit(here.main), due: due.length };
      // Where the approval was in before, its invoice stays with the main account, paid or not.
      if (status === 'cancelled') expect([at, paid, left.credit, left.due]).toEqual([at, false, 3720, 0]);
      else
        expect([at, ['awaiting-activation', 'awaiting-payment']]).toEqual([
          at,
          expect.arrayContaining([status]),
        ]);
      if (paid) expect([at, left]).toEqual([at, { status: 'awaiting-activation', credit: 0, due: 0 }]);
      await here.agree();
      return happened;
    });
    expect(places).toBeGreaterThan(3);
  });

  test('a change of its service is not billed to the main account afterwards', async () => {
    const places = await everywhere(async (here, at) => {
      const { id } = await here.service(here.north);
      here.at('2026-03-12');
      let before = 0;
      const leave = async () => {
        before = (await here.invoices(here.main)).length;
        await here.unlink(here.north);
      };
      const change = () => here.north.post(`/services/${id}/change`, { productId: 'prd_big', mode: 'self' });
      const { result, happened } = await interrupted(here, at, change, leave);
      const [main, north] = [await here.invoices(here.main), await here.invoices(here.north)];
      const { productId } = (await here.north.get(`/services/${id}`)).body;
      expect([at, main.length + north.length]).toEqual([at, productId === 'prd_big' ? 1 : 0]);
      expect([at, result.status]).toEqual([at, productId === 'prd_big' ? 200 : 409]);
      if (happened) expect([at, main.length]).toEqual([at, before]);
      await here.agree();
      return happened;
    });
    expect(places).toBeGreaterThan(3);
  });
});

interface Write {
  name: string;
  /** Makes ready for it; says how it is done by this person, and whether it is there. */
  prepare: (
    here: Family,
    userId: string,
  ) => Promise<{ write: () => Promise<Called>; landed: () => Promise<boolean> }>;
}

const home = ['linked-accounts', 'products', 'manage-products', 'orders', 'invoices', 'tickets'];

const writes: Write[] = [
  {
    name: 'a pause',
    prepare: async (here, userId) => {
      const { id } = await here.service(here.north);
      const path = `${here.north.base}/services/${id}`;
      return {
        write: () => here.portal.call(userId, 'POST', `${path}/pause`, { body: {} }),
        landed: async () => (await here.staff('GET', path)).body.status === 'paused',
      };
    },
  },
  {
    name: 'an answer to a ticket',
    prepare: async (here, userId) => {
      const { body } = await here.north.post('/tickets', { subject: 'Down', message: 'Since noon.' });
      const path = `${here.north.base}/tickets/${body.id}`;
      const reply = { body: { message: 'We look at it.' } };
      return {
        write: () => here.portal.call(userId, 'POST', `${path}/replies`, reply),
        landed: async () => (await here.staff('GET', path)).body.messages.length === 2,
      };
    },
  },
  {
    name: 'a ticket for it',
    prepare: async (here, userId) => {
      const body = { subject: 'Down', message: 'Since noon.', linkedAccountId: here.north.id };
      const tickets = `${here.north.base}/tickets`;
      return {
        write: () => here.portal.call(userId, 'POST', `${here.main.base}/tickets`, { body }),
        landed: async () => (await here.staff('GET', tickets)).body.items.length === 1,
      };
    },
  },
  {
    name: 'an approval',
    prepare: async (here, userId) => {
      const { order } = await here.ordered(here.north);
      await here.give(here.main, 3720);
      const credit = { paymentMethod: 'credit' };
      const path = `${here.north.base}/orders/${order.id}`;
      return {
        write: () => here.decide(userId, here.north, order.id, 'approve', credit),
        landed: async () => (await here.staff('GET', path)).body.invoiceId !== null,
      };
    },
  },
  {
    name: 'an order for it',
    prepare: async (here, userId) => {
      await here.cartFor(userId, here.main, here.north);
      await here.add(userId, here.main);
      return {
        write: () => here.checkout(userId, here.main),
        landed: async () => (await here.orders(here.main)).length === 1,
      };
    },
  },
];

describe.each(writes)('$name by the main account’s people', ({ prepare }) => {
  const happenings: [string, (here: Family, contactId: string) => Promise<unknown>][] = [
    ['the account was unlinked', (here) => here.unlink(here.north)],
    [
      'the grant at home was changed',
      (here, contactId) =>
        here.staff('PUT', `${here.main.base}/contacts/${contactId}/sub-account`, {
          permissions: ['domains'],
        }),
    ],
  ];

  test.each(happenings)('does not land after %s', async (_, happen) => {
    const places = await everywhere(async (here, at) => {
      const { userId, contactId } = await here.person(home);
      const { write, landed } = await prepare(here, userId);
      let before = false;
      const { result, happened } = await interrupted(here, at, write, async () => {
        before = await landed();
        expect(await happen(here, contactId)).toMatchObject({ status: 200 });
      });
      expect([at, await landed()]).toEqual([at, happened ? before : true]);
      if (happened && !before) expect([at, result.status >= 400]).toEqual([at, true]);
      return happened;
    });
    expect(places).toBeGreaterThan(3);
  });
});

describe('an account that is blocked in the midst of', () => {
  test('a checkout for it has an order that was in before, or none', async () => {
    const places = await everywhere(async (here, at) => {
      await here.cartFor(here.main.ownerId, here.main, here.north);
      await here.add(here.main.ownerId, here.main);
      let before = 0;
      const block = async () => {
        before = (await here.orders(here.main)).length;
        await here.note(here.north, { status: 'blocked' });
      };
      const checkout = () => here.checkout(here.main.ownerId, here.main);
      const { happened } = await interrupted(here, at, checkout, block);
      if (happened) expect([at, (await here.orders(here.main)).length]).toEqual([at, before]);
      return happened;
    });
    expect(places).toBeGreaterThan(3);
  });
});
