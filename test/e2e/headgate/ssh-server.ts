import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startComponent, type Component } from '../cluster/component.ts';
import { freePorts } from '../cluster/free-ports.ts';
import { sshServer } from '../cluster/tools.ts';

const run = promisify(execFile);

/** A real sshd on loopback that serves bare git repositories to the holder of one key. */
export interface SshServer {
  /** `ssh://user@127.0.0.1:port/…/repositories` */
  readonly url: string;
  readonly directory: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  /** @returns path of the bare repository */
  createRepository(name: string): Promise<string>;
  /** Whether the key may come in. */
  admit(allowed: boolean): Promise<void>;
  /** Of sshd; it makes a process for each connection. */
  pid(): number;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it and removes everything. */
  close(): Promise<void>;
}

/**
 * @param version2 whether the server lets clients ask for the newer protocol of git: plain servers do not
 * @param more further lines of sshd_config
 */
export async function startSshServer(version2: boolean, more: (directory: string) => readonly string[] = () => []): Promise<SshServer> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-ssh-'));
  const { port } = await freePorts('port');
  const key = (name: string): Promise<unknown> =>
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(directory, name)]);
  await Promise.all([key('host'), key('client')]);
  const hostKey = (await readFile(join(directory, 'host.pub'), 'utf8')).trim();
  await writeFile(join(directory, 'known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`);
  await writeFile(
    join(directory, 'sshd_config'),
    `${configOf(directory, port, version2)}${more(directory)
      .map((line) => `${line}\n`)
      .join('')}`,
  );
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true }); // sshd separates its privileges there
  let running: Component | undefined;
  const server: SshServer = {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}${join(directory, 'repositories')}`,
    directory,
    keyFile: join(directory, 'client'),
    knownHostsFile: join(directory, 'known_hosts'),
    async createRepository(name) {
      const path = join(directory, 'repositories', `${name}.git`);
      await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', path]);
      return path;
    },
    async admit(allowed) {
      const line = allowed ? await readFile(join(directory, 'client.pub'), 'utf8') : '';
      await writeFile(join(directory, 'authorized_keys'), line, { mode: 0o600 });
    },
    pid() {
      if (!running) throw new Error('sshd does not run');
      return running.pid;
    },
    async start() {
      const args = ['-D', '-e', '-f', join(directory, 'sshd_config')];
      running = await startComponent({ name: 'sshd', command: sshServer() ?? 'sshd', args, log: join(directory, 'sshd.log') });
      await listening(port, running);
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
    async close() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await server.admit(true);
  await server.start();
  return server;
}

function configOf(directory: string, port: number, version2: boolean): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(directory, 'host')}`,
    `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'MaxStartups 100',
    `SetEnv HOME=${directory}`, // bash reads .bashrc for commands over SSH, and whoever's it is may do anything there
    ...(version2 ? ['AcceptEnv GIT_PROTOCOL'] : []),
    '',
  ].join('\n');
}

async function listening(port: number, server: Component): Promise<void> {
  while (server.alive()) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await setTimeout(20);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`sshd does not start: ${await readFile(server.log, 'utf8')}`);
}
