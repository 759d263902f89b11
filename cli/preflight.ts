import { access, constants, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { bad, good, type Finding } from './findings.ts';
import type { Io } from './io.ts';
import { loadForPeople } from './load-config.ts';

/**
 * What `headgate serve` needs on this machine: a config with its policies and secrets, a data directory, free addresses.
 * A config that does not load is the only finding then.
 */
export async function preflight(io: Io, path: string): Promise<readonly Finding[]> {
  try {
    const { config, summary } = await loadForPeople(io, path);
    const { file, listen, journal } = config;
    const listeners = Object.entries(listen).map(([name, { host, port }]) => probeAddress(name, host, port));
    return [good(`config ${file}: ${summary}`), await probeDirectory(dirname(journal.sqlite.path)), ...(await Promise.all(listeners))];
  } catch (error) {
    if (error instanceof HeadgateError) return [bad(error.message, error.hint)];
    throw error;
  }
}

/** The directory is created at the start, so its nearest existing parent counts. */
async function probeDirectory(directory: string): Promise<Finding> {
  let existing = directory;
  while (!(await exists(existing)) && dirname(existing) !== existing) existing = dirname(existing);
  try {
    await access(existing, constants.W_OK | constants.X_OK);
    return good(`data directory ${directory}: writable`);
  } catch (error) {
    return bad(`data directory ${directory}: ${messageOf(error)}`, `Make ${existing} writable for the account that runs Headgate.`);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function probeAddress(name: string, host: string, port: number): Promise<Finding> {
  const shown = `${name} listener ${host}:${port}`;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(bad(`${shown}: ${messageOf(error)}`, 'Stop the other process or change spec.listen.')));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(good(`${shown}: free`))));
  });
}
