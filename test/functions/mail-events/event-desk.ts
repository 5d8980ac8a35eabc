import { handleMailEvent } from '../../../functions/mail-events/handle-mail-event.ts';
import type { SentMail } from '../../support/memory/memory-dependencies.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';
import { bounceEvent, complaintEvent, type EventFacts } from '../../support/mail-events.ts';

/** An account whose mail the mail service tells of. */
export class EventDesk {
  readonly portal = new MemoryPortal();
  accountId = '';
  ownerId = '';

  async open(email = 'owner@acme.test'): Promise<this> {
    ({ accountId: this.accountId, ownerId: this.ownerId } = await this.portal.createAccount('Acme', email));
    await this.sent();
    return this;
  }

  get base(): string {
    return `/v1/accounts/${this.accountId}`;
  }

  /** Runs the outbox until nothing waits; gives the mails that went out, with the ids that the service gave them. */
  async sent(): Promise<(SentMail & { id: string })[]> {
    const { portal } = this;
    const before = portal.mails.length;
    for (let rounds = 0; portal.nudged.length > 0 && rounds < 10; rounds++) await portal.deliver();
    return portal.mails.slice(before).map((mail, index) => ({ ...mail, id: String(before + index + 1) }));
  }

  async contact(email: string, kinds: string[] = ['support']): Promise<string> {
    const emailPreferences = Object.fromEntries(kinds.map((kind) => [kind, true]));
    const body = { name: email, email, emailPreferences };
    return (await this.portal.call(this.ownerId, 'POST', `${this.base}/contacts`, { body })).body.id;
  }

  /** The owner opens a ticket; gives its id, once its confirmation went out. */
  async ticket(extra: object = {}): Promise<string> {
    const body = { subject: 'Help', message: 'Please', ...extra };
    const opened = await this.portal.call(this.ownerId, 'POST', `${this.base}/tickets`, { body });
    await this.sent();
    return opened.body.id;
  }

  /** Staff write in a ticket; gives the mails that this sent. */
  async reply(ticketId: string, message = 'An answer') {
    await this.portal.call('stan', 'POST', `${this.base}/tickets/${ticketId}/replies`, { body: { message } });
    return this.sent();
  }

  async ticketSeenBy(userId: string, ticketId: string) {
    return (await this.portal.call(userId, 'GET', `${this.base}/tickets/${ticketId}`)).body;
  }

  async hear(event: unknown): Promise<void> {
    await handleMailEvent(this.portal.mailEvents(), JSON.stringify(event), this.portal.now);
  }

  bounce(mail: { id: string; destinations: string[] }, address: string, kind: string[] = [], more = {}) {
    return this.hear(bounceEvent(this.#facts(mail, [address], more), ...(kind as [string?, string?])));
  }

  complaint(mail: { id: string; destinations: string[] }, addresses: string[], type?: string | null) {
    return this.hear(complaintEvent(this.#facts(mail, addresses, {}), type));
  }

  #facts(mail: { id: string; destinations: string[] }, recipients: string[], more: object): EventFacts {
    return { messageId: mail.id, sentTo: mail.destinations, recipients, ...more };
  }

  async deadAddresses(): Promise<{ address: string; reason: string; accountId?: string }[]> {
    return (await this.portal.call('stan', 'GET', '/v1/staff/dead-addresses')).body.items;
  }
}
