import { describe, expect, test } from 'vitest';
import { readHtml } from '../../../../shared/mail/html/html.ts';
import { message, multipart, read, text } from './fixtures.ts';

const megabyte = 1024 * 1024;
const mixed = { 'Content-Type': 'multipart/mixed; boundary=b' };
const of = (headers: Record<string, string | null>, body = 'Hello') => message(headers, body);

function nestedParts(depth: number, boundary: (level: number) => string): string {
  const levels = Array.from({ length: depth }, (_, level) => boundary(level));
  const opened = levels.map((name) => `Content-Type: multipart/mixed; boundary=${name}\n\n--${name}\n`);
  return `--b\n${opened.join('')}Content-Type: text/plain\n\nDeep down\n`;
}

const cases: [string, () => Buffer, object][] = [
  ['ten From headers', () => of({ From: Array(10).fill('a@x.test').join('\nFrom: ') }), { from: null }],
  [
    'a Message-ID of a megabyte',
    () => of({ 'Message-ID': `<${'x'.repeat(megabyte)}@x>` }),
    { messageId: null },
  ],
  ['a subject of encoded words', () => of({ Subject: '=?utf-8?Q?=41?= '.repeat(60_000) }), { text: 'Hello' }],
  [
    '5,000 recipients',
    () =>
      of({ Cc: Array.from({ length: 5_000 }, (_, at) => `"Person, ${at}" <p${at}@x.test>`).join(',\n ') }),
    { cc: expect.objectContaining({ length: 5_000 }) },
  ],
  ['recipients in open brackets', () => of({ Cc: '<'.repeat(megabyte) }), { cc: [] }],
  ['recipients in open comments', () => of({ Cc: '('.repeat(megabyte) }), { cc: [] }],
  ['recipients in groups of groups', () => of({ Cc: 'a:'.repeat(megabyte / 2) }), { cc: [] }],
  ['recipients without an end', () => of({ Cc: 'a'.repeat(megabyte) }), { cc: [] }],
  ['a header of 5 MB in one line', () => of({ 'X-A': 'x'.repeat(5 * megabyte) }), { text: 'Hello' }],
  [
    'a header of 5 MB in folds',
    () => of({ 'X-A': `a${`\n ${'x'.repeat(70)}`.repeat(70_000)}` }),
    { text: 'Hello' },
  ],
  [
    'From below 5 MB of headers',
    () => Buffer.concat([Buffer.from('X-A: value\r\n'.repeat(400_000 - 10)), of({})]),
    { from: 'jane@acme.test', text: 'Hello' },
  ],
  [
    'a header without an end',
    () => of({ 'X-A': `a\n${'b:c\n'.repeat(2 * megabyte)}` }),
    { from: 'jane@acme.test' },
  ],
  [
    '10,000 parts of text',
    () => multipart('mixed', Array(10_000).fill(text('x'))),
    { from: 'jane@acme.test' },
  ],
  ['a million parts', () => of(mixed, '--b\n\n'.repeat(1_000_000)), { from: 'jane@acme.test' }],
  ['millions of lines like boundaries', () => of(mixed, `--b\n\n${'--c\n'.repeat(2_000_000)}`), {}],
  [
    'parts 500 deep',
    () =>
      of(
        mixed,
        nestedParts(500, (level) => `b${level}`),
      ),
    { text: 'Deep down\n' },
  ],
  [
    'parts 15,000 deep',
    () =>
      of(
        mixed,
        nestedParts(15_000, (level) => `b${level}`),
      ),
    { text: 'Deep down\n' },
  ],
  [
    'parts 5,000 deep of one boundary',
    () =>
      of(
        mixed,
        nestedParts(5_000, () => 'c'),
      ),
    { text: 'Deep down\n' },
  ],
  ['headers of parts', () => of(mixed, `--b\n${'a:b\n'.repeat(900)}\nx\n`.repeat(1_000)), {}],
  [
    'parameters without an end',
    () => of({ 'Content-Type': `text/plain; ${'a=b; '.repeat(megabyte / 5)}` }),
    { text: 'Hello' },
  ],
  [
    'a parameter in open quotes',
    () => of({ 'Content-Type': `text/plain; a="${'\\"'.repeat(megabyte / 2)}` }),
    { text: 'Hello' },
  ],
  [
    'a million lines of one character',
    () => of({}, 'x\n'.repeat(1_000_000)),
    { text: expect.stringMatching(/^(x\n){30000}$/) },
  ],
  ['40 MB without a line end', () => of({}, 'x'.repeat(40 * megabyte - 1_000)), { text: 'x'.repeat(60_000) }],
  [
    'flowed lines',
    () => of({ 'Content-Type': 'text/plain; format=flowed' }, 'x \n'.repeat(megabyte)),
    { text: expect.stringMatching(/^x x x /) },
  ],
  [
    'soft breaks',
    () => of({ 'Content-Transfer-Encoding': 'quoted-printable' }, '=\n'.repeat(megabyte)),
    { text: '' },
  ],
  [
    'padding in every line of an attachment',
    () =>
      of(
        { 'Content-Type': 'application/zip', 'Content-Transfer-Encoding': 'base64' },
        'QQ==\n'.repeat(megabyte),
      ),
    { attachments: [expect.objectContaining({ content: Buffer.alloc(megabyte, 'A') })] },
  ],
  [
    'a name of 5,000 characters, with a path, a NUL and a turn',
    () =>
      of({
        'Content-Type': `application/zip; name="../../${'x'.repeat(5_000)}\0\xe2\x80\xae.exe"`,
        'Content-Disposition': 'attachment',
      }),
    { attachments: [expect.objectContaining({ fileName: `${'x'.repeat(146)}.exe`, dangerous: true })] },
  ],
  [
    'a report of nothing but blank lines',
    () =>
      of({ 'Content-Type': 'message/delivery-status', From: 'mailer-daemon@x.test' }, '\n'.repeat(megabyte)),
    { bounce: null },
  ],
  [
    'a bounce without an end',
    () => of({ From: 'mailer-daemon@x.test' }, 'a@x.test: 550 5.1.1 '.repeat(100_000)),
    {},
  ],
];

