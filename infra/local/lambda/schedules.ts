import { randomUUID } from 'node:crypto';
import { Cron, type CronOptions } from 'croner';
import type { Controls } from '../controls.ts';
import type { Invoke } from './functions.ts';
import { accountId, region } from '../template/physical.ts';
import { report } from '../report.ts';
import type { Resource, Templates } from '../template/templates.ts';

export interface SchedulesOptions {
  templates: Templates;
  invoke: Invoke;
  controls: Controls;
}

interface Target {
  Arn: string;
  Input?: string;
}

/** One schedule of either kind: EventBridge Scheduler's or an EventBridge rule's. */
interface Schedule {
  resource: Resource;
  expression: string;
  timezone: string;
  targets: Target[];
  source: 'aws.scheduler' | 'aws.events';
}

const unitSeconds: Record<string, number> = { minute: 60, hour: 3_600, day: 86_400 };

/** AWS's six fields: minutes, hours, day of month, month, day of week (1 is Sunday), year. */
function cronPattern(fields: string): string {
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year, ...rest] = fields.trim().split(/\s+/);
  if (year === undefined || rest.length > 0) throw new Error(`cron(${fields}) does not have six fields`);
  // A lone L is the last day of the week, Saturday; the pattern's "no matter" is croner's "any".
  const weekday = dayOfWeek === 'L' ? '7' : dayOfWeek;
  return [0, minutes, hours, dayOfMonth, month, weekday, year].join(' ').replaceAll('?', '*');
}

/**
 * An AWS schedule expression as croner's pattern: `rate(5 minutes)`, first after one interval;
 * `cron(0 6 ? * MON-FRI *)`; `at(2026-01-31T12:00:00)`. It runs by the machine's clock, not the local cloud's.
 * @throws Error when it is no AWS schedule expression
 */
export function parseSchedule(
  expression: string,
  timezone: string,
): { pattern: string; options: CronOptions } {
  const [, kind, argument = ''] = /^(rate|cron|at)\((.+)\)$/.exec(expression.trim()) ?? [];
  if (kind === 'rate') {
    const [, count, unit = ''] = /^(\d+) (minute|hour|day)s?$/.exec(argument) ?? [];
    const interval = Number(count) * (unitSeconds[unit] ?? Number.NaN);
    if (!(interval > 0)) throw new Error(`${expression} is not a rate`);
    const startAt = new Date(Date.now() + interval * 1000);
    return { pattern: '* * * * * *', options: { timezone, interval, startAt } };
  }
  if (kind === 'cron') {
    const options: CronOptions = { timezone, mode: '7-part', alternativeWeekdays: true, sloppyRanges: true };
    return { pattern: cronPattern(argument), options };
  }
  if (kind === 'at') return { pattern: argument, options: { timezone } };
  throw new Error(`${expression} is not a schedule expression`);
}

interface SchedulerProperties {
  ScheduleExpression: string;
  ScheduleExpressionTimezone?: string;
  State?: string;
  Target: Target;
}

interface RuleProperties {
  ScheduleExpression?: string;
  State?: string;
  Targets?: Target[];
}

function readSchedules(templates: Templates): Schedule[] {
  const schedules = templates.ofType('AWS::Scheduler::Schedule').flatMap((resource): Schedule[] => {
    const properties = resource.properties<SchedulerProperties>();
    if (properties.State === 'DISABLED') return [];
    const {
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: timezone = 'UTC',
      Target,
    } = properties;
    return [{ resource, expression, timezone, targets: [Target], source: 'aws.scheduler' }];
  });
  const rules = templates.ofType('AWS::Events::Rule').flatMap((resource): Schedule[] => {
    const {
      ScheduleExpression: expression,
      State,
      Targets: targets = [],
    } = resource.properties<RuleProperties>();
    // A rule without an expression waits for events of a bus, which the local cloud does not have.
    if (!expression || State === 'DISABLED') return [];
    return [{ resource, expression, timezone: 'UTC', targets, source: 'aws.events' }];
  });
  return [...schedules, ...rules];
}

/** The event for a target without an input of its own. */
function scheduledEvent({ resource, source }: Schedule, time: string): object {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source,
    account: accountId,
    time,
    region,
    resources: [resource.att('Arn')],
    detail: {},
  };
}

/** Builds the event of one run; the Scheduler fills in its own keywords. */
function eventOf(schedule: Schedule, { Input }: Target, now: Date): unknown {
  const time = `${now.toISOString().slice(0, 19)}Z`;
  if (Input === undefined) return scheduledEvent(schedule, time);
  return JSON.parse(
    Input.replaceAll('<aws.scheduler.scheduled-time>', time)
      .replaceAll('<aws.scheduler.schedule-arn>', schedule.resource.att('Arn'))
      .replaceAll('<aws.scheduler.execution-id>', randomUUID())
      .replaceAll('<aws.scheduler.attempt-number>', '1'),
  );
}

/** Starts every schedule of the templates. @throws Error when one invokes something other than a function */
export function startSchedules({ templates, invoke, controls }: SchedulesOptions): { stop(): void } {
  const jobs = readSchedules(templates).flatMap((schedule) =>
    schedule.targets.map((target) => {
      if (!target.Arn.startsWith('arn:aws:lambda:')) {
        throw new Error(`${schedule.resource.id} invokes ${target.Arn}, which the local cloud cannot`);
      }
      const { pattern, options } = parseSchedule(schedule.expression, schedule.timezone);
      // Protected: the next run is skipped while one is still going.
      return new Cron(pattern, { ...options, protect: true, unref: true }, async () => {
        try {
          await invoke(target.Arn, eventOf(schedule, target, controls.now()));
        } catch (error) {
          report(`${schedule.resource.id} was not run`, error);
        }
      });
    }),
  );
  return {
    stop: () => {
      for (const job of jobs) job.stop();
    },
  };
}
