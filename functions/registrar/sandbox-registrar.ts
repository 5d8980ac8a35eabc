import * as z from 'zod/mini';
import type { Registrar, RegistrarAnswer } from '../../shared/domains/registrar.ts';

const registration = z.object({ expiresOn: z.iso.date() });

/** The registrar of the local cloud, which can be slow, fail, not answer, or answer wrongly. */
export function sandboxRegistrar(url: string, timeoutMs = 8000): Registrar {
  const call = (path: string, body?: object) =>
    fetch(`${url}${path}`, {
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(timeoutMs),
    });
  return {
    name: 'sandbox',
    async renew({ key, name, years, expiresOn }): Promise<RegistrarAnswer> {
      const path = `/domains/${encodeURIComponent(name)}/renewals`;
      const answer = await call(path, { key, years, expiresOn });
      if (answer.status === 422) return { kind: 'refused', reason: 'The registrar refused the renewal.' };
      if (answer.status === 503) return { kind: 'later', reason: 'The registrar is not able to do it now.' };
      if (!answer.ok) throw new Error(`The registrar answered ${answer.status}`);
      return { kind: 'renewed', ...registration.parse(await answer.json()) };
    },
    async look(name) {
      const answer = await call(`/domains/${encodeURIComponent(name)}`);
      if (answer.status === 404) return undefined;
      if (!answer.ok) throw new Error(`The registrar answered ${answer.status}`);
      return { ...registration.parse(await answer.json()), status: 'active' };
    },
  };
}

/** Staff renew by hand: they get a mail, and the renewal is done once they have corrected the domain's expiry. */
export function manualRegistrar(expiryOf: (name: string) => Promise<string | undefined>): Registrar {
  return {
    name: 'manual',
    renew: async () => ({ kind: 'by-hand' }),
    look: async (name) => {
      const expiresOn = await expiryOf(name);
      return expiresOn === undefined ? undefined : { expiresOn, status: 'active' };
    },
  };
}
