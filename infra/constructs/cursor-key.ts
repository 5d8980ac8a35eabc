import { Validations } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/**
 * The key that signs the cursors of lists. CloudFormation puts it into the functions' environment, so that no list waits
 * for Secrets Manager and no function needs the right to read there; the template holds a reference alone. Whoever
 * reads the environment can make cursors up, and still pages through lists of their own only.
 */
export class CursorKey extends Construct {
  /** What CloudFormation replaces by the key. */
  readonly reference: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const secret = new secretsmanager.Secret(this, 'Key', {
      description: 'Signs the cursors of lists',
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'It opens nothing: it is renewed by a deployment, which ends the pages that are being read.',
    });
    this.reference = secret.secretValue.unsafeUnwrap();
  }
}
