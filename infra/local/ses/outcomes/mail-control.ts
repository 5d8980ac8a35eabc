import { type Control, InvalidControl } from '../../controls.ts';

const outcomes = ['deliver', 'bounce', 'transient', 'complaint', 'reject'] as const;
export type Outcome = (typeof outcomes)[number];

const subtypes = ['General', 'NoEmail', 'Suppressed', 'OnAccountSuppressionList'] as const;
export type PermanentSubtype = (typeof subtypes)[number];

/** What becomes of mail to an address; the subtype is that of a bounce. */
export interface Fate {
  outcome: Outcome;
  subtype: PermanentSubtype;
}

const delivered: Fate = { outcome: 'deliver', subtype: 'General' };

/** The control that says what becomes of mail to an address from now on; without it mail is delivered. */
export class MailControl implements Control {
  readonly #fates = new Map<string, Fate>();

  state(): object {
    return { mail: Object.fromEntries(this.#fates) };
  }

  set({ address, outcome, subtype, ...others }: Record<string, unknown>): void {
    const known = outcomes.find((one) => one === outcome);
    if (typeof address !== 'string' || !/^[^\s@]+@[^\s@]+$/.test(address))
      throw new InvalidControl('address is one address');
    if (!known) throw new InvalidControl(`outcome is one of ${outcomes.join(', ')}`);
    const knownSubtype = subtypes.find((one) => one === (subtype ?? 'General'));
    if (!knownSubtype || (subtype !== undefined && known !== 'bounce'))
      throw new InvalidControl(`subtype is of a bounce, and one of ${subtypes.join(', ')}`);
    if (Object.keys(others).length > 0)
      throw new InvalidControl('what is set are address, outcome and subtype');
    if (known === 'deliver') this.#fates.delete(address.toLowerCase());
    else this.#fates.set(address.toLowerCase(), { outcome: known, subtype: knownSubtype });
  }

  of(address: string): Fate {
    return this.#fates.get(address.toLowerCase()) ?? delivered;
  }

  /** Takes an address off SES's own list of those that it sends nothing to; false if it is not on it. */
  unsuppress(address: string): boolean {
    const { outcome, subtype } = this.of(address);
    const isListed = outcome === 'bounce' && subtype === 'OnAccountSuppressionList';
    return isListed && this.#fates.delete(address.toLowerCase());
  }
}
