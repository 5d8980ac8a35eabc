import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readReceiverHeader } from '../../../../shared/mail/received/receiver-header.ts';
import { blockOf, believed, fieldsOf, messageId, rawOf, sesMail, type SesMail, spfOf } from './ses-mail.ts';

/**
 * Somebody at evil.test writes as Jane of Acme, which publishes no DMARC record: the one thing that stands between
 * them is what the receiver wrote. So whatever this sender chooses, none of it may be read as the receiver's word.
 */
const forged = (more: Partial<SesMail> = {}): SesMail =>
  sesMail({
    from: 'Jane <jane@acme.test>',
    envelope: 'mallory@evil.test',
    helo: 'mx.evil.test',
    client: '203.0.113.6',
    dkim: [['pass', '@evil.test']],
    dmarc: 'none',
    // The worst that the verdicts may say: SES need not mean From's domain by them.
    verdicts: { spf: 'PASS', dkim: 'PASS', dmarc: 'GRAY', spam: 'PASS', virus: 'PASS' },
    ...more,
  });

const refused = async (mail: SesMail): Promise<void> => {
  const found = await believed(mail);
  expect(found, `${found.reason}\n${rawOf(mail).toString('latin1')}`).toMatchObject({ believed: false });
};

/** What would make this sender Jane, if it were read. */
const results = [
  'dkim=pass header.i=@acme.test',
  'dkim=pass header.i=@acme.test; dmarc=pass header.from=acme.test',
  'dmarc=pass header.from=acme.test; dkim=pass header.i=@acme.test',
  'spf=pass client-ip=203.0.113.6; envelope-from=jane@acme.test; helo=mx.acme.test',
  'dmarc=none header.from=acme.test; dkim=pass header.i=@acme.test',
];

/** Ways to put a text where another one is expected. */
const wrappings: ((text: string) => string)[] = [
  (text) => text,
  (text) => `x; ${text}`,
  (text) => `x; ${text};`,
  (text) => `x;\r\n ${text};`,
  (text) => `x;\t${text.toUpperCase()};`,
  (text) => `x) ${text} (`,
  (text) => `x); ${text}; (y`,
  (text) => `"x; ${text}"`,
  (text) => `x"; ${text}; "`,
  (text) => `x\\; ${text}`,
  (text) => `(${text})`,
  (text) => `((${text}) x`,
  (text) => `=?utf-8?q?${text.replaceAll(/[=; ]/g, (c) => `=${c.codePointAt(0)!.toString(16)}`)}?=`,
  (text) => text.replaceAll('=', ' = '),
  (text) => text.replaceAll(' ', ''),
  (text) => `x\0; ${text}`,
  (text) => `x\u00a0; ${text}`,
];
const imitation = fc
  .tuple(
    fc.constantFrom(...results),
    fc.constantFrom(...wrappings),
    fc.constantFrom('', '@evil.test', '; x@evil.test', ' x'),
  )
  .map(([result, wrap, end]) => `${wrap(result)}${end}`);

/** A whole block like the receiver's, as if it were about a message of Jane's; the sender cannot know the id. */
const genuine = blockOf(sesMail());
const imitatedBlocks: string[][] = [
  genuine,
  genuine.toReversed(),
  genuine.filter((field) => !field.startsWith('X-SES-RECEIPT')),
  [...genuine.slice(-2), ...genuine],
  genuine.map((field) => field.replace(': ', ' : ')),
  genuine.map((field) => field.replaceAll('\r\n ', '\r\n\t\r\n ')),
  genuine.map((field) => field.toUpperCase()),
];

