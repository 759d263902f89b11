import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubeClient } from '../../conformance/cluster/kube-client.ts';
import { startComponent, untilReady, type Component } from './component.ts';

export const ADMIN_TOKEN = 'admin-of-a-test-cluster';

/** An API server that can be paused, killed and brought back on the same port with the same certificate. */
export interface ApiServer {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** Certificate authority of the server, PEM. */
  readonly ca: string;
  readonly caFile: string;
  readonly alive: boolean;
  pause(): void;
  resume(): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again after `kill` or `stop`; resolves when it is ready. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface ApiServerOptions {
  readonly program: string;
  /** For certificates, keys and logs. */
  readonly directory: string;
  readonly port: number;
  readonly etcdUrl: string;
}

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const url = `https://127.0.0.1:${options.port}`;
  const caFile = join(options.directory, 'apiserver.crt');
  writeKeys(options.directory);
  let component = await launch(options, url);
  const ready = (): Promise<void> => untilReady(component, () => probe(url, caFile));
  await ready();
  return {
    url,
    ca: readFileSync(caFile, 'utf8'),
    caFile,
    get alive() {
      return component.alive();
    },
    pause: () => component.signal('SIGSTOP'),
    resume: () => component.signal('SIGCONT'),
    async kill() {
      component.signal('SIGKILL');
      await component.exited;
    },
    async start() {
      component = await launch(options, url);
      await ready();
    },
    stop: () => component.stop(),
  };
}

/** Its serving certificate it makes itself, once: the chain in apiserver.crt ends with its authority. */
function launch(options: ApiServerOptions, url: string): Promise<Component> {
  const { directory } = options;
  return startComponent({
    name: 'kube-apiserver',
    command: options.program,
    log: join(directory, 'kube-apiserver.log'),
    args: [
      `--etcd-servers=${options.etcdUrl}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${options.port}`,
      `--cert-dir=${directory}`,
      '--endpoint-reconciler-type=none',
      '--service-cluster-ip-range=10.0.0.0/24',
      `--service-account-issuer=${url}`,
      `--service-account-key-file=${join(directory, 'service-account.pub')}`,
      `--service-account-signing-key-file=${join(directory, 'service-account.key')}`,
      `--token-auth-file=${join(directory, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--disable-admission-plugins=ServiceAccount', // no controller makes the default accounts
      '--profiling=false',
    ],
  });
}

function writeKeys(directory: string): void {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(directory, 'service-account.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  writeFileSync(join(directory, 'service-account.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(join(directory, 'tokens.csv'), `${ADMIN_TOKEN},admin,1,"system:masters"\n`, { mode: 0o600 });
}

async function probe(url: string, caFile: string): Promise<void> {
  const answer = await new KubeClient({ server: url, token: ADMIN_TOKEN, ca: readFileSync(caFile, 'utf8') }).get('/readyz');
  if (answer.status !== 200) throw new Error(`/readyz answers ${answer.status}: ${answer.text}`);
}
