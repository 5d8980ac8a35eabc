import { toInstant } from '../../shared/core/clock.ts';
import { absent, equals } from '../../shared/table/table.ts';
import { commit, portalContext } from '../../shared/write/commit.ts';
import type { PaymentDependencies } from '../../shared/payments/begin-mass-payment.ts';
import type { PaidCharge } from '../../shared/payments/gateways/gateway.ts';
import { bookTakings, paymentOfCharge } from '../../shared/payments/takings/book-takings.ts';

const askedKey = { pk: 'TAKINGS', sk: 'ASKED' };
const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;
/** As far back as is asked at first, or after a long silence. */
const longestMs = 30 * dayMs;

/**
 * Asks the gateways once an hour of which payments they have taken something back, in case that an event was lost. What
 * a gateway lists late is found by asking a day further back each time.
 */
export async function findTakings(dependencies: PaymentDependencies, now: Date): Promise<void> {
  const { table, gateways } = dependencies;
  const row = await table.get(askedKey);
  const [askedAt = '', until = ''] = [row?.['askedAt'], row?.['until']].map(String);
  if (row && now.getTime() - Date.parse(askedAt) < hourMs) return;
  // Written first: two at once ask once, and what fails is tried again in an hour, from where all was well.
  const begun = { ...askedKey, askedAt: toInstant(now), until: row ? until : '' };
  await write(dependencies, begun, row ? askedAt : null, now);
  const since = new Date(Math.max(now.getTime() - longestMs, (Date.parse(until) || 0) - dayMs));
  let isWell = true;
  for (const method of gateways.names()) {
    isWell = (await findAt(dependencies, method, since, now)) && isWell;
  }
  if (isWell) await write(dependencies, { ...begun, until: begun.askedAt }, begun.askedAt, now);
}

async function write(
  dependencies: PaymentDependencies,
  row: typeof askedKey & { askedAt: string; until: string },
  readAt: string | null,
  now: Date,
): Promise<void> {
  const when = readAt === null ? absent : equals({ askedAt: readAt });
  await commit(dependencies, portalContext(now), { actions: [{ put: row, when }], activity: [], outbox: [] });
}

/** Whether the gateway answered, and all that it told is booked. */
async function findAt(
  dependencies: PaymentDependencies,
  method: string,
  since: Date,
  now: Date,
): Promise<boolean> {
  const { gateways, warn } = dependencies;
  const attempt = (details: object, work: () => Promise<void>): Promise<boolean> =>
    work().then(
      () => true,
      (error: unknown) => {
        warn('What a gateway took back could not be booked', { gateway: method, ...details, error });
        return false;
      },
    );
  const charges: PaidCharge[] = [];
  let isWell = await attempt({}, async () => {
    charges.push(...((await gateways.get(method)?.takenSince(since)) ?? []));
  });
  for (const charge of charges) {
    const isBooked = await attempt({ ...charge }, async () => {
      const paymentId = await paymentOfCharge(dependencies, method, charge);
      if (paymentId !== undefined) await bookTakings(dependencies, charge.accountId, paymentId, now);
    });
    isWell &&= isBooked;
  }
  return isWell;
}
