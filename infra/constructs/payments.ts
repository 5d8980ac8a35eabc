import { Validations } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/** The secret with the payment gateways' keys. The keys are put into it by hand; the template holds none. */
export class Payments extends Construct {
  readonly secrets: secretsmanager.Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.secrets = new secretsmanager.Secret(this, 'Gateways', {
      description:
        'Keys of the payment gateways, as JSON: stripeSecretKey, stripeWebhookSecret, paypalClientId, …',
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'sandboxWebhookSecret',
        passwordLength: 48,
        excludePunctuation: true,
      },
    });
    Validations.of(this.secrets).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The gateways issue these keys: they are rotated there, and put here.',
    });
  }
}
