import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLine } from '#adapters/gerrit/read-line.ts';
import { LineSplitter } from '#adapters/gerrit/stream/lines.ts';
import { systemClock } from '#core/clock.ts';
import type { Received } from '#core/delivery.ts';
import { newId } from '#core/ids.ts';
import type { HeardEvent } from '#core/ports/event-stream.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { openSqliteJournal } from '#journal/sqlite/open.ts';
import type { Figure, Section } from '../figures.ts';
import type { Pace } from '../pace.ts';
import { startEventsServer } from './gerrit-reader.ts';

/** Of ten events on a busy server, four are about refs of changes. */
const noise = 0.4;
const chunkBytes = 32 * 1024;
/** Events that wait for their fsync at once. */
const atOnce = 256;
const account = { name: 'Ada Lovelace', email: 'ada@example.com', username: 'ada' };
const hex = (n: number): string => n.toString(16).padStart(40, '0');

/**
 * What it costs to take the events of Gerrit's stream: bytes to lines, lines to what they say, and the journal on disk. Next to it, in the same
 * run, the least that any reader does: JSON.parse of each line, and OpenSSH's client that counts lines.
 */
export async function measureGerritEvents(pace: Pace): Promise<Section> {
  const count = pace.events;
  const bytes = Buffer.from(Array.from({ length: count }, (_, n) => `${JSON.stringify(eventOf(n))}\n`).join(''));
  const parsing = cpuOf(() => {
    for (const line of bytes.toString('utf8').split('\n')) if (line !== '') JSON.parse(line);
  });
  let events: readonly Received[] = [];
  const reading = cpuOf(() => {
    events = receivedFrom(bytes);
  });
  const journalling = await measureJournal(events);
  const overSsh = await measureOverSsh(bytes, { lines: count, events: events.length });
  return {
    title: "Events of Gerrit's stream",
    method: [
      `${count.toLocaleString('en')} events (${Math.round(bytes.length / 1024 / 1024)} MiB), ${noise * 100} % about refs of changes, in pieces of ${chunkBytes / 1024} KiB`,
      `${events.length.toLocaleString('en')} of them are journalled, ${atOnce} at once; CPU of all threads, for 100,000 events`,
      "by SSH: from a real sshd, whose own CPU does not count; OpenSSH's client into a counter of lines is the anchor",
    ],
    figures: figures({ parsing, reading, journalling, overSsh }, (seconds) => [(seconds * 100_000) / count]),
  };
}

interface Measured {
  readonly parsing: number;
  readonly reading: number;
  readonly journalling: Awaited<ReturnType<typeof measureJournal>>;
  readonly overSsh: Awaited<ReturnType<typeof measureOverSsh>>;
}

function figures({ parsing, reading, journalling, overSsh }: Measured, per100k: (seconds: number) => readonly number[]): readonly Figure[] {
  const { headgate, anchor } = overSsh;
  const whole = { goal: { atMost: 20 }, note: 'decrypted too, and the lines themselves are journalled' };
  return [
    { name: 'JSON.parse of every line', unit: 's', samples: per100k(parsing) },
    { name: 'framed and read', unit: 's', samples: per100k(reading) },
    { name: 'framed and read, of JSON.parse', unit: '×', samples: [reading / parsing] },
    { name: 'framed, read and journalled', unit: 's', samples: per100k(reading + journalling.cpu), goal: { atMost: 20 } },
    { name: 'heard by SSH, read and journalled', unit: 's', samples: per100k(headgate), ...whole },
    { name: 'ssh … gerrit stream-events | wc -l', unit: 's', samples: per100k(anchor), note: 'OpenSSH, both processes' },
    { name: 'heard by SSH, read and journalled, of OpenSSH', unit: '×', samples: [headgate / anchor] },
    { name: 'memory beyond the events themselves', unit: 'MB', samples: [journalling.memory / 1e6], goal: { atMost: 150 } },
  ];
}

