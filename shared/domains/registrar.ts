import type { Day } from '../core/day.ts';

/** A registrar's answer. After a call that throws the outcome is unknown. */
export type RegistrarAnswer =
  | { kind: 'renewed'; expiresOn: Day }
  /** Not possible now; a retry may help. */
  | { kind: 'later'; reason: string }
  /** Never possible. */
  | { kind: 'refused'; reason: string }
  /** A person has to do it; it is done when the registration's expiry has moved. */
  | { kind: 'by-hand' };

/** The registrar that domains are registered with. */
export interface Registrar {
  name: string;
  /**
   * Extends a registration. `key` identifies the renewal: a repeat with the same key renews once, where the registrar
   * supports keys.
   */
  renew(renewal: { key: string; name: string; years: number; expiresOn: Day }): Promise<RegistrarAnswer>;
  /** The registration's state; undefined where the registrar does not have it. */
  look(name: string): Promise<{ expiresOn: Day; status: 'active' | 'transferred-away' } | undefined>;
}
