import { describe, expect, test } from 'vitest';
import { bounceSays, complaintSays } from '../../../../shared/mail/delivery/event-says.ts';

const gone = 'gone@acme.test';
const owner = 'owner@acme.test';

const bounced = (
  [type, subtype]: [string, string],
  recipients: { address: string; action?: string }[] = [{ address: gone, action: 'failed' }],
) => ({ type, subtype, recipients: recipients.map(({ address, action = null }) => ({ address, action })) });

/** Every pair of type and subtype that SES documents, and some that it does not. */
const kinds: { kind: [string, string]; ofTheAddress: boolean; lost: boolean }[] = [
  { kind: ['Permanent', 'General'], ofTheAddress: true, lost: true },
  { kind: ['Permanent', 'NoEmail'], ofTheAddress: true, lost: true },
  { kind: ['Permanent', 'Suppressed'], ofTheAddress: true, lost: true },
  { kind: ['Permanent', 'OnAccountSuppressionList'], ofTheAddress: true, lost: true },
  { kind: ['Permanent', 'UnsubscribedRecipient'], ofTheAddress: false, lost: true },
  { kind: ['Permanent', 'Tomorrow'], ofTheAddress: false, lost: true },
  { kind: ['Transient', 'General'], ofTheAddress: false, lost: false },
  { kind: ['Transient', 'MailboxFull'], ofTheAddress: false, lost: true },
  { kind: ['Transient', 'MessageTooLarge'], ofTheAddress: false, lost: true },
  { kind: ['Transient', 'ContentRejected'], ofTheAddress: false, lost: true },
  { kind: ['Transient', 'AttachmentRejected'], ofTheAddress: false, lost: true },
  { kind: ['Transient', 'NoEmail'], ofTheAddress: false, lost: false },
  { kind: ['Undetermined', 'Undetermined'], ofTheAddress: false, lost: false },
  { kind: ['Undetermined', 'General'], ofTheAddress: false, lost: false },
  { kind: ['permanent', 'general'], ofTheAddress: false, lost: false },
];

describe.each(kinds)('a bounce of $kind', ({ kind, ofTheAddress, lost }) => {
  const silent = bounced(kind, [{ address: 'Gone@Acme.test' }]);

  test('of a message to one address alone decides of that address if it is about the address', () => {
    const said = bounceSays(silent, [gone, 'GONE@acme.test']);
    expect(said.dead).toBe(ofTheAddress ? gone : null);
    expect(said.doubted).toEqual([]);
    expect(said.undelivered).toEqual(lost ? [gone] : []);
    expect(said.complained).toEqual([]);
  });

  test('of a message to several marks nobody: at most the next mail goes alone', () => {
    const said = bounceSays(silent, [gone, owner]);
    expect(said.dead).toBeNull();
    expect(said.doubted).toEqual(ofTheAddress ? [gone] : []);
    expect(said.undelivered).toEqual(lost ? [gone] : []);
  });

  test('says nothing of an address that the message did not go to', () => {
    const said = bounceSays(bounced(kind, [{ address: 'forwarded@other.test', action: 'failed' }]), [gone]);
    expect(said).toEqual({ dead: null, doubted: [], undelivered: [], complained: [] });
  });

  test('with a delivery report that says failed did not arrive', () => {
    expect(bounceSays(bounced(kind), [gone]).undelivered).toEqual([gone]);
  });
});

test('a report without an address means who had the message alone, and nobody where several had it', () => {
  expect(bounceSays(bounced(['Permanent', 'NoEmail'], []), [gone]).dead).toBe(gone);
  const several = bounceSays(bounced(['Permanent', 'NoEmail'], []), [gone, owner]);
  expect(several).toEqual({ dead: null, doubted: [], undelivered: [], complained: [] });
  expect(bounceSays(bounced(['Permanent', 'General'], []), [gone]).dead).toBeNull();
});

test('a report of several of its recipients doubts each of them', () => {
  const both = bounced(['Permanent', 'General'], [{ address: gone }, { address: owner }, { address: gone }]);
  expect(bounceSays(both, [gone, owner, 'x@y.test']).doubted).toEqual([gone, owner]);
});

describe('a complaint', () => {
  const complaint = (feedbackType: string | null, subtype: string | null = null) => ({
    feedbackType,
    subtype,
    recipients: ['Gone@acme.test', 'stranger@acme.test'],
  });

  test.each([['abuse'], ['fraud'], ['virus'], ['other'], [null], ['something-new']])(
    'of the feedback type %s is one, of those that the message went to',
    (feedbackType) => {
      expect(complaintSays(complaint(feedbackType), [gone, owner]).complained).toEqual([gone]);
    },
  );

  test.each(['not-spam', 'auth-failure', 'Not-Spam'])('of the feedback type %s is none', (feedbackType) => {
    const said = complaintSays(complaint(feedbackType), [gone, owner]);
    expect(said).toEqual({ dead: null, doubted: [], undelivered: [], complained: [] });
  });

  test('that SES repeats because the address is on its list is none: the message did not go out', () => {
    const said = complaintSays(complaint(null, 'OnAccountSuppressionList'), [gone]);
    expect(said).toEqual({ dead: null, doubted: [], undelivered: [gone], complained: [] });
  });
});
