import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { createAdapter } from '#adapters/registry.ts';
import { GerritSource } from '#adapters/gerrit/schema.ts';
import { systemClock } from '#core/clock.ts';
import type { HeardEvent, StreamHearer, StreamState } from '#core/ports/event-stream.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import type { GerritHands, Person } from './gerrit-hands.ts';

/** The adapter as a server has it, with the credentials of one account. */
export interface Beside {
  readonly adapter: SourceAdapter;
  close(): Promise<void>;
}

/** Configures a source as its users do: a key, known_hosts and a token in files. */
export async function beside({ server, key }: GerritHands, { user, password }: Person): Promise<Beside> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-beside-'));
  const { host, port } = server.ssh;
  await writeFile(join(directory, 'key'), key.privateKey, { mode: 0o600 });
  await writeFile(join(directory, 'known_hosts'), `[${host}]:${port} ${await hostKeyOf(host, port)}\n`);
  const source = GerritSource.parse({
    ...{ name: 'review', type: 'gerrit', url: server.url, http: { user, token: { env: 'TOKEN' } }, feedback: { messages: true } },
    ssh: { host, port, user, key: { file: join(directory, 'key') }, knownHosts: { file: join(directory, 'known_hosts') } },
  });
  const adapter = createAdapter(source, {
    ...{ clock: systemClock, log: silentLog, env: { PATH: process.env['PATH'] }, dataDirectory: directory, pagesUrl: undefined },
    secrets: () => [],
    secret: () => Buffer.from(password),
  });
  return {
    adapter,
    async close() {
      await adapter.stream?.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What a source's stream has told. */
export class Heard implements StreamHearer {
  readonly events: HeardEvent[] = [];
  readonly states: StreamState[] = [];
  #wake: () => void = () => {};

  heard(event: HeardEvent): Promise<void> {
    this.events.push(event);
    this.#wake();
    return Promise.resolve();
  }

  gap(): void {}

  changed({ state }: Parameters<StreamHearer['changed']>[0]): void {
    this.states.push(state);
    this.#wake();
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

/** As ssh-keyscan has it: the key that is shown, without asking for anything. */
async function hostKeyOf(host: string, port: number): Promise<string> {
  const client = new ssh2.Client();
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const hostVerifier = (key: Buffer): boolean => {
    resolve(key);
    return false;
  };
  const closed = new Promise<void>((done) => {
    client.on('error', () => {});
    client.on('close', done);
  });
  client.connect({ host, port, username: 'nobody', hostVerifier });
  const blob = await promise;
  await closed;
  return `${blob.subarray(4, 4 + blob.readUInt32BE(0)).toString()} ${blob.toString('base64')}`;
}
