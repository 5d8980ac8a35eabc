import { describe, expect, test } from 'vitest';
import { UnreadableMessage } from '../../../../shared/mail/message/read-message.ts';
import { file, html, message, multipart, nested, part, read, text } from './fixtures.ts';

const bytes = (content: Uint8Array): string => Buffer.from(content).toString('latin1');

describe('the sender', () => {
  const sender = async (From: string | null, more: Record<string, string> = {}) =>
    (await read(message({ From, ...more }, 'Hello'))).from;

  test.each([
    ['Jane Owner <Jane@Acme.test>', 'jane@acme.test'],
    ['"Owner, Jane" <jane@acme.test>', 'jane@acme.test'],
    ['jane@acme.test (Jane)', 'jane@acme.test'],
    ['=?utf-8?q?J=C3=A4ne?= <jane@acme.test>', 'jane@acme.test'],
    ['"boss@other.test" <jane@acme.test>', 'jane@acme.test'],
    ['jane@acme.test <jane@acme.test>', 'jane@acme.test'],
    ['Jane @ Acme <jane@acme.test>', 'jane@acme.test'],
  ])('%s is %s', async (from, address) => {
    expect(await sender(from)).toBe(address);
  });

  test.each([
    null,
    '',
    'Jane',
    'a@acme.test, b@acme.test',
    'a@acme.test b@acme.test',
    '<a@acme.test> <b@acme.test>',
    'a@acme.test <b@acme.test>',
    'x <a@acme.test> y <b@acme.test>',
    '=?utf-8?q?=3Ca=40acme=2Etest=3E?=',
    'Team: a@acme.test;',
    'MAILER-DAEMON <>',
    'a@acme.test@evil.test',
    '<@evil.test:a@acme.test>',
  ])('is nobody for certain where From says %s', async (from) => {
    expect(await sender(from)).toBeNull();
  });

  test('is nobody for certain where From is too long to be read', async () => {
    expect(await sender(`${'('.repeat(9000)} a@acme.test`)).toBeNull();
  });

  test('is nobody for certain where there are two From headers, in any case of letters', async () => {
    expect(await sender('a@acme.test', { FROM: 'a@acme.test' })).toBeNull();
    expect(await sender('a@acme.test', { 'From ': 'b@acme.test' })).toBeNull();
  });

  test('has a name of one line without marks that turn the direction of writing', async () => {
    const raw = message({ From: '=?utf-8?B?SmFuZeKArk93bmVyCkFkbWlu?= <jane@acme.test>' }, 'Hello');
    expect((await read(raw)).fromName).toBe('JaneOwner Admin');
  });

  test('has a name that hides nothing and leads nowhere, as names in the portal', async () => {
    const named = async (name: string) =>
      (await read(message({ From: `${name} <jane@acme.test>` }, 'Hello'))).fromName;
    expect(await named('"Jane, win at https://evil.shop/x"')).toBe('Jane, win at');
    expect(await named('=?utf-8?B?SuKAi2FuZQ==?=')).toBe('Jane');
    expect(await named('www.evil.shop')).toBe('');
  });

  test('has a subject without characters of no width', async () => {
    const raw = message({ From: 'a@acme.test', Subject: '=?utf-8?B?SW7igItqb2ljZQ==?=' }, 'Hello');
    expect((await read(raw)).subject).toBe('Injoice');
  });
});

