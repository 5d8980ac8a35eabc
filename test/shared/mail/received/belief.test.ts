import { describe, expect, test } from 'vitest';
import { believed, sesMail, type SesMail } from './ses-mail.ts';

const verdicts = (spf: string, dkim: string, dmarc: string) => ({
  spf,
  dkim,
  dmarc,
  spam: 'PASS',
  virus: 'PASS',
});
const noRecord = { dmarc: 'none', verdicts: verdicts('PASS', 'PASS', 'GRAY') };

/** The word that the receiver writes for its verdict. */
const word: Record<string, { spf: string; dkim: string; dmarc: string }> = {
  PASS: { spf: 'pass', dkim: 'pass', dmarc: 'pass' },
  FAIL: { spf: 'fail', dkim: 'fail', dmarc: 'fail' },
  GRAY: { spf: 'softfail', dkim: 'none', dmarc: 'none' },
  PROCESSING_FAILED: { spf: 'permerror', dkim: 'permerror', dmarc: 'temperror' },
};
const statuses = Object.keys(word);

interface Case {
  spf: string;
  dkim: string;
  dmarc: string;
  spfAligned: boolean;
  dkimAligned: boolean;
  shared: boolean;
}

/** By the rule alone, in other words than the code: this is what every case is held to. */
function expected({ spf, dkim, dmarc, spfAligned, dkimAligned, shared }: Case): string | null {
  const signed = dkim === 'PASS' && dkimAligned;
  if (dmarc === 'PASS' && spf !== 'PASS' && dkim !== 'PASS') return null;
  if (shared) return signed ? 'dkim' : null;
  if (dmarc === 'PASS') return 'dmarc';
  if (dmarc !== 'GRAY') return null;
  if (signed) return 'dkim';
  return spf === 'PASS' && spfAligned ? 'spf' : null;
}

const truths = [true, false];
const cases: Case[] = statuses.flatMap((spf) =>
  statuses.flatMap((dkim) =>
    statuses.flatMap((dmarc) =>
      truths.flatMap((spfAligned) =>
        truths.flatMap((dkimAligned) =>
          truths.map((shared) => ({ spf, dkim, dmarc, spfAligned, dkimAligned, shared })),
        ),
      ),
    ),
  ),
);

function mailOf({ spf, dkim, dmarc, spfAligned, dkimAligned, shared }: Case): SesMail {
  return sesMail({
    from: 'jane@office.acme.test',
    headerFrom: 'office.acme.test',
    envelope: spfAligned ? 'bounce@mail.acme.test' : 'bounce@evil.test',
    spf: word[spf]!.spf,
    dkim: dkim === 'GRAY' ? [] : [[word[dkim]!.dkim, dkimAligned ? '@acme.test' : '@evil.test']],
    dmarc: word[dmarc]!.dmarc,
    verdicts: verdicts(spf, dkim, dmarc),
    sharedNetworks: shared ? ['2001:db8::/32', '192.0.2.0/24'] : ['2001:db8::/32', '198.51.100.0/24'],
  });
}

