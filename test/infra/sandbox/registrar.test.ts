import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { InvalidControl } from '../../../infra/local/controls.ts';
import { RegistrarControl, startSandboxRegistrar } from '../../../infra/sandbox/registrar.ts';

const control = new RegistrarControl();
const registrar = await startSandboxRegistrar({ control });
afterAll(() => registrar.close());
beforeEach(() => control.set({ mode: 'ok' }));

let lastName = 0;
const newName = (): string => `domain-${(lastName += 1)}.test`;

const renew = (name: string, key = 'renewal-1') =>
  fetch(`${registrar.url}/domains/${name}/renewals`, {
    method: 'POST',
    body: JSON.stringify({ key, years: 2, expiresOn: '2028-02-29' }),
  });
const expiryOf = async (name: string): Promise<unknown> => {
  const answer = await fetch(`${registrar.url}/domains/${name}`);
  return answer.ok ? ((await answer.json()) as { expiresOn: string }).expiresOn : answer.status;
};

describe('the sandbox registrar', () => {
  test('learns of a domain when it first renews it, and renews once for each key', async () => {
    const name = newName();
    expect(await expiryOf(name)).toBe(404);
    expect(await (await renew(name)).json()).toEqual({ expiresOn: '2030-02-28' });
    expect(await (await renew(name)).json()).toEqual({ expiresOn: '2030-02-28' });
    expect(await expiryOf(name)).toBe('2030-02-28');
  });

  test('fails, lies and loses its answer as its control says', async () => {
    const [failed, lied, lost] = [newName(), newName(), newName()];
    control.set({ mode: 'fail' });
    expect((await renew(failed)).status).toBe(503);
    control.set({ mode: 'lie' });
    expect((await renew(lied)).status).toBe(200);
    control.set({ mode: 'timeout' });
    await expect(renew(lost)).rejects.toThrow();
    expect(await Promise.all([failed, lied, lost].map(expiryOf))).toEqual([404, 404, '2030-02-28']);
  });

  test('has no other mode', () => {
    control.set({ mode: 'slow' });
    expect(() => control.set({ mode: 'sulk' })).toThrow(InvalidControl);
    expect(() => control.set({})).toThrow(InvalidControl);
    expect(control.state()).toEqual({ mode: 'slow' });
  });
});
