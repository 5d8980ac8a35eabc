import * as fc from 'fast-check';
import {
  bounce,
  file,
  html,
  message,
  multipart,
  nested,
  part,
  text,
} from '../shared/mail/message/fixtures.ts';

/** Words that mean something to some part of what reads mail. */
const words = [
  [
    '\r\n',
    '\n',
    '\r',
    ' ',
    '\t',
    '\0',
    '\u007f',
    '--',
    '--frontier',
    '--frontier--',
    '=',
    '==',
    '=41',
    '=\r\n',
  ],
  ['"', "'", '\\', '<', '>', '@', ':', ';', ',', '(', ')', '[', ']', '%', '*0*=', '=?utf-8?Q?=41?='],
  [
    'From:',
    'Content-Type:',
    'boundary=',
    'charset=',
    'filename=',
    'multipart/mixed',
    'text/html',
    '=?x?B?Q?=',
  ],
  [
    'base64',
    'quoted-printable',
    'format=flowed',
    'utf-16',
    'iso-2022-jp',
    'no-such-charset',
    'message/rfc822',
  ],
  [
    '<a href="',
    '<img src=cid:',
    '<script>',
    '<!--',
    '-->',
    '</div>',
    '<blockquote>',
    '&amp;',
    '&#x',
    '<style>',
  ],
  [
    'On Mon, Jane wrote:',
    '> ',
    '-- ',
    '-----Original Message-----',
    '[Ticket ID: 123456]',
    'Auto-Submitted:',
  ],
  [
    '../',
    '.exe',
    '\xe2\x80\xae',
    '\xf0\x9f\xa6\x8a',
    '\xed\xa0\x80',
    'rfc822;',
    'Final-Recipient:',
    'Message-ID:',
  ],
  ['\x1b$B', '\xff\xfe', '\v', '\f', '\u00a0'],
].flat();

const word = fc.constantFrom(...words);
const noise = fc
  .array(fc.oneof(word, fc.string({ maxLength: 10 })), { maxLength: 40 })
  .map((all) => all.join(''));
const lines = fc
  .tuple(noise, fc.integer({ min: 0, max: 3 }))
  .map(([body, power]) => `${body}\n`.repeat(10 ** power).slice(0, 100_000));

const latin = (value: string): string => Buffer.from(value, 'utf8').toString('latin1');
const oneLine = (value: string): string => latin(value).replace(/[\r\n]+/g, ' ');

const address = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('jane@acme.test', 'Jane <jane@acme.test>', '"a@b" <jane@acme.test>'),
  },
  { weight: 1, arbitrary: fc.constantFrom('MAILER-DAEMON <>', 'a@b, c@d', 'stranger@nowhere.test') },
  { weight: 1, arbitrary: noise.map(oneLine) },
);
const headerNames = [
  ['To', 'Cc', 'Subject', 'Message-ID', 'In-Reply-To', 'References', 'Content-Type', 'Return-Path'],
  ['Content-Transfer-Encoding', 'Content-Disposition', 'Auto-Submitted', 'Precedence', 'X-A', 'Date'],
].flat();
const headerName = fc.constantFrom(...headerNames);
const headers = fc.dictionary(headerName, noise.map(oneLine), { maxKeys: 5 });
const leaf = fc.oneof(
  lines.map((body) => text(latin(body))),
  lines.map((body) => html(latin(body))),
  fc.tuple(noise, noise).map(([name, content]) => file(`attachment; filename="${oneLine(name)}"`, content)),
  fc.tuple(headers, lines).map(([given, body]) => part(given, latin(body))),
);

/** A tree of parts, in text. */
const { tree } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(
        fc.constantFrom('mixed', 'alternative', 'related', 'digest', 'report', 'signed'),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.constantFrom('frontier', 'inner', 'other'),
      )
      .map(([subtype, parts, boundary]) => nested(subtype, parts, boundary)),
  ),
}));

const built = fc
  .tuple(
    address,
    headers,
    fc.array(tree, { maxLength: 5 }),
    fc.constantFrom('mixed', 'alternative', 'report'),
  )
  .map(([From, given, parts, subtype]) => multipart(subtype, parts, { From, ...given }));
const plain = fc
  .tuple(address, headers, lines)
  .map(([From, given, body]) => message({ From, ...given }, latin(body)));
const fixed = fc.constantFrom(
  bounce(),
  message({}, 'Hello\n\nOn Mon, Jane wrote:\n> Old\n\n-- \nJane\n'),
  multipart('mixed', [text('Hello'), file('attachment; filename=a.pdf', 'x'.repeat(500))]),
  multipart('alternative', [text('Hello'), html('<p>Hello <a href="https://a.test">you</a></p>')]),
);

interface Mutation {
  at: number;
  length: number;
  kind: 'cut' | 'insert' | 'repeat' | 'flip';
  word: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(60),
  kind: fc.constantFrom('cut', 'insert', 'repeat', 'flip'),
  word,
});

function mutated(raw: Buffer, { at, length, kind, word: inserted }: Mutation): Buffer {
  const start = Math.floor(at * raw.length);
  const end = Math.min(raw.length, start + length);
  const middle = raw.subarray(start, end);
  const changed = {
    cut: () => Buffer.alloc(0),
    insert: () => Buffer.concat([Buffer.from(inserted, 'latin1'), middle]),
    repeat: () => Buffer.concat(Array.from({ length: 20 }, () => middle)),
    flip: () => Buffer.from(middle.map((byte, index) => (index % 7 === 0 ? byte ^ 0x15 : byte))),
  }[kind]();
  return Buffer.concat([raw.subarray(0, start), changed, raw.subarray(end)]);
}

/** Messages with a structure, and the same with their bytes in disorder. */
export const messages: fc.Arbitrary<Buffer> = fc
  .tuple(fc.oneof(built, plain, fixed), fc.oneof(fc.constant([]), fc.array(mutation, { maxLength: 4 })))
  .map(([raw, mutations]) => mutations.reduce(mutated, raw));
