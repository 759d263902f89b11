import { X509Certificate } from 'node:crypto';
import { access, constants, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { expiryFinding } from '#core/expiry.ts';
import { finding, type Check, type Finding } from '#core/finding.ts';
import { readCertificate, type CertificateFiles } from '#server/certificate.ts';
import { diskFinding, nearestExisting } from './disk.ts';

export interface LocalConfig {
  readonly dataDirectory: string;
  readonly tls: { readonly webhook?: { readonly cert: { readonly file: string }; readonly key: { readonly file: string } } | undefined };
}

export interface Addresses {
  readonly listen: Readonly<Record<string, { readonly host: string; readonly port: number }>>;
}

const here = 'this machine';

/** What a server that runs and one that is about to start both need of this machine. */
export function localChecks(config: LocalConfig, clock: Clock): readonly Check[] {
  const { webhook } = config.tls;
  const files = webhook && { cert: webhook.cert.file, key: webhook.key.file };
  return [
    { about: here, run: () => tokenFinding(join(config.dataDirectory, 'operator.token')) },
    ...(files === undefined ? [] : [{ about: here, run: () => Promise.resolve([certificateFinding(files, clock.now())]) }]),
  ];
}

/** What must be free or writable before a start. */
export function startChecks({ listen, dataDirectory }: LocalConfig & Addresses): readonly Check[] {
  return [
    { about: here, run: async () => [await directoryFinding(dataDirectory), await diskFinding(here, dataDirectory)] },
    { about: here, run: () => Promise.all(Object.entries(listen).map(([name, { host, port }]) => addressFinding(name, host, port))) },
  ];
}

/** None before the first start: it is written then. */
async function tokenFinding(path: string): Promise<readonly Finding[]> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) === 0) return [finding('OPERATOR_TOKEN', here, 'good', `${path}: its owner alone may read it`)];
    const mend = `\`chmod 0600 ${path}\`; to replace it, delete it and start the server again.`;
    return [finding('OPERATOR_TOKEN', here, 'bad', `${path}: others may read it (mode ${(mode & 0o777).toString(8)})`, { mend })];
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    return [finding('OPERATOR_TOKEN', here, 'unknown', `${path}: ${messageOf(error)}`)];
  }
}

/** The leaf is the first certificate of the file. */
function certificateFinding(files: CertificateFiles, now: number): Finding {
  const what = `certificate ${files.cert}`;
  try {
    const { validTo } = new X509Certificate(readCertificate(files).cert);
    return expiryFinding({ code: 'TLS_CERTIFICATE', about: here, what, endsAt: Date.parse(validTo), now });
  } catch (error) {
    return finding('TLS_CERTIFICATE', here, 'bad', messageOf(error));
  }
}

/** It is created at the start, so its nearest existing parent counts. */
async function directoryFinding(directory: string): Promise<Finding> {
  const existing = await nearestExisting(directory);
  try {
    await access(existing, constants.W_OK | constants.X_OK);
    if (!(await stat(existing)).isDirectory()) throw new Error(`${existing} is no directory`);
    return finding('DATA_DIRECTORY', here, 'good', `data directory ${directory}: writable`);
  } catch (error) {
    const mend = `Make ${existing} a directory that the account that runs Headgate may write: \`chmod u+rwx ${existing}\`.`;
    return finding('DATA_DIRECTORY', here, 'bad', `data directory ${directory}: ${messageOf(error)}`, { mend });
  }
}

function addressFinding(name: string, host: string, port: number): Promise<Finding> {
  const shown = `${name} listener ${host}:${port}`;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(finding('LISTENER_FREE', here, 'bad', `${shown}: ${messageOf(error)}`)));
    server.listen({ host, port, exclusive: true }, () => {
      server.close(() => resolve(finding('LISTENER_FREE', here, 'good', `${shown}: free`)));
    });
  });
}
