import { PaymentWorld, type Sabotage } from './payment-world.ts';

const bodyOf = (called: { body: any } | null) => called?.body;

/** A payer, or somebody near: one of several at once, each doing a few things of its own choice. */
async function actor(world: PaymentWorld): Promise<void> {
  const { random } = world;
  for (let steps = random.between(1, 4); steps > 0; steps--) {
    const step = random.pick([
      pay,
      pay,
      pay,
      payTwice,
      decide,
      events,
      staff,
      staff,
      transfer,
      transfer,
      assign,
      refund,
      takeBack,
      takeBack,
      cancel,
      janitor,
    ]);
    await step(world);
  }
}

async function invoicesOf(world: PaymentWorld): Promise<any[]> {
  const listed = await world.process(() => world.call('owner', 'GET', '/invoices'));
  return bodyOf(listed)?.items ?? [];
}

async function pay(world: PaymentWorld): Promise<void> {
  const { random } = world;
  const due = (await invoicesOf(world)).filter((invoice) => invoice.status === 'unpaid');
  if (due.length === 0) return;
  const chosen = random
    .some(due)
    .map(({ id, balance }) =>
      random.chance(0.3) ? { id, amount: { ...balance, amount: Math.ceil(balance.amount / 2) } } : id,
    );
  const summary = bodyOf(
    await world.process(() => world.call('owner', 'POST', '/mass-payments', { invoices: chosen })),
  );
  if (summary?.id)
    await choose(world, summary.id, random.pick(['sandbox', 'sandbox', 'credit', 'bank-transfer']));
}

/** The payer presses the button, and again where no answer comes. */
async function choose(world: PaymentWorld, id: string, method: string): Promise<void> {
  const key = world.key();
  for (let tries = 0; tries < 3; tries++) {
    const paid = await world.process(() =>
      world.call('owner', 'POST', `/mass-payments/${id}/pay`, { method }, key),
    );
    if (paid && paid.status < 500) break;
  }
  if (world.random.chance(0.7))
    world.portal.gateway.act(id, world.random.pick(['pay', 'pay', 'decline', 'pending']));
}

/** Two windows, the same payment, two keys. */
async function payTwice(world: PaymentWorld): Promise<void> {
  const made = bodyOf(
    await world.process(() => world.call('owner', 'POST', '/mass-payments', { invoices: 'all-due' })),
  );
  if (!made?.id) return;
  await Promise.all([choose(world, made.id, 'sandbox'), choose(world, made.id, 'sandbox')]);
}

async function decide(world: PaymentWorld): Promise<void> {
  for (const key of world.portal.gateway.charges.keys()) {
    if (world.random.chance(0.5))
      world.portal.gateway.act(key, world.random.pick(['pay', 'pay', 'decline', 'pending']));
  }
}

/** Events, some of them twice and none in any order. */
async function events(world: PaymentWorld): Promise<void> {
  const { portal, random } = world;
  const keys = [...portal.gateway.charges.keys()].toSorted(() => random.next() - 0.5);
  for (const key of keys) {
    const event = portal.gateway.eventFor(key);
    if (!event || random.chance(0.3)) continue;
    const deliver = () => world.process(() => portal.webhook('sandbox', event.body, event.headers));
    await (random.chance(0.3) ? Promise.all([deliver(), deliver()]) : deliver());
  }
}

async function staff(world: PaymentWorld): Promise<void> {
  const { random } = world;
  const invoices = await invoicesOf(world);
  if (invoices.length === 0) return;
  const { id } = random.pick(invoices);
  const amount = { amount: random.between(1, 20) * 100, currency: 'GBP' };
  const does = random.pick(['record', 'record', 'spread', 'cancel', 'apply', 'raise', 'raise', 'take']);
  // Staff press twice as well: with a key of its own each, or the same one.
  const one = world.key();
  const other = random.chance(0.5) ? one : world.key();
  const ask = (key: string) =>
    world.process(() => {
      if (does === 'cancel') return world.call('staff', 'POST', `/invoices/${id}/cancel`);
      if (does === 'apply') return world.call('owner', 'POST', `/invoices/${id}/credit`, {}, key);
      if (does === 'take') {
        const taken = { amount: { ...amount, amount: -amount.amount }, reason: 'Back' };
        return world.call('staff', 'POST', '/credit', taken, key);
      }
      if (does === 'raise') {
        const lines = [{ description: `More for ${key}`, quantity: 1, unitPrice: amount }];
        return world.call('staff', 'POST', '/invoices', { lines, dueOn: '2026-03-20' }, key);
      }
      // One sum of cash, whoever notes it and in how many ways.
      const received = { amount, method: 'cash', reference: one, receivedOn: '2026-03-01' };
      const path = does === 'record' ? `/invoices/${id}/payments` : '/payments';
      return world.call('staff', 'POST', path, received, key);
    });
  await Promise.all([ask(one), ask(other)]);
}

const unassigned = '/v1/staff/unassigned-money';

