import type { IncomingHttpHeaders } from 'node:http';
import { credentials } from '../credentials.ts';
import { region } from '../template/physical.ts';
import type { Refusal } from './refusal.ts';
import { signatureOf } from './signature.ts';

/** What a request asks for, decoded. */
export interface Target {
  path: string;
  query: [name: string, value: string][];
}

export interface LinkRequest {
  method: string;
  target: Target;
  headers: IncomingHttpHeaders;
}

interface Link extends Target {
  accessKeyId: string;
  scope: string;
  date: string;
  signedAt: number;
  expiresSeconds: number;
  signedHeaders: string[];
  signature: string;
}

const parameters = ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'];
const longestSeconds = 7 * 24 * 60 * 60;
/** How far the clock of whom signs may be ahead. */
const aheadMs = 15 * 60 * 1000;
const unsigned = 'UNSIGNED-PAYLOAD';

const malformed = (message: string): Refusal => ({
  status: 400,
  code: 'AuthorizationQueryParametersError',
  message,
});
const denied = (message: string, details: Record<string, string> = {}): Refusal => ({
  status: 403,
  code: 'AccessDenied',
  message,
  details,
});

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** The path and the query of a request, or null where they are malformed. */
export function readTarget(url: string): Target | null {
  const at = url.indexOf('?');
  const path = decoded(at < 0 ? url : url.slice(0, at));
  const pairs = (at < 0 ? '' : url.slice(at + 1)).split('&').filter((pair) => pair !== '');
  const query = pairs.map((pair) => {
    const [name = '', ...value] = pair.replaceAll('+', ' ').split('=');
    return [decoded(name), decoded(value.join('='))] as const;
  });
  const isWhole = (pair: readonly [string | null, string | null]): pair is [string, string] =>
    !pair.includes(null);
  // A fragment is never sent, and servers disagree about where the path ends before one.
  return path === null || url.includes('#') || !query.every(isWhole) ? null : { path, query };
}

/** `20260131T120000Z` as milliseconds, or NaN. */
function instantOf(date: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function readLink({ path, query }: Target): Link | Refusal {
  const given = new Map(query.toReversed());
  const values = parameters.map((name) => given.get(`X-Amz-${name}`));
  if (values.some((value) => value === undefined)) {
    const names = parameters.map((name) => `X-Amz-${name}`).join(', ');
    return malformed(`Query-string authentication version 4 requires the ${names} parameters.`);
  }
  const [algorithm, credential, date, expires, signedHeaders, signature] = values as string[];
  if (algorithm !== 'AWS4-HMAC-SHA256') return malformed('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  const signedAt = instantOf(date!);
  if (Number.isNaN(signedAt)) {
    return malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  const expiresSeconds = /^\d+$/.test(expires!) ? Number(expires) : Number.NaN;
  if (!(expiresSeconds >= 0)) return malformed('X-Amz-Expires should be a number');
  if (expiresSeconds > longestSeconds) {
    return malformed(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given value is too large',
    );
  }
  const [accessKeyId = '', ...scope] = credential!.split('/');
  if (scope.join('/') !== `${date!.slice(0, 8)}/${region}/s3/aws4_request`) {
    return malformed('Error parsing the X-Amz-Credential parameter; its date, region or service is wrong');
  }
  return {
    path,
    query: query.filter(([name]) => name !== 'X-Amz-Signature'),
    accessKeyId,
    scope: scope.join('/'),
    date: date!,
    signedAt,
    expiresSeconds,
    signedHeaders: signedHeaders!.split(';'),
    signature: signature!,
  };
}

/** What is wrong with the time of a link, if anything. */
function untimely({ signedAt, expiresSeconds }: Link, now: Date): Refusal | null {
  const expiresAt = new Date(signedAt + expiresSeconds * 1000);
  if (signedAt > now.getTime() + aheadMs) return denied('Request is not valid yet');
  if (now <= expiresAt) return null;
  return denied('Request has expired', {
    'X-Amz-Expires': String(expiresSeconds),
    Expires: expiresAt.toISOString(),
    ServerTime: now.toISOString(),
  });
}

/** Why S3 does not accept a request that is signed in its query, or null where it does. */
export function refusedLink({ method, target, headers }: LinkRequest, now: Date): Refusal | null {
  const link = readLink(target);
  if ('code' in link) return link;
  if (link.accessKeyId !== credentials.accessKeyId) {
    const message = 'The AWS Access Key Id you provided does not exist in our records.';
    return {
      status: 403,
      code: 'InvalidAccessKeyId',
      message,
      details: { AWSAccessKeyId: link.accessKeyId },
    };
  }
  const late = untimely(link, now);
  if (late) return late;
  const mustBeSigned = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  const forgotten = mustBeSigned.filter((name) => !link.signedHeaders.includes(name));
  if (forgotten.length > 0) {
    const message = 'There were headers present in the request which were not signed';
    return denied(message, { HeadersNotSigned: forgotten.join(', ') });
  }
  const inQuery = link.query.find(([name]) => name === 'X-Amz-Content-Sha256')?.[1];
  const payloadHash = String(headers['x-amz-content-sha256'] ?? inQuery ?? unsigned);
  if (payloadHash !== unsigned) {
    const message = 'Links whose body is signed are not implemented here';
    return { status: 501, code: 'NotImplemented', message };
  }
  const signedHeaders = link.signedHeaders.map((name) => [name, String(headers[name] ?? '')] as const);
  const expected = signatureOf(
    { ...link, method, headers: signedHeaders, payloadHash },
    credentials.secretAccessKey,
  );
  if (expected.signature === link.signature) return null;
  return {
    status: 403,
    code: 'SignatureDoesNotMatch',
    message:
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    details: {
      AWSAccessKeyId: link.accessKeyId,
      StringToSign: expected.stringToSign,
      SignatureProvided: link.signature,
      CanonicalRequest: expected.canonicalRequest,
    },
  };
}
