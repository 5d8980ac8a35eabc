import { describe, expect, test } from 'vitest';
import { ladder, ruleFiles } from './ladder.ts';
import { type Rule, rules } from './rules.ts';
import { sourceOf } from './sources.ts';

/** For each rule a tree that breaks it, and one like it that does not. */
const trees: Record<keyof typeof rules, { broken: Record<string, string>; whole: Record<string, string> }> = {
  ladder: {
    broken: { 'shared/access/a.ts': "import type { A } from '../accounts/people.ts';" },
    whole: { 'shared/accounts/a.ts': "import type { A } from '../access/caller.ts';" },
  },
  functions: {
    broken: { 'functions/orders/api.ts': "import { pay } from '../payments/pay.ts';" },
    whole: {
      'functions/orders/api.ts': "import { pay } from '../../shared/payments/pay.ts';",
      'functions/routes.ts': "import { ordersRoutes } from './orders/routes.ts';",
    },
  },
  delivery: {
    broken: { 'infra/demo/seed.ts': "import { seeded } from '../../test/support/faults/seeded.ts';" },
    whole: { 'test/a.test.ts': "import { seeded } from './support/faults/seeded.ts';" },
  },
  entry: {
    broken: { 'test/a.test.ts': "import { handler } from '../functions/orders/index.ts';" },
    whole: { 'test/a.test.ts': "import { ordersApi } from '../functions/orders/api.ts';" },
  },
  local: {
    broken: { 'infra/local/cloud.ts': "import { everyRoute } from '../../functions/routes.ts';" },
    whole: { 'infra/portal/portal.ts': "import { everyRoute } from '../../functions/routes.ts';" },
  },
  aws: {
    broken: { 'functions/outbox/run-task.ts': "import { SESClient } from '@aws-sdk/client-ses';" },
    whole: { 'shared/aws/ses-mailer.ts': "import { SESClient } from '@aws-sdk/client-ses';" },
  },
  rules: {
    broken: { 'shared/tickets/ticket.ts': "import { ticketStore } from './ticket-store.ts';" },
    whole: { 'shared/tickets/ticket.ts': "import type { TicketStore } from './ticket-store.ts';" },
  },
  circle: {
    broken: {
      'shared/core/a.ts': "import type { B } from './b.ts';",
      'shared/core/b.ts': "import type { C } from './c.ts';",
      'shared/core/c.ts': "import type { A } from './a.ts';",
    },
    whole: {
      'shared/core/a.ts': "import type { B } from './b.ts';\nimport type { C } from './c.ts';",
      'shared/core/b.ts': "import type { C } from './c.ts';",
      'shared/core/c.ts': 'export type C = 1;',
    },
  },
  crowd: {
    broken: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`shared/core/f${n}.ts`, ''])),
    whole: Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`shared/core/f${n}.ts`, ''])),
  },
  length: {
    broken: { 'shared/core/a.ts': 'x\n'.repeat(401) },
    whole: { 'shared/core/a.ts': 'x\n'.repeat(400) },
  },
  barrel: {
    broken: { 'shared/core/all.ts': "export { day } from './day.ts';\nexport * from './ids.ts';" },
    whole: { 'shared/core/all.ts': "export { day } from './day.ts';\nexport const one = 1;" },
  },
  name: {
    broken: { 'shared/core/moneyText.ts': '' },
    whole: { 'shared/core/money-text.ts': '', 'test/a/b.local.test.ts': '', 'infra/c.d.ts': '' },
  },
  drawer: {
    broken: { 'shared/core/utils/a.ts': '' },
    whole: { 'shared/core/a.ts': '' },
  },
  environment: {
    broken: { 'shared/core/a.ts': "const region = process.env['AWS_REGION'];" },
    whole: { 'functions/orders/index.ts': "const region = process.env['AWS_REGION'];" },
  },
};

const treeOf = (files: Record<string, string>) =>
  Object.entries(files).map(([file, text]) => sourceOf(file, text));

describe.each(Object.entries<Rule>(rules))('the rule %s', (name, rule) => {
  const { broken, whole } = trees[name as keyof typeof rules];

  test('finds what breaks it, and says what to do instead', () => {
    expect(rule.offences(treeOf(broken))).not.toEqual([]);
    expect(rule.instead.length).toBeGreaterThan(20);
  });

  test('lets pass what does not', () => {
    expect(rule.offences(treeOf(whole))).toEqual([]);
  });
});

test('the ladder and the files of rules name each once', () => {
  expect(new Set(ladder).size).toBe(ladder.length);
  expect(new Set(ruleFiles).size).toBe(ruleFiles.length);
});
