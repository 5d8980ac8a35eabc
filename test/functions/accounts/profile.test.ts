import { beforeEach, describe, expect, test, vi } from 'vitest';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let portal: MemoryPortal;
let accountId: string;
let ownerId: string;
let path: string;

beforeEach(async () => {
  portal = new MemoryPortal();
  ({ accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test'));
  path = `/v1/accounts/${accountId}`;
  await portal.deliver();
  portal.mails.length = 0;
});

const change = (userId: string, body: object) => portal.call(userId, 'PATCH', path, { body });
const read = async (userId = ownerId) => (await portal.call(userId, 'GET', path)).body;
const holder = async (...permissions: string[]) =>
  (
    await portal.createSubAccount(
      ownerId,
      accountId,
      `${permissions.join('-') || 'none'}@acme.test`,
      permissions,
    )
  ).userId;

async function told(): Promise<{ to: string[]; text: string }[]> {
  await portal.deliver();
  const mails = portal.mails.splice(0).filter(({ subject }) => /change|Änderung/.test(subject ?? ''));
  return mails.map(({ destinations, text }) => ({ to: destinations, text: text ?? '' }));
}

describe('the account’s name', () => {
  test.each(['Win at evil.shop', 'see https://evil.test', 'Ac\u200bme', 'emca\u202e'])(
    'is not made %j by a client: it is in invitations',
    async (name) => {
      const refused = { status: 400, body: { errors: [{ path: 'name', code: 'wrong-format' }] } };
      expect(await change(ownerId, { name })).toMatchObject(refused);
      expect((await read()).name).toBe('Acme');
    },
  );

  test('may be a domain’s where staff say so, and stays so with every other change', async () => {
    expect(await change('stan', { name: 'Shop.com' })).toMatchObject({ status: 200 });
    expect(await change(ownerId, { name: 'Shop.com', taxId: 'GB1' })).toMatchObject({ status: 200 });
    expect(await read()).toMatchObject({ name: 'Shop.com', taxId: 'GB1' });
    expect(await change('stan', { name: 'Sho\u202ep' })).toMatchObject({ status: 400 });
  });
});

describe('a change of the profile', () => {
  test('is by who holds what each field needs, and refused whole with the first that is missing', async () => {
    const [profile, invoices] = [await holder('profile'), await holder('invoices')];
    const before = await read();
    const both = { name: 'Renamed', autoPayFromCredit: true };
    expect(await change(profile, both)).toMatchObject({
      status: 403,
      body: { requiredPermission: 'invoices' },
    });
    expect(await change(invoices, both)).toMatchObject({
      status: 403,
      body: { requiredPermission: 'profile' },
    });
    const { body } = await change(await holder('tickets'), both);
    expect(body).toMatchObject({
      requiredPermission: 'profile',
      whatToDo: expect.stringContaining('Owner of Acme'),
    });
    expect(body.areas.map((area: { permission: string }) => area.permission)).toEqual(['tickets']);
    expect(await read()).toEqual(before);
    expect((await change(invoices, { autoPayFromCredit: true })).body).toEqual({
      id: accountId,
      name: 'Acme',
      address: {},
      autoPayFromCredit: true,
    });
    expect((await change(profile, { name: 'Renamed', language: 'de' })).body).toMatchObject({
      name: 'Renamed',
      language: 'de',
    });
  });

  test('of the owner’s mail switches is the owner’s and staff’s, whatever else somebody holds', async () => {
    const everything = await holder('profile', 'invoices', 'contacts', 'emails');
    const emailPreferences = { invoice: false };
    const refused = await change(everything, { name: 'Renamed', emailPreferences });
    expect(refused).toMatchObject({ status: 403, body: { reason: 'owner' } });
    expect(refused.body).not.toHaveProperty('requiredPermission');
    expect(refused.body).not.toHaveProperty('requestAccess');
    expect(refused.body.whatToDo).toContain('Owner of Acme');
    expect(refused.body.areas).toHaveLength(4);
    expect((await read()).name).toBe('Acme');
    for (const userId of [ownerId, 'stan']) {
      const on = userId === 'stan';
      const changed = await change(userId, { emailPreferences: { invoice: on } });
      expect(changed.body.emailPreferences.invoice).toBe(on);
    }
  });

  test('that names nothing, or what is so already, writes nothing', async () => {
    const none = await holder();
    expect((await change(none, {})).status).toBe(403);
    await change(ownerId, { address: { city: 'York' }, autoPayFromCredit: true });
    await read();
    const rows = portal.table.all();
    const same = { address: { city: 'York' }, autoPayFromCredit: true, language: 'en' };
    expect((await change(ownerId, same)).status).toBe(200);
    expect((await change(ownerId, {})).status).toBe(200);
    expect(portal.table.all()).toEqual(rows);
  });

  test('is told to the owner by mail where somebody else made it, and only then', async () => {
    await change(ownerId, { name: 'Acme Ltd', emailPreferences: { general: false } });
    expect(await told()).toEqual([]);
    await change(await holder('profile'), { taxId: 'GB1', language: 'de' });
    const [byDelegate, ...more] = await told();
    expect(more).toEqual([]);
    expect(byDelegate!.to).toEqual(['owner@acme.test']);
    // In the language that the account has from then on.
    for (const said of ['die Steuernummer', 'die Sprache', 'profile'])
      expect(byDelegate!.text).toContain(said);
    await change('stan', { autoPayFromCredit: true, emailPreferences: { invoice: false } });
    const [byStaff] = await told();
    expect(byStaff!.text).toContain('die automatische Zahlung aus Guthaben');
    expect(byStaff!.text).toContain('welche E-Mails Sie erhalten');
    expect(byStaff!.text).not.toContain('stan');
  });

  test('has a language, which is English until somebody says another', async () => {
    expect((await read()).language).toBe('en');
    await change(ownerId, { language: 'de' });
    expect((await read()).language).toBe('de');
    expect(await read(await holder('tickets'))).toEqual({ id: accountId, name: 'Acme', address: {} });
    expect((await change(ownerId, { language: 'deutsch!' })).status).toBe(400);
  });
});
