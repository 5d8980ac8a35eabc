import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { splitReply } from '../../shared/mail/quotes/reply-text.ts';
import { handleAsKnownContact } from './as-known-contact.ts';
import { scoreOf } from './score.ts';

const usage = `node test/corpus/corpus.ts replies DIR [--json]   DIR/emails and DIR/trimmed: what is left of replies
node test/corpus/corpus.ts mail DIR [--names]     every file below DIR, handled as if a client had sent it`;

/** Real mail that lies elsewhere, put through what reads mail. */
async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, names: { type: 'boolean' } },
  });
  const [what, dir] = positionals;
  if (what === 'replies' && dir) replies(dir, values.json ?? false);
  else if (what === 'mail' && dir) await mail(dir, values.names ?? false);
  else throw new Error(usage);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function replies(dir: string, asJson: boolean): void {
  const names = readdirSync(join(dir, 'emails')).sort();
  const bodies = names.map((name) => [
    name,
    splitReply(readFileSync(join(dir, 'emails', name), 'utf8')).body,
  ]);
  if (asJson) {
    print(JSON.stringify(Object.fromEntries(bodies)));
    return;
  }
  const scores = bodies.map(([name = '', body = '']) => ({
    name,
    ...scoreOf(body, readFileSync(join(dir, 'trimmed', name), 'utf8')),
  }));
  for (const { name, lost, leaked } of scores.filter((score) => score.lost || score.leaked)) {
    print(`${name}:${lost ? ' lost text' : ''}${leaked ? ' leaked quote' : ''}`);
  }
  const count = (key: 'exact' | 'lost' | 'leaked') => scores.filter((score) => score[key]).length;
  print(
    `exact ${count('exact')} of ${scores.length}, lost text ${count('lost')}, leaked quote ${count('leaked')}`,
  );
}

/** What came of a message, in the words that are printed. */
const words: Record<string, string> = {
  ticket: 'tickets',
  reply: 'replies',
  ignored: 'automatic',
  quarantined: 'quarantined',
  answered: 'answered',
  crashed: 'crashed',
};

async function mail(dir: string, withNames: boolean): Promise<void> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(?:LICENSE|README)/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const counts = new Map(Object.values(words).map((word) => [word, 0]));
  let slowest = { ms: 0, name: 'none' };
  for (const file of files) {
    const { outcome, reason, ms } = await handleAsKnownContact(readFileSync(file)).catch(
      (error: unknown) => ({
        outcome: 'crashed',
        reason: String(error),
        ms: 0,
      }),
    );
    const word = words[outcome] ?? outcome;
    counts.set(word, (counts.get(word) ?? 0) + 1);
    if (ms > slowest.ms) slowest = { ms, name: basename(file) };
    if (withNames || outcome === 'crashed') print(`${word} ${basename(file)}: ${reason}`);
  }
  print([...counts].map(([word, count]) => `${word} ${count}`).join(', '));
  print(`of ${files.length}; the slowest took ${slowest.ms.toFixed(0)} ms: ${slowest.name}`);
}

await main();
