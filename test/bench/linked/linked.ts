import { addDays, type Day, dayIn } from '../../../shared/core/day.ts';
import { LinkedWorld, type Measured } from './linked-world.ts';
import { sendsBatchesAtOnce } from '../meter.ts';
import { staff } from '../routes/portal-world.ts';
import { type Row, type Section, verdict } from '../report.ts';

const sizes = [1, 50, 500];
const [fewOwn, manyOwn] = [10, 500];
const mostListTrips = 3;
const mostMoreTrips = 2;
const largestPage = 100;
const mostOnDashboard = 5;
/** What a list holds where no limit is asked for. */
const usualPage = 25;
/** The longest a usage report covers here, in days of which each has a record. */
const daysOfYear = 365;
const ranges = [
  { name: 'a day', days: 1, months: 1 },
  { name: 'a month', days: 30, months: 1 },
  { name: 'a year', days: daysOfYear, months: 12 },
];

interface Line {
  work: string;
  linked: number;
  /** Of what is listed, so much came. */
  listed: number;
  run: Measured;
  /** What is aimed at, and whether it was reached. */
  aim?: readonly [string, boolean];
}

/** The lines about one route; what each reads stands beside what the first of them does. */
function rowsOf(lines: readonly Line[]): Row[] {
  const first = lines[0]!.run.cost.items;
  return lines.map(({ work, linked, listed, run: { cost, queries }, aim }) => ({
    work,
    linked: String(linked),
    listed: String(listed),
    'round trips': String(cost.roundTrips),
    calls: String(cost.reads + cost.transactions),
    queries: String(queries),
    'items read': String(cost.items),
    ': first': (cost.items / first).toFixed(2),
    ': listed': (cost.items / listed).toFixed(2),
    'bytes read': String(cost.bytesRead),
    aim: aim?.[0] ?? '',
    '': aim ? verdict(aim[1]) : '',
  }));
}

/** Where less comes than there is, less was measured than was meant. */
function requireListed(work: string, { length }: readonly unknown[], wanted: number): number {
  if (length === wanted) return length;
  throw new Error(`${work} listed ${length} instead of ${wanted}`);
}

/** The whole of an account at a glance, as its owner sees it. */
async function dashboardRows(served: readonly LinkedWorld[], busy: readonly LinkedWorld[]): Promise<Row[]> {
  const measured = async (more: string, world: LinkedWorld): Promise<Line> => {
    const { length: linked } = world.linked;
    const run = await world.get(world.main.owner, `${world.main.base}/dashboard`);
    const { areas, linkedAccounts } = run.body;
    requireListed('dashboard', linkedAccounts, Math.min(linked, mostOnDashboard));
    return { work: `dashboard, ${more}`, linked, listed: areas['linked-accounts'].count, run };
  };
  const [owning, ordering]: [Line[], Line[]] = [[], []];
  for (const own of [fewOwn, manyOwn]) {
    for (const world of served) {
      await world.own(own);
      owning.push(await measured(`${own} invoices and tickets`, world));
    }
  }
  for (const world of busy) ordering.push(await measured('an order of each beneath', world));
  return [...rowsOf(owning), ...rowsOf(ordering)];
}

async function listRows(worlds: readonly LinkedWorld[]): Promise<Row[]> {
  const lists: Record<string, Record<string, string>> = {
    'linked accounts': {},
    'linked accounts, status=active': { status: 'active' },
  };
  const rows: Row[] = [];
  for (const [work, filter] of Object.entries(lists)) {
    const lines: Line[] = [];
    for (const world of worlds) {
      const { length: linked } = world.linked;
      const query = { limit: String(largestPage), ...filter };
      const run = await world.get(world.main.owner, `${world.main.base}/linked-accounts`, { query });
      const listed = requireListed(work, run.body.items, Math.min(linked, largestPage));
      const reached = run.cost.roundTrips <= mostListTrips;
      lines.push({ work, linked, listed, run, aim: [`round trips <= ${mostListTrips}`, reached] });
    }
    rows.push(...rowsOf(lines));
  }
  return rows;
}