function receivedFrom(bytes: Buffer): readonly Received[] {
  const events: Received[] = [];
  const splitter = new LineSplitter({
    line(line) {
      const read = readLine(line);
      if (read.kind === 'event') events.push(read.received);
      else if (read.kind !== 'noise') throw new Error(`a line is ${read.kind}`);
    },
    tooLong() {
      throw new Error('a line is too long');
    },
  });
  for (let at = 0; at < bytes.length; at += chunkBytes) splitter.push(bytes.subarray(at, at + chunkBytes));
  return events;
}

async function measureJournal(events: readonly Received[]): Promise<{ readonly cpu: number; readonly memory: number }> {
  await using journal = await openJournal();
  const before = process.memoryUsage.rss();
  let most = before;
  const begun = process.cpuUsage();
  for (let at = 0; at < events.length; at += atOnce) {
    await Promise.all(
      events.slice(at, at + atOnce).map((event) => {
        const heard = { receivedAt: systemClock.now(), remote: '', body: Buffer.from(JSON.stringify(event.reading)) };
        return journal.append({ ...event, ...heard });
      }),
    );
    most = Math.max(most, process.memoryUsage.rss());
  }
  return { cpu: seconds(process.cpuUsage(begun)), memory: most - before };
}

/** @returns seconds of CPU, of Headgate's listener and of OpenSSH's */
async function measureOverSsh(
  bytes: Uint8Array,
  { lines, events }: { readonly lines: number; readonly events: number },
): Promise<{ readonly headgate: number; readonly anchor: number }> {
  const server = await startEventsServer(bytes);
  await using journal = await openJournal();
  try {
    const anchor = await server.countLines(lines);
    return { anchor, headgate: await server.listen(events, (event) => journal.append(event)) };
  } finally {
    await server.close();
  }
}

/** A journal of its own on disk. */
async function openJournal() {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-bench-events-'));
  const journal = await openSqliteJournal({ path: join(directory, 'journal.db'), clock: systemClock, log: silentLog });
  return {
    async append(event: HeardEvent): Promise<void> {
      await journal.append({ ...event, id: newId('dlv', systemClock), source: 'review', kind: 'stream' });
    },
    async [Symbol.asyncDispose]() {
      await journal.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function cpuOf(work: () => void): number {
  const begun = process.cpuUsage();
  work();
  return seconds(process.cpuUsage(begun));
}

function seconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}

function eventOf(n: number): object {
  const at = { eventCreatedOn: 1_795_000_000 + n, instanceId: 'primary' };
  const project = 'platform/payments';
  if (n % 10 < noise * 10) return updateOf(`refs/changes/${String(n % 100).padStart(2, '0')}/${n}/meta`, n, project, at);
  return n % 10 < 7 ? updateOf('refs/heads/main', n, project, at) : mergeOf(n, project, at);
}

function updateOf(refName: string, n: number, project: string, at: object): object {
  return { submitter: account, refUpdate: { oldRev: hex(n), newRev: hex(n + 1), refName, project }, type: 'ref-updated', ...at };
}

function mergeOf(n: number, project: string, at: object): object {
  const change = {
    project,
    branch: 'main',
    id: `I${hex(n)}`,
    number: n,
    subject: `Change ${n}`,
    owner: account,
    url: `https://review.example.com/c/${n}`,
  };
  const commitMessage = `Change ${n}\n\nWhy it is needed, in a few words.\n\nChange-Id: I${hex(n)}\n`;
  const patchSet = {
    number: 2,
    revision: hex(n + 1),
    parents: [hex(n)],
    ref: `refs/changes/01/${n}/2`,
    uploader: account,
    author: account,
  };
  return {
    ...{ submitter: account, newRev: hex(n + 1), patchSet, change: { ...change, commitMessage, status: 'MERGED' } },
    ...{ project, refName: 'refs/heads/main', changeKey: { id: `I${hex(n)}` }, type: 'change-merged', ...at },
  };
}
