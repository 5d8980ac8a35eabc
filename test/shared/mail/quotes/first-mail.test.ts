import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isReplySubject, splitFirstMail } from '../../../../shared/mail/quotes/first-mail.ts';

const attribution = 'On Mon, 2 Jan 2017 at 10:00, Jane Doe <jane@example.com> wrote:';
const head = 'From: Jane <jane@x.test>\nSent: Monday, 2 January 2017\nTo: Bob <bob@x.test>\nSubject: It';

describe('in a mail that answers nothing', () => {
  it.each([
    ['lines with a mark, and the line that says whose they are', `${attribution}\n\n> old\n> text`],
    ['lines with a mark alone', '> old\n> text'],
    ['a copied head that is announced', `-----Original Message-----\n${head}\n\nIt broke.`],
    ['a copied head under a line', `________________________________\n${head}\n\nIt broke.`],
    ['a signature at its end', '-- \nJane\n+44 20 7946 0000'],
    ['a line of a telephone at its end', 'Sent from my iPhone'],
    ['a signature above what is quoted', `-- \nJane\n\n${attribution}\n> old`],
  ])('%s are folded', (_, below) => {
    expect(splitFirstMail(`Please look.\n\n${below}`)).toEqual({ body: 'Please look.', quoted: below });
  });

  it.each([
    ['a pasted head, and the question below it', `This is what we send:\n\n${head}\n\nWhy is it rejected?`],
    [
      'a form that begins like a head',
      'From: 1 December\nTo: 5 December\nSubject: closing\nDate: 30 November\n\nPlease pause it.',
    ],
    [
      'a log between lines of dashes',
      'It says:\n--\nJan 02 dhcpd: no lease\nJan 02 dhcpd: giving up\n--\nWhat is that?',
    ],
    ['a log between longer lines', 'It says:\n\n------\nJan 02 dhcpd: no lease\n------\n\nPlease help.'],
    [
      'dashes in its middle',
      'First this.\n\n-- \nJane\n\nAnd then that, which does not work either.\n\n-- \nJane',
    ],
    ['what somebody wrote, without marks', `See what I got:\n\n${attribution}\n\nIt broke.`],
    ['an announcement of nothing', '-----Original Message-----\n\nIt broke.'],
    [
      'what reads like a footer, above more of it',
      'Sent from my iPhone\n\nThat is what it says in each of them.',
    ],
    ['answers between quotes', '> one?\nyes\n\n> two?\nno'],
    ['nothing but a quote', '> one\n> two'],
  ])('%s stays', (_, text) => {
    expect(splitFirstMail(text)).toEqual({ body: text, quoted: '' });
  });

  const line = fc.constantFrom(
    '> a',
    'b',
    '',
    '-- ',
    '---',
    '____',
    head,
    attribution,
    '-----Original Message-----',
    'Sent from my iPhone',
  );

  it('no line is lost, and something always stays', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), (parts) => {
        const text = parts.join('\n');
        const { body, quoted } = splitFirstMail(text);
        const filled = (said: string) =>
          said
            .split('\n')
            .filter((each) => each.trim() !== '')
            .toSorted();
        const trimmed = (said: string) =>
          filled(said)
            .map((each) => each.trim())
            .toSorted();
        expect(trimmed(`${body}\n${quoted}`)).toEqual(trimmed(text));
        expect(body === '').toBe(text.trim() === '');
      }),
    );
  });
});

it.each(['Re: It', 'RE[2]: It', 'AW: It', 'Antw: It', 'SV: It', '回复：It'])('%s is an answer', (subject) => {
  expect(isReplySubject(subject)).toBe(true);
});

it.each(['It', 'Reset: it', 'Fwd: It', 'About re: it'])('%s is none', (subject) => {
  expect(isReplySubject(subject)).toBe(false);
});
