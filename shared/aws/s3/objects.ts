import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';

/** Reads whole objects of one bucket. */
export function objectReader(Bucket: string) {
  // Endpoints other than AWS's have no host name per bucket.
  const s3 = new S3Client({ forcePathStyle: Boolean(process.env['AWS_ENDPOINT_URL_S3']) });
  return async (Key: string): Promise<Uint8Array> => {
    const object = await s3.send(new GetObjectCommand({ Bucket, Key }));
    if (!object.Body) throw new Error(`The object ${Key} has no body`);
    return object.Body.transformToByteArray();
  };
}
