import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Control, Controls, InvalidControl } from '../../../../infra/local/controls.ts';
import type { InvokeResult } from '../../../../infra/local/lambda/pool.ts';
import { startLambdaApi } from '../../../../infra/local/lambda/api.ts';

const invoked: unknown[] = [];
let result: InvokeResult;
let mode = 'ok';
/** A control of somebody outside the cloud. */
const registrar: Control = {
  state: () => ({ mode }),
  set: (body) => {
    if (body['mode'] !== 'lie') throw new InvalidControl('mode is ok or lie');
    mode = body['mode'];
  },
};
const controls = new Controls({ registrar });
const api = await startLambdaApi({
  controls,
  functions: {
    has: (name) => name === 'renewals',
    invoke: async (_name, event) => {
      invoked.push(event);
      return result;
    },
  },
});
afterAll(() => api.close());
beforeEach(() => {
  invoked.length = 0;
  result = { payload: { due: 2 } };
});

const invoke = (name: string, body = '{}', type = 'RequestResponse') =>
  fetch(`${api.url}/2015-03-31/functions/${name}/invocations`, {
    method: 'POST',
    body,
    headers: { 'x-amz-invocation-type': type },
  });
const put = (path: string, body: unknown) =>
  fetch(`${api.url}/controls/${path}`, {
    method: 'PUT',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

describe('an invocation', () => {
  it('runs the function with the body as its event', async () => {
    const response = await invoke('renewals', '{"dryRun":true}');
    expect([response.status, await response.json()]).toEqual([200, { due: 2 }]);
    expect(response.headers.has('x-amz-function-error')).toBe(false);
    expect(invoked).toEqual([{ dryRun: true }]);
  });

  it('without a body has an empty event', async () => {
    await invoke('renewals', '');
    expect(invoked).toEqual([{}]);
  });

  it('says when the function failed', async () => {
    result = { functionError: { errorType: 'RangeError', errorMessage: 'no' } };
    const response = await invoke('renewals');
    expect([response.status, await response.json()]).toEqual([
      200,
      { errorType: 'RangeError', errorMessage: 'no' },
    ]);
    expect(response.headers.get('x-amz-function-error')).toBe('Unhandled');
  });

  it('may be left to run, or only be tried', async () => {
    expect((await invoke('renewals', '{}', 'Event')).status).toBe(202);
    expect(invoked).toHaveLength(1);
    expect((await invoke('renewals', '{}', 'DryRun')).status).toBe(204);
    expect(invoked).toHaveLength(1);
  });

  it.each([
    ['an unknown function', 'nothing', '{}', 404, 'ResourceNotFoundException'],
    ['no JSON', 'renewals', '{', 400, 'InvalidRequestContentException'],
    ['too large an event', 'renewals', `"${'x'.repeat(6_291_456)}"`, 413, 'RequestTooLargeException'],
  ])('is refused for %s', async (_name, name, body, status, type) => {
    const response = await invoke(name, body);
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([status, type]);
    expect(invoked).toEqual([]);
  });
});

describe('the controls', () => {
  it('move the clock, which runs on from there, and return it', async () => {
    const response = await put('clock', { now: '2031-02-03T04:05:06Z' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      now: expect.stringMatching(/^2031-02-03T04:05:0/) as string,
    });
    expect(controls.now().toISOString()).toMatch(/^2031-02-03T04:05:/);
    expect((await put('clock', { now: null })).status).toBe(200);
    expect(Math.abs(controls.now().getTime() - Date.now())).toBeLessThan(100);
  });

  it('set the registrar and the faults, and tell what is set', async () => {
    await put('registrar', { mode: 'lie' });
    await put('faults', { throttles: 0.5 });
    const response = await put('faults', { conflicts: 1 });
    const state = { mode: 'lie', conflicts: 1, throttles: 0.5, mailThrottles: 0 };
    expect(await response.json()).toMatchObject(state);
    expect(controls.faults).toEqual({ conflicts: 1, throttles: 0.5, mailThrottles: 0 });
    expect(await (await fetch(`${api.url}/controls`)).json()).toMatchObject(state);
  });

  it.each([
    ['clock', { now: 'tomorrow' }],
    ['clock', { now: '2031-02-30T25:00:00Z' }],
    ['clock', { now: 1 }],
    ['clock', {}],
    ['registrar', { mode: 'sulk' }],
    ['faults', { conflicts: 2 }],
    ['faults', { conflicts: '1' }],
    ['faults', { surprises: 1 }],
    ['faults', []],
    ['faults', '{'],
  ])('refuse to set the %s to %j', async (path, body) => {
    const before = JSON.stringify(controls.faults);
    expect((await put(path, body)).status).toBe(400);
    expect(JSON.stringify(controls.faults)).toBe(before);
  });

  it('know nothing else', async () => {
    expect((await put('weather', {})).status).toBe(404);
    expect((await fetch(`${api.url}/controls/clock`)).status).toBe(404);
  });
});