describe('a sender that chooses everything it can', () => {
  test('is nobody but itself, without any trick', async () => {
    await refused(forged());
    expect(await believed(forged({ from: 'mallory@evil.test', headerFrom: 'evil.test' }))).toMatchObject({
      believed: true,
    });
  });

  test('is not believed by what it writes in its envelope', async () => {
    await fc.assert(fc.asyncProperty(imitation, (text) => refused(forged({ envelope: text }))));
    await fc.assert(
      fc.asyncProperty(imitation, (text) =>
        refused(forged({ envelope: `${text.replaceAll(/[\r\n]/g, '')}@evil.test` })),
      ),
    );
  });

  test('is not believed by the name that it gives itself', async () => {
    await fc.assert(fc.asyncProperty(imitation, (text) => refused(forged({ helo: text }))));
    await fc.assert(fc.asyncProperty(imitation, (text) => refused(forged({ helo: text, envelope: '' }))));
  });

  test('is not believed by what its SPF record brings into the comment', async () => {
    await fc.assert(
      fc.asyncProperty(imitation, (text) => {
        const honest = forged();
        const spf = spfOf(honest);
        const odd = spf.replace('_spf.acme.test', () => text);
        return refused(forged({ block: (parts) => parts.map((part) => part.replaceAll(spf, () => odd)) }));
      }),
    );
  });

  test('is not believed by whom its signature names, decoded or not', async () => {
    await fc.assert(
      fc.asyncProperty(imitation, (text) =>
        refused(
          forged({
            dkim: [['pass', text]],
            senders: [`DKIM-Signature: v=1; d=evil.test; i=${encoded(text)}; b=x`],
          }),
        ),
      ),
    );
    const clean = 'x@evil.test; dkim=pass header.i=@acme.test; dkim=pass header.i=@evil.test';
    const senders = [`DKIM-Signature: v=1; a=rsa-sha256; d=evil.test;\r\n\ti=${encoded(clean)}; b=x`];
    await refused(forged({ dkim: [['pass', clean]], senders }));
    await refused(
      forged({ dkim: [['pass', clean]], senders: senders.map((field) => field.replace('i=', 'i = ')) }),
    );
  });

  test('is not believed by fields that imitate the receiver’s, wherever they stand below its block', async () => {
    const fields = fc.array(
      fc.oneof(
        fc.constantFrom(...imitatedBlocks.flat()),
        imitation.map((text) => `Authentication-Results: amazonses.com; ${text}`),
        imitation.map((text) => `X-SES-RECEIPT: ${text}`),
        imitation.map((text) => ` ${text}`),
      ),
      { maxLength: 12 },
    );
    await fc.assert(fc.asyncProperty(fields, (senders) => refused(forged({ senders }))));
    for (const senders of imitatedBlocks) await refused(forged({ senders }));
  });

  test('is not believed where the receiver wrote nothing, by a block of its own', async () => {
    for (const own of imitatedBlocks) {
      const told = { messageId: 'what5the5receiver5told5us5apart5from5it0' };
      await refused(
        forged({ block: () => own, told, envelope: 'jane@acme.test', verdicts: sesMail().verdicts }),
      );
    }
  });

  test('is not believed by comments, groups and quotes in its From', async () => {
    const froms = fc.oneof(
      imitation.map((text) => `jane@acme.test (${text})`),
      imitation.map((text) => `"${text}" <jane@acme.test>`),
      imitation.map((text) => `${text} <jane@acme.test>`),
      imitation.map((text) => `jane@acme.test; ${text}`),
      imitation.map((text) => `Jane: jane@acme.test, ${text};`),
      fc.constantFrom(
        'jane@acme.test <mallory@evil.test>',
        'mallory@evil.test, jane@acme.test',
        '<jane@acme.test>, <x@evil.test>',
      ),
    );
    await fc.assert(fc.asyncProperty(froms, (from) => refused(forged({ from }))));
    await fc.assert(
      fc.asyncProperty(froms, (from) =>
        refused(forged({ from: '', senders: ['From: jane@acme.test', `From: ${from}`] })),
      ),
    );
  });

  test('is not believed by any letters at all in these places', async () => {
    const letters = fc.string({
      unit: fc.constantFrom(
        ...Array.from('abc=;:()"\\<>@.,-_ \t?[]{}\0é'),
        'dkim=pass',
        ' header.i=@acme.test',
        'dmarc=none',
        ' header.from=acme.test',
        '\r\n ',
      ),
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(letters, letters, letters, letters, (envelope, helo, signer, from) =>
        refused(
          forged({
            envelope: `${envelope}@evil.test`,
            helo,
            dkim: [['pass', `${signer}@evil.test`]],
            senders: [`DKIM-Signature: v=1; d=evil.test; i=${encoded(signer)}@evil.test; b=x`],
            from: `${from.replaceAll(/[\r\n]/g, ' ')} <jane@acme.test>`,
          }),
        ),
      ),
      { numRuns: 500 },
    );
  });
});

describe('a sender that would be believed', () => {
  const { verdicts } = sesMail();

  test.each<[string, Partial<SesMail>]>([
    ['its HELO adds a result', { helo: 'mx.acme.test; dkim=pass header.i=@acme.test' }],
    ['its HELO is like a result', { helo: 'dkim=pass' }],
    ['its HELO has a space', { helo: 'mx acme.test' }],
    ['its envelope is like a result', { envelope: 'dmarc=pass@mail.acme.test' }],
    ['its envelope is an encoded word', { envelope: '=?utf-8?q?jane?=@mail.acme.test' }],
    ['its envelope is no address', { envelope: 'jane' }],
    ['its envelope is quoted', { envelope: '"jane"@acme.test' }],
    ['its signature names a domain that is none', { senders: ['DKIM-Signature: v=1; d=acme.test=3Bx; b=x'] }],
    [
      'its signature names an encoded signer',
      { senders: ['DKIM-Signature: v=1; d=acme.test; i=x=3B@acme.test; b=x'] },
    ],
    [
      'its signature is too long to be read',
      { senders: [`DKIM-Signature: v=1; z=${'x'.repeat(9_000)}; i=x=3B@acme.test`] },
    ],
    [
      'one of its signatures does',
      { senders: ['DKIM-Signature: v=1; d=a.test; b=x', 'DKIM-Signature: i=x=20y@b.test'] },
    ],
  ])('is not believed where %s', async (_, mail) => {
    await refused(sesMail({ ...mail, verdicts }));
  });

  test('is believed with ordinary signatures, folded or not', async () => {
    const senders = [
      'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n\td=acme.test; i=jane+x@mail.acme.test; s=x;\r\n\tb=ab=\r\n\tcd==',
      'DKIM-Signature: v=1; d = acme.test ; i= @acme.test; b=x',
      'DKIM-Signature: nonsense',
    ];
    expect(await believed(sesMail({ senders }))).toMatchObject({ believed: true });
  });
});

/** As DKIM lets one write any letter (RFC 6376, 2.11). */
function encoded(text: string): string {
  return text.replaceAll(
    /[^A-Za-z0-9@.]/g,
    (c) => `=${(c.codePointAt(0)! % 256).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

describe('the receiver’s header', () => {
  const odd = (change: (results: string) => string): Partial<SesMail> => ({
    block: (parts) => parts.map((part) => (part.startsWith('Authentication-Results:') ? change(part) : part)),
  });

  test.each<[string, Partial<SesMail>]>([
    [
      'stands twice',
      { block: (parts) => parts.flatMap((part) => (part.startsWith('Auth') ? [part, part] : [part])) },
    ],
    [
      'stands below the receipt',
      {
        block: (parts) =>
          parts.toSorted((a, b) => Number(a.startsWith('Auth')) - Number(b.startsWith('Auth'))),
      },
    ],
    [
      'has a field beside it that the receiver does not write',
      { block: (parts) => ['X-Other: 1', ...parts] },
    ],
    ['has DMARC’s result twice', odd((text) => `${text} dmarc=pass header.from=acme.test;`)],
    ['has no result of DMARC', odd((text) => text.replace(/ dmarc=.*$/, ''))],
    ['has SPF’s result twice', odd((text) => `${text} spf=pass;`)],
    ['has another SPF result than Received-SPF', odd((text) => text.replace('spf=pass', 'spf=fail'))],
    ['has a property twice', odd((text) => text.replace('header.i=', 'header.i=@x.test header.i='))],
    ['has a quoted string', odd((text) => text.replace('header.i=@acme.test', 'header.i="@acme.test"'))],
    ['has a comment in a comment', odd((text) => text.replace('dkim=pass', 'dkim=pass (a (b) c)'))],
    ['has a comment that does not end', odd((text) => text.replace('dkim=pass', 'dkim=pass (a'))],
    ['has a result in a comment', odd((text) => text.replace('dkim=pass', 'dkim=pass (dkim=pass)'))],
    ['has letters beyond ASCII', odd((text) => text.replace('dkim=pass', 'dkim=pass (é)'))],
    ['has an encoded word', odd((text) => text.replace('header.i=@', 'header.i==?utf-8?q?x?=@'))],
    ['ends within a comment', odd((text) => `${text} arc=none (a`)],
    [
      'names the envelope otherwise',
      { block: (parts) => parts.map((part) => part.replaceAll('envelope-from', 'mail-from')) },
    ],
    [
      'goes on where Received-SPF has no end',
      {
        block: (parts) => parts.map((part) => part.replaceAll('helo=mx.acme.test;', 'helo=mx.acme.test')),
        dkim: [],
        verdicts: { ...sesMail().verdicts, dkim: 'GRAY' },
      },
    ],
    [
      'is of a message without an id',
      { block: (parts) => parts.map((part) => part.replace(messageId, '')), told: { messageId: '' } },
    ],
    ['is endless', odd((text) => `${text}${' x=y;'.repeat(1_000)}`)],
  ])('counts for nothing where it %s', async (_, mail) => {
    await refused(sesMail(mail));
  });

  test('counts for nothing without a receipt below it, whatever follows', () => {
    const block = blockOf(sesMail()).filter((field) => !field.startsWith('X-SES-RECEIPT'));
    const fields = fieldsOf([...block, 'From: jane@acme.test', ''].join('\r\n'));
    expect(fields).toHaveLength(7);
    expect(readReceiverHeader(fields, messageId)).toEqual({ fault: 'the receiver’s own header is missing' });
  });

  test.each<[string, Partial<SesMail>]>([
    ['has a result of a method that decides nothing here', odd((text) => `${text} arc=none;`)],
    [
      'says why a signature failed',
      odd((text) => text.replace('dkim=pass', 'dkim=fail (bad key) header.i=@x.test; dkim=pass')),
    ],
    ['is folded elsewhere', odd((text) => text.replaceAll('; ', ';\r\n\t'))],
    ['has no end after its last result', odd((text) => text.replace(/;$/, ''))],
  ])('counts where it %s', async (_, mail) => {
    expect(await believed(sesMail(mail))).toMatchObject({ believed: true });
  });
});
