import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createGerritStream } from '#adapters/gerrit/stream/stream.ts';
import { systemClock, type Clock } from '#core/clock.ts';
import type { EventStream } from '#core/ports/event-stream.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startSshServer, type SshServer } from './headgate/ssh-server.ts';

const run = promisify(execFile);

/** Waits a tenth of what is asked for: slow retries are a matter of minutes. */
const hasty: Clock = { ...systemClock, after: (ms, task) => systemClock.after(ms / 10, task) };

describe('listening to events over a real sshd', function () {
  this.timeout(120_000);
  let server: SshServer;
  let stream: EventStream;
  let heard: string[];
  let gaps: string[];
  let events: string;

  beforeEach(async () => {
    [heard, gaps] = [[], []];
    const prints = (file: string): string => `ForceCommand exec tail --pid=$PPID -n +1 -f ${file}`; // ends with its connection
    server = await startSshServer(false, (directory) => ['RekeyLimit 64K', prints(join(directory, 'events'))]);
    events = join(server.directory, 'events');
    await writeFile(events, '');
    const { hostname: host, port, username: user } = new URL(server.url);
    const peer = { host, port: Number(port), user, keyFile: server.keyFile, knownHostsFile: server.knownHostsFile };
    const read = (line: Uint8Array) => {
      const { id: deliveryId } = JSON.parse(Buffer.from(line).toString('utf8')) as { readonly id: string };
      return { kind: 'event', received: { deliveryId, event: 'test', headers: {}, reading: { ignored: 'a test' } } } as const;
    };
    stream = createGerritStream({ peer, read, clock: hasty, log: silentLog, keepaliveInterval: 500 });
    stream.start({
      heard: async ({ deliveryId }) => void heard.push(deliveryId),
      gap: (cause) => void gaps.push(cause),
      changed: () => {},
    });
  });
  afterEach(async () => {
    await stream.stop();
    for (const pid of await sessionsOf(server.pid())) kill(pid, 'SIGKILL');
    await server.close();
  });

  const until = async (what: string, condition: () => boolean): Promise<void> => {
    for (const end = Date.now() + 60_000; !condition(); await setTimeout(20))
      if (Date.now() > end) assert.fail(`${what}: ${JSON.stringify(stream.health())}, ${heard.length} heard`);
  };
  const isIn = (state: string) => until(state, () => stream.health().state === state);
  const happen = (from: number, to: number): Promise<void> =>
    appendFile(events, Array.from({ length: to - from }, (_, i) => `{"id":"${from + i}","more":"${'Åß🦫'.repeat(30)}"}\n`).join(''));
  const hasAll = (count: number) => until(`${count} events`, () => new Set(heard).size === count);

  it('loses nothing when keys are exchanged again and again within a burst', async () => {
    await isIn('streaming');
    await happen(0, 20_000); // 7 MB: a hundred exchanges
    await hasAll(20_000);
    assert.deepEqual(
      heard,
      Array.from({ length: 20_000 }, (_, i) => String(i)),
    );
    assert.deepEqual(gaps, ['connected']);
  });

  it('notices a server that is paused, and connects anew', async () => {
    await isIn('streaming');
    const paused = await sessionsOf(server.pid());
    assert.ok(paused.length > 0);
    for (const pid of paused) kill(pid, 'SIGSTOP');
    await until('a second connection', () => gaps.length === 2);
    await happen(0, 10);
    await hasAll(10);
    for (const pid of paused) kill(pid, 'SIGKILL');
    await isIn('streaming');
  });

  it('connects anew when the server is killed', async () => {
    await isIn('streaming');
    for (const pid of await sessionsOf(server.pid())) kill(pid, 'SIGKILL');
    await until('a second connection', () => gaps.length === 2);
    await happen(0, 10);
    await hasAll(10);
  });

  it('refuses a host key that has changed, until known_hosts has it', async () => {
    await isIn('streaming');
    const before = await sessionsOf(server.pid());
    await server.stop();
    for (const name of ['host', 'host.pub']) await rm(join(server.directory, name));
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(server.directory, 'host')]);
    await server.start();
    for (const pid of before) kill(pid, 'SIGKILL'); // sshd leaves them alone when it ends
    await isIn('host-key-changed');
    assert.match(stream.health().message ?? '', /shows the host key SHA256:\S+; \S+known_hosts has SHA256:/);
    const { port } = new URL(server.url);
    const key = await readFile(join(server.directory, 'host.pub'), 'utf8');
    await writeFile(`${server.knownHostsFile}.new`, `[127.0.0.1]:${port} ${key}`);
    await run('ssh-keygen', ['-q', '-H', '-f', `${server.knownHostsFile}.new`]);
    await rename(`${server.knownHostsFile}.new`, server.knownHostsFile);
    await isIn('streaming');
  });

  it('says that the key is not taken, until it is', async () => {
    await isIn('streaming');
    await server.admit(false);
    for (const pid of await sessionsOf(server.pid())) kill(pid, 'SIGKILL');
    await isIn('wrong-key');
    await server.admit(true);
    await isIn('streaming');
  });
});

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/** Processes that sshd has made for connections, and theirs. */
async function sessionsOf(pid: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const own = children.split(' ').filter(Boolean).map(Number);
  return [...own, ...(await Promise.all(own.map(sessionsOf))).flat()];
}
