import { type RunningPortal, startPortal } from '../../../../infra/portal/portal.ts';
import { MailDesk } from '../../../support/desks/mail-desk.ts';
import { PortalClient } from '../../../support/local/portal-client.ts';

/** A running portal of its own, for tests that change it for everybody. */
export class OwnPortal {
  client!: PortalClient;
  desk!: MailDesk;
  staff!: string;
  #cloud!: RunningPortal;

  async open(): Promise<void> {
    this.#cloud = await startPortal({ demo: true });
    await this.#signInAgain();
  }

  close(): Promise<void> {
    return this.#cloud.close();
  }

  /** Moves the clock so far from now, as the real clock has it. */
  async moveClock(milliseconds: number | null): Promise<void> {
    const now = milliseconds === null ? null : new Date(Date.now() + milliseconds).toISOString();
    await this.client.control('clock', { now });
    await this.#signInAgain();
  }

  /** Waits as long as more of them come. */
  async countUp(wanted: number, count: () => Promise<number>): Promise<number> {
    let last = -1;
    for (;;) {
      const now = await this.client.until(async () => {
        const found = await count();
        return found > last && { found };
      });
      last = now.found;
      if (last >= wanted) return last;
    }
  }

  /** Signed in anew, for the tokens of another time are of no use. */
  async #signInAgain(): Promise<void> {
    this.client = new PortalClient(this.#cloud.portal);
    this.desk = new MailDesk(this.client);
    this.staff = await this.desk.staff();
  }
}
