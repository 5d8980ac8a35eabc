import { expect, test } from 'vitest';
import type { Attachment } from '../../../shared/tickets/attachment.ts';
import {
  boundAttachmentRow,
  goneUploadRow,
  removedUploadRow,
  uploadRow,
} from '../../../shared/tickets/attachment-store.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';
import { type Action, ConditionsFailed } from '../../../shared/table/table.ts';

const upload: Attachment = {
  id: 'att_1',
  accountId: 'acct_1',
  uploadedBy: 'usr_1',
  ticketId: null,
  fileName: 'a.txt',
  contentType: 'text/plain',
  size: 5,
  objectKey: 'attachments/att_1',
  held: false,
  private: false,
  createdAt: '2026-03-01T10:00:00.000Z',
};
const bound = boundAttachmentRow({ ...upload, ticketId: 'tkt_1', versionId: 'v', checksum: 'c' });
const removed = removedUploadRow(upload.id);
const gone = goneUploadRow(upload.id);

test.each<[string, Action, Action]>([
  ['a message before its removal', bound, removed],
  ['a message before another', bound, bound],
  ['its removal before a message', removed, bound],
  ['a message before the end of its row', bound, gone],
])('an upload takes %s, and then no other', async (_, first, second) => {
  const table = new MemoryTable();
  await table.transact([uploadRow(upload)]);
  await table.transact([first]);
  await expect(table.transact([second])).rejects.toThrow(ConditionsFailed);
});

test('an upload that is gone takes no message', async () => {
  const table = new MemoryTable();
  await table.transact([uploadRow(upload)]);
  await table.transact([removed]);
  await table.transact([gone]);
  await expect(table.transact([bound])).rejects.toThrow(ConditionsFailed);
});
