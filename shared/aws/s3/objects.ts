import { GetObjectCommand } from '@aws-sdk/client-s3';
import { s3Client } from './s3-client.ts';

/** Reads whole objects of one bucket. */
export function objectReader(Bucket: string) {
  const s3 = s3Client();
  return async (Key: string): Promise<Uint8Array> => {
    const object = await s3.send(new GetObjectCommand({ Bucket, Key }));
    if (!object.Body) throw new Error(`The object ${Key} has no body`);
    return object.Body.transformToByteArray();
  };
}
