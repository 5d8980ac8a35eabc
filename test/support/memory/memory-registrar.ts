import { addYears, type Day } from '../../../shared/core/day.ts';
import type { Registrar, RegistrarAnswer } from '../../../shared/domains/registrar.ts';

export type RegistrarMode = 'ok' | 'fail' | 'refuse' | 'timeout' | 'lost' | 'lie';

/** A registrar in memory, which knows what it has really renewed, and can fail in every way. */
export class MemoryRegistrar implements Registrar {
  readonly name = 'sandbox';
  readonly registrations = new Map<string, Day>();
  /** Every renewal that was really done: the name and the expiry that it extended. */
  readonly renewed: { name: string; from: Day; years: number }[] = [];
  /** How it behaves at the next call. */
  mode: () => RegistrarMode = () => 'ok';

  async renew({ name, years, expiresOn }: Parameters<Registrar['renew']>[0]): Promise<RegistrarAnswer> {
    const mode = this.mode();
    if (mode === 'fail') return { kind: 'later', reason: 'not able to' };
    if (mode === 'refuse') return { kind: 'refused', reason: 'never' };
    if (mode === 'lost') throw new Error('It was never asked');
    const current = this.registrations.get(name) ?? expiresOn;
    const after = addYears(current, years);
    if (mode === 'lie') return { kind: 'renewed', expiresOn: after };
    // It does as it is told, each time that it is told.
    this.registrations.set(name, after);
    this.renewed.push({ name, from: current, years });
    if (mode === 'timeout') throw new Error('The answer was lost');
    return { kind: 'renewed', expiresOn: after };
  }

  async look(name: string) {
    if (['fail', 'timeout', 'lost'].includes(this.mode())) throw new Error('It does not answer');
    const expiresOn = this.registrations.get(name);
    return expiresOn === undefined ? undefined : { expiresOn, status: 'active' as const };
  }
}