/** What a service has used, as its own account's owner sees it. */
async function usageRows(world: LinkedWorld): Promise<Row[]> {
  const today = dayIn('UTC', world.portal.now);
  await record(world, today, ['router-1']);
  const measured = async (name: string, days: number, months: number, csv: boolean): Promise<Line> => {
    const work = `usage of ${name}${csv ? ' as CSV' : ''}`;
    const run = await usageOf(world, addDays(today, 1 - days), today, csv);
    const listed = requireListed(work, run.body, days);
    const aim = [`queries <= ${months}, one a month`, run.queries <= months] as const;
    return { work, linked: world.linked.length, listed, run, aim };
  };
  const [asJson, asCsv]: [Line[], Line[]] = [[], []];
  for (const { name, days, months } of ranges) {
    asJson.push(await measured(name, days, months, false));
    asCsv.push(await measured(name, days, months, true));
  }
  await record(world, today, ['router-2', 'router-3', 'router-4']);
  asJson.push(await measured('a year, four records a day', daysOfYear, 12, false));
  return [...rowsOf(asJson), ...rowsOf(asCsv)];
}

/** For each day of the last year a record from each source. */
async function record(world: LinkedWorld, today: Day, sources: readonly string[]): Promise<void> {
  const { base, serviceIds } = world.linked[0]!;
  const [accountId, serviceId] = [base.split('/').at(-1), serviceIds[0]];
  for (const sourceId of sources) {
    const records = Array.from({ length: daysOfYear }, (_, ago) => ({
      accountId,
      serviceId,
      kind: 'internet',
      day: addDays(today, -ago),
      sourceId,
      bytesIn: 1000 + ago,
      bytesOut: 100,
    }));
    const { body } = await world.call(staff, 'POST', '/v1/staff/usage', { body: { records } });
    if (body.accepted !== daysOfYear) throw new Error(`Recorded ${body.accepted}`);
  }
}

/** The body is one entry for each day, whichever way it came. */
async function usageOf(world: LinkedWorld, from: Day, to: Day, csv: boolean): Promise<Measured> {
  const { owner, base, serviceIds } = world.linked[0]!;
  const headers: Record<string, string> = csv ? { accept: 'text/csv' } : {};
  const path = `${base}/services/${serviceIds[0]}/usage`;
  const run = await world.get(owner, path, { query: { from, to }, headers });
  if (!csv) return { ...run, body: run.body.days };
  const lines = Buffer.from(run.body, 'base64').toString().trim().split('\r\n');
  return { ...run, body: lines.slice(1) };
}

async function meRows(worlds: readonly LinkedWorld[]): Promise<Row[]> {
  const lines: Line[] = [];
  for (const world of worlds) {
    const { length: linked } = world.linked;
    const run = await world.get(world.person, '/v1/me');
    // The main account is one of them.
    const listed = requireListed('/v1/me', run.body.memberships, linked + 1);
    lines.push({ work: '/v1/me', linked, listed, run });
  }
  return rowsOf(lines);
}

/** What was opened and ordered beneath, as the main account's owner sees it. */
async function busyRows(worlds: readonly LinkedWorld[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [list, each] of [
    ['tickets', 3],
    ['orders', 1],
  ] as const) {
    const lines: Line[] = [];
    for (const world of worlds) {
      const { length: linked } = world.linked;
      const run = await world.get(world.main.owner, `${world.main.base}/${list}`);
      const listed = requireListed(list, run.body.items, Math.min(each * linked, usualPage));
      lines.push({ work: `${list}, ${each} of each beneath`, linked, listed, run });
    }
    rows.push(...rowsOf(lines));
  }
  return rows;
}

/**
 * Where the newest tickets all lie in one account, a list out of many shows the least of what it reads: its first page,
 * and as many pages as it takes to see as much as one can hold.
 */
