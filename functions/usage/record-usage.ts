import type { Day } from '../../shared/core/day.ts';
import { type FieldCode, type FieldError, invalid } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import type { Service } from '../../shared/services/service.ts';
import type { ServiceStore } from '../../shared/services/service-store.ts';
import { commit, retryWhileStale, type WriteDependencies } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { NewRecord } from './schemas.ts';
import { sumCounts, type Counts, dayError, overflows } from './usage.ts';
import {
  requestKeyOf,
  dayRow,
  dayText,
  recordRow,
  recordText,
  type UsageRecord,
  type UsageStore,
} from './usage-store.ts';

export interface UsageDependencies extends WriteDependencies {
  usage: UsageStore;
  services: ServiceStore;
  people: PeopleStore;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
}

/** The most records in one transaction: each writes its own row and at most one row of sums. */
const recordsPerStep = 45;
/** The most errors in an answer, as in the validation of a request's fields. */
const mostErrors = 20;

/** Records the usage of services. All records are checked before any is written, and each counts once. */
export async function recordUsage(
  dependencies: UsageDependencies,
  context: RequestContext,
  input: { records: readonly NewRecord[] },
): Promise<Reply> {
  const today = await dependencies.today(context.now);
  throwIfAny(await errorsOf(dependencies, input.records, today));
  const records = input.records.map(toRecord);
  // The records this request wrote itself: in this run (`own`), or in an aborted one that it resumes (`begunAs`).
  const own = new Set<UsageRecord>();
  const begunAs = context.idempotent?.begun ? requestKeyOf(context) : null;
  return retryWhileStale(() => recordRest(dependencies, context, { records, own, begunAs }));
}

interface Recording {
  records: readonly UsageRecord[];
  own: Set<UsageRecord>;
  begunAs: string | null;
}

async function recordRest(
  dependencies: UsageDependencies,
  context: RequestContext,
  { records, own, begunAs }: Recording,
): Promise<Reply> {
  const { usage } = dependencies;
  const [recordedBy, sums] = await Promise.all([usage.recordedBy(records), usage.sumsOf(records)]);
  const numbered = records.map((record, index) => ({ record, index, by: recordedBy[index] }));
  const open = numbered.filter(({ by }) => by === undefined);
  const counted = open.map(({ record, index }) => ({
    index,
    dayKey: dayText(record),
    counts: record.counts,
  }));
  throwIfAny(overflows(counted, sums));
  const isOwn = (record: UsageRecord, by: string | null) =>
    own.has(record) || (by !== null && by === begunAs);
  const repeated = numbered.filter(({ record, by }) => by !== undefined && !isOwn(record, by)).length;
  const answer = { body: { accepted: records.length - repeated, repeated } };
  const steps = stepsOf(open.map(({ record }) => record));
  for (const [number, step] of steps.entries()) {
    const isLast = number === steps.length - 1;
    const actions = [...step.map((record) => recordRow(record, context)), ...dayRows(step)];
    const progress = isLast ? { answer } : { underWay: true as const };
    await commit(dependencies, context, { actions, activity: [], outbox: [], ...progress });
    for (const record of step) own.add(record);
  }
  return answer;
}

/** At least one step: even if no record is left to write, the answer has to be stored. */
function stepsOf(records: readonly UsageRecord[]): UsageRecord[][] {
  const count = Math.max(1, Math.ceil(records.length / recordsPerStep));
  return Array.from({ length: count }, (_, step) =>
    records.slice(step * recordsPerStep, (step + 1) * recordsPerStep),
  );
}

/** A transaction may name a row only once, so records of the same day are added to it together. */
function dayRows(records: readonly UsageRecord[]) {
  const byDay = Map.groupBy(records, dayText);
  return [...byDay.values()].map((ofDay) => dayRow(ofDay[0]!, sumCounts(ofDay.map(({ counts }) => counts))));
}

function toRecord(input: NewRecord): UsageRecord {
  const { accountId, serviceId, kind, day, sourceId } = input;
  return { accountId, serviceId, kind, day, sourceId, counts: countsIn(input) };
}

function countsIn(input: NewRecord): Counts {
  if (input.kind === 'internet') return { bytesIn: input.bytesIn, bytesOut: input.bytesOut };
  return { calls: input.calls, minutes: input.minutes, cost: input.cost.amount };
}

/** The field, what is wrong with it, and why; null where nothing is. */
type Fault = [field: string, code: FieldCode, message: string | null];

function throwIfAny(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(errors.slice(0, mostErrors));
}

async function errorsOf(
  dependencies: UsageDependencies,
  records: readonly NewRecord[],
  today: Day,
): Promise<FieldError[]> {
  const services = await servicesOf(dependencies, records);
  const missing = records.filter((_, index) => !services[index]).map(({ accountId }) => accountId);
  const ids = [...new Set(missing)];
  const accounts = ids.length > 0 ? await dependencies.people.accounts(ids) : [];
  const unknown = new Set(ids.filter((_, index) => !accounts[index]));
  const texts = records.map((record) => recordText(toRecord(record)));
  return records.flatMap((record, index) => {
    const isRepeated = texts.indexOf(texts[index]!) < index;
    const errors: Fault[] = [
      ...serviceErrors(record, services[index], unknown),
      ['day', 'out-of-range', dayError(record.day, today)],
      ['sourceId', 'duplicate', isRepeated ? 'names a record that is in this request already' : null],
    ];
    return errors.flatMap(([field, code, message]) =>
      message === null ? [] : [{ path: `records.${index}.${field}`, code, message }],
    );
  });
}

function serviceErrors(
  record: NewRecord,
  service: Service | undefined,
  unknown: ReadonlySet<string>,
): Fault[] {
  if (unknown.has(record.accountId)) return [['accountId', 'not-found', 'is no account']];
  if (!service) return [['serviceId', 'not-found', 'is no service of this account']];
  if (record.kind === 'internet' || record.cost.currency === service.currency) return [];
  return [['cost.currency', 'not-allowed', `must be the service’s, ${service.currency}`]];
}

/** Each record's service, read by account. */
async function servicesOf(
  { services }: UsageDependencies,
  records: readonly NewRecord[],
): Promise<(Service | undefined)[]> {
  const byAccount = Map.groupBy(records, ({ accountId }) => accountId);
  const servicesByAccount = await Promise.all(
    [...byAccount].map(async ([accountId, ofAccount]) => {
      const ids = [...new Set(ofAccount.map(({ serviceId }) => serviceId))];
      return services.getMany(accountId, ids);
    }),
  );
  const known = new Map(
    servicesByAccount
      .flat()
      .flatMap((service) => (service ? [[serviceKey(service.accountId, service.id), service]] : [])),
  );
  return records.map(({ accountId, serviceId }) => known.get(serviceKey(accountId, serviceId)));
}

const serviceKey = (accountId: string, serviceId: string): string => `${accountId}/${serviceId}`;