/** Money comes by bank, and two of staff note it: for the account, or for nobody where they do not know whose it is. */
async function transfer(world: PaymentWorld): Promise<void> {
  const { random } = world;
  const listed = await world.process(() => world.call('owner', 'GET', '/mass-payments'));
  const waiting = (bodyOf(listed)?.items ?? []).filter(({ status }: any) => status === 'waiting');
  const awaited: any = waiting.length > 0 && random.chance(0.9) ? random.pick(waiting) : null;
  const quoted = awaited ? /quote: (\S+)/.exec(awaited.next.text)![1] : 'SOMETHING';
  const due = awaited?.due.amount ?? random.between(1, 20) * 100;
  const received = {
    amount: { amount: random.pick([due, due, Math.ceil(due / 2), due + 50]), currency: 'GBP' },
    method: 'bank',
    reference: `${quoted} ${world.key()}`,
    receivedOn: '2026-03-01',
  };
  const note = () => {
    const path = random.pick([`${world.base}/payments`, unassigned]);
    const key = world.key();
    return world.process(() => world.callAnywhere('staff', 'POST', path, received, key));
  };
  await Promise.all([note(), note()]);
}

/** Two of staff have found out whose money it is. */
async function assign(world: PaymentWorld): Promise<void> {
  const listed = await world.process(() => world.callAnywhere('staff', 'GET', unassigned));
  const items: any[] = bodyOf(listed)?.items ?? [];
  if (items.length === 0) return;
  const { id } = world.random.pick(items);
  const body = { accountId: world.accountId };
  const ask = () =>
    world.process(() => world.callAnywhere('staff', 'POST', `${unassigned}/${id}/assign`, body));
  await Promise.all([ask(), ask()]);
}

async function refund(world: PaymentWorld): Promise<void> {
  const { random } = world;
  const listed = bodyOf(await world.process(() => world.call('owner', 'GET', '/payments')))?.items ?? [];
  if (listed.length === 0) return;
  const { id, amount } = random.pick(listed as any[]);
  const part = random.chance(0.5) ? { amount: { ...amount, amount: Math.ceil(amount.amount / 3) } } : {};
  const body = { ...part, reason: 'Not used', to: random.pick(['gateway', 'gateway', 'credit']) };
  const ask = async () => {
    const key = world.key();
    for (let tries = 0; tries < 2; tries++) {
      const done = await world.process(() =>
        world.call('staff', 'POST', `/payments/${id}/refunds`, body, key),
      );
      if (done && done.status < 500) return;
    }
  };
  await Promise.all(random.chance(0.5) ? [ask(), ask()] : [ask()]);
}

/**
 * The gateway disputes, reverses or refunds by itself, or decides; it tells of some of it, at times twice and at once,
 * and long after.
 */
async function takeBack(world: PaymentWorld): Promise<void> {
  const { portal, random } = world;
  const { gateway } = portal;
  const takes = random.between(1, 3);
  for (let took = 0; took < takes; took++) {
    const open = [...gateway.took.values()].filter(({ status }) => status === 'open');
    const paid = [...gateway.charges.values()].filter(({ status }) => status === 'paid');
    if (open.length > 0 && random.chance(0.5)) {
      const { id, amount } = random.pick(open);
      const withdrawn = { taken: amount.amount, feeAmount: 5 };
      gateway.decide(id, random.pick([{ status: 'won' }, { status: 'lost' }, withdrawn]));
    } else if (paid.length > 0) {
      const { key, reference, amount } = random.pick(paid);
      const kind = random.pick(['dispute', 'reversal', 'refund'] as const);
      // A refund gives back what is left; others come whatever went back before.
      const most = kind === 'refund' ? gateway.kept(reference) : amount.amount;
      const wanted = random.pick([most, Math.ceil(most / 3)]);
      const taken = kind === 'dispute' && random.chance(0.3) ? 0 : wanted;
      if (wanted > 0) gateway.takeBack(key, kind, wanted, { taken, feeAmount: random.pick([0, 4]) });
    }
    for (const { id } of gateway.took.values()) {
      if (random.chance(0.6)) continue;
      const { body, headers } = gateway.takingEvent(id);
      const deliver = () => world.process(() => portal.webhook('sandbox', body, headers));
      await (random.chance(0.3) ? Promise.all([deliver(), deliver()]) : deliver());
    }
  }
}

async function cancel(world: PaymentWorld): Promise<void> {
  const [key] = [...world.portal.gateway.charges.keys()].slice(-1);
  if (key) await world.process(() => world.call('owner', 'POST', `/mass-payments/${key}/cancel`));
}

async function janitor(world: PaymentWorld): Promise<void> {
  const { portal, random } = world;
  portal.now = new Date(portal.now.getTime() + random.between(1, 40) * 60_000);
  await world.process(() => portal.lookAfterPayments());
}

/** Runs one seed to its end. Says what was wrong: nothing, in a portal that has all its guards. */
export async function simulatePayments(seed: number, sabotage: Sabotage = {}): Promise<string[]> {
  const world = new PaymentWorld(seed, sabotage);
  const { setTimeout } = globalThis;
  // Who waits a little for others need not wait here: turns are given out by the seed.
  globalThis.setTimeout = ((run: () => void) => queueMicrotask(run)) as never;
  try {
    await world.begin();
    await Promise.all(Array.from({ length: world.random.between(2, 8) }, () => actor(world)));
    await world.settle();
    return await world.check();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
}