async function oneAccountsTicketRows(worlds: readonly LinkedWorld[]): Promise<Row[]> {
  const [first, paged]: [Line[], Line[]] = [[], []];
  for (const world of worlds) {
    const { main } = world;
    const { length: linked } = world.linked;
    await world.own(usualPage);
    const run = await world.get(main.owner, `${main.base}/tickets`);
    const work = `tickets, its own ${usualPage} the newest`;
    first.push({ work, linked, listed: run.body.items.length, run });
    const more = await world.measure(main.owner, () => pagesOfTickets(world));
    const { pages, listed } = more.body;
    paged.push({ work: `… page by page, pages: ${pages}`, linked, listed, run: more });
  }
  return [...rowsOf(first), ...rowsOf(paged)];
}

/** Goes on from page to page until as much was seen as one page can hold. */
async function pagesOfTickets(world: LinkedWorld): Promise<{ pages: number; listed: number }> {
  const { owner, base } = world.main;
  let [pages, listed] = [0, 0];
  const query: Record<string, string> = {};
  while (listed < usualPage) {
    const { body } = await world.call(owner, 'GET', `${base}/tickets`, { query });
    pages++;
    listed += body.items.length;
    if (body.nextCursor === null) break;
    query['cursor'] = body.nextCursor;
  }
  return { pages, listed };
}

/** A linked account's services for a main account's person, beside the same for the account's own owner. */
async function beneathRows(worlds: readonly LinkedWorld[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const world of worlds) {
    const { length: linked } = world.linked;
    const { owner, base } = world.linked.at(-1)!;
    const own = await world.get(owner, `${base}/services`);
    const run = await world.get(world.person, `${base}/services`);
    const lines = [own, run].map(({ body }) => requireListed('services', body.items, 2));
    const more = run.cost.roundTrips - own.cost.roundTrips;
    const aim = [`${more} more round trips <= ${mostMoreTrips}`, more <= mostMoreTrips] as const;
    rows.push(
      ...rowsOf([
        { work: 'services beneath, by their own owner', linked, listed: lines[0]!, run: own },
        { work: '… by the main account’s person', linked, listed: lines[1]!, run, aim },
      ]),
    );
  }
  return rows;
}

async function linkedRows(): Promise<Row[]> {
  const batchesAtOnce = await sendsBatchesAtOnce();
  const [served, busy]: [LinkedWorld[], LinkedWorld[]] = [[], []];
  for (const size of sizes) {
    served.push(await LinkedWorld.of(size, batchesAtOnce));
    await served.at(-1)!.serve();
    busy.push(await LinkedWorld.of(size, batchesAtOnce));
    await busy.at(-1)!.keepBusy();
  }
  return [
    ...(await dashboardRows(served, busy)),
    ...(await listRows(served)),
    ...(await usageRows(served[0]!)),
    ...(await meRows(served)),
    ...(await busyRows(busy)),
    ...(await oneAccountsTicketRows(busy)),
    ...(await beneathRows(served)),
  ];
}

export const linkedSection: Section = {
  name: 'linked',
  title: 'what a main account’s lists ask of DynamoDB, with so many accounts linked beneath it',
  notes: [
    'Counted, not timed, without the authoriser, in the account of who asks unless it says otherwise. Every account',
    'beneath is aggregated and open to its main account, the dearest way; each has two services, or three tickets and an',
    'order. Round trips follow one another: calls that do not wait for each other are one, and the hundreds of keys of one',
    'read are one or many as dynamo-table.ts sends them, which is tried out. Queries are some of the calls. ": first" is',
    'what is read beside the first line of its kind, ": listed" for each thing that came: linked accounts that a dashboard',
    'counts, days of usage, memberships of /v1/me. Pages of more than a megabyte, which DynamoDB cuts, are not cut here.',
  ],
  rows: linkedRows,
};
