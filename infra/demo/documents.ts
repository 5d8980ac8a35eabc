import { announceDocument } from '../../functions/documents/announce-document.ts';
import { type DocumentFiles, documentType, objectKeyOf } from '../../functions/documents/document.ts';
import { documentStore } from '../../functions/documents/document-store.ts';
import { inspectUpload } from '../../functions/documents/inspect-upload.ts';
import type { Table } from '../../shared/table/table.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { StoredVersion } from '../../shared/tickets/attachment.ts';

const documents = [
  {
    name: 'Hosting contract',
    kind: 'contract' as const,
    fileName: 'hosting-contract.pdf',
    visibleToMainAccount: true,
    daysAgo: 85,
  },
  {
    name: 'Welcome to your leased line',
    kind: 'document' as const,
    fileName: 'leased-line.pdf',
    visibleToMainAccount: false,
    daysAgo: 10,
  },
  {
    accountId: 'acct_north',
    name: 'Fibre contract',
    kind: 'contract' as const,
    fileName: 'fibre-contract.pdf',
    visibleToMainAccount: true,
    daysAgo: 60,
  },
];

/** The documents of the demonstration's accounts with their PDFs; those that name no account are the first one's. */
export async function seedDocuments(
  write: { table: Table; nudgeOutbox(ids: string[]): Promise<void> },
  contextFor: (daysAgo: number, accountId?: string) => RequestContext,
  putFile: (key: string, content: Uint8Array, contentType: string) => Promise<StoredVersion>,
): Promise<void> {
  const store = documentStore(write.table);
  for (const { daysAgo, accountId, ...document } of documents) {
    const context = contextFor(daysAgo, accountId);
    const pdf = pdfSaying(document.name);
    const dependencies = { ...write, documents: store };
    const input = { ...document, contentType: documentType, size: pdf.byteLength } as const;
    const announced = await announceDocument({ ...dependencies, files: holding(pdf) }, context, input);
    const { id } = announced.body as { id: string };
    const stored = await putFile(objectKeyOf(id), pdf, documentType);
    const pending = await store.get(context.accountId, id);
    const files = holding(pdf, stored);
    if (pending) await inspectUpload({ ...dependencies, files }, pending, context.now);
  }
}

/** The object store after the PDF was uploaded; nobody asks for links. */
function holding(pdf: Uint8Array, stored: StoredVersion = { versionId: '', checksum: '' }): DocumentFiles {
  return {
    uploadLink: async () => ({ url: '', headers: {} }),
    downloadLink: async () => '',
    look: async (_key, bytes) => ({ ...stored, size: pdf.byteLength, head: pdf.subarray(0, bytes) }),
  };
}

/** A PDF of one page with one line of plain text. */
function pdfSaying(text: string): Uint8Array {
  const drawn = `BT /F1 24 Tf 72 760 Td (${text.replace(/[\\()]/g, '\\$&')}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let pdf = '%PDF-1.4\n';
  const places = objects.map((object, index) => {
    const place = pdf.length;
    pdf += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const count = objects.length + 1;
  const start = pdf.length;
  pdf += `xref\n0 ${count}\n0000000000 65535 f \n${places.join('')}`;
  pdf += `trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(pdf, 'latin1');
}
