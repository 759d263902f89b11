import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildComponents } from './cluster/build.ts';
import { duration, say } from './cluster/say.ts';
import { requireTools } from './cluster/tools.ts';
import { installMercurials } from './mercurial/install.ts';

const root = join(import.meta.dirname, '..', '..');

/**
 * `make e2e [E2E=deploy,crash]`: names what the machine lacks, builds the components (once), then runs the end-to-end tests.
 * Mocha's summary goes to standard output; the exit status is its own.
 */
async function main(): Promise<number> {
  const begun = Date.now();
  try {
    requireTools(['go', 'git', 'setpriv', 'strace', 'libfaketime', 'mount', 'ssh', 'sshd', 'gpg', 'chromium', 'promtool']);
    requireTools(['git-review', 'pygerrit2', 'gerritlib', 'hg', 'hg-ssh', 'pip', 'docker-registry', 'openssl', 'redis-server', 'postgres']);
    await buildComponents();
    await installMercurials();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  }
  const status = await runMocha(chosenFiles());
  say(`${status === 0 ? '✔' : '✗'} end-to-end tests took ${duration(Date.now() - begun)}`);
  return status;
}

function chosenFiles(): string[] {
  const wanted = process.env['E2E']?.split(',');
  const all = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.e2e.ts'));
  const chosen = all.filter((file) => wanted?.includes(file.replace('.e2e.ts', '')) ?? true);
  if (chosen.length === 0) throw new Error(`no such test; there are ${all.join(' ')}`);
  return chosen.toSorted((one, other) => rank(one) - rank(other)).map((file) => join(import.meta.dirname, file));
}

/** What takes longest begins first. */
function rank(file: string): number {
  const index = ['crash', 'gerrit-loss', 'outage', 'cluster-conformance', 'deploy'].findIndex((name) => file.startsWith(name));
  return index < 0 ? 99 : index;
}

async function runMocha(files: readonly string[]): Promise<number> {
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  // Most of the time is waiting: for outages to end, for health checks to give up, for processes to start.
  const together = ['--parallel', '--jobs', '3'];
  const args = ['--no-config', '--check-leaks', '--forbid-pending', '--slow', '10000', ...together, ...files];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', mocha, ...args], { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

process.exitCode = await main();
