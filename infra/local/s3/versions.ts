import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { buildApp } from 'fauxqs';
import { refusalXml } from './refusal.ts';

export interface VersionsOptions {
  objects: NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>['s3Store'];
  /** The names of the buckets that keep versions. */
  versioned: ReadonlySet<string>;
}

const versionHeader = 'x-amz-version-id';
/** What S3 calls the version of an object that was put before its bucket kept any. */
const unversioned = 'null';

interface Place {
  bucket: string;
  key: string;
}

/** Adds versions to a store that has none: each that was put stays in a bucket of its own, and can be asked for. */
export function keepVersions(app: FastifyInstance, { objects, versioned }: VersionsOptions): void {
  const versions = new Versions(objects);

  const asked = (request: FastifyRequest): (Place & { versionId: string | undefined }) | null => {
    const { bucket, '*': key } = request.params as { bucket?: string; '*'?: string };
    if (!bucket || !key || !versioned.has(bucket)) return null;
    const { versionId } = request.query as { versionId?: string };
    return { bucket, key, versionId: versionId === unversioned ? undefined : versionId };
  };
  const known = new WeakMap<FastifyRequest, NonNullable<ReturnType<typeof asked>>>();

  app.addHook('preHandler', (request, reply, done) => {
    const what = asked(request);
    if (!what) return done();
    known.set(request, what);
    const { versionId } = what;
    if (versionId === undefined) return done();
    if (request.method === 'DELETE') {
      versions.remove(what, versionId);
      void reply.code(204).header(versionHeader, versionId).send();
      return;
    }
    if (versions.has(what, versionId)) {
      const { bucket, key } = versions.placeOf(what, versionId);
      Object.assign(request.params as object, { bucket, '*': key });
      return done();
    }
    const refusal = { status: 404, code: 'NoSuchVersion', message: 'The specified version does not exist.' };
    void reply.code(refusal.status).type('application/xml').send(refusalXml(refusal));
  });

  app.addHook('onSend', (request, reply, _payload, done) => {
    const what = known.get(request);
    if (!what || reply.statusCode >= 300) return done();
    if (request.method === 'PUT') void reply.header(versionHeader, versions.add(what));
    else if (request.method === 'DELETE' && what.versionId === undefined) versions.forget(what);
    else void reply.header(versionHeader, what.versionId ?? versions.current(what) ?? unversioned);
    done();
  });
}

class Versions {
  readonly #objects: VersionsOptions['objects'];

  constructor(objects: VersionsOptions['objects']) {
    this.#objects = objects;
  }

  /** Where a version of an object is. */
  placeOf({ bucket, key }: Place, versionId: string): Place {
    return { bucket: this.#bucketOf(bucket), key: `versions/${key}/${versionId}` };
  }

  /** Keeps what was just put as the current version, and names it. */
  add(what: Place): string {
    const versionId = randomBytes(24).toString('base64url');
    const { body, contentType, metadata } = this.#objects.getObject(what.bucket, what.key);
    const { bucket, key } = this.placeOf(what, versionId);
    this.#objects.putObject(bucket, key, body, contentType, metadata);
    this.#objects.putObject(bucket, this.#currentOf(what), Buffer.from(versionId), 'text/plain');
    return versionId;
  }

  has(what: Place, versionId: string): boolean {
    const { bucket, key } = this.placeOf(what, versionId);
    return this.#read(bucket, key) !== undefined;
  }

  current(what: Place): string | undefined {
    return this.#read(this.#bucketOf(what.bucket), this.#currentOf(what))?.toString();
  }

  /** Deletes a version; with the current one goes the object, as nobody here has older ones to come back. */
  remove(what: Place, versionId: string): void {
    const { bucket, key } = this.placeOf(what, versionId);
    this.#objects.deleteObject(bucket, key);
    if (this.current(what) !== versionId) return;
    this.#objects.deleteObject(what.bucket, what.key);
    this.forget(what);
  }

  /** There is no current version any more; all others stay. */
  forget(what: Place): void {
    this.#objects.deleteObject(this.#bucketOf(what.bucket), this.#currentOf(what));
  }

  #currentOf({ key }: Place): string {
    return `current/${key}`;
  }

  #bucketOf(bucket: string): string {
    const name = `${bucket}--versions`;
    if (!this.#objects.hasBucket(name)) this.#objects.createBucket(name);
    return name;
  }

  #read(bucket: string, key: string): Buffer | undefined {
    try {
      return this.#objects.getObject(bucket, key).body;
    } catch {
      return undefined;
    }
  }
}
