import { beforeEach, describe, expect, test, vi } from 'vitest';
import { chosen, email, twoPlaces } from './login-desk.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

const accept = 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8';
const form = { accept, 'content-type': 'application/x-www-form-urlencoded' };

let desk: Awaited<ReturnType<typeof twoPlaces>>;
let token: string;
let userId: string;

beforeEach(async () => {
  desk = await twoPlaces();
  ({ userId } = await desk.activate(desk.newco, email));
  token = (await desk.mailedToken(email))!;
});

async function page(method: string, headers: Record<string, string>, body?: string, of = token) {
  const answer = await desk.portal.call('', method, `/v1/invitation/${of}`, { body, headers, public: true });
  return { ...answer, html: Buffer.from(String(answer.body), 'base64').toString() };
}

const fields = (entries: Record<string, string>) => new URLSearchParams(entries).toString();

describe('the page behind the link', () => {
  test('has a form that asks for a name and a password, and changes nothing by being opened', async () => {
    const { portal } = desk;
    const before = portal.table.all();
    const shown = await page('GET', { accept });
    expect(shown.status).toBe(200);
    expect(shown.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(shown.html).toContain('<form method="post">');
    expect(shown.html).toContain('name="name"');
    expect(shown.html).toContain('name="password" type="password"');
    for (const text of [email, 'Newco', 'View &amp; open support tickets'])
      expect(shown.html).toContain(text);
    expect(shown.html).not.toContain('<script');
    await page('GET', { accept });
    expect(portal.table.all()).toEqual(before);
    expect(portal.directory.users.get(userId)!.password).toBeNull();
  });

  test('accepts its form', async () => {
    const { portal, newco, opens } = desk;
    const name = 'Nora & “Co” Núñez';
    const accepted = await page('POST', form, fields({ name, password: chosen }));
    expect(accepted.status).toBe(200);
    expect(accepted.html).toContain('You can sign in with newceo@newco.test now');
    expect(accepted.html).toContain('href="https://portal.test"');
    expect(accepted.html).not.toContain(chosen);
    expect(portal.directory.signIn(email, chosen)).toBe(userId);
    expect((await portal.people.login(userId))!.name).toBe(name);
    expect(await opens(userId, newco, '/tickets')).toBe(200);
  });

  test('speaks the person’s language, else the browser’s', async () => {
    const austrian = { 'accept-language': 'fr, de-AT;q=0.8, en;q=0.5' };
    const shown = await page('GET', { accept, ...austrian });
    expect(shown.html).toContain('<html lang="de">');
    expect(shown.html).toContain('Support-Tickets ansehen &amp; eröffnen');
    expect((await page('GET', { accept })).html).toContain('<html lang="en">');
    const again = await page('POST', { ...form, ...austrian }, fields({ name: 'Nora', password: 'Short-1' }));
    expect([again.status, again.html.includes('mindestens 12 Zeichen')]).toEqual([400, true]);
    expect((await page('GET', { accept, ...austrian }, undefined, 'none')).html).toContain('Hier ist nichts');
    await page('POST', form, fields({ name: 'Nora', password: chosen }));
    await desk.portal.call(userId, 'PATCH', '/v1/me', { body: { language: 'de' } });
    await desk.activate(desk.mallory, email);
    const second = (await desk.mailedToken(email))!;
    const english = { 'accept-language': 'en' };
    const own = await page('GET', { accept, ...english }, undefined, second);
    expect(own.html).toContain('<html lang="de">');
    const pressed = await page('POST', { ...form, ...english }, '', second);
    expect(pressed.html).toContain('Sie können sich jetzt mit newceo@newco.test anmelden');
  });

  test('keeps a password as it was typed', async () => {
    const password = ' Chosen+By%Nora & 1=2 ';
    await page('POST', form, fields({ name: 'Nora', password }));
    expect(desk.portal.directory.signIn(email, password)).toBe(userId);
  });

  test('shows the form again for a weak password, and waits on', async () => {
    const { portal, newco, opens } = desk;
    const before = portal.table.all();
    const again = await page('POST', form, fields({ name: 'Nora', password: 'Short-1' }));
    expect(again.status).toBe(400);
    expect(again.html).toContain('<form method="post">');
    expect(again.html).toContain('role="alert"');
    expect(again.html).not.toContain('Short-1');
    expect(portal.table.all()).toEqual(before);
    expect(await opens(userId, newco)).toBe(404);
    expect((await page('POST', form, fields({ name: 'Nora', password: chosen }))).status).toBe(200);
  });

  test('shows the form again where the password was left empty', async () => {
    const again = await page('POST', form, fields({ name: 'Nora', password: '' }));
    expect(again.status).toBe(400);
    expect(again.html).toContain('<form method="post">');
    expect(desk.portal.directory.users.get(userId)!.password).toBeNull();
  });

  test('asks a proven login for nothing but the press', async () => {
    const { mallory, activate, mailedToken, opens, press } = desk;
    await press(token, { name: 'Nora', password: chosen });
    await activate(mallory, email);
    const second = (await mailedToken(email))!;
    const shown = await page('GET', { accept }, undefined, second);
    expect(shown.html).toContain('<form method="post">');
    expect(shown.html).not.toContain('name="password"');
    expect((await page('POST', form, '', second)).status).toBe(200);
    expect(await opens(userId, mallory)).toBe(200);
  });

  test('says in words that a link is over or none, with no form', async () => {
    await desk.press(token, { name: 'Nora', password: chosen });
    const over = await page('GET', { accept });
    expect([over.status, over.html.includes('<form')]).toEqual([409, false]);
    expect(over.html).toContain('Ask for a new one');
    const pressed = await page('POST', form, fields({ name: 'Nora', password: 'Chosen-By-Nora-2' }));
    expect([pressed.status, pressed.html.includes('<form')]).toEqual([409, false]);
    const none = await page('GET', { accept }, undefined, 'none');
    expect([none.status, none.html.includes('<form')]).toEqual([404, false]);
    expect(none.html).not.toContain(email);
  });

  test('shows what others wrote as text', async () => {
    const { portal, openFor, mailedToken } = desk;
    portal.advance(1);
    await openFor('<script src=x>"&Co', { name: 'Nora', email: 'second@newco.test' });
    const shown = await page('GET', { accept }, undefined, (await mailedToken('second@newco.test'))!);
    expect(shown.status).toBe(200);
    expect(shown.html).not.toContain('<script');
    expect(shown.html).toContain('&lt;script src=x&gt;&quot;&amp;Co');
  });

  test.each(['email', 'userId', 'proven'])('takes no field %s', async (field) => {
    const body = fields({ name: 'Nora', password: chosen, [field]: 'mallory@evil.test' });
    expect((await page('POST', form, body)).status).toBe(400);
    expect(desk.portal.directory.users.get(userId)!.password).toBeNull();
  });

  test('is the only request that takes a form', async () => {
    const answer = await desk.portal.call('', 'POST', '/v1/sign-in/help', {
      body: fields({ email }),
      headers: form,
      public: true,
    });
    expect(answer.status).toBe(400);
  });
});
