import { createServer } from 'node:net';

/** Below the ephemeral range, so that no outgoing connection takes a port between the choice and its use. */
const FIRST = 20_000;
const LAST = 32_000;

const given = new Set<number>();

/** Loopback ports that nothing listens on, each given out once in this process. */
export async function freePorts<const Names extends readonly string[]>(...names: Names): Promise<Record<Names[number], number>> {
  const entries: [string, number][] = [];
  for (const name of names) entries.push([name, await freePort()]);
  return Object.fromEntries(entries) as Record<Names[number], number>;
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
