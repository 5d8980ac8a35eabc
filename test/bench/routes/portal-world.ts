import type { AuthorizerContext } from '../../../shared/http/serve.ts';
import { type Called, type CallOptions, MemoryPortal, supportAddress } from '../../support/memory-portal.ts';
import { type Cost, Meter } from '../meter.ts';

/** What staff are called here. */
export const staff = 'stan';

const ownersAddress = 'owner@bench.test';

export interface Person {
  contactId: string;
  userId: string;
}

/** An account with so many contacts who sign in, each with a ticket and an open access request. */
export class PortalWorld {
  readonly portal = new MemoryPortal();
  readonly #meter = new Meter(this.portal.table);
  readonly #cached = new Map<string, AuthorizerContext>();
  #made = 0;
  accountId = '';
  owner = '';

  static async of(size: number): Promise<PortalWorld> {
    const world = new PortalWorld();
    const { accountId, ownerId } = await world.portal.createAccount('Bench', ownersAddress);
    world.accountId = accountId;
    world.owner = ownerId;
    for (let made = 0; made < size; made++) {
      const { userId } = await world.subAccount();
      await world.accessRequest(userId);
      await world.ticket();
    }
    world.portal.nudged = [];
    return world;
  }

  get account(): string {
    return `/v1/accounts/${this.accountId}`;
  }

  /** An address that nobody has had. */
  address(): string {
    return `person${++this.#made}@bench.test`;
  }

  /** A request with the authoriser's answer in the gateway's cache: the route alone. */
  async call(userId: string, method: string, path: string, options: CallOptions = {}): Promise<Called> {
    // Time goes on, so that ids are in the order in which things were made.
    this.portal.advance(1);
    return this.portal.call(userId, method, path, { ...options, cached: await this.#authorized(userId) });
  }

  /** As `call`, with what it costs. */
  async measure(...call: Parameters<PortalWorld['call']>): Promise<{ called: Called; cost: Cost }> {
    await this.#authorized(call[0]);
    let called: Called | undefined;
    const cost = await this.#meter.of(async () => {
      called = await this.call(...call);
    });
    return { called: called!, cost };
  }

  /** What the authoriser costs for a user whose sign-in is noted. */
  async measureAuthorizer(userId: string): Promise<Cost> {
    const signedIn = this.portal.now;
    await this.portal.authorizer(userId, signedIn);
    return this.#meter.of(() => this.portal.authorizer(userId, signedIn));
  }

  async contact(): Promise<string> {
    const body = { name: 'Somebody', email: this.address(), emailPreferences: { support: true } };
    return (await this.#make(this.owner, 'POST', `${this.account}/contacts`, body)).id;
  }

  async subAccount(permissions: string[] = ['tickets', 'contacts']): Promise<Person> {
    const contactId = await this.contact();
    const users = new Set(this.portal.directory.users.keys());
    const path = `${this.account}/contacts/${contactId}/sub-account`;
    await this.#make(this.owner, 'PUT', path, { permissions });
    const userId = [...this.portal.directory.users.keys()].find((id) => !users.has(id))!;
    return { contactId, userId };
  }

  async ticket(more: Record<string, unknown> = {}): Promise<string> {
    const body = { subject: 'A question', message: 'How does this work?', ...more };
    return (await this.#make(this.owner, 'POST', `${this.account}/tickets`, body)).id;
  }

  async accessRequest(userId: string): Promise<string> {
    const body = { permissions: ['invoices'], message: 'For the books' };
    return (await this.#make(userId, 'POST', `${this.account}/access-requests`, body)).id;
  }

  /** Another account that the owner's address belongs to. */
  async otherAccount(): Promise<string> {
    const body = { name: 'Bench too', owner: { name: 'Owner', email: ownersAddress } };
    return (await this.#make(staff, 'POST', '/v1/staff/accounts', body)).id;
  }

  /** A file that was announced. */
  async upload(): Promise<string> {
    const body = { fileName: 'a.txt', contentType: 'text/plain', size: 100 };
    return (await this.#make(this.owner, 'POST', `${this.account}/attachments`, body)).id;
  }

  /** A mail that went out to the account. */
  async sentMail(): Promise<string> {
    await this.ticket();
    await this.portal.deliver();
    const { body } = await this.call(this.owner, 'GET', `${this.account}/emails`, { query: { limit: '1' } });
    return body.items[0].id;
  }

  /** A mail that came in and was kept back. */
  async mailKeptBack(): Promise<string> {
    const from = this.address();
    const raw = `From: ${from}\nTo: ${supportAddress}\nSubject: Hello\nMessage-ID: <${from}>\n\nHow?\n`;
    return (await this.portal.receive(raw, { virus: 'FAIL' })).id;
  }

  async #make(userId: string, method: string, path: string, body: unknown): Promise<{ id: string }> {
    const made = await this.call(userId, method, path, { body });
    if (made.status < 300) return made.body as { id: string };
    throw new Error(`${method} ${path} answered ${made.status}: ${JSON.stringify(made.body)}`);
  }

  async #authorized(userId: string): Promise<AuthorizerContext> {
    const cached = this.#cached.get(userId) ?? (await this.portal.authorizer(userId));
    this.#cached.set(userId, cached);
    return cached;
  }
}