describe('the header', () => {
  test('has a subject of one line, decoded, of 200 characters at most', async () => {
    const subject = async (Subject: string) => (await read(message({ Subject }, 'Hello'))).subject;
    expect(await subject('=?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n =?utf-8?Q?_aus_K=C3=B6ln?=')).toBe('Grüße aus Köln');
    expect(await subject('=?utf-8?B?YQBiCmMNZOKArmXigI9m?=')).toBe('a b c def');
    expect(await subject('x'.repeat(5000))).toHaveLength(200);
    expect(await subject(`${'x'.repeat(199)}=?utf-8?B?8J+mig==?=`)).toMatch(/^x{199}.?$/u);
    expect(await subject('Gr\xc3\xbc\xc3\x9fe')).toBe('Grüße');
    expect(await subject('Gr\xfc\xdfe')).toBe('Grüße');
    expect((await read(message({ Subject: null }, 'Hello'))).subject).toBe('');
  });

  test('has the addresses of all To and Cc headers, without names', async () => {
    const { to, cc } = await read(
      message(
        { To: '"Support, at Annex" <support@portal.test>', Cc: 'a@x.test (A), Team: <b@x.test>, c@x.test;' },
        '',
      ),
    );
    expect(to).toEqual(['support@portal.test']);
    expect(cc).toEqual(['a@x.test', 'b@x.test', 'c@x.test']);
  });

  test('has the messages that are answered: In-Reply-To first, then the newest of References', async () => {
    const headers = { 'In-Reply-To': '<c@x>', References: '<a@x>\n <b@x> <c@x>' };
    expect((await read(message(headers, ''))).answers).toEqual(['<c@x>', '<b@x>', '<a@x>']);
  });

  test('has a Message-ID as it stands, with brackets that a program left out, or none', async () => {
    const id = async (value: string | null) => (await read(message({ 'Message-ID': value }, ''))).messageId;
    expect(await id('<A.b+c@x.test>')).toBe('<A.b+c@x.test>');
    expect(await id('a@x.test')).toBe('<a@x.test>');
    expect(await id('no id at all')).toBeNull();
    expect(await id(null)).toBeNull();
    expect(await id(`<${'x'.repeat(1_000_000)}@x.test>`)).toBeNull();
  });

  test('of a space before the colon is read', async () => {
    const raw = Buffer.from('From : jane@acme.test\r\nSubject\t: Hello\r\n\r\nHello');
    expect(await read(raw)).toMatchObject({ from: 'jane@acme.test', subject: 'Hello' });
  });

  test('may stand below what a mailbox put in front', async () => {
    const raw = Buffer.concat([Buffer.from('From jane Mon Mar  2 10:00:00 2026\n'), message({}, 'Hello')]);
    expect(await read(raw)).toMatchObject({ from: 'jane@acme.test', text: 'Hello' });
  });
});

describe('the fingerprint', () => {
  test('is the same whatever way a copy took, and another for another body or id', async () => {
    const print = async (headers: Record<string, string | null>, body: string) =>
      (await read(message(headers, body))).fingerprint;
    const one = await print({}, 'Hello');
    expect(await print({ Received: 'from elsewhere' }, 'Hello')).toBe(one);
    expect(await print({}, 'Hello!')).not.toBe(one);
    expect(await print({ 'Message-ID': '<two@acme.test>' }, 'Hello')).not.toBe(one);
    const without = await print({ 'Message-ID': null }, 'Hello');
    expect(await print({ 'Message-ID': null, Subject: 'Another' }, 'Hello')).not.toBe(without);
  });
});