describe('every case of SPF, DKIM, DMARC, alignment and network', () => {
  test('is believed as the rule says, and by what it says', async () => {
    for (const each of cases) {
      const found = await believed(mailOf(each));
      expect(found.believed ? found.by : null, JSON.stringify(each)).toBe(expected(each));
      expect(found.reason, JSON.stringify(each)).toMatch(/^[A-Za-z].{8,}$/);
    }
    expect(cases).toHaveLength(512);
  });

  test('is believed by SPF alone only where no signature of From’s organisation shows it', async () => {
    for (const each of cases) {
      const found = await believed(mailOf(each));
      if (!found.believed) continue;
      expect(found.bySpfAlone, JSON.stringify(each)).toBe(!(each.dkim === 'PASS' && each.dkimAligned));
    }
  });

  test('is believed by nothing without the receiver’s header', async () => {
    const without = (name: string) => (parts: string[]) =>
      parts.filter((part) => !part.startsWith(`${name}:`));
    for (const each of cases)
      for (const name of ['Authentication-Results', 'Received-SPF', 'Received', 'X-SES-RECEIPT'])
        expect((await believed({ ...mailOf(each), block: without(name) })).believed).toBe(false);
  });

  test('is believed by nothing where header and verdicts differ', async () => {
    for (const each of cases)
      for (const check of ['spf', 'dkim', 'dmarc'] as const)
        for (const other of statuses.filter((status) => (status === 'PASS') !== (each[check] === 'PASS'))) {
          if (check === 'dkim' && other === 'GRAY') continue;
          const mail = mailOf(each);
          const found = await believed({ ...mail, verdicts: { ...mail.verdicts, [check]: other } });
          expect(found.believed, `${JSON.stringify(each)} ${check}=${other}`).toBe(false);
        }
  });

  test('is not believed by a signature that passes under the verdict that there is none of From’s domain', async () => {
    for (const each of cases.filter(({ dkim }) => dkim === 'PASS')) {
      const mail = mailOf(each);
      const found = await believed({ ...mail, verdicts: { ...mail.verdicts, dkim: 'GRAY' } });
      const ruled = expected({ ...each, dkimAligned: false });
      expect(found.believed ? found.by : null, JSON.stringify(each)).toBe(ruled);
      if (found.believed) expect(found.bySpfAlone).toBe(true);
    }
  });

  test('is believed by nothing where a verdict is missing or another word', async () => {
    for (const each of cases)
      for (const check of ['spf', 'dkim', 'dmarc'] as const) {
        const mail = mailOf(each);
        const { [check]: _, ...rest } = mail.verdicts;
        for (const odd of [
          rest,
          ...['DISABLED', 'pass', '', 'toString', 'PASS '].map((said) => ({ ...rest, [check]: said })),
        ])
          expect((await believed({ ...mail, verdicts: odd })).believed).toBe(false);
      }
  });
});

describe('From is believed', () => {
  test('as SES stores and tells it of ordinary mail', async () => {
    expect(await believed(sesMail())).toEqual({
      believed: true,
      by: 'dmarc',
      bySpfAlone: false,
      reason: 'DMARC passes',
    });
  });

  test('with one of several signatures, whichever stands first', async () => {
    const dkim: [string, string][] = [
      ['pass', '@amazonses.com'],
      ['permerror', '@other.test'],
      ['pass', 'jane@mail.acme.test'],
    ];
    for (const each of [dkim, dkim.toReversed()])
      expect(
        await believed(
          sesMail({ ...noRecord, spf: 'none', dkim: each, verdicts: verdicts('GRAY', 'PASS', 'GRAY') }),
        ),
      ).toMatchObject({ by: 'dkim', bySpfAlone: false });
  });

  test('with long envelopes that mailing services make up, and with an address as HELO', async () => {
    const envelope = 'SRS0=x1=tt=acme.test=bounces+7-a4=portal.test@mail.acme.test';
    for (const helo of ['[192.0.2.25]', '[IPv6:2001:db8::25]', 'OTA3_mx.acme.test', 'localhost'])
      expect(
        await believed(
          sesMail({ ...noRecord, envelope, helo, dkim: [], verdicts: verdicts('PASS', 'GRAY', 'GRAY') }),
        ),
      ).toMatchObject({ by: 'spf', bySpfAlone: true });
  });

  test('of an empty return path by DMARC and signature, never by what the client calls itself', async () => {
    const helo = 'mx.acme.test';
    for (const envelope of ['', '<>', `postmaster@${helo}`]) {
      const mail = { envelope, helo, told: { messageId: sesMail().told.messageId, envelope: '' } };
      expect(await believed(sesMail(mail))).toMatchObject({ by: 'dmarc' });
      const unsigned = { ...noRecord, dkim: [], verdicts: verdicts('PASS', 'GRAY', 'GRAY') };
      expect(await believed(sesMail({ ...mail, ...unsigned }))).toMatchObject({ believed: false });
    }
  });

  test('of an empty return path by nothing, where SPF was asked about another host', async () => {
    const told = { messageId: sesMail().told.messageId, envelope: '' };
    const found = await believed(sesMail({ envelope: 'postmaster@evil.test', helo: 'mx.acme.test', told }));
    expect(found).toMatchObject({ believed: false, reason: expect.stringContaining('another envelope') });
  });

  test('from an IPv6 client, inside and outside of a shared network', async () => {
    const mail = {
      client: '2001:db8::25',
      dkim: [] as [string, string][],
      verdicts: verdicts('PASS', 'GRAY', 'PASS'),
    };
    expect(await believed(sesMail(mail))).toMatchObject({ believed: true, bySpfAlone: true });
    expect(await believed(sesMail({ ...mail, sharedNetworks: ['2001:db8::/64'] }))).toMatchObject({
      believed: false,
    });
  });

  test('in a shared network by its signature, even where DMARC fails by a stricter rule', async () => {
    const mail = {
      dmarc: 'fail',
      verdicts: verdicts('PASS', 'PASS', 'FAIL'),
      dkim: [['pass', '@mail.acme.test']],
    };
    expect(
      await believed(sesMail({ ...(mail as Partial<SesMail>), sharedNetworks: ['192.0.2.25/32'] })),
    ).toMatchObject({
      by: 'dkim',
    });
    expect(await believed(sesMail(mail as Partial<SesMail>))).toMatchObject({ believed: false });
  });
});

