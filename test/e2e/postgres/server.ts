import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { startComponent, untilReady, type Component } from '../cluster/component.ts';
import { freePorts } from '../cluster/free-ports.ts';
import { postgresPrograms } from '../cluster/tools.ts';
import { serverAccount } from './server-account.ts';

const run = promisify(execFile);

/** Whom journals belong to: an account without rights over the server. */
const role = { name: 'headgate', password: 'p ss/w:rd@1' };

/** A real Postgres on loopback, with a data directory of its own. */
export interface PostgresServer {
  readonly port: number;
  readonly pid: number;
  /** How `headgate` gets into a database. @param port of a proxy before it */
  url(database: string, port?: number): string;
  /** Runs SQL as the server's administrator. */
  admin(sql: string, database?: string): Promise<readonly Record<string, unknown>[]>;
  /** @returns the name of a new database, as empty as the template (default: quite empty) */
  createDatabase(template?: string): Promise<string>;
  /** Ends its connections. */
  dropDatabase(name: string): Promise<void>;
  /** Ends every connection to it, as a failover would. */
  disconnect(database: string): Promise<void>;
  /** kill -9 of the postmaster; its children end by themselves. */
  kill(): Promise<void>;
  /** SIGSTOP to all of its processes. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  start(): Promise<void>;
  /** A fast shutdown. */
  stop(): Promise<void>;
  /** Stops it and removes everything. */
  close(): Promise<void>;
}

/** @param settings more `name=value` */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const server = await Server.prepare(settings);
  await server.start();
  try {
    await server.admin(`CREATE ROLE ${role.name} LOGIN CREATEDB PASSWORD '${role.password}'`);
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

class Server implements PostgresServer {
  readonly port: number;
  readonly #directory: string;
  readonly #settings: readonly string[];
  #running: Component | undefined;

  private constructor(directory: string, port: number, settings: readonly string[]) {
    this.#directory = directory;
    this.port = port;
    this.#settings = settings;
  }

  static async prepare(settings: readonly string[]): Promise<Server> {
    const directory = await mkdtemp(join(tmpdir(), 'headgate-postgres-'));
    const account = await serverAccount();
    if (account) await chown(directory, account.uid, account.gid);
    const { port } = await freePorts('port');
    // Sorted by a language, as many servers are: nothing of ours may depend on how a server compares text.
    const locale = ['--encoding=UTF8', '--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en-US'];
    const [command = '', ...args] = await asServer(program('initdb'));
    const rights = ['--username=admin', '--auth-local=trust', '--auth-host=scram-sha-256'];
    await run(command, [...args, '-D', join(directory, 'data'), ...rights, ...locale, '--no-sync', '--no-instructions'], { cwd: '/' });
    return new Server(directory, port, settings);
  }

  get pid(): number {
    if (!this.#running) throw new Error('Postgres does not run');
    return this.#running.pid;
  }

  url(database: string, port = this.port): string {
    return `postgres://${role.name}:${encodeURIComponent(role.password)}@127.0.0.1:${port}/${database}`;
  }

  async admin(sql: string, database = 'postgres'): Promise<readonly Record<string, unknown>[]> {
    const client = new Client({ host: this.#directory, port: this.port, user: 'admin', database });
    client.on('error', () => {}); // said by the query too
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async createDatabase(template = 'template0'): Promise<string> {
    const name = `journal_${randomUUID().replaceAll('-', '')}`;
    await this.admin(`CREATE DATABASE ${name} OWNER ${role.name} TEMPLATE ${template}`);
    return name;
  }

  async dropDatabase(name: string): Promise<void> {
    await this.admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }

  async disconnect(database: string): Promise<void> {
    await this.admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}' AND pid <> pg_backend_pid()`);
  }

  async start(): Promise<void> {
    const [command = '', ...args] = await asServer(program('postgres'));
    const settings = [
      `port=${this.port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${this.#directory}`,
      'fsync=on',
      'synchronous_commit=on',
      'max_connections=100',
      ...this.#settings,
    ].flatMap((setting) => ['-c', setting]);
    const deadline = Date.now() + 60_000;
    for (;;) {
      const log = join(this.#directory, 'server.log');
      this.#running = await startComponent({
        name: 'postgres',
        command,
        args: [...args, '-D', join(this.#directory, 'data'), ...settings],
        log,
        cwd: '/',
      });
      try {
        return await untilReady(this.#running, () => this.admin('SELECT 1').then(() => {}));
      } catch (error) {
        // What was killed leaves children that hold the shared memory for a moment.
        if (Date.now() > deadline || !(await readFile(log, 'utf8')).includes('is still in use')) throw error;
      }
    }
  }

  async kill(): Promise<void> {
    this.#running?.signal('SIGKILL');
    await this.#running?.exited;
  }

  async pause(): Promise<void> {
    process.kill(this.pid, 'SIGSTOP'); // first, so that it makes no more children
    for (const child of await childrenOf(this.pid)) signal(child, 'SIGSTOP');
  }

  async resume(): Promise<void> {
    for (const child of await childrenOf(this.pid)) signal(child, 'SIGCONT');
    process.kill(this.pid, 'SIGCONT');
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (!running?.alive()) return;
    await this.resume();
    running.signal('SIGINT');
    const late = setTimeout(() => running.signal('SIGQUIT'), 20_000);
    await running.exited;
    clearTimeout(late);
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 20 });
  }
}

function program(name: string): string {
  const directory = postgresPrograms();
  if (directory === undefined) throw new Error('Postgres is not installed');
  return join(directory, name);
}

/** Postgres refuses to run as root. The kernel forgets PR_SET_PDEATHSIG when the account changes, so it is set again. */
async function asServer(command: string): Promise<readonly string[]> {
  const account = await serverAccount();
  if (!account) return [command];
  return ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', '--pdeathsig', 'KILL', command];
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean).map(Number);
}

/** It may have ended meanwhile. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
