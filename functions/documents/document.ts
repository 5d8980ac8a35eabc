import type { Actor } from '../../shared/write/actor.ts';

export const documentKinds = ['document', 'contract'] as const;
export const documentStatuses = ['pending', 'ready', 'rejected'] as const;
export const documentType = 'application/pdf';
/** In bytes: what one document may hold. */
export const largestDocument = 25 * 1024 * 1024;
/** The link to upload is good for five minutes; what has not come whole an hour after it does not come any more. */
const awaitedMs = 60 * 60 * 1000;
const beginning = '%PDF-';
export const beginningBytes = beginning.length;

/** A PDF that the provider keeps for an account. */
export interface Document {
  id: string;
  accountId: string;
  name: string;
  kind: (typeof documentKinds)[number];
  fileName: string;
  size: number;
  /** Whether a main account of this account is shown it too. */
  visibleToMainAccount: boolean;
  /** It is there once it was uploaded and found to be a PDF: until then only staff know of it. */
  status: (typeof documentStatuses)[number];
  addedBy: Actor;
  version: string;
  createdAt: string;
}

/** The object store, as documents need it; links are good for five minutes. */
export interface DocumentFiles {
  uploadLink(
    key: string,
    contentType: string,
    size: number,
  ): Promise<{ url: string; headers: Record<string, string> }>;
  /** Shown by the browser, not saved. */
  downloadLink(key: string, fileName: string, contentType: typeof documentType): Promise<string>;
  /** The stored size; undefined where nothing was uploaded. */
  size(key: string): Promise<number | undefined>;
  /** How the stored file begins; undefined where nothing was uploaded. */
  head(key: string, bytes: number): Promise<Uint8Array | undefined>;
}

/** In whose eyes a document is looked at. */
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

/** What a pending document turns out to be by what lies in the object store now. */
export function statusFrom(
  { size, createdAt }: Document,
  stored: { size: number | undefined; head: Uint8Array | undefined },
  now: Date,
): Document['status'] {
  if (stored.size === size && stored.head) {
    return Buffer.from(stored.head).toString('latin1').startsWith(beginning) ? 'ready' : 'rejected';
  }
  return now.getTime() - Date.parse(createdAt) > awaitedMs ? 'rejected' : 'pending';
}

/** What is shown of it; how it stands is for staff alone. */
export function documentView(document: Document, viewer: Viewer) {
  const { id, name, kind, fileName, size, createdAt, visibleToMainAccount, status } = document;
  const view = { id, name, kind, fileName, size, createdAt, visibleToMainAccount };
  return viewer === 'staff' ? { ...view, status } : view;
}