describe('the text', () => {
  test('is read in the charset and encoding that it names', async () => {
    const readText = async (type: string, encoding: string, body: string) =>
      (await read(message({ 'Content-Type': type, 'Content-Transfer-Encoding': encoding }, body))).text;
    expect(await readText('text/plain; charset=iso-8859-1', '8bit', 'Gr\xfc\xdfe')).toBe('Grüße');
    expect(
      await readText('text/plain; charset="utf-8"', 'quoted-printable', 'Gr=C3=BC=C3=\n=9Fe  \n=3D'),
    ).toBe('Grüße  \n=');
    expect(await readText('text/plain; charset=koi8-r', 'base64', '8NLJ18XU')).toBe('Привет');
    expect(await readText('text/plain; charset=utf-16le', 'base64', 'SABpAAoAIQA=')).toBe('Hi\n!');
    expect(await readText('text/plain; charset=no-such-thing', '8bit', 'Gr\xfc\xdfe')).toBe('Grüße');
    expect(await readText('text/plain', '8bit', 'Gr\xc3\xbc\xc3\x9fe')).toBe('Grüße');
    expect(await readText('text/plain; charset=us-ascii', '8bit', 'Gr\xfc\xdfe')).toBe('Grüße');
    expect(await readText('text/plain; charset=iso-2022-jp', '7bit', '\x1b$B$3$s\x1b(B')).toBe('こん');
  });

  test('flows where it says so, and is cut in lines elsewhere', async () => {
    const flowed = message({ 'Content-Type': 'text/plain; format=flowed' }, 'One \ntwo\nthree\n');
    expect((await read(flowed)).text).toBe('One two\nthree\n');
  });

  test('is that of the HTML where no text was written', async () => {
    const alone = await read(message({ 'Content-Type': 'text/html' }, '<p>One</p><p>Two</p>'));
    expect(alone.text).toBe('One\n\nTwo');
    const blank = await read(multipart('alternative', [text(' \n'), html('<p>Three</p>')]));
    expect(blank.text).toBe('Three');
  });

  test('is that of a multipart whose boundary never comes, or is not named', async () => {
    const never = message({ 'Content-Type': 'multipart/mixed; boundary=x' }, 'Hello all the same');
    expect((await read(never)).text).toContain('Hello all the same');
    const unnamed = message({ 'Content-Type': 'multipart/mixed' }, 'Hello all the same');
    expect((await read(unnamed)).text).toContain('Hello all the same');
  });

  test('of a part without headers, or without the blank line below them, is not lost', async () => {
    expect((await read(multipart('mixed', ['\nHello']))).text).toContain('Hello');
    expect((await read(multipart('mixed', ['Hello, this is text']))).text).toContain('Hello, this is text');
  });

  test('of both kinds is the text, and the HTML beside it', async () => {
    const both = await read(multipart('alternative', [text('The text'), html('<p>The HTML</p>')]));
    expect(both).toMatchObject({ text: 'The text', html: '<p>The HTML</p>', attachments: [] });
  });

  test('has 60,000 characters at most, and HTML that is longer than a ticket holds is left out', async () => {
    const long = await read(
      multipart('alternative', [text('x'.repeat(70_000)), html('<b>x</b>'.repeat(20_000))]),
    );
    expect(long.text).toHaveLength(60_000);
    expect(long.html).toBeNull();
  });
});

describe('parts', () => {
  test('are found however deep they lie, and the preamble and what follows are none', async () => {
    const inner = nested('alternative', [text('The text'), html('<p>The <img src="cid:logo"></p>')], 'in');
    const related = nested('related', [inner, file('inline', 'PNG', { 'Content-ID': '<logo>' })], 'rel');
    const raw = multipart('mixed', [related, file('attachment; filename="a.bin"', 'bytes')]);
    const found = await read(Buffer.concat([raw, Buffer.from('--frontier\r\n\r\nafter the end\r\n')]));
    expect(found.text.trim()).toBe('The text');
    expect(found.attachments.map(({ fileName, inline }) => [fileName, inline])).toEqual([
      ['attachment', true],
      ['a.bin', false],
    ]);
  });

  test('whose multipart is not closed are read', async () => {
    const raw = message(
      { 'Content-Type': 'multipart/mixed; boundary=b' },
      `--b\n${text('Hello')}\n--b\n${file('attachment; filename=a.txt', 'bytes')}`,
    );
    const { text: body, attachments } = await read(raw);
    expect(body.trim()).toBe('Hello');
    expect(attachments.map(({ content }) => bytes(content))).toEqual(['bytes']);
  });

  test('are told by a boundary that is quoted, continued, commented or ends in spaces', async () => {
    for (const parameter of [
      'boundary="a b"',
      'boundary*0="a ";boundary*1=b',
      'Boundary="a b" (c)',
      'charset=x; boundary="a b "',
    ]) {
      const raw = message({ 'Content-Type': `multipart/mixed; ${parameter}` }, `--a b\n\nHello\n--a b-- \n`);
      expect((await read(raw)).text.trim(), parameter).toBe('Hello');
    }
  });

  test('of text with a name are attachments, unless they are all there is', async () => {
    const named = part(
      { 'Content-Type': 'text/plain; name=log.txt', 'Content-Disposition': 'inline' },
      'log',
    );
    const { text: body, attachments } = await read(multipart('mixed', [text('Hello'), named]));
    expect(body.trim()).toBe('Hello');
    expect(attachments).toMatchObject([{ fileName: 'log.txt', contentType: 'text/plain' }]);
    expect(await read(multipart('mixed', [named]))).toMatchObject({ text: 'log', attachments: [] });
  });

  test('that are messages stay as they came, and nothing in them counts as this message', async () => {
    const inner = bytes(multipart('mixed', [text('Inner'), file('attachment; filename=inner.exe', 'MZ')]));
    const raw = message(
      { 'Content-Type': 'multipart/mixed; boundary=outer' },
      `--outer\n\nOuter\n--outer\nContent-Type: message/rfc822\n\n${inner}\n--outer--\n`,
    );
    const { text: body, attachments } = await read(raw);
    expect(body.trim()).toBe('Outer');
    expect(attachments).toMatchObject([{ fileName: 'message.eml', contentType: 'message/rfc822' }]);
    expect(bytes(attachments[0]!.content)).toContain('filename=inner.exe');
  });
});

