/** In bytes, for one upload. */
export const largestUpload = 25 * 1024 * 1024;
/** An upload that no message refers to is there for a day. */
const unboundMs = 24 * 60 * 60 * 1000;

/** When an upload goes that no message refers to by then. */
export function unboundUntil({ createdAt }: Attachment): Date {
  return new Date(Date.parse(createdAt) + unboundMs);
}

declare module '../write/outbox-task.ts' {
  interface OutboxTasks {
    /** Removes an upload that no message refers to once its time is over. */
    'remove-upload': { attachmentId: string };
  }
}

/** A file in the object store, and the ticket it belongs to once a message refers to it. */
export interface Attachment {
  id: string;
  /** The account it was uploaded in; for a ticket's file the ticket's account decides. */
  accountId: string;
  /** Who uploaded it: until a message refers to it, it is there for them alone. A mail's has none. */
  uploadedBy?: string;
  ticketId: string | null;
  fileName: string;
  contentType: string;
  size: number;
  objectKey: string;
  /** What was looked at, and is given out. Uploads have it once they are bound; bound files of older releases have none. */
  versionId?: string;
  checksum?: string;
  /** Of a dangerous type: only staff may download it. */
  held: boolean;
  /** Belongs to a private note, which only staff see. */
  private: boolean;
  /** No message referred to it in time: it goes, and none can any more. */
  removed?: 1;
  createdAt: string;
}

/** A version of a file: its content never changes. */
export interface StoredVersion {
  versionId: string;
  /** As the object store computed it of the content. */
  checksum: string;
}

/** What a look at a file tells of it. */
export interface LookedAt extends StoredVersion {
  /** In bytes. */
  size: number;
  /** Its first bytes. */
  head: Uint8Array;
}

/** The object store, as attachments need it; links are valid for five minutes. */
export interface Files {
  /** The link puts a file of this type and size where there is none; the headers are those to send with it. */
  uploadLink(
    key: string,
    contentType: string,
    size: number,
  ): Promise<{ url: string; headers: Record<string, string> }>;
  /** The link downloads that version of the file, whatever its type. */
  downloadLink(
    key: string,
    fileName: string,
    contentType: 'application/octet-stream',
    versionId: string | undefined,
  ): Promise<string>;
  /** Reads no more than the first bytes; undefined if nothing was uploaded. */
  look(key: string, bytes: number): Promise<LookedAt | undefined>;
  put(key: string, content: Uint8Array, contentType: string): Promise<StoredVersion>;
  /** Nothing where there is none. */
  remove(key: string): Promise<void>;
}

export function objectKeyOf(id: string): string {
  return `attachments/${id}`;
}
