import assert from 'node:assert/strict';
import { readMessage, UnreadableMessage } from '../../shared/mail/message/read-message.ts';
import { outlineOf } from '../../shared/mail/message/mime-outline.ts';
import { leavesOf } from '../../shared/mail/message/mime-text.ts';
import { MemoryPortal } from '../support/memory/memory-portal.ts';

/** Handles a message twice in a portal that knows its sender, and asserts what holds of any message. */
export async function checkMessage(raw: Buffer): Promise<void> {
  checkWork(raw);
  const portal = new MemoryPortal();
  await portal.createAccount('Acme', 'jane@acme.test');
  const handle = () => portal.receive(raw, {}, { key: 'in/one' });
  const record = await handle().catch(unlessUnreadable);
  const read = await readMessage(portal.files.objects.get('in/one')!).catch(unlessUnreadable);
  assert.equal(record === undefined, read === undefined, 'what can be read is handled');
  if (!record || !read) return;
  checkRead(read);
  const { id, outcome, version } = await handle();
  const { id: firstId, outcome: first, version: firstVersion } = record;
  assert.deepEqual(
    [id, outcome, version],
    [firstId, first, firstVersion],
    'the same message again has the same outcome',
  );
  const { items } = await portal.table.query({ index: 'gsi1', pk: 'MAIL-IN', limit: 10 });
  assert.equal(items.length, 1, 'one message has one record');
  const acted = record.outcome === 'ticket' || record.outcome === 'reply';
  assert.equal(record.ticketId !== undefined, acted, 'a ticket is named where there is one');
  assert.ok(!acted || read.from === 'jane@acme.test', 'only who is known acts');
  await portal.deliver();
}

function unlessUnreadable(error: unknown): undefined {
  if (!(error instanceof UnreadableMessage)) throw error;
}

/** What takes time is bounded however long a message is: the parts that are kept, and the texts that are decoded. */
function checkWork(raw: Buffer): void {
  const { attachments, groups } = leavesOf(outlineOf(raw).root);
  assert.ok(attachments.length <= 50, `${attachments.length} attachments`);
  assert.ok(groups.flat().length <= 100, `${groups.flat().length} texts`);
  for (const { start, end } of [...attachments, ...groups.flat()]) {
    assert.ok(
      start >= 0 && start <= end && end <= raw.length,
      `a part from ${start} to ${end} of ${raw.length}`,
    );
  }
}

function checkRead(read: Awaited<ReturnType<typeof readMessage>>): void {
  assert.ok(read.from === null || /^[^\s@]+@[^\s@]+$/.test(read.from), `from ${read.from}`);
  assert.doesNotMatch(read.subject + read.fromName, /[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/);
  assert.ok(read.subject.length <= 200 && read.fromName.length <= 120 && read.text.length <= 60_000);
  assert.ok(read.attachments.length <= 50 && read.attachmentsLeftOut >= 0);
  for (const { fileName } of read.attachments) {
    assert.match(fileName, /^[^\u0000-\u001f/\\<>:"|?*\u202e]{1,320}$/);
    assert.doesNotMatch(fileName, /^\.|[. ]$/);
  }
  const html = read.html ?? '';
  assert.ok(html.length <= 100_000);
  const rest = html.replace(/<\/?[a-z0-9]+(?: [a-z-]+="[^"<>]*")*>/g, '');
  assert.doesNotMatch(rest, /</, 'every bracket belongs to a tag of ours');
  assert.doesNotMatch(html, /<(?:script|style|iframe|svg|math|form|object|embed|link|meta|base)/i);
  assert.doesNotMatch(html, /<[^>]* (?:on\w+|src|srcset|action|background)=/i);
}