describe('attachments', () => {
  const first = async (raw: Buffer) => (await read(raw)).attachments[0]!;

  test('are byte for byte what was sent, in every encoding', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect((await first(multipart('mixed', [file('attachment', all)]))).content).toEqual(all);
    const plain = part(
      { 'Content-Type': 'application/x', 'Content-Transfer-Encoding': '8bit' },
      'a\n\x80b\n',
    );
    expect(bytes((await first(multipart('mixed', [plain]))).content)).toBe('a\r\n\x80b\r\n');
    const quoted = part(
      { 'Content-Type': 'application/x', 'Content-Transfer-Encoding': 'Quoted-Printable' },
      'a=3D=\nb=zz',
    );
    expect(bytes((await first(multipart('mixed', [quoted]))).content)).toBe('a=b=zz');
  });

  test('in base64 with padding in the middle, or with other characters, are read', async () => {
    const encoded = (body: string) =>
      first(
        multipart('mixed', [
          part({ 'Content-Type': 'application/x', 'Content-Transfer-Encoding': ' BASE64 ' }, body),
        ]),
      );
    expect(bytes((await encoded('QQ==\nQkI=\nQ0ND\n')).content)).toBe('ABBCCC');
    expect(bytes((await encoded('Q!U*J\n D')).content)).toBe('ABC');
    expect(bytes((await encoded('')).content)).toBe('');
  });

  test.each([
    ['attachment; filename="=?utf-8?B?R3LDvMOfZS5wZGY=?="', 'Grüße.pdf'],
    ["attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.pdf", 'Grüße.pdf'],
    ['attachment; filename*0*=utf-8\'\'Gr%C3%BC; filename*1="ße.pdf"', 'Grüße.pdf'],
    ['attachment; filename=a b.pdf', 'a b.pdf'],
    ['attachment; filename="a;b.pdf"', 'a;b.pdf'],
  ])('%s is called %s', async (disposition, name) => {
    const raw = multipart('mixed', [Buffer.from(file(disposition, 'x')).toString('latin1')]);
    expect((await first(raw)).fileName).toBe(name);
  });

  test('are 50 at most, and the rest is counted', async () => {
    const many = Array.from({ length: 10_000 }, (_, at) => file(`attachment; filename=${at}.txt`, 'x'));
    const { attachments, attachmentsLeftOut } = await read(multipart('mixed', [text('Hello'), ...many]));
    expect(attachments.map(({ fileName }) => fileName)).toEqual(
      Array.from({ length: 50 }, (_, at) => `${at}.txt`),
    );
    expect(attachmentsLeftOut).toBe(9_950);
  });

  test('that HTML shows are inline, whatever they say', async () => {
    const shown = file('attachment; filename=a.png', 'PNG', {
      'Content-Type': 'image/png',
      'Content-ID': '<a b@x>',
    });
    const other = file('attachment; filename=b.png', 'PNG', {
      'Content-Type': 'image/png',
      'Content-ID': '<pic@x>',
    });
    const { attachments, html: body } = await read(
      multipart('related', [html('<img src="cid:pic%40x">'), shown, other]),
    );
    expect(body).toContain('data-cid="pic@x"');
    expect(attachments.map(({ inline }) => inline)).toEqual([false, true]);
  });
});

describe('what is no message', () => {
  test.each([
    ['nothing', ''],
    ['a blank line', '\r\n'],
    ['no header', 'Hello, this is just text without any colon'],
    ['bytes without meaning', '\0'.repeat(1000)],
  ])('%s is refused with a reason', async (_, raw) => {
    await expect(read(raw)).rejects.toThrow(UnreadableMessage);
  });

  test('more than is ever received is refused', async () => {
    await expect(read(Buffer.alloc(65 * 1024 * 1024, 'x'))).rejects.toThrow('larger than');
  });
});
