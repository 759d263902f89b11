import { once } from 'node:events';
import ssh2 from 'ssh2';
import type { GerritHands, Json, Person } from './gerrit-hands.ts';

/** What a command by SSH has said. */
export interface Heard {
  readonly lines: readonly Json[];
  readonly output: () => string;
  readonly complaints: () => string;
  /** Resolves with the exit status; null = none came. */
  readonly ended: Promise<number | null>;
  until(wanted: (line: Json) => boolean): Promise<Json>;
  stop(): void;
}

/** Runs a command by SSH; lines of JSON are taken apart. */
export async function hear({ server, key }: GerritHands, { user }: Person, command: string): Promise<Heard> {
  const client = new ssh2.Client();
  const ready = once(client, 'ready');
  client.connect({ host: server.ssh.host, port: server.ssh.port, username: user, privateKey: key.privateKey });
  await ready;
  const channel = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
    client.exec(command, (error, opened) => (error === undefined ? resolve(opened) : reject(error)));
  });
  const ended = once(channel, 'close').then(([code]) => (typeof code === 'number' ? code : null));
  const lines: Json[] = [];
  let [output, complaints, rest] = ['', '', ''];
  channel.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.startsWith('{')) lines.push(JSON.parse(part));
    channel.emit('heard');
  });
  channel.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  return {
    lines,
    output: () => output,
    complaints: () => complaints,
    ended,
    async until(wanted) {
      for (;;) {
        const found = lines.find(wanted);
        if (found !== undefined) return found;
        await once(channel, 'heard');
      }
    },
    stop: () => void client.end(),
  };
}
