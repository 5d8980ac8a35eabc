import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { MailStack } from './mail-stack.ts';
import { PortalStack } from './portal-stack.ts';
import { readSettings } from './settings.ts';

/** The whole deployment: the portal, and its mail. An explicit environment, so that synthesis looks nothing up. */
export function portalApp(bundles: string, props: AppProps = {}): App {
  const app = new App(props);
  const settings = readSettings(app);
  const env = {
    account: process.env['CDK_DEFAULT_ACCOUNT'] ?? '000000000000',
    region: process.env['CDK_DEFAULT_REGION'] ?? 'eu-west-1',
  };
  const portal = new PortalStack(app, 'Portal', {
    stackName: `annex-${settings.stage}`,
    env,
    settings,
    bundles,
  });
  new MailStack(app, 'Mail', {
    stackName: `annex-${settings.stage}-mail`,
    env,
    settings,
    mailIn: portal.mailIn,
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}
