import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { say } from './cluster/say.ts';

const root = join(import.meta.dirname, '..', '..');

/** `make e2e-gerrit`: the statements of `test/conformance/gerrit.ts` about the Gerrit that GERRIT_URL names; nothing without it. */
async function main(): Promise<number> {
  if (process.env['GERRIT_URL'] === undefined) {
    say('– skipped: GERRIT_URL is not set. CONTRIBUTING.md says what a Gerrit needs for this.');
    return 0;
  }
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const args = [
    '--disable-warning=ExperimentalWarning',
    mocha,
    '--no-config',
    '--check-leaks',
    join(import.meta.dirname, 'gerrit.lane.ts'),
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

process.exitCode = await main();
