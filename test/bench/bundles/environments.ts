import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTemplates } from '../../../infra/local/template/templates.ts';
import { portalApp } from '../../../infra/portal-app.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** Everything that a function may have to load: every real gateway, and the registrar that speaks to AWS. */
const dearest = { paymentGateways: 'stripe,paypal,bank-transfer,credit', registrar: 'route53' };

/**
 * The environment of each function, by its name, as the stack gives it: whatever an entry looks at is a legal value,
 * without a list of them here.
 */
export function environments(bundles: string, outdir: string): Map<string, Record<string, string>> {
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as {
    context: Record<string, unknown>;
  };
  portalApp(bundles, { outdir, context: { ...context, ...dearest } }).synth();
  const prefix = `annex-${String(context['stage'])}-`;
  return new Map(
    loadTemplates(outdir)
      .ofType('AWS::Lambda::Function')
      .map((resource) => {
        const { Variables = {} } = resource.property('Environment') as { Variables?: Record<string, string> };
        return [resource.ref.replace(prefix, ''), Variables];
      }),
  );
}
