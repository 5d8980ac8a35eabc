import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { PortalFunction } from './portal-function.ts';

/** Files of clients. Browsers put and fetch them directly, by links that hold for five minutes. */
export class Files extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, portalUrl: string) {
    super(scope, id);
    this.bucket = new s3.Bucket(this, 'Bucket', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        {
          noncurrentVersionExpiration: Duration.days(30),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      cors: [
        {
          allowedOrigins: [portalUrl],
          allowedMethods: [s3.HttpMethods.PUT, s3.HttpMethods.GET],
          // A browser asks for each header that it sends; the length it says by itself.
          allowedHeaders: ['content-type', 'if-none-match'],
          maxAge: 3600,
        },
      ],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Every link is given out by the API, whose access log and activity log tell who asked.',
    });
  }

  mayUse(user: PortalFunction, path: string, what: string): void {
    const { bucket } = this;
    user.allowBelow(bucket, bucket.bucketArn, path, {
      // What was looked at is given out by its version, which takes a right of its own.
      actions: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
      reason: `${what}, and nothing else of the bucket.`,
    });
    this.#mayTellWhatIsMissing(user);
  }

  /** Deletes versions, so that nothing is kept behind a marker. */
  mayRemoveUploads(remover: PortalFunction): void {
    const { bucket } = this;
    remover.allowBelow(bucket, bucket.bucketArn, '/attachments/*', {
      actions: ['s3:GetObject', 's3:DeleteObjectVersion'],
      reason: 'Uploads that no message refers to, and nothing else of the bucket.',
    });
    this.#mayTellWhatIsMissing(remover);
  }

  /** Without it S3 answers 403 for a missing file, and nobody could tell that it was never uploaded. */
  #mayTellWhatIsMissing(reader: PortalFunction): void {
    const { bucketArn } = this.bucket;
    reader.allow(new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucketArn] }));
  }
}
