/** In bytes: what one upload may hold. */
export const largestUpload = 25 * 1024 * 1024;
/** An upload that belongs to no message is forgotten after a day. */
export const unusedForSeconds = 24 * 60 * 60;
export const linkSeconds = 5 * 60;

/** A file in the object store, and the ticket it belongs to once a message names it. */
export interface Attachment {
  id: string;
  /** The account it was uploaded in; once it belongs to a ticket, the ticket's account counts. */
  accountId: string;
  ticketId: string | null;
  fileName: string;
  contentType: string;
  size: number;
  objectKey: string;
  /** A dangerous type: kept back for staff. */
  held: boolean;
  /** Belongs to a private note: for staff alone. */
  private: boolean;
  createdAt: string;
}

/** The object store, as attachments need it; links are good for five minutes. */
export interface Files {
  uploadLink(
    key: string,
    contentType: string,
    size: number,
  ): Promise<{ url: string; headers: Record<string, string> }>;
  /** Always a download, whatever the type. */
  downloadLink(key: string, fileName: string): Promise<string>;
  /** The stored size; undefined where nothing was uploaded. */
  size(key: string): Promise<number | undefined>;
  put(key: string, content: Uint8Array, contentType: string): Promise<void>;
}

export function objectKeyOf(id: string): string {
  return `attachments/${id}`;
}
