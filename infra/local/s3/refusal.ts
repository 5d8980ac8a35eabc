import { randomUUID } from 'node:crypto';
import { escaped } from '../http/page.ts';

/** An answer of S3 that something may not be done. */
export interface Refusal {
  status: number;
  code: string;
  message: string;
  /** More elements of the error, by name. */
  details?: Record<string, string>;
}

/** The body of the answer, as S3 writes it. */
export function refusalXml({ code, message, details = {} }: Refusal): string {
  const elements = { Code: code, Message: message, ...details, RequestId: randomUUID() };
  const inner = Object.entries(elements).map(([name, value]) => `<${name}>${escaped(value)}</${name}>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner.join('')}</Error>`;
}
