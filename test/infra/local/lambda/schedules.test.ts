import { Cron } from 'croner';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import { parseSchedule, startSchedules } from '../../../../infra/local/lambda/schedules.ts';
import { getAtt, portalStack } from '../template/cdk-out.ts';

const minuteMs = 60_000;
const functionArn = 'arn:aws:lambda:eu-west-1:000000000000:function:renewals';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-02T00:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The next times that a schedule runs, as instants to the minute. */
function runs(expression: string, count: number, timezone = 'UTC'): string[] {
  const { pattern, options } = parseSchedule(expression, timezone);
  const times = new Cron(pattern, options).nextRuns(count);
  return times.map((time) => time.toISOString().slice(0, 16));
}

describe('a schedule expression', () => {
  it('at a rate runs after every interval', () => {
    expect(runs('rate(1 minute)', 2)).toEqual(['2026-03-02T00:01', '2026-03-02T00:02']);
    expect(runs('rate(8 hours)', 3)).toEqual(['2026-03-02T08:00', '2026-03-02T16:00', '2026-03-03T00:00']);
    expect(runs('rate(30 days)', 2)).toEqual(['2026-04-01T00:00', '2026-05-01T00:00']);
  });

  it('counts the days of the week from Sunday, the first', () => {
    expect(runs('cron(30 6 ? * 1 *)', 2)).toEqual(['2026-03-08T06:30', '2026-03-15T06:30']);
    expect(runs('cron(30 6 ? * SUN *)', 1)).toEqual(['2026-03-08T06:30']);
    expect(runs('cron(0 0 ? * L *)', 1)).toEqual(['2026-03-07T00:00']);
  });

  it('takes weekdays, steps, lists and last days', () => {
    expect(runs('cron(0 6 ? * 2-6 *)', 6).at(-1)).toBe('2026-03-09T06:00');
    expect(runs('cron(0/30 12,13 * * ? *)', 4).map((time) => time.slice(11))).toEqual([
      '12:00',
      '12:30',
      '13:00',
      '13:30',
    ]);
    expect(runs('cron(0 0 L * ? *)', 2)).toEqual(['2026-03-31T00:00', '2026-04-30T00:00']);
    expect(runs('cron(0 0 ? * 6#2 *)', 1)).toEqual(['2026-03-13T00:00']);
  });

  it('ends with the year', () => {
    expect(runs('cron(0 6 * * ? 2025)', 1)).toEqual([]);
    expect(runs('cron(0 6 31 12 ? 2026-2027)', 3)).toEqual(['2026-12-31T06:00', '2027-12-31T06:00']);
  });

  it('is of its time zone', () => {
    expect(runs('cron(0 6 * * ? *)', 1, 'Europe/Berlin')).toEqual(['2026-03-02T05:00']);
    expect(runs('at(2026-03-02T07:00:00)', 2, 'Europe/Berlin')).toEqual(['2026-03-02T06:00']);
  });

  it.each(['rate(5)', 'rate(0 minutes)', 'cron(0 6 * * ?)', 'cron(0 25 * * ? *)', 'every day'])(
    'is refused when it is none: %s',
    (expression) => {
      expect(() => runs(expression, 1)).toThrow();
    },
  );
});

describe('the schedules of a template', () => {
  const fn = { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'renewals' } };
  const schedule = (properties: object) => ({
    Fn: fn,
    Nightly: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: { Name: 'nightly', ScheduleExpression: 'rate(1 minute)', ...properties },
    },
  });
  const target = (more: object = {}) => ({ Arn: getAtt('Fn', 'Arn'), ...more });

  async function events(resources: Record<string, object>, minutes = 1, controls = new Controls()) {
    const invoke = vi.fn(async (_name: string, _event: unknown) => ({ payload: null }));
    const schedules = startSchedules({ templates: portalStack(resources), invoke, controls });
    await vi.advanceTimersByTimeAsync(minutes * minuteMs);
    schedules.stop();
    await vi.advanceTimersByTimeAsync(5 * minuteMs);
    return invoke.mock.calls;
  }

  it('invoke their function with their input until they are stopped', async () => {
    const Input = '{"at":"<aws.scheduler.scheduled-time>","dryRun":true}';
    const calls = await events(schedule({ Target: target({ Input }) }), 2);
    expect(calls).toEqual([
      [functionArn, { at: '2026-03-02T00:01:00Z', dryRun: true }],
      [functionArn, { at: '2026-03-02T00:02:00Z', dryRun: true }],
    ]);
  });

  it('tell the local cloud’s time', async () => {
    const controls = new Controls();
    controls.setNow(new Date('2030-01-01T00:00:00Z'));
    const [call] = await events(schedule({ Target: target() }), 1, controls);
    expect(call?.[1]).toMatchObject({
      'detail-type': 'Scheduled Event',
      source: 'aws.scheduler',
      time: '2030-01-01T00:01:00Z',
      resources: ['arn:aws:scheduler:eu-west-1:000000000000:schedule/default/nightly'],
    });
  });

  it('may be rules of EventBridge', async () => {
    const rule = (properties: object) => ({ Type: 'AWS::Events::Rule', Properties: properties });
    const calls = await events({
      Fn: fn,
      Sweep: rule({ ScheduleExpression: 'cron(* * * * ? *)', Targets: [target()] }),
      Listener: rule({ EventPattern: { source: ['aws.s3'] }, Targets: [target()] }),
      Off: rule({ ScheduleExpression: 'rate(1 minute)', State: 'DISABLED', Targets: [target()] }),
    });
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject([functionArn, { source: 'aws.events', detail: {} }]);
  });

  it('do not run again while they run', async () => {
    const finish: (() => void)[] = [];
    const invoke = vi.fn(
      () => new Promise<{ payload: null }>((resolve) => finish.push(() => resolve({ payload: null }))),
    );
    const templates = portalStack(schedule({ Target: target() }));
    const schedules = startSchedules({ templates, invoke, controls: new Controls() });
    await vi.advanceTimersByTimeAsync(3 * minuteMs);
    expect(invoke).toHaveBeenCalledTimes(1);
    finish[0]?.();
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect(invoke).toHaveBeenCalledTimes(2);
    schedules.stop();
  });

  it('go on after a failure', async () => {
    const error = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const invoke = vi.fn(async () => Promise.reject(new Error('gone')));
    const templates = portalStack(schedule({ Target: target() }));
    const schedules = startSchedules({ templates, invoke, controls: new Controls() });
    await vi.advanceTimersByTimeAsync(2 * minuteMs);
    schedules.stop();
    expect(invoke).toHaveBeenCalledTimes(2);
    expect(error).toHaveBeenCalledTimes(2);
    error.mockRestore();
  });

  it('are left out when disabled, and refused when they invoke no function', async () => {
    expect(await events(schedule({ State: 'DISABLED', Target: target() }))).toEqual([]);
    const elsewhere = schedule({ Target: { Arn: 'arn:aws:sqs:eu-west-1:000000000000:queue' } });
    await expect(events(elsewhere)).rejects.toThrow('Nightly');
  });
});
