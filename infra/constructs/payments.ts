import { Validations } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/** What payment gateways are spoken to with. The template holds no key: they are put into the secret by hand. */
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
