import type { AuthorizerContext } from '../../../shared/http/authorise.ts';
import { type Called, type CallOptions, MemoryPortal } from '../../support/memory/memory-portal.ts';
import { supportAddress } from '../../support/memory/memory-dependencies.ts';
import { type Cost, Meter } from '../meter.ts';

/** What staff are called here. */
export const staff = 'stan';

const ownersAddress = 'owner@bench.test';

export interface Person {
  contactId: string;
  userId: string;
}

/** A portal with an account, whatever is in it by the routes that put it there. */
export class PortalWorld {
  readonly portal = new MemoryPortal();
  readonly #meter = new Meter(this.portal.table);
  readonly #cached = new Map<string, AuthorizerContext>();
  #made = 0;
  accountId = '';
  owner = '';

  static async open(): Promise<PortalWorld> {
    const world = new PortalWorld();
    const { accountId, ownerId } = await world.portal.createAccount('Bench', ownersAddress);
    world.accountId = accountId;
    world.owner = ownerId;
    return world;
  }

  get account(): string {
    return `/v1/accounts/${this.accountId}`;
  }

  /** An address that nobody has had. */
  address(): string {
    return `${this.key()}@bench.test`;
  }

  /** A word that nothing has had. */
  key(): string {
    return `bench${++this.#made}`;
  }

  /** A request with the authoriser's answer in the gateway's cache: the route alone. */
  async call(userId: string, method: string, path: string, options: CallOptions = {}): Promise<Called> {
    // Time goes on, so that ids are in the order in which things were made.
    this.portal.advance(1);
    if (options.public) return this.portal.call(userId, method, path, options);
    return this.portal.call(userId, method, path, { ...options, cached: await this.#authorized(userId) });
  }

  /** What came of a request that has to succeed. */
  async done(userId: string, method: string, path: string, options: CallOptions = {}): Promise<any> {
    const { status, body } = await this.call(userId, method, path, options);
    if (status >= 200 && status < 300) return body;
    throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(body)}`);
  }

  /** As `call`, with what it costs. */
  async measure(...call: Parameters<PortalWorld['call']>): Promise<{ called: Called; cost: Cost }> {
    if (!call[3]?.public) await this.#authorized(call[0]);
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
    return (await this.done(this.owner, 'POST', `${this.account}/contacts`, { body })).id;
  }

  async subAccount(permissions: string[] = ['tickets', 'contacts']): Promise<Person> {
    const contactId = await this.contact();
    const users = new Set(this.portal.directory.users.keys());
    const path = `${this.account}/contacts/${contactId}/sub-account`;
    await this.done(this.owner, 'PUT', path, { body: { permissions, password: 'Correct-Horse-1' } });
    const userId = [...this.portal.directory.users.keys()].find((id) => !users.has(id))!;
    return { contactId, userId };
  }

  async ticket(more: Record<string, unknown> = {}): Promise<string> {
    const body = { subject: 'A question', message: 'How does this work?', ...more };
    return (await this.done(this.owner, 'POST', `${this.account}/tickets`, { body })).id;
  }

  async accessRequest(userId: string): Promise<string> {
    const body = { permissions: ['invoices'], message: 'For the books' };
    return (await this.done(userId, 'POST', `${this.account}/access-requests`, { body })).id;
  }

  /** Another account that the owner's address belongs to. */
  async otherAccount(): Promise<string> {
    const body = { name: 'Bench too', owner: { name: 'Owner', email: ownersAddress } };
    return (await this.done(staff, 'POST', '/v1/staff/accounts', { body })).id;
  }

  /** A file that was uploaded. */
  async upload(): Promise<string> {
    const body = { fileName: 'a.txt', contentType: 'text/plain', size: 100 };
    const { id } = await this.done(this.owner, 'POST', `${this.account}/attachments`, { body });
    await this.portal.files.put(`attachments/${id}`, new Uint8Array(body.size));
    return id;
  }

  /** A mail that went out to the account. */
  async sentMail(): Promise<string> {
    await this.ticket();
    await this.portal.deliver();
    const { body } = await this.call(this.owner, 'GET', `${this.account}/emails`, { query: { limit: '1' } });
    return body.items[0].id;
  }

  /** Something that the owner is told of. */
  async notification(): Promise<string> {
    const { userId } = await this.subAccount();
    await this.accessRequest(userId);
    const query = { limit: '1' };
    const { items } = await this.done(this.owner, 'GET', `${this.account}/notifications`, { query });
    return items[0].id;
  }

  /** A mail that came in and was kept back. */
  async mailKeptBack(): Promise<string> {
    const from = this.address();
    const raw = `From: ${from}\nTo: ${supportAddress}\nSubject: Hello\nMessage-ID: <${from}>\n\nHow?\n`;
    return (await this.portal.receive(raw, { virus: 'FAIL' })).id;
  }

  async #authorized(userId: string): Promise<AuthorizerContext> {
    const cached = this.#cached.get(userId) ?? (await this.portal.authorizer(userId));
    this.#cached.set(userId, cached);
    return cached;
  }
}
