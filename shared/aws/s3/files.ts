import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { s3Client } from './s3-client.ts';

const linkSeconds = 5 * 60;

/**
 * The files of one versioned bucket. Links are valid for five minutes. Upload links are bound to key, type and size, and
 * put a file where there is none; what was put is not replaced.
 */
export function fileBucket(Bucket: string, s3 = s3Client()) {
  return {
    async uploadLink(Key: string, ContentType: string, ContentLength: number) {
      const headers = {
        'content-type': ContentType,
        'content-length': String(ContentLength),
        'if-none-match': '*',
      };
      const command = new PutObjectCommand({ Bucket, Key, ContentType, ContentLength, IfNoneMatch: '*' });
      // Named, since the SDK leaves out the type, and what is not signed may be changed.
      const signableHeaders = new Set(Object.keys(headers));
      const url = await getSignedUrl(s3, command, { expiresIn: linkSeconds, signableHeaders });
      return { url, headers };
    },
    /** A browser saves what clients uploaded; only a known PDF is displayed. Without a version it is the current one. */
    downloadLink(
      Key: string,
      fileName: string,
      contentType: 'application/octet-stream' | 'application/pdf' = 'application/octet-stream',
      VersionId?: string,
    ): Promise<string> {
      const asciiName = fileName.replace(/[^\x20-\x7e]|["\\%;]/g, '_');
      const disposition = contentType === 'application/pdf' ? 'inline' : 'attachment';
      const command = new GetObjectCommand({
        Bucket,
        Key,
        VersionId,
        ResponseContentType: contentType,
        ResponseContentDisposition: `${disposition}; filename="${asciiName}"; filename*=UTF-8''${encodeURIComponent(fileName)}`,
      });
      return getSignedUrl(s3, command, { expiresIn: linkSeconds });
    },
    async read(Key: string): Promise<Uint8Array | undefined> {
      try {
        const object = await s3.send(new GetObjectCommand({ Bucket, Key }));
        return await object.Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    ...filesForGood(Bucket, s3),
    /** The file's first bytes, size and version, by one request: two could meet two versions. Undefined if it is empty. */
    async look(Key: string, bytes: number): Promise<LookedAt | undefined> {
      try {
        const Range = `bytes=0-${bytes - 1}`;
        const object = await s3.send(new GetObjectCommand({ Bucket, Key, Range }));
        const head = (await object.Body?.transformToByteArray()) ?? new Uint8Array();
        const size = Number(/\/(\d+)$/.exec(object.ContentRange ?? '')?.[1]);
        return { ...storedVersion(object), size, head };
      } catch (error) {
        // S3 has no range of an empty object.
        const isEmpty = error instanceof S3ServiceException && error.name === 'InvalidRange';
        if (isEmpty || error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async put(Key: string, Body: Uint8Array, ContentType: string): Promise<StoredVersion> {
      return storedVersion(await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType })));
    },
    /** Deletes the file for good, not behind a marker. */
    async remove(Key: string): Promise<void> {
      try {
        const { VersionId } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
        await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      } catch (error) {
        if (!(error instanceof NotFound)) throw error;
      }
    },
  };
}

/** Of files that are put once and stay. */
function filesForGood(Bucket: string, s3: S3Client) {
  return {
    async exists(Key: string): Promise<boolean> {
      try {
        await s3.send(new HeadObjectCommand({ Bucket, Key }));
        return true;
      } catch (error) {
        if (error instanceof NotFound) return false;
        throw error;
      }
    },
    /** Puts a file where there is none; one that is there stays as it is. */
    async putNew(Key: string, Body: Uint8Array, ContentType: string): Promise<void> {
      try {
        await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType, IfNoneMatch: '*' }));
      } catch (error) {
        if (!(error instanceof S3ServiceException && error.name === 'PreconditionFailed')) throw error;
      }
    },
  };
}

/** A version of a file, whose content never changes, with what S3 computed of the content. */
interface StoredVersion {
  versionId: string;
  checksum: string;
}

interface LookedAt extends StoredVersion {
  size: number;
  head: Uint8Array;
}

/** @throws Error where the bucket keeps no versions: what was looked at could be replaced there */
function storedVersion({ VersionId, ETag }: { VersionId?: string; ETag?: string }): StoredVersion {
  if (VersionId === undefined || ETag === undefined) throw new Error('The bucket of files is not versioned');
  return { versionId: VersionId, checksum: ETag.replaceAll('"', '') };
}
