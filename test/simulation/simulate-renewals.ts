import type { Invoice } from '../../shared/invoices/invoice.ts';
import { type RenewalSabotage, RenewalWorld } from './renewal-world.ts';

export interface Scale {
  accounts: number;
  days: number;
  /** Accounts are linked beneath the first one and unlinked as the days go by. */
  linking?: boolean;
}

const dayMs = 24 * 60 * 60 * 1000;

/** One day: the job runs, or does not, or twice, or two at once; clients pay and renew; the registrar does its worst. */
async function live(world: RenewalWorld, linking: boolean): Promise<void> {
  const { portal, random } = world;
  if (linking && random.chance(0.2)) await world.attempt(() => world.relink());
  const run = () => world.attempt(() => portal.renew());
  if (!random.chance(0.15)) {
    if (random.chance(0.15)) await Promise.all([run(), run()]);
    else await run();
    if (random.chance(0.15)) await run();
  }
  if (random.chance(0.5)) await renewByHand(world);
  if (linking) {
    await forAnother(world);
    await world.decide();
  }
  await payers(world);
  portal.nudged = [];
  await world.attempt(() => portal.sweep());
  const pass = () => world.attempt(() => portal.passRenewals());
  await (random.chance(0.3) ? Promise.all([pass(), pass()]) : pass());
}

/** Somebody renews a domain or two before the job would, and may pay at once. */
async function renewByHand(world: RenewalWorld): Promise<void> {
  const { random } = world;
  const { account, id } = random.pick(world.domainIds);
  const base = `/v1/accounts/${account.accountId}/cart`;
  const renewals = [{ domainId: id, years: random.pick([1, 2, 3]) }];
  await world.attempt(() => world.request(account, 'POST', `${base}/domain-renewals`, { renewals }));
  await world.attempt(() => world.request(account, 'POST', `${base}/checkout`, {}));
}

/** The main account renews a domain of an account beneath it; where it may not, nothing comes of it. */
async function forAnother(world: RenewalWorld): Promise<void> {
  const { random } = world;
  if (!random.chance(0.3)) return;
  const main = world.accounts[0]!;
  const { account, id } = random.pick(world.domainIds);
  const cart = `/v1/accounts/${main.accountId}/cart`;
  const ask = (method: string, path: string, body: object) =>
    world.attempt(() => world.request(main, method, `${cart}${path}`, body));
  await ask('PUT', '', { forAccountId: account.accountId });
  await ask('POST', '/domain-renewals', { renewals: [{ domainId: id, years: random.pick([1, 2]) }] });
  await ask('POST', '/checkout', {});
}

/** Some of the open invoices are paid today. */
async function payers(world: RenewalWorld): Promise<void> {
  const { random } = world;
  const open = world.rows<Invoice>('INVOICE#inv_').filter(({ status }) => status === 'unpaid');
  for (const { accountId, id, total, paid, credit, currency } of open) {
    if (!random.chance(0.08)) continue;
    const amount = { amount: total - paid - credit, currency };
    const body = { amount, method: 'cash', reference: id, receivedOn: '2026-01-10' };
    const path = `/v1/accounts/${accountId}/invoices/${id}/payments`;
    await world.attempt(() => world.request(null, 'POST', path, body));
  }
}

/** Lives through the days. Says what was wrong at the end: nothing, in a portal that has all its guards. */
export async function simulateRenewals(
  seed: number,
  { accounts, days, linking = false }: Scale,
  sabotage: RenewalSabotage = {},
): Promise<string[]> {
  const world = new RenewalWorld(seed, sabotage);
  const { setTimeout } = globalThis;
  // Who waits a little for others need not wait here: turns are given out by the seed.
  globalThis.setTimeout = ((run: () => void) => queueMicrotask(run)) as never;
  try {
    // Accounts of several currencies are not linked.
    await world.begin(accounts, linking ? ['GBP'] : ['GBP', 'EUR']);
    if (linking) await world.openLinked();
    world.faults = true;
    for (let day = 0; day < days; day++) {
      await live(world, linking);
      world.portal.now = new Date(world.portal.now.getTime() + dayMs);
    }
    world.faults = false;
    await world.portal.renew();
    await world.settle();
    return await world.check();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
}
