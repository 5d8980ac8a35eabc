import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { addYears } from '../../shared/core/day.ts';
import { type Control, InvalidControl } from '../local/controls.ts';
import { discardRest } from '../local/http/discard-rest.ts';
import type { Origins } from '../local/http/origins.ts';
import { answerJson, type LocalServer, readBody, startServer } from '../local/http/server.ts';

const modes = ['ok', 'slow', 'fail', 'timeout', 'lie'] as const;

/** The control that sets how the registrar behaves, one of the modes. */
export class RegistrarControl implements Control {
  mode: (typeof modes)[number] = 'ok';

  state(): object {
    return { mode: this.mode };
  }

  set({ mode }: Record<string, unknown>): void {
    const known = modes.find((one) => one === mode);
    if (!known) throw new InvalidControl(`mode is one of ${modes.join(', ')}`);
    this.mode = known;
  }
}

export interface SandboxRegistrarOptions {
  control: RegistrarControl;
  port?: number;
  origins?: Origins | undefined;
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
 * A registrar on 127.0.0.1. It learns of a domain when it is first asked to renew it, and behaves as its control says:
 * `slow` takes its time, `fail` refuses, `timeout` renews without an answer, `lie` claims to have renewed and did not.
 */
export async function startSandboxRegistrar(
  options: SandboxRegistrarOptions,
): Promise<LocalServer & { registrations: ReadonlyMap<string, Registration> }> {
  const { control, port, origins, dir } = options;
  const file = dir && join(dir, 'registrations.json');
  const kept = file && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {};
  const registrations = new Map<string, Registration>(Object.entries(kept));
  const save = () => {
    if (!file) return;
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, JSON.stringify(Object.fromEntries(registrations)));
  };
  const listener: RequestListener = (request, response) => {
    serve(registrations, control.mode, request, response)
      .then(save)
      .catch(() => answerJson(response, 400, { message: 'Bad request' }))
      .finally(() => discardRest(request));
  };
  const server = await startServer(listener, { port, origins });
  return { ...server, registrations };
}

async function serve(
  registrations: Map<string, Registration>,
  mode: RegistrarControl['mode'],
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
  return renew(registrations, name, asked, mode, response);
}

async function renew(
  registrations: Map<string, Registration>,
  name: string,
  { key, years, expiresOn }: AskedRenewal,
  mode: RegistrarControl['mode'],
  response: ServerResponse,
): Promise<void> {
  const { expiresOn: current, renewals } = registrations.get(name) ?? { expiresOn, renewals: [] };
  const renewed = addYears(expiresOn, years);
  if (mode === 'fail') return answerJson(response, 503, { message: 'Not able to' });
  if (mode === 'lie') return answerJson(response, 200, { expiresOn: renewed });
  if (mode === 'slow') await new Promise((resolve) => setTimeout(resolve, slowMs));
  const after = renewals.includes(key) ? current : renewed;
  registrations.set(name, { expiresOn: after, renewals: [...new Set([...renewals, key])] });
  // The renewal is done, but the answer is lost.
  if (mode === 'timeout') return void response.destroy();
  answerJson(response, 200, { expiresOn: after });
}
