import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

const linkSeconds = 5 * 60;

/** The files of one bucket. Links are valid for five minutes; upload links are bound to key, type and size. */
export function fileBucket(Bucket: string) {
  // Endpoints other than AWS's have no host name per bucket. A required checksum must be known before the upload.
  const s3 = new S3Client({
    forcePathStyle: Boolean(process.env['AWS_ENDPOINT_URL_S3']),
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  return {
    async uploadLink(Key: string, ContentType: string, ContentLength: number) {
      const command = new PutObjectCommand({ Bucket, Key, ContentType, ContentLength });
      const signableHeaders = new Set(['content-type', 'content-length']);
      const url = await getSignedUrl(s3, command, { expiresIn: linkSeconds, signableHeaders });
      return { url, headers: { 'content-type': ContentType, 'content-length': String(ContentLength) } };
    },
    /** A browser saves what clients uploaded; only a known PDF is displayed. */
    downloadLink(
      Key: string,
      fileName: string,
      contentType: 'application/octet-stream' | 'application/pdf' = 'application/octet-stream',
    ): Promise<string> {
      const asciiName = fileName.replace(/[^\x20-\x7e]|["\\%;]/g, '_');
      const disposition = contentType === 'application/pdf' ? 'inline' : 'attachment';
      const command = new GetObjectCommand({
        Bucket,
        Key,
        ResponseContentType: contentType,
        ResponseContentDisposition: `${disposition}; filename="${asciiName}"; filename*=UTF-8''${encodeURIComponent(fileName)}`,
      });
      return getSignedUrl(s3, command, { expiresIn: linkSeconds });
    },
    async size(Key: string): Promise<number | undefined> {
      try {
        return (await s3.send(new HeadObjectCommand({ Bucket, Key }))).ContentLength;
      } catch (error) {
        if (error instanceof NotFound) return undefined;
        throw error;
      }
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
    /** The first bytes of an object, or all of a smaller one. The object must not be empty. */
    async head(Key: string, bytes: number): Promise<Uint8Array | undefined> {
      try {
        const object = await s3.send(new GetObjectCommand({ Bucket, Key, Range: `bytes=0-${bytes - 1}` }));
        return await object.Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async put(Key: string, Body: Uint8Array, ContentType: string): Promise<void> {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }));
    },
  };
}
