import { afterEach, beforeAll, expect, test } from 'vitest';
import { unique } from '../../people.ts';
import type { OwnPortal } from './own-portal.ts';

export function aboutTemplates(portal: OwnPortal): void {
  const path = '/v1/staff/mail-templates/ticket-opened';
  let original: any;

  beforeAll(async () => {
    original = (await portal.client.call(portal.staff, 'GET', path)).body;
  });

  afterEach(async () => {
    const { subject, text, html } = original;
    expect((await portal.client.call(portal.staff, 'PUT', path, { subject, text, html })).status).toBe(200);
  });

  test.each([
    ['an unknown tag', '<p>One</p>\n<p>Two</p>\n{% frobnicate %}', 3],
    ['a tag that is not closed', '<p>One</p>\n{% if number %}\n<p>Two</p>', 2],
    ['an output that is not closed', '<p>One</p>\n<p>{{ number </p>', 2],
    ['a condition without an end', '<p>One</p>\n\n\n<p>{% if %}{{ number }}</p>', 4],
  ])('with %s are refused with the line, and the stored one stays', async (_, broken, line) => {
    for (const part of ['text', 'html'] as const) {
      const { subject, text, html } = original;
      const refused = await portal.client.call(portal.staff, 'PUT', path, {
        subject,
        text,
        html,
        [part]: broken,
      });
      expect(refused.status).toBe(400);
      expect(JSON.stringify(refused.body.errors)).toContain(part);
      expect(JSON.stringify(refused.body.errors)).toMatch(new RegExp(`line:? ?${line}\\b`, 'i'));
      expect((await portal.client.call(portal.staff, 'GET', path)).body).toEqual(original);
    }
    const account = await portal.desk.openAccount();
    const { mail, ticket } = await portal.desk.openTicket(account);
    expect(mail.text).toContain(ticket.messages[0].body);
  });

  test.each(['include', 'render', 'layout'])(
    'that %s a file of the machine are refused, or do not show it',
    async (tag) => {
      const { subject, text, html } = original;
      const evil = `{% ${tag} 'package.json' %}`;
      const answer = await portal.client.call(portal.staff, 'PUT', path, {
        subject,
        text: `${text}${evil}`,
        html: `${html}${evil}`,
      });
      if (answer.status !== 400) {
        const { mail } = await portal.desk.openTicket(await portal.desk.openAccount());
        expect(`${mail.text}${mail.html}`).not.toContain('devDependencies');
      }
      expect(answer.status).toBe(400);
    },
  );

  test('that go on without end are refused', async () => {
    const { subject, text, html } = original;
    for (const evil of [
      '{% for i in (1..100000000) %}x{% endfor %}',
      "{% assign a = 'x' %}{% for i in (1..40) %}{% assign a = a | append: a %}{% endfor %}{{ a }}",
    ])
      expect(
        (await portal.client.call(portal.staff, 'PUT', path, { subject, text: `${text}${evil}`, html }))
          .status,
      ).toBe(400);
    expect((await portal.client.call(portal.staff, 'GET', path)).body).toEqual(original);
  });

  test('that are good are used by the next mail, and what people wrote is escaped in HTML alone', async () => {
    const changed = {
      subject: 'We have it: {{ subject }} ({{ number }})',
      text: 'Text of {{ openedBy }}: {{ message }}',
      html: '<h1>{{ subject }}</h1><p title="{{ subject }}">{{ message }}</p>',
    };
    const put = await portal.client.call(portal.staff, 'PUT', path, changed);
    expect(put).toMatchObject({ status: 200, body: { name: 'ticket-opened', ...changed } });
    expect(put.body.placeholders).toEqual(original.placeholders);
    const account = await portal.desk.openAccount();
    const mark = unique('m');
    const subject = `<b>x</b> & "q" ' ${mark}`;
    const message = '<script>alert(1)</script> {{ number }} & "more"';
    const body = { subject, message };
    const opened = await portal.client.call(account.owner.token, 'POST', `${account.path}/tickets`, body);
    const [mail] = await portal.client.mailsWith(mark);
    expect(mail!.subject).toContain(`We have it: ${subject} (${opened.body.number})`);
    expect(mail!.text.trim()).toBe(`Text of Olive Owner: ${message}`);
    expect(mail!.html).toContain('<h1>&lt;b&gt;x&lt;/b&gt; &amp;');
    expect(mail!.html).not.toMatch(/<b>|<script|title="[^"]*"q"/);
    expect(mail!.html).toContain('{{ number }}');
  });

  test('are staff’s, and known by name', async () => {
    const owner = await portal.client.token('owner@acme.test');
    const { subject, text, html } = original;
    expect((await portal.client.call(owner, 'GET', path)).status).toBe(403);
    expect((await portal.client.call(owner, 'PUT', path, { subject, text, html })).status).toBe(403);
    for (const name of ['nothing', '..%2Fx', 'ticket-opened2']) {
      const other = `/v1/staff/mail-templates/${name}`;
      expect((await portal.client.call(portal.staff, 'GET', other)).status).toBe(404);
      expect((await portal.client.call(portal.staff, 'PUT', other, { subject, text, html })).status).toBe(
        404,
      );
    }
    expect(
      (await portal.client.call(portal.staff, 'PUT', path, { subject: 'a\r\nBcc: x@y.test', text, html }))
        .status,
    ).toBe(400);
    expect((await portal.client.call(portal.staff, 'PUT', path, { subject, text })).status).toBe(400);
    expect((await portal.client.call(portal.staff, 'GET', path)).body).toEqual(original);
  });
}