describe('From is not believed', () => {
  test.each<[string, Partial<SesMail>, RegExp]>([
    ['two From fields', { senders: ['From: jane@acme.test'] }, /no one From/],
    ['two addresses in From', { from: 'jane@acme.test, joe@acme.test' }, /no one From/],
    ['no From', { from: '' }, /no one From/],
    ['the receiver checked another domain', { headerFrom: 'evil.test' }, /another domain/],
    [
      'the receiver checked the organisation’s other domain',
      { headerFrom: 'mail.acme.test' },
      /another domain/,
    ],
    ['its block is of another message', { told: { messageId: 'another' } }, /another message/],
    ['its id is not known', { told: { messageId: '' } }, /another message/],
    [
      'its header is about another envelope',
      { told: { messageId: sesMail().told.messageId, envelope: 'x@acme.test' } },
      /another envelope/,
    ],
    ['another server wrote the header', { authservId: 'mx.evil.test' }, /another receiver/],
    ['another server’s id only begins alike', { authservId: 'amazonses.com.evil.test' }, /another receiver/],
    ['the id has a version', { authservId: 'amazonses.com 1' }, /another receiver/],
    ['no client address is named', { client: 'unknown' }, /no client address/],
    ['DMARC fails', { dmarc: 'fail', verdicts: verdicts('PASS', 'PASS', 'FAIL') }, /^DMARC failed$/],
    ['a policy is told though none is published', { ...noRecord, dmarcPolicy: 'none' }, /no clear result/],
    [
      'DMARC passes with nothing that could have made it pass',
      { spf: 'fail', dkim: [['fail', '@acme.test']], verdicts: verdicts('FAIL', 'FAIL', 'PASS') },
      /cannot pass/,
    ],
    [
      'there is a tenth signature',
      { senders: Array.from({ length: 10 }, () => 'DKIM-Signature: v=1; d=acme.test; b=x') },
      /more signatures/,
    ],
    [
      'a signature passes that names nobody',
      {
        ...noRecord,
        spf: 'none',
        verdicts: verdicts('GRAY', 'PASS', 'GRAY'),
        block: (parts) => parts.map((part) => part.replace(' header.i=@acme.test', '')),
      },
      /neither SPF nor DKIM/,
    ],
  ])('where %s', async (_, mail, reason) => {
    const found = await believed(sesMail(mail));
    expect(found).toMatchObject({ believed: false });
    expect(found.reason).toMatch(reason);
  });

  test('where SPF passes for another customer of the same hosting company', async () => {
    const mail = {
      ...noRecord,
      from: 'jane@jane.github.io',
      headerFrom: 'jane.github.io',
      envelope: 'x@evil.github.io',
      dkim: [['pass', '@evil.github.io']] as [string, string][],
    };
    expect(await believed(sesMail(mail))).toMatchObject({ believed: false });
  });

  test('where a signature of From’s domain passes under an unclear verdict alone', async () => {
    const mail = { ...noRecord, spf: 'none', verdicts: verdicts('GRAY', 'GRAY', 'GRAY') };
    expect(await believed(sesMail(mail))).toMatchObject({ believed: false });
  });
});
