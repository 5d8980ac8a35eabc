import type { Day } from '../core/day.ts';

/** What a registrar says. Throwing is no answer: nobody knows whether it was done. */
export type RegistrarAnswer =
  | { kind: 'renewed'; expiresOn: Day }
  /** It will not do it now; trying again may help. */
  | { kind: 'later'; reason: string }
  /** It will never do it. */
  | { kind: 'refused'; reason: string }
  /** A person has to do it; how it went is seen when the registration's expiry has moved. */
  | { kind: 'by-hand' };

/** Where domains are registered. */
export interface Registrar {
  name: string;
  /** Extends a registration. `key` names this renewal: asking twice with it renews once, where the registrar can. */
  renew(renewal: { key: string; name: string; years: number; expiresOn: Day }): Promise<RegistrarAnswer>;
  /** How the registration stands; undefined where the registrar does not have it. */
  look(name: string): Promise<{ expiresOn: Day; status: 'active' | 'transferred-away' } | undefined>;
}
