import { makeDocument } from '../../../functions/document-maker/make-document.ts';
import type { PrintedDocument } from '../../../shared/pdf/print-document.ts';
import type { MemoryPortal } from '../memory/memory-portal.ts';

/** Prints what was asked for; the memory portal prints documents as JSON. */
export async function printWaiting(portal: MemoryPortal): Promise<void> {
  await portal.deliver();
  for (const document of portal.toPrint.splice(0)) {
    await makeDocument(portal.documentMaker(), document, portal.now);
  }
}

/** A document as this person gets it, after the outbox has run. */
export async function printedDocument(
  portal: MemoryPortal,
  userId: string,
  path: string,
): Promise<Omit<PrintedDocument, 'pageOf'>> {
  await printWaiting(portal);
  const { status, body } = await portal.call(userId, 'GET', path, { headers: { accept: 'application/pdf' } });
  if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
  return JSON.parse(Buffer.from(body, 'base64').toString()) as Omit<PrintedDocument, 'pageOf'>;
}
