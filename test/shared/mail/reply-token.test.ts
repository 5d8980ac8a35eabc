import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findReplyToken, isGenuine, parseReplyKeys, replyAddress } from '../../../shared/mail/reply-token.ts';

const keys = { current: 'a', keys: { a: 'first key' } };
const rotated = { current: 'b', keys: { a: 'first key', b: 'second key' } };
const ticketId = 'tkt_01JNQ5Z3V7W8X9Y0ABCDEFGHJK';

describe('a reply address', () => {
  test('finds its ticket, in whatever case a mail system hands it on', () => {
    const address = replyAddress('support@portal.test', '123456', ticketId, keys);
    for (const spelled of [address, address.toUpperCase(), address.toLowerCase()]) {
      const token = findReplyToken(['someone@else.test', spelled]);
      expect(token?.ticketNumber).toBe('123456');
      expect(isGenuine(token!, ticketId, keys)).toBe(true);
    }
    expect(address.split('@')[0]!.length).toBeLessThanOrEqual(64);
  });

  test('stays good when the key is rotated, and not when its key is gone', () => {
    const token = findReplyToken([replyAddress('support@portal.test', '123456', ticketId, keys)])!;
    expect(isGenuine(token, ticketId, rotated)).toBe(true);
    expect(isGenuine(token, ticketId, { current: 'b', keys: { b: 'second key' } })).toBe(false);
    const renewed = findReplyToken([replyAddress('support@portal.test', '123456', ticketId, rotated)])!;
    expect(renewed.key).toBe('b');
  });

  test('is good for its own ticket alone, and not with a letter changed', () => {
    const address = replyAddress('support@portal.test', '123456', ticketId, keys);
    const token = findReplyToken([address])!;
    expect(isGenuine(token, 'tkt_01JNQ5Z3V7W8X9Y0ABCDEFGHJX', keys)).toBe(false);
    expect(isGenuine({ ...token, ticketNumber: '123457' }, ticketId, keys)).toBe(false);
    fc.assert(
      fc.property(
        fc.nat(19),
        fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567'.split('')),
        (at, letter) => {
          fc.pre(token.mac[at] !== letter);
          const mac = token.mac.slice(0, at) + letter + token.mac.slice(at + 1);
          expect(isGenuine({ ...token, mac }, ticketId, keys)).toBe(false);
        },
      ),
    );
  });

  test('is not seen where there is none', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('+'));
        expect(findReplyToken([text])).toBeNull();
      }),
    );
  });

  test('needs a secret that names its current key', () => {
    expect(parseReplyKeys('{"current":"a","a":"k"}')).toEqual({ current: 'a', keys: { a: 'k' } });
    expect(() => parseReplyKeys('{"current":"b","a":"k"}')).toThrow();
  });
});
