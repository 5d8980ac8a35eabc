import type { App } from 'aws-cdk-lib';

/** The settings of a deployment, from the context values of cdk.json or `-c name=value`. */
export interface Settings {
  /** Tells deployments in one AWS account apart: `prod`, `test`. */
  stage: string;
  /** The provider's name as clients know it. */
  providerName: string;
  /** Where mail comes in and goes out: `mail.provider.example`. */
  mailDomain: string;
  supportAddress: string;
  /** The origin of the portal's frontend, from which browsers may call the API. */
  portalUrl: string;
  /** The address that alarms are sent to; empty for nobody. */
  alarmEmail: string;
  /** The ways to pay, in the order in which payers are offered them. */
  paymentGateways: string;
  /** Where domains are renewed: `route53`, or `manual` for staff. */
  registrar: string;
  /** Who is asked which tax ids of the EU exist: `vies`. */
  taxIdRegistry: string;
  /** The address of the provider's staff for work that needs a person; empty for nobody. */
  staffEmail: string;
  /** Who is invited as the first administrator, while there is none; empty for nobody. */
  firstAdministrator: string;
}

/** @throws Error naming the context value that is missing or malformed */
export function readSettings(app: App): Settings {
  const read = (name: string, pattern: RegExp): string => {
    const value: unknown = app.node.tryGetContext(name);
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw new Error(`Context value "${name}" is missing or malformed: give it with -c ${name}=…`);
  };
  const mailDomain = read('mailDomain', /^[a-z0-9.-]+\.[a-z]+$/);
  const address = /^$|^[^@\s]+@[^@\s]+$/;
  const registrar = read('registrar', /^(route53|manual|sandbox)$/);
  const paymentGateways = read('paymentGateways', /^((stripe|paypal|bank-transfer|credit|sandbox)(,|$))+$/);
  const taxIdRegistry = read('taxIdRegistry', /^(vies|sandbox)$/);
  const plays = [registrar, taxIdRegistry, ...paymentGateways.split(',')].includes('sandbox');
  // Played money and played renewals are for one machine alone.
  if (plays && app.node.tryGetContext('oneMachine') !== 'yes') {
    throw new Error(
      '"sandbox" takes no real money, renews no domain and knows no tax id: name another gateway, registrar or registry',
    );
  }
  return {
    stage: read('stage', /^[a-z0-9]{1,12}$/),
    providerName: read('providerName', /^[^"<>\r\n]{1,60}$/),
    mailDomain,
    supportAddress: `${read('supportMailbox', /^[a-z0-9.-]{1,40}$/)}@${mailDomain}`,
    portalUrl: read('portalUrl', /^https?:\/\/[^/\s]+$/),
    alarmEmail: read('alarmEmail', address),
    registrar,
    taxIdRegistry,
    staffEmail: read('staffEmail', address),
    firstAdministrator: read('firstAdministrator', address),
    paymentGateways,
  };
}
