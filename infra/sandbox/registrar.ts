import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { addYears } from '../../shared/domain/day.ts';
import type { Controls } from '../local/controls.ts';
import { answerJson, discardRest, type LocalServer, readBody, startServer } from '../local/http/server.ts';

export interface SandboxRegistrarOptions {
  controls: Controls;
  port?: number;
  /** Where its registrations are kept between runs. */
  dir?: string;
}

interface Registration {
  expiresOn: string;
  /** The keys of the renewals it has done. */
  renewals: string[];
}

interface AskedRenewal {
  key: string;
  years: number;
  expiresOn: string;
}

const slowMs = 2000;

/**
 * A registrar on 127.0.0.1. It learns of a domain when it is first asked to renew it, and behaves as the controls say:
 * `slow` takes its time, `fail` is not able to, `timeout` renews and gives no answer, `lie` says that it did and did not.
 */
export async function startSandboxRegistrar(
  options: SandboxRegistrarOptions,
): Promise<LocalServer & { registrations: ReadonlyMap<string, Registration> }> {
  const { controls, port, dir } = options;
  const file = dir && join(dir, 'registrations.json');
  const kept = file && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {};
  const registrations = new Map<string, Registration>(Object.entries(kept));
  const save = () => {
    if (!file) return;
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, JSON.stringify(Object.fromEntries(registrations)));
  };
  const server = await startServer((request, response) => {
    serve(registrations, controls, request, response)
      .then(save)
      .catch(() => answerJson(response, 400, { message: 'Bad request' }))
      .finally(() => discardRest(request));
  }, port);
  return { ...server, registrations };
}

async function serve(
  registrations: Map<string, Registration>,
  controls: Controls,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0]!;
  const [, encoded = '', renewing] = /^\/domains\/([^/]+)(\/renewals)?$/.exec(path) ?? [];
  const name = decodeURIComponent(encoded);
  if (name === '') return answerJson(response, 404, { message: 'Not Found' });
  const known = registrations.get(name);
  if (request.method === 'GET') {
    return known
      ? answerJson(response, 200, { expiresOn: known.expiresOn })
      : answerJson(response, 404, { message: 'No such registration' });
  }
  if (request.method !== 'POST' || !renewing) return answerJson(response, 404, { message: 'Not Found' });
  const asked = JSON.parse(String(await readBody(request, 10_000))) as AskedRenewal;
  return renew(registrations, name, asked, controls.registrarMode, response);
}

async function renew(
  registrations: Map<string, Registration>,
  name: string,
  { key, years, expiresOn }: AskedRenewal,
  mode: string,
  response: ServerResponse,
): Promise<void> {
  const { expiresOn: current, renewals } = registrations.get(name) ?? { expiresOn, renewals: [] };
  const renewed = addYears(expiresOn, years);
  if (mode === 'fail') return answerJson(response, 503, { message: 'Not able to' });
  if (mode === 'lie') return answerJson(response, 200, { expiresOn: renewed });
  if (mode === 'slow') await new Promise((resolve) => setTimeout(resolve, slowMs));
  const after = renewals.includes(key) ? current : renewed;
  registrations.set(name, { expiresOn: after, renewals: [...new Set([...renewals, key])] });
  // It was done, and nobody hears of it.
  if (mode === 'timeout') return void response.destroy();
  answerJson(response, 200, { expiresOn: after });
}
