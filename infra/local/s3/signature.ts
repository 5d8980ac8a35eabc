import { createHash, createHmac } from 'node:crypto';

/** A request as it came, with what its link says of how it was signed. */
export interface SignedRequest {
  method: string;
  /** Decoded. */
  path: string;
  /** Decoded, in any order, without the signature. */
  query: readonly (readonly [name: string, value: string])[];
  /** The signed headers in their order, with the values that came. */
  headers: readonly (readonly [name: string, value: string])[];
  payloadHash: string;
  /** `20260131T120000Z`. */
  date: string;
  /** `20260131/eu-west-1/s3/aws4_request`. */
  scope: string;
}

export interface Signature {
  canonicalRequest: string;
  stringToSign: string;
  signature: string;
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** As AWS encodes: everything but letters, digits and four marks. */
function encoded(text: string): string {
  const hex = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, hex);
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function canonical({ method, path, query, headers, payloadHash }: SignedRequest): string {
  const pairs = query.map(([name, value]) => [encoded(name), encoded(value)] as const);
  const sorted = pairs.toSorted((a, b) => byText(a[0], b[0]) || byText(a[1], b[1]));
  return [
    method,
    path.split('/').map(encoded).join('/'),
    sorted.map((pair) => pair.join('=')).join('&'),
    ...headers.map(([name, value]) => `${name}:${value.trim().replaceAll(/ +/g, ' ')}`),
    '',
    headers.map(([name]) => name).join(';'),
    payloadHash,
  ].join('\n');
}

/** Signature Version 4 of a request to S3, which encodes paths once and leaves them otherwise as they are. */
export function signatureOf(request: SignedRequest, secretAccessKey: string): Signature {
  const canonicalRequest = canonical(request);
  const digest = createHash('sha256').update(canonicalRequest).digest('hex');
  const stringToSign = ['AWS4-HMAC-SHA256', request.date, request.scope, digest].join('\n');
  const key = request.scope
    .split('/')
    .reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${secretAccessKey}`);
  return { canonicalRequest, stringToSign, signature: hmac(key, stringToSign).toString('hex') };
}
