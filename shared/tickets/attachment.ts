/** In bytes, for one upload. */
export const largestUpload = 25 * 1024 * 1024;
/** An upload that no message refers to expires after a day. */
export const unusedForSeconds = 24 * 60 * 60;
export const linkSeconds = 5 * 60;

/** A file in the object store, and the ticket it belongs to once a message refers to it. */
export interface Attachment {
  id: string;
  /** The account it was uploaded in; for a ticket's file the ticket's account decides. */
  accountId: string;
  ticketId: string | null;
  fileName: string;
  contentType: string;
  size: number;
  objectKey: string;
  /** Of a dangerous type: only staff may download it. */
  held: boolean;
  /** Belongs to a private note, which only staff see. */
  private: boolean;
  createdAt: string;
}

/** The object store, as attachments need it; links are valid for five minutes. */
export interface Files {
  uploadLink(
    key: string,
    contentType: string,
    size: number,
  ): Promise<{ url: string; headers: Record<string, string> }>;
  /** The link downloads the file, whatever its type. */
  downloadLink(key: string, fileName: string): Promise<string>;
  /** The stored size in bytes; undefined if nothing was uploaded. */
  size(key: string): Promise<number | undefined>;
  put(key: string, content: Uint8Array, contentType: string): Promise<void>;
}

export function objectKeyOf(id: string): string {
  return `attachments/${id}`;
}
