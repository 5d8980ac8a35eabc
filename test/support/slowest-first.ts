import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes long though its file is short, by the time that it takes. */
const slowest = [
  'test/local/mail/provider/hard-times.local.test.ts',
  'test/local/mail/provider/provider.local.test.ts',
  'test/local/portal/cloud-process.local.test.ts',
  'test/local/portal/demonstration.local.test.ts',
  'test/local/portal/own-cloud.local.test.ts',
  'test/infra/new/new.test.ts',
  'test/infra/portal-app.test.ts',
  'test/simulation/renewals.test.ts',
  'test/simulation/people/people.test.ts',
  'test/simulation/payments.test.ts',
  'test/shared/inbound-mail/asking.test.ts',
  'test/shared/payments/stoppages.test.ts',
  'test/shared/mail/message/hostile-mail.test.ts',
];

/**
 * Starts the slowest files of each project first, so that no worker is left alone with one at the end. Where nothing ran
 * before, such as in a fresh clone, vitest has sizes alone to go by.
 */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = slowest.findIndex((file) => moduleId.endsWith(`/${file}`));
      return found === -1 ? slowest.length : found;
    };
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((each) =>
      sorted.filter(({ project }) => project === each).toSorted((a, b) => rank(a) - rank(b)),
    );
  }
}
