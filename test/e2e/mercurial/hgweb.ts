import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startComponent, untilReady, type Component } from '../cluster/component.ts';
import { openHgAccount, type HgAccount } from './account.ts';
import type { Mercurial } from './install.ts';

/** Mercurial repositories on a loopback port. */
export interface HgWebServer {
  /** `http://127.0.0.1:<port>`; a repository `infra` is at `<url>/infra`. */
  readonly url: string;
  /** The directory whose repositories are served, also ones that are made later. */
  readonly root: string;
  /** The account that it runs as; makes repositories as well. */
  readonly account: HgAccount;
  readonly process: Component;
  /** Starts it again at the same port, once it has been stopped. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it and removes everything. */
  close(): Promise<void>;
}

export interface HgWebOptions {
  /** Further lines of hgrc, for example `[hooks]`. They may repeat `[web]`. */
  readonly rc?: string;
  /** Of the process, for example what a hook reads. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** `hg serve`: anonymous, everybody may push. */
export async function startHgServe(mercurial: Mercurial, options: HgWebOptions = {}): Promise<HgWebServer> {
  const args = (config: string, port: string): string[] => {
    return ['serve', '--web-conf', config, '--address', '127.0.0.1', '--port', port, '--print-url'];
  };
  return startServer(mercurial, options, mercurial.hg, args);
}

export interface HgUsersOptions extends HgWebOptions {
  /** Name → password, by HTTP Basic; the name becomes REMOTE_USER. */
  readonly users: Readonly<Record<string, string>>;
  /** Whether whoever is nobody may read; default true. Pushing takes a user in any case, and one that `web.allow-push` names (default all). */
  readonly anonymousReads?: boolean;
}

/** hgweb as a WSGI application behind a server that authenticates: it knows REMOTE_USER. */
export async function startHgWsgi(mercurial: Mercurial, options: HgUsersOptions): Promise<HgWebServer> {
  const script = join(import.meta.dirname, 'hgweb_wsgi.py');
  const settings = JSON.stringify({ users: options.users, anonymousReads: options.anonymousReads ?? true });
  return startServer(mercurial, options, mercurial.python, (config, port) => [script, config, port, settings]);
}

async function startServer(
  mercurial: Mercurial,
  { rc = '', environment = {} }: HgWebOptions,
  command: string,
  argsOf: (config: string, port: string) => readonly string[],
): Promise<HgWebServer> {
  const account = await openHgAccount(mercurial, `[web]\npush_ssl = false\nallow-push = *\nallow-archive = gz zip\n${rc}`);
  const root = join(account.home, 'repositories');
  const [config, log] = [join(account.home, 'hgweb.conf'), join(account.home, 'server.log')];
  await mkdir(root);
  await writeFile(config, `[paths]\n/ = ${root}/**\n[web]\nrefreshinterval = 0\n`);
  let port = '0';
  const begin = async (): Promise<Component> => {
    await writeFile(log, '');
    const env = { ...account.environment, ...environment, PYTHONUNBUFFERED: '1' };
    const started = await startComponent({ name: 'hgweb', command, args: argsOf(config, port), log, env, cwd: account.home });
    await untilReady(started, async () => {
      const [, found] = /http:\/\/[^:/\s]+:(\d+)\//.exec(await readFile(log, 'utf8')) ?? [];
      if (found === undefined) throw new Error('it does not listen yet');
      port = found;
    });
    return started;
  };
  let process = await begin();
  return {
    url: `http://127.0.0.1:${port}`,
    root,
    account,
    get process() {
      return process;
    },
    async start() {
      process = await begin();
    },
    stop: () => process.stop(),
    async close() {
      await process.stop();
      await account.close();
    },
  };
}
