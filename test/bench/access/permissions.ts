import { createMongoAbility, type MongoAbility, subject } from '@casl/ability';
import { type Caller, decodeGrants, encodeGrants, type Grant } from '../../../shared/access/caller.ts';
import { decide } from '../../../shared/access/decide.ts';
import { fromMask, type Permission, toMask } from '../../../shared/access/permissions.ts';
import { type Paired, pairedSync } from '../measure.ts';
import { against, microseconds, type Row, type Section } from '../report.ts';

const held: Permission[] = ['products', 'domains', 'invoices', 'tickets', 'documents'];
const asked: readonly Permission[] = ['tickets', 'contacts'];
const accounts = [1, 10, 50];
const now = new Date();

function grantsIn(count: number): Grant[] {
  return Array.from({ length: count }, (_, index) => ({
    accountId: `acct_${String(index).padStart(26, '0')}`,
    role: 'sub-account',
    contactId: `con_${String(index).padStart(26, '0')}`,
    version: 'benchversion',
    permissions: toMask(held),
    expiresAtSeconds: null,
  }));
}

/** One way to ask: may the caller do this in that account? */
interface Check {
  /** What a request starts from, made ready for questions. */
  build(): unknown;
  ask(built: unknown, accountId: string, permission: Permission): boolean;
}

/** Ours: from the string that the authoriser hands on. */
function ours(grants: Grant[]): Check {
  const encoded = encodeGrants(grants);
  const who = { userId: 'usr_bench', name: 'Bench', email: 'bench@portal.test', staff: null };
  return {
    build: (): Caller => ({ ...who, grants: decodeGrants(encoded) }),
    ask: (caller, accountId, permission) => decide(caller as Caller, accountId, permission, now).allowed,
  };
}

/** CASL as its guide has it: rules about accounts, each with the account's id as its condition. */
function conditions(grants: Grant[]): Check {
  const rules = grants.map(({ accountId, permissions }) => ({
    action: fromMask(permissions),
    subject: 'Account',
    conditions: { accountId },
  }));
  return {
    build: () => createMongoAbility(rules),
    ask: (ability, accountId, permission) =>
      (ability as MongoAbility).can(permission, subject('Account', { accountId })),
  };
}

/** CASL at its cheapest: each account a type of subject of its own, no conditions. */
function types(grants: Grant[]): Check {
  const rules = grants.map(({ accountId, permissions }) => ({
    action: fromMask(permissions),
    subject: accountId,
  }));
  return {
    build: () => createMongoAbility(rules),
    ask: (ability, accountId, permission) => (ability as MongoAbility).can(permission, accountId),
  };
}

/** Every account in turn, for something that is held there and for something that is not. */
function questionsOf(grants: Grant[]) {
  return grants.flatMap(({ accountId }) => asked.map((permission) => ({ accountId, permission })));
}

function asking(check: Check, grants: Grant[], built: () => unknown): () => boolean {
  const questions = questionsOf(grants);
  let turn = 0;
  return () => {
    const { accountId, permission } = questions[turn++ % questions.length]!;
    return check.ask(built(), accountId, permission);
  };
}

async function compare(count: number): Promise<Row[]> {
  const grants = grantsIn(count);
  const [our, documented, cheapest] = [ours(grants), conditions(grants), types(grants)];
  requireSameAnswers(grants, [our, documented, cheapest]);
  const rounds = 200;
  const whole = (theirs: Check) =>
    pairedSync(asking(our, grants, our.build), asking(theirs, grants, theirs.build), { rounds, batch: 100 });
  const alone = (theirs: Check) => {
    const [ready, ability] = [our.build(), theirs.build()];
    return pairedSync(
      asking(our, grants, () => ready),
      asking(theirs, grants, () => ability),
      { rounds, batch: 2000 },
    );
  };
  const of = `${count} ${count === 1 ? 'account' : 'accounts'}`;
  return [
    row(`decodeGrants + decide, ${of}`, await whole(documented), await whole(cheapest)),
    row(`decide alone, ${of}`, await alone(documented), await alone(cheapest)),
  ];
}

function row(check: string, documented: Paired, cheapest: Paired): Row {
  return {
    check,
    ...against(documented.ratio, 1),
    'at its cheapest': cheapest.ratio.toFixed(2),
    ours: microseconds(documented.first),
    CASL: microseconds(documented.second),
    cheapest: microseconds(cheapest.second),
  };
}

function requireSameAnswers(grants: Grant[], checks: readonly Check[]): void {
  for (const { accountId, permission } of questionsOf(grants)) {
    const answers = checks.map((check) => check.ask(check.build(), accountId, permission));
    if (new Set(answers).size > 1) throw new Error(`They do not agree on ${permission} in ${accountId}`);
  }
}

export const permissionsSection: Section = {
  name: 'permissions',
  title: 'one permission check against @casl/ability: build + can, and can alone',
  notes: [
    'Ours starts from the authoriser’s string, CASL from rules that are objects already. The ratio is against CASL with',
    'the account as a condition; "at its cheapest" each account is a type of subject of its own, without conditions.',
  ],
  async rows() {
    const rows: Row[] = [];
    for (const count of accounts) rows.push(...(await compare(count)));
    return rows;
  },
};
