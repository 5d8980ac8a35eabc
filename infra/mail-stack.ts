import { Stack, type StackProps } from 'aws-cdk-lib';
import * as ses from 'aws-cdk-lib/aws-ses';
import { S3 } from 'aws-cdk-lib/aws-ses-actions';
import type { Construct } from 'constructs';
import type { MailIn } from './constructs/mail/in.ts';
import type { Settings } from './settings.ts';

export interface MailStackProps extends StackProps {
  settings: Settings;
  mailIn: MailIn;
}

/** SES: the domain's identity, and the receipt rule that stores mail to its addresses. */
export class MailStack extends Stack {
  constructor(scope: Construct, id: string, props: MailStackProps) {
    super(scope, id, props);
    const { settings, mailIn } = props;
    new ses.EmailIdentity(this, 'Identity', { identity: ses.Identity.domain(settings.mailDomain) });
    const rules = new ses.ReceiptRuleSet(this, 'Rules', { receiptRuleSetName: `annex-${settings.stage}` });
    rules.addRule('Support', {
      recipients: [settings.mailDomain],
      scanEnabled: true,
      tlsPolicy: ses.TlsPolicy.OPTIONAL,
      actions: [new S3({ bucket: mailIn.bucket, objectKeyPrefix: 'in/', topic: mailIn.topic })],
    });
  }
}
