import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Controls } from '../controls.ts';
import { before } from '../http/guard.ts';
import { readTarget, refusedLink } from './link.ts';
import { type Refusal, refusalXml } from './refusal.ts';

/** The part of the store that tells what is there. */
export interface Objects {
  /** @throws when there is no such object */
  headObject(bucket: string, key: string): unknown;
}

export interface S3AccessOptions {
  objects: Objects;
  controls: Controls;
}

const xml = 'application/xml';

/** SQS and SNS are at the same address, and take everything by posts to its root. */
const isForS3 = ({ method, url }: IncomingMessage): boolean =>
  method !== 'POST' || !/^\/(\?|$)/.test(url ?? '/');

/** Why S3 does not let a request in, or null where it does. */
function refused(request: IncomingMessage, now: Date): Refusal | null {
  const { method = 'GET', url = '/', headers } = request;
  const target = readTarget(url);
  if (!target) return { status: 400, code: 'InvalidURI', message: "Couldn't parse the specified URI." };
  const isLink = target.query.some(([name]) => name === 'X-Amz-Algorithm');
  if (isLink && headers.authorization !== undefined) {
    const message = 'Only one auth mechanism allowed: the query or the Authorization header';
    return { status: 400, code: 'InvalidArgument', message };
  }
  if (isLink) return refusedLink({ method, target, headers }, now);
  // Programs sign in a header. Links are what people get into their hands, so only links are computed again.
  if (headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) return null;
  return { status: 403, code: 'AccessDenied', message: 'Access Denied' };
}

function exists(objects: Objects, bucket: string, key: string): boolean {
  try {
    objects.headObject(bucket, key);
    return true;
  } catch {
    return false;
  }
}

/** Lets in what S3 would: what is signed, and by a link only while and for what it was signed. */
export function checkS3Access(app: FastifyInstance, { objects, controls }: S3AccessOptions): void {
  before(app.server, (request, response) => {
    if (!isForS3(request)) return false;
    // Clients that sign compare this with their own clock.
    response.setHeader('date', controls.now().toUTCString());
    const refusal = refused(request, controls.now());
    if (!refusal) return false;
    response.writeHead(refusal.status, { 'content-type': xml });
    response.end(refusalXml(refusal));
    return true;
  });
  // Just before the object is written: of two who put it at once, the second finds the first's.
  app.addHook('preHandler', (request, reply, done) => {
    const { bucket, '*': key } = request.params as { bucket?: string; '*'?: string };
    const isNew = request.method !== 'PUT' || request.headers['if-none-match'] !== '*';
    if (isNew || !bucket || !key || !exists(objects, bucket, key)) return done();
    const message = 'At least one of the pre-conditions you specified did not hold';
    const details = { Condition: 'If-None-Match' };
    const refusal = { status: 412, code: 'PreconditionFailed', message, details };
    void reply.code(refusal.status).type(xml).send(refusalXml(refusal));
  });
}
