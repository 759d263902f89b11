import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startComponent, untilReady, type Component } from '../cluster/component.ts';
import { freePorts } from '../cluster/free-ports.ts';

/** A real OCI registry on loopback, by plain HTTP unless it has a certificate. */
export interface Registry {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  readonly url: string;
  readonly directory: string;
  readonly process: Component;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it and removes everything. */
  close(): Promise<void>;
}

export interface RegistryOptions {
  /** Takes nothing: every push is refused. */
  readonly readOnly?: boolean;
  /** Asks for the account `registryAccount`, by HTTP Basic. */
  readonly authenticated?: boolean;
  /** Asks for tokens that a service gives, signed by what has this certificate. */
  readonly tokens?: { readonly realm: string; readonly service: string; readonly issuer: string; readonly certificateFile: string };
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
}

/** The one that `authenticated` registries know. */
export const registryAccount = { user: 'pusher', password: 'registry-password' } as const;
/** bcrypt of its password, which Node cannot make. */
const HASH = '$2b$04$UmKR3TAm0HmbSzQy1zaHfe7NGu81uIw/ouwMpuTV3JBXts7csMU5K';

export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-registry-'));
  const { port } = await freePorts('port');
  const host = `127.0.0.1:${port}`;
  const url = `${options.tls ? 'https' : 'http'}://${host}`;
  const config = join(directory, 'config.json');
  await writeFile(join(directory, 'htpasswd'), `${registryAccount.user}:${HASH}\n`);
  await writeFile(config, JSON.stringify(configOf(directory, host, options)));
  let process = await begin(config, host, directory);
  return {
    host,
    url,
    directory,
    get process() {
      return process;
    },
    async start() {
      process = await begin(config, host, directory);
    },
    stop: () => process.stop(),
    async close() {
      await process.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** As the configuration reference of distribution has it: YAML, of which JSON is a part. */
function configOf(directory: string, host: string, { readOnly = false, authenticated = false, tokens, tls }: RegistryOptions): object {
  const http = tls ? { tls: { certificate: tls.certificateFile, key: tls.keyFile } } : {};
  const maintenance = { uploadpurging: { enabled: false }, readonly: { enabled: readOnly } };
  return {
    version: 0.1,
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true }, maintenance },
    http: { addr: host, secret: 'shared by one process', ...http },
    ...(tokens ? { auth: { token: { ...tokens, certificateFile: undefined, rootcertbundle: tokens.certificateFile } } } : {}),
    ...(authenticated ? { auth: { htpasswd: { realm: 'registry', path: join(directory, 'htpasswd') } } } : {}),
  };
}

async function begin(config: string, host: string, directory: string): Promise<Component> {
  const log = join(directory, 'registry.log');
  const process = await startComponent({ name: 'docker-registry', command: 'docker-registry', args: ['serve', config], log });
  // By whatever scheme: an answer in TLS's own words to plain HTTP says as well that it listens.
  await untilReady(process, async () => {
    await fetch(`http://${host}/`, { signal: AbortSignal.timeout(5_000) });
  });
  return process;
}
