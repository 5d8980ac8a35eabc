import { basename, dirname } from 'node:path';
import { ladder, ruleFiles } from './ladder.ts';
import type { Import, Source } from './sources.ts';

/** A rule of the structure: what breaks it, and what to do instead. */
export interface Rule {
  promise: string;
  instead: string;
  /** What breaks the rule, a line each; empty where nothing does. */
  offences(tree: readonly Source[]): string[];
}

const inShared = /^shared\/([^/]+)\//;
const inFunction = /^functions\/([^/]+)\//;
const isProduct = (file: string) => /^(functions|shared|infra)\//.test(file);
const isEntry = (file: string) => /^functions\/[^/]+\/index\.ts$/.test(file);
const isAws = (target: string) => /^(@aws-sdk\/|@aws-crypto\/|@smithy\/|aws-jwt-verify|aws-sdk)/.test(target);
const mostFiles = 10;
const mostLines = 400;

/** A rule about single imports. */
function imports(
  promise: string,
  instead: string,
  forbidden: (source: Source, found: Import) => boolean,
): Rule {
  return {
    promise,
    instead,
    offences: (tree) =>
      tree.flatMap((source) =>
        source.imports
          .filter((found) => forbidden(source, found))
          .map(({ target }) => `${source.file} imports ${target}`),
      ),
  };
}

/** A rule about single files. */
function files(promise: string, instead: string, forbidden: (source: Source) => boolean): Rule {
  return {
    promise,
    instead,
    offences: (tree) => tree.filter((source) => forbidden(source)).map(({ file }) => file),
  };
}

const rung = (file: string): number => ladder.indexOf(inShared.exec(file)?.[1] ?? '');

const ladderRule = imports(
  'a module of shared/ imports from the modules below it alone',
  'Move the type or rule down to the lowest module that both need, or let the upper module pass it in. A new module gets its place in test/structure/ladder.ts.',
  ({ file }, { target }) => {
    if (!file.startsWith('shared/')) return false;
    if (/^(functions|infra|test)\//.test(target)) return true;
    if (!target.startsWith('shared/')) return false;
    const sameModule = inShared.exec(file)?.[1] === inShared.exec(target)?.[1];
    return !sameModule && (rung(file) === -1 || rung(target) === -1 || rung(target) >= rung(file));
  },
);

const functionRule = imports(
  'no function imports another function, infra or tests',
  'Move what two functions need to shared/, into the module of the same name. functions/routes.ts alone gathers.',
  ({ file }, { target }) => {
    const own = inFunction.exec(file)?.[1];
    if (!file.startsWith('functions/')) return false;
    if (/^(infra|test)\//.test(target)) return true;
    const other = inFunction.exec(target)?.[1];
    return own !== undefined && other !== undefined && own !== other;
  },
);

const deliveryRule = imports(
  'nothing that is delivered imports a test',
  'Move what both need to where it is delivered, and let the test import it.',
  ({ file }, { target }) => isProduct(file) && target.startsWith('test/'),
);

const entryRule = imports(
  'nobody imports an entry point',
  'An index.ts is the function’s own. Move what is needed out of it.',
  (_, { target }) => isEntry(target),
);

const localRule = imports(
  'infra/local knows nothing of the product',
  'Pass it in from infra/portal: the local cloud runs any synthesised template.',
  ({ file }, { target }) =>
    file.startsWith('infra/local/') && isProduct(target) && !target.startsWith('infra/local/'),
);

const awsRule = imports(
  'AWS is spoken to in shared/aws, in entry points and in infra alone',
  'Write an interface where it is used, and its adapter in shared/aws.',
  ({ file }, { target }) => {
    if (!/^(shared|functions)\//.test(file) || file.startsWith('shared/aws/') || isEntry(file)) return false;
    return isAws(target) || target.startsWith('shared/aws/');
  },
);

/** Packages that compute and reach nothing; of node:net, what reads addresses. */
const computing = /^(ulid|dinero\.js\/.*|tldts|node:crypto|node:net)$/;

const ruleRule = imports(
  'rules import rules alone',
  'Let the use case read what the rule needs and pass it in. A file that decides from its arguments alone may be added to ruleFiles in test/structure/ladder.ts.',
  ({ file }, { target, typeOnly }) =>
    ruleFiles.includes(file) && !typeOnly && !ruleFiles.includes(target) && !computing.test(target),
);

const circleRule: Rule = {
  promise: 'no file imports itself by way of others, types included',
  instead: 'Move the type to what makes it, or to the lowest file that both import.',
  offences: (tree) => circlesOf(tree).map((circle) => circle.toSorted().join(' <-> ')),
};

/** Groups of files that reach each other, by Tarjan's algorithm. */
function circlesOf(tree: readonly Source[]): string[][] {
  const bySource = new Map(tree.map((source) => [source.file, source]));
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    open.push(file);
    for (const { target } of bySource.get(file)!.imports) {
      if (!bySource.has(target)) continue;
      if (!order.has(target)) visit(target);
      else if (!open.includes(target)) continue;
      lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = open.splice(open.indexOf(file));
    const itself = bySource.get(file)!.imports.some(({ target }) => target === file);
    if (circle.length > 1 || itself) circles.push(circle);
  };
  for (const { file } of tree) if (!order.has(file)) visit(file);
  return circles;
}

const crowdRule: Rule = {
  promise: `a folder has at most ${mostFiles} files side by side`,
  instead: 'Group its files into folders by subject.',
  offences: (tree) =>
    [...Map.groupBy(tree, ({ file }) => dirname(file))]
      .filter(([, together]) => together.length > mostFiles)
      .map(([folder, together]) => `${folder} has ${together.length} files`),
};

const lengthRule = files(
  `no file has more than ${mostLines} lines`,
  'Split it by subject: what several parts share goes into a file of its own.',
  ({ text }) => text.trimEnd().split('\n').length > mostLines,
);

const barrelRule = files(
  'no file only hands on what others export',
  'Import from the file that has it.',
  ({ file, text }) => {
    if (!isProduct(file)) return false;
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    const statements = code.split(';').map((statement) => statement.trim());
    const said = statements.filter((statement) => statement !== '');
    return said.length > 0 && said.every((statement) => /^export\b[\s\S]*\bfrom\s*['"]/.test(statement));
  },
);

const nameRule = files(
  'every file has a name in small letters and dashes',
  'Name it after its main export: `raise-invoice.ts`.',
  ({ file }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.((local|browser|long)\.)?test|\.d)?\.ts$/.test(basename(file)),
);

const drawerRule = files(
  'no folder is a drawer for whatever has no place',
  'Name the folder after its subject.',
  ({ file }) => /(^|\/)(utils?|helpers?|common|misc|types)\//.test(file),
);

const environmentRule = files(
  'the environment is read by entry points, in shared/aws and in infra alone',
  'Let the entry point read it and pass it in.',
  ({ file, text }) =>
    /^(shared|functions)\//.test(file) &&
    /\bprocess\s*\.\s*env\b/.test(text) &&
    !isEntry(file) &&
    !file.startsWith('shared/aws/'),
);

export const rules = {
  ladder: ladderRule,
  functions: functionRule,
  delivery: deliveryRule,
  entry: entryRule,
  local: localRule,
  aws: awsRule,
  rules: ruleRule,
  circle: circleRule,
  crowd: crowdRule,
  length: lengthRule,
  barrel: barrelRule,
  name: nameRule,
  drawer: drawerRule,
  environment: environmentRule,
} as const satisfies Record<string, Rule>;
