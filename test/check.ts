import { spawn } from 'node:child_process';

/**
 * `npm test`: types and lint, and format beside them, each with its output in one piece; then every test. The linter
 * checks the types as `check:types` does, by the same compiler, since it has read them anyway.
 */
const sideBySide = ['check:lint', 'check:format'];

function run(script: string, stdio: 'inherit' | 'pipe'): Promise<{ code: number; output: string }> {
  const child = spawn('npm', ['run', '--silent', script], { stdio: ['ignore', stdio, stdio] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

const checked = await Promise.all(sideBySide.map((script) => run(script, 'pipe')));
for (const [index, { code, output }] of checked.entries()) {
  process.stdout.write(`${sideBySide[index]}: ${code === 0 ? 'ok' : 'failed'}\n${code === 0 ? '' : output}`);
}
const failed = checked.find(({ code }) => code !== 0);
process.exitCode = failed ? failed.code : (await run('check:tests', 'inherit')).code;
