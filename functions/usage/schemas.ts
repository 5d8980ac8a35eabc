import * as z from 'zod';
import { day, line, money, moneyFrom } from '../../shared/http/schemas.ts';
import { mostCount, usageKinds } from './usage.ts';

/** The most records in one request. */
const mostRecords = 500;

const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be an id');
/** Whole numbers up to 2^53 - 1, the most bytes counted for a day. */
const count = z.int().min(0);

const ofService = {
  accountId: id,
  serviceId: id,
  day,
  // It becomes part of a key, in which ill-formed Unicode could be equal to other text.
  sourceId: line(128).refine((text) => text.isWellFormed(), 'must be Unicode'),
};

const newRecord = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      ...ofService,
      kind: z.literal('internet'),
      bytesIn: count,
      bytesOut: count,
    }),
    z.strictObject({
      ...ofService,
      kind: z.literal('voice'),
      calls: count.max(mostCount),
      minutes: count.max(mostCount),
      cost: moneyFrom(0),
    }),
  ],
  'must be internet or voice',
);

export type NewRecord = z.output<typeof newRecord>;

export const newUsage = z.strictObject({
  records: z.array(newRecord).min(1).max(mostRecords, `holds ${mostRecords} records at most`),
});

export const recorded = z.object({ accepted: z.int(), repeated: z.int() });

export const usageQuery = z.strictObject({
  kind: z.enum(usageKinds).default('internet'),
  from: day.optional(),
  to: day.optional(),
});

const bytes = { bytesIn: z.int(), bytesOut: z.int() };
/** Exact up to 2^53 - 1; above it the nearest number that a JSON reader can represent. */
const manyBytes = { bytesIn: z.number(), bytesOut: z.number() };
const calls = { calls: z.int(), minutes: z.int(), cost: money };

export const usage = z.union([
  z.object({ days: z.array(z.object({ day, ...bytes })), sums: z.object(manyBytes) }),
  z.object({ days: z.array(z.object({ day, ...calls })), sums: z.object(calls) }),
]);
