import { createServer } from 'node:net';

/**
 * Below the ephemeral range, so that no outgoing connection takes a port between the choice and its use;
 * a thousand ports for each process that runs tests, so that two of them do not choose the same.
 */
const FIRST = 20_000;
const SLICES = 12;
const SLICE = 1_000;

const given = new Set<number>();

/** Loopback ports that nothing listens on, each given out once in this process. */
export async function freePorts<const Names extends readonly string[]>(...names: Names): Promise<Record<Names[number], number>> {
  const entries: [string, number][] = [];
  for (const name of names) entries.push([name, await freePort()]);
  return Object.fromEntries(entries) as Record<Names[number], number>;
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + slice() * SLICE + Math.floor(Math.random() * SLICE);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

/** Mocha numbers the processes that it runs files in. */
function slice(): number {
  return Number(process.env['MOCHA_WORKER_ID'] ?? process.pid) % SLICES;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
