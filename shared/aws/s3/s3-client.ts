import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

/** A client of S3 from the environment, or of what is given instead. */
export function s3Client(config: S3ClientConfig = {}): S3Client {
  const endpoint = config.endpoint ?? process.env['AWS_ENDPOINT_URL_S3'];
  return new S3Client({
    // Endpoints other than AWS's have no host name per bucket.
    forcePathStyle: endpoint !== undefined,
    // A checksum would have to be known before the upload.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    ...config,
  });
}
