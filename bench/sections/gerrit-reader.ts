import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readLine } from '#adapters/gerrit/read-line.ts';
import { createGerritStream } from '#adapters/gerrit/stream/stream.ts';
import { systemClock } from '#core/clock.ts';
import type { HeardEvent } from '#core/ports/event-stream.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { requireTools } from '../../test/e2e/cluster/tools.ts';
import { startSshServer, type SshServer } from '../../test/e2e/headgate/ssh-server.ts';

/** Clock ticks of /proc, of a second (`getconf CLK_TCK`): 100 on every Linux that Node runs on. */
const TICKS = 100;

/** A real sshd that sends the same events to whoever connects, whatever the command. */
export interface EventsServer {
  /** Headgate's listener with `hear`. @returns seconds of CPU of this process, all threads */
  listen(count: number, hear: (event: HeardEvent) => Promise<void>): Promise<number>;
  /** OpenSSH's client into `wc -l`. @returns seconds of CPU of both */
  countLines(lines: number): Promise<number>;
  close(): Promise<void>;
}

/** @throws Error naming what is missing: OpenSSH */
export async function startEventsServer(events: Uint8Array): Promise<EventsServer> {
  requireTools(['ssh', 'sshd']);
  const server = await startSshServer(false, (directory) => [`ForceCommand exec cat ${join(directory, 'events')}`]);
  await writeFile(join(server.directory, 'events'), events);
  return {
    listen: (count, hear) => listen(server, count, hear),
    countLines: (lines) => countLines(server, lines),
    close: () => server.close(),
  };
}

/** Until so many events have been heard; each resolves when it is on disk. */
async function listen(server: SshServer, count: number, hear: (event: HeardEvent) => Promise<void>): Promise<number> {
  const { hostname: host, port, username: user } = new URL(server.url);
  const peer = { host, port: Number(port), user, keyFile: server.keyFile, knownHostsFile: server.knownHostsFile };
  const begun = process.cpuUsage();
  const stream = createGerritStream({ peer, read: readLine, clock: systemClock, log: silentLog, waitingEvents: count });
  const { promise: heardAll, resolve } = Promise.withResolvers<void>();
  let heard = 0;
  stream.start({
    async heard(event) {
      await hear(event);
      heard += 1;
      if (heard === count) resolve();
    },
    gap() {},
    changed() {},
  });
  await heardAll;
  await stream.stop();
  const { user: inUser, system } = process.cpuUsage(begun);
  return (inUser + system) / 1e6;
}

async function countLines({ url, keyFile, knownHostsFile }: SshServer, lines: number): Promise<number> {
  const { hostname, port, username } = new URL(url);
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=yes', 'IdentitiesOnly=yes', `UserKnownHostsFile=${knownHostsFile}`];
  const args = ['-F', 'none', '-T', ...options.flatMap((option) => ['-o', option]), '-i', keyFile, '-p', port, `${username}@${hostname}`];
  const begun = cpuOfEndedChildren();
  const counter = spawn('wc', ['-l'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const client = spawn('ssh', [...args, 'gerrit stream-events'], { stdio: ['ignore', counter.stdin, 'inherit'] });
  counter.stdin.destroy(); // the client has it now
  const [counted] = await Promise.all([text(counter.stdout), once(counter, 'exit'), once(client, 'exit')]);
  if (Number(counted) !== lines) throw new Error(`OpenSSH brought ${counted.trim()} of ${lines} lines`);
  return cpuOfEndedChildren() - begun;
}

/** proc_pid_stat(5), cutime and cstime: of children that have ended and were waited for. @returns seconds */
function cpuOfEndedChildren(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS;
}