describe('mail that means harm', () => {
  test.each(cases)('by %s is read', async (_, make, expected) => {
    expect(await read(make())).toMatchObject(expected);
  });
});

const markup: [string, string][] = [
  ['nested elements', '<div>'.repeat(100_000)],
  ['nested elements that others close', `${'<b>'.repeat(100_000)}${'</div>'.repeat(100_000)}`],
  ['attributes without an end', '<a href="'.repeat(100_000)],
  ['an attribute of 5 MB', `<a href="https://a.test/${'x'.repeat(5 * megabyte)}">x</a>`],
  ['many attributes', `<a ${'b=c '.repeat(500_000)}>`],
  ['different attributes', `<a ${Array.from({ length: 200_000 }, (_, at) => `b${at}=c`).join(' ')}>`],
  ['styles', `<b style="${'color:'.repeat(300)}">`.repeat(500)],
  ['brackets', '<'.repeat(megabyte)],
  ['ampersands', '&amp'.repeat(megabyte / 4)],
  ['comments', '<!--'.repeat(megabyte / 4)],
  ['lists', '<ul><li>'.repeat(100_000)],
  ['quotes', `${'<blockquote>'.repeat(1_000)}${'x<br>'.repeat(200_000)}`],
  ['links', '<a href=https://a.test/b>q1.</a>'.repeat(50_000)],
  ['what is hidden', '<p hidden>'.repeat(200_000)],
  ['preformatted text in one line', `<pre>${'x'.repeat(2 * megabyte)}`],
];

describe('HTML that means harm', () => {
  test.each(markup)('by %s comes out bounded', (_, source) => {
    const { html, text: plain } = readHtml(source, { withText: true });
    expect(html.length).toBeLessThanOrEqual(100_000);
    expect(plain.length).toBeLessThan(200_000);
  });
});
