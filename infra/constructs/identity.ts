import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { PortalFunction } from './portal-function.ts';

/**
 * The user pool. User names are the portal's own ids and a verified address is an alias, so that the portal's table
 * decides whose an address is.
 */
export class Identity extends Construct {
  readonly pool: cognito.UserPool;
  readonly client: cognito.UserPoolClient;
  /** Encrypts the codes that the pool hands over to be mailed. */
  readonly codesKey: kms.Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.codesKey = new kms.Key(this, 'Codes', {
      description: 'Codes and first passwords on their way from Cognito to the mail',
      enableKeyRotation: true,
    });
    this.pool = new cognito.UserPool(this, 'Pool', {
      selfSignUpEnabled: false,
      signInAliases: { username: true, email: true },
      signInCaseSensitive: false,
      standardAttributes: { email: { required: true, mutable: true } },
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: false,
        tempPasswordValidity: Duration.days(7),
      },
      mfa: cognito.Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      customSenderKmsKey: this.codesKey,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.client = this.pool.addClient('Portal', {
      authFlows: { userSrp: true, userPassword: true },
      generateSecret: false,
      // The address is the portal's to change: what Cognito marks as verified is what its record says.
      writeAttributes: new cognito.ClientAttributes().withStandardAttributes({
        fullname: true,
        locale: true,
      }),
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      accessTokenValidity: Duration.minutes(15),
      idTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.days(30),
      disableOAuth: true,
    });
    new cognito.UserPoolGroup(this, 'Staff', {
      userPool: this.pool,
      groupName: 'staff',
      description: 'The provider’s own people: every permission in every account',
    });
    const acknowledge = (id: string, reason: string) => Validations.of(this.pool).acknowledge({ id, reason });
    acknowledge(
      'AwsSolutions-COG1',
      'Twelve characters of three classes: length protects better than symbols (NIST SP 800-63B).',
    );
    acknowledge(
      'AwsSolutions-COG2',
      'TOTP is offered; whether clients must use it is the provider’s choice.',
    );
    acknowledge(
      'AwsSolutions-COG3',
      'Threat protection needs the Plus plan, which the provider may turn on.',
    );
    acknowledge('AwsSolutions-COG8', 'The Essentials plan has all that the portal uses.');
  }

  /**
   * Has the pool call this function for its codes and for recovered passwords. The pool names the function, so what the
   * function may do with the pool is a policy of its own, which nothing waits for.
   */
  callFor(signIn: PortalFunction): void {
    this.pool.addTrigger(cognito.UserPoolOperation.CUSTOM_EMAIL_SENDER, signIn.lambda);
    this.pool.addTrigger(cognito.UserPoolOperation.POST_CONFIRMATION, signIn.lambda);
    new iam.Policy(this, 'SignIn', {
      statements: [this.statement('AdminSetUserMFAPreference', 'AdminUserGlobalSignOut')],
      roles: [signIn.lambda.role!],
    });
  }

  /** Allows these calls of this pool. */
  statement(...actions: string[]): iam.PolicyStatement {
    return new iam.PolicyStatement({
      actions: actions.map((action) => `cognito-idp:${action}`),
      resources: [this.pool.userPoolArn],
    });
  }
}
