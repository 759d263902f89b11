import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js';
import type { User } from '@kubernetes/client-node/dist/config_types.js';
import type { RequestOptions } from 'node:https';
import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { ApiError } from './api-error.ts';
import { FreshFile } from './fresh-file.ts';
import { type ClusterConfig, invalidKubeconfig, type KubeContext, readKubeContext } from './kubeconfig.ts';

/** What a TLS connection needs; PEM texts. */
export interface TlsMaterial {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly servername: string | undefined;
  readonly rejectUnauthorized: boolean;
}

export interface Credentials {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly tls: TlsMaterial;
}

/** How to reach one cluster, and as whom. */
export interface ClusterAccess {
  readonly server: URL;
  readonly proxy: string | null;
  /** What to send now. Files are read again as they rotate, exec plugins run when their credential has expired. */
  credentials(): Promise<Credentials>;
  /** The server answered 401: whatever is cached must be fetched anew. */
  forget(): void;
}

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Resolves a configured cluster. Reads files, connects to nothing.
 * @param folder where a pod finds its service account
 * @throws HeadgateError KUBECONFIG_INVALID
 */
export function clusterAccess(config: ClusterConfig, clock: Clock, folder = serviceAccount): ClusterAccess {
  const context = config.kubeconfig
    ? readKubeContext(config.name, config.kubeconfig.path, config.kubeconfig.context)
    : podContext(config.name, folder);
  const access = new KubeAccess(config.name, context, clock);
  try {
    access.readFiles();
  } catch (error) {
    throw invalidKubeconfig(config.name, messageOf(error), error);
  }
  return access;
}

/** Every API server's certificate carries this name, and every pod's DNS resolves it. */
function podContext(name: string, folder: string): KubeContext {
  return {
    cluster: { name, server: 'https://kubernetes.default.svc', caFile: `${folder}/ca.crt`, skipTLSVerify: false },
    user: { name: 'pod' },
    tokenFile: `${folder}/token`,
    impersonateGroups: [],
  };
}

class KubeAccess implements ClusterAccess {
  readonly server: URL;
  readonly proxy: string | null;
  readonly #name: string;
  readonly #context: KubeContext;
  readonly #files: readonly FreshFile[];
  readonly #ca: FreshFile | undefined;
  readonly #cert: FreshFile | undefined;
  readonly #key: FreshFile | undefined;
  readonly #token: FreshFile | undefined;
  readonly #clock: Clock;
  #exec = new ExecAuth();
  #execRun: Promise<RequestOptions> | undefined;
  #tls: TlsMaterial | undefined;

  constructor(name: string, context: KubeContext, clock: Clock) {
    this.#name = name;
    this.#context = context;
    this.#clock = clock;
    this.server = new URL(context.cluster.server);
    this.proxy = context.cluster.proxyUrl ?? null;
    const file = (path: string | null | undefined): FreshFile | undefined => (path ? new FreshFile(path, clock) : undefined);
    this.#ca = file(context.cluster.caFile);
    this.#cert = file(context.user.certFile);
    this.#key = file(context.user.keyFile);
    this.#token = file(context.tokenFile);
    this.#files = [this.#ca, this.#cert, this.#key, this.#token].filter((entry) => entry !== undefined);
  }

  readFiles(): void {
    for (const file of this.#files) file.read();
  }

  async credentials(): Promise<Credentials> {
    try {
      const exec = this.#context.user.exec ? await this.#runExec(this.#context.user) : {};
      return { headers: { ...this.#headers(), ...headersOf(exec) }, tls: this.#material(exec) };
    } catch (error) {
      throw new ApiError(null, `${this.#name}: no credentials: ${messageOf(error)}`, error);
    }
  }

  forget(): void {
    for (const file of this.#files) file.forget();
    this.#exec = new ExecAuth();
  }

  #headers(): Record<string, string | readonly string[]> {
    const { user, impersonateGroups } = this.#context;
    const token = this.#token?.read().trim() ?? user.token?.trim();
    const basic = user.username ? `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}` : undefined;
    const authorization = token ? `Bearer ${token}` : basic;
    return {
      ...(authorization ? { authorization } : {}),
      ...(user.impersonateUser ? { 'impersonate-user': user.impersonateUser } : {}),
      ...(impersonateGroups.length > 0 ? { 'impersonate-group': impersonateGroups } : {}),
    };
  }

  /** The same object as long as nothing has changed, so that connections can be kept. */
  #material(exec: RequestOptions): TlsMaterial {
    const { cluster, user } = this.#context;
    const next: TlsMaterial = {
      ca: this.#ca?.read() ?? decode(cluster.caData),
      cert: pem(exec.cert) ?? this.#cert?.read() ?? decode(user.certData),
      key: pem(exec.key) ?? this.#key?.read() ?? decode(user.keyData),
      servername: cluster.tlsServerName,
      rejectUnauthorized: !cluster.skipTLSVerify,
    };
    const same = this.#tls && next.ca === this.#tls.ca && next.cert === this.#tls.cert && next.key === this.#tls.key;
    this.#tls = same ? this.#tls : next;
    return this.#tls ?? next;
  }

  /** One run at a time: a plugin that hangs must not be started again by every request. */
  #runExec(user: User): Promise<RequestOptions> {
    this.#execRun ??= this.#startExec(user).finally(() => {
      this.#execRun = undefined;
    });
    return withDeadline(this.#execRun, this.#clock, `exec plugin of user "${user.name}"`);
  }

  async #startExec(user: User): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await this.#exec.applyAuthentication(withExecInfo(user, this.#context), options);
    return options;
  }
}

/** Plugins of the v1 API learn from this variable what is asked of them (client.authentication.k8s.io). */
function withExecInfo(user: User, { cluster }: KubeContext): User {
  const info = {
    apiVersion: user.exec.apiVersion ?? 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, ...(user.exec.provideClusterInfo ? { cluster: { server: cluster.server } } : {}) },
  };
  const env: readonly unknown[] = Array.isArray(user.exec.env) ? user.exec.env : [];
  return { ...user, exec: { ...user.exec, env: [...env, { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }] } };
}

function withDeadline<T>(work: Promise<T>, clock: Clock, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(limits.kube.requestTimeout, () => reject(new Error(`${what} has not answered in time`)));
    work.then(resolve, reject).finally(cancel);
  });
}

function headersOf({ headers = {} }: RequestOptions): Record<string, string> {
  const value = new Map(Object.entries(headers)).get('Authorization');
  return typeof value === 'string' ? { authorization: value } : {};
}

function pem(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function decode(base64: string | undefined): string | undefined {
  return base64 ? Buffer.from(base64, 'base64').toString('utf8') : undefined;
}
