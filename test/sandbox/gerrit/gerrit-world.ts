import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeGerrit, type FakeGerrit, type FakeGerritOptions } from '#sandbox/gerrit/fake-gerrit.ts';
import { newSshKey } from '#sandbox/gerrit/ssh/openssh-key.ts';

/** Whatever an answer holds. */
export type Json = ReturnType<typeof JSON.parse>;

export interface GerritWorld {
  readonly gerrit: FakeGerrit;
  readonly directory: string;
  /** Private key of `bot`. */
  readonly botKey: string;
  /** REST by a user; `-` = nobody. The body without `)]}'`, or the text. */
  rest(
    user: string,
    path: string,
    options?: { method?: string; body?: unknown; type?: string },
  ): Promise<{ status: number; body: Json; headers: Headers }>;
  /** Listens to events as `bot` and answers its lines as they come. */
  listen(args?: string, user?: string): Promise<Listener>;
  stop(): Promise<void>;
}

export interface Listener {
  readonly client: ssh2.Client;
  readonly channel: ssh2.ClientChannel;
  readonly lines: readonly Json[];
  readonly complaints: () => string;
  /** The exit status of the channel, when it has closed; null = none came. */
  readonly ended: Promise<number | null>;
  /** Resolves when a line fits. */
  until(wanted: (line: Json) => boolean): Promise<Json>;
}

/** A fake Gerrit with `bot` (a service user), `dev`, `rev`, and a project `demo/app`. */
export async function gerritWorld(options: Partial<FakeGerritOptions> = {}): Promise<GerritWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-gerrit-'));
  const gerrit = await startFakeGerrit({ clock: systemClock, log: silentLog, directory: join(directory, 'gerrit'), ...options });
  const key = newSshKey();
  gerrit.createAccount({ username: 'bot', name: 'Headgate Bot', groups: ['Service Users'], sshKeys: [key.publicKey] });
  gerrit.createAccount({ username: 'dev', name: 'Dév Élöper', sshKeys: [key.publicKey] });
  gerrit.createAccount({ username: 'rev' });
  await gerrit.createProject({ name: 'demo/app', description: 'lab', files: { 'README.md': 'app\n' } });
  const clients: ssh2.Client[] = [];
  return {
    gerrit,
    directory,
    botKey: key.privateKey,
    rest: (user, path, more) => rest(gerrit, user, path, more),
    async listen(args = '', user = 'bot') {
      const listener = await listen(gerrit, key.privateKey, user, `gerrit stream-events ${args}`.trim());
      clients.push(listener.client);
      return listener;
    },
    async stop() {
      for (const client of clients) client.end();
      await gerrit.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function rest(gerrit: FakeGerrit, user: string, path: string, more: { method?: string; body?: unknown; type?: string } = {}) {
  const { method = 'GET', body, type = 'application/json' } = more;
  const basic = user === '-' ? undefined : Buffer.from(`${user}:${gerrit.account(user).password}`).toString('base64');
  const headers = {
    ...(basic === undefined ? {} : { authorization: `Basic ${basic}` }),
    ...(body === undefined ? {} : { 'content-type': type }),
  };
  const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await fetch(`${gerrit.http.url}${path}`, { method, headers, ...sent });
  const text = await response.text();
  const isJson = text.startsWith(")]}'\n");
  return { status: response.status, body: isJson ? (JSON.parse(text.slice(5)) as Json) : text, headers: response.headers };
}

async function listen(gerrit: FakeGerrit, privateKey: string, username: string, command: string): Promise<Listener> {
  const client = new ssh2.Client();
  client.on('error', () => {});
  const ready = once(client, 'ready');
  client.connect({ host: '127.0.0.1', port: gerrit.ssh.port, username, privateKey });
  await ready;
  const before = gerrit.ssh.streams;
  const channel = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
    client.exec(command, (error, opened) => (error === undefined ? resolve(opened) : reject(error)));
  });
  const lines: Json[] = [];
  const ended = once(channel, 'close').then(([code]) => (typeof code === 'number' ? code : null));
  const waiting = new Set<() => void>();
  let complaints = '';
  let rest = '';
  channel.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.map((line) => JSON.parse(line) as Json));
    for (const each of waiting) each();
  });
  channel.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const streams = command.includes('stream-events') && gerrit.account(username).username === 'bot';
  while (streams && gerrit.ssh.streams === before) await new Promise((resolve) => setImmediate(resolve));
  return {
    client,
    channel,
    lines,
    complaints: () => complaints,
    ended,
    until: (wanted) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = lines.find(wanted);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

/** What happened, in short: `ref-updated refs/heads/main`, `change-merged 1`. */
export function inShort(lines: readonly object[]): readonly string[] {
  return lines.map((line) => {
    const { type, refUpdate, change } = line as { type: string; refUpdate?: { refName: string }; change?: { number: number } };
    assert.ok(type);
    return `${type} ${refUpdate?.refName ?? change?.number ?? ''}`.trim();
  });
}
