import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Mercurial } from './install.ts';

const run = promisify(execFile);

/** An empty account of a person or server that uses one Mercurial: nothing of whoever runs the tests reaches it. */
export interface HgAccount {
  readonly mercurial: Mercurial;
  readonly home: string;
  /** HGRCPATH: its configuration. */
  readonly rc: string;
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Runs hg.
   * @returns its standard output
   * @throws what execFile throws: `code`, `stdout` and `stderr` say what happened
   */
  hg(cwd: string, args: readonly string[], more?: { readonly environment?: Readonly<Record<string, string>> }): Promise<string>;
  /** Replaces its configuration. */
  configure(rc: string): Promise<void>;
  close(): Promise<void>;
}

/** @param rc lines of hgrc */
export async function openHgAccount(mercurial: Mercurial, rc = ''): Promise<HgAccount> {
  const home = await mkdtemp(join(tmpdir(), 'headgate-hg-'));
  const file = join(home, 'hgrc');
  const environment = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    HGRCPATH: file,
    HGPLAIN: '1',
    HGENCODING: 'UTF-8',
    LC_ALL: 'C.UTF-8',
    HGUSER: 'Tester <tester@example.com>',
  };
  const account: HgAccount = {
    mercurial,
    home,
    rc: file,
    environment,
    async hg(cwd, args, more = {}) {
      const env = { ...environment, ...more.environment };
      const { stdout } = await run(mercurial.hg, [...args], { cwd, env, maxBuffer: 256 * 1024 * 1024 });
      return stdout;
    },
    configure: (lines) => writeFile(file, lines),
    close: () => rm(home, { recursive: true, force: true }),
  };
  await account.configure(rc);
  return account;
}
