import type { Actor } from '../../shared/write/actor.ts';

export const documentKinds = ['document', 'contract'] as const;
export const documentStatuses = ['pending', 'ready', 'rejected'] as const;
export const documentType = 'application/pdf';
/** The largest size of a document, in bytes. */
export const largestDocument = 25 * 1024 * 1024;
/** The upload link is valid for five minutes; a document that is not complete after an hour is rejected. */
const uploadDeadlineMs = 60 * 60 * 1000;
const pdfSignature = '%PDF-';
export const pdfSignatureBytes = pdfSignature.length;

/** A PDF that the provider stores for an account. */
export interface Document {
  id: string;
  accountId: string;
  name: string;
  kind: (typeof documentKinds)[number];
  fileName: string;
  size: number;
  /** Whether people of the main account see it too. */
  visibleToMainAccount: boolean;
  /** Ready once it is uploaded and is a PDF; until then only staff see it. */
  status: (typeof documentStatuses)[number];
  addedBy: Actor;
  /** What was looked at, and is given out; documents that were ready in older releases have none. */
  versionId?: string;
  checksum?: string;
  version: string;
  createdAt: string;
}

/** What a look at an upload tells of it. */
export interface LookedAt {
  size: number;
  head: Uint8Array;
  versionId: string;
  checksum: string;
}

/** The object store as documents need it; links are valid for five minutes. */
export interface DocumentFiles {
  uploadLink(
    key: string,
    contentType: string,
    size: number,
  ): Promise<{ url: string; headers: Record<string, string> }>;
  /** The browser displays that version of the file instead of saving it. */
  downloadLink(
    key: string,
    fileName: string,
    contentType: typeof documentType,
    versionId: string | undefined,
  ): Promise<string>;
  /** Reads no more than the first bytes; undefined if nothing was uploaded. */
  look(key: string, bytes: number): Promise<LookedAt | undefined>;
}

/** Who views a document: people of its account, people of the main account, or staff. */
export type Viewer = 'own' | 'main-account' | 'staff';

export function objectKeyOf(id: string): string {
  return `documents/${id}.pdf`;
}

export function isVisible(
  { status, visibleToMainAccount }: Pick<Document, 'status' | 'visibleToMainAccount'>,
  viewer: Viewer,
): boolean {
  if (viewer === 'staff') return true;
  return status === 'ready' && (viewer === 'own' || visibleToMainAccount);
}

/** The status of a pending document according to the object store. */
export function statusFrom(
  { size, createdAt }: Document,
  stored: Pick<LookedAt, 'size' | 'head'> | undefined,
  now: Date,
): Document['status'] {
  if (stored?.size === size) {
    return Buffer.from(stored.head).toString('latin1').startsWith(pdfSignature) ? 'ready' : 'rejected';
  }
  return now.getTime() - Date.parse(createdAt) > uploadDeadlineMs ? 'rejected' : 'pending';
}

/** The document as the API returns it; only staff see its status. */
export function documentView(document: Document, viewer: Viewer) {
  const { id, name, kind, fileName, size, createdAt, visibleToMainAccount, status } = document;
  const view = { id, name, kind, fileName, size, createdAt, visibleToMainAccount };
  return viewer === 'staff' ? { ...view, status } : view;
}
