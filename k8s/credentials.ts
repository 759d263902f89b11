import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { ApiError } from './api-error.ts';
import { ExecCredential, type ExecResult } from './exec-credential.ts';
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
  /** Whether somebody renews the credentials: an exec plugin, or who writes the token's file. */
  readonly renews: boolean;
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
    exec: null,
    tokenFile: `${folder}/token`,
    impersonateGroups: [],
  };
}

class KubeAccess implements ClusterAccess {
  readonly server: URL;
  readonly proxy: string | null;
  readonly renews: boolean;
  readonly #name: string;
  readonly #context: KubeContext;
  readonly #files: readonly FreshFile[];
  readonly #ca: FreshFile | undefined;
  readonly #cert: FreshFile | undefined;
  readonly #key: FreshFile | undefined;
  readonly #token: FreshFile | undefined;
  readonly #exec: ExecCredential | undefined;
  #tls: TlsMaterial | undefined;

  constructor(name: string, context: KubeContext, clock: Clock) {
    this.#name = name;
    this.#context = context;
    this.renews = context.exec !== null || context.tokenFile !== null;
    this.#exec = context.exec ? new ExecCredential(context.exec, clock) : undefined;
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
      const exec = await this.#exec?.get();
      return { headers: this.#headers(exec), tls: this.#material(exec) };
    } catch (error) {
      throw new ApiError(null, `${this.#name}: no credentials: ${messageOf(error)}`, error);
    }
  }

  forget(): void {
    for (const file of this.#files) file.forget();
    this.#exec?.forget();
  }

  #headers(exec: ExecResult | undefined): Record<string, string | readonly string[]> {
    const { user, impersonateGroups } = this.#context;
    const authorization = exec?.authorization ?? this.#authorization();
    return {
      ...(authorization ? { authorization } : {}),
      ...(user.impersonateUser ? { 'impersonate-user': user.impersonateUser } : {}),
      ...(impersonateGroups.length > 0 ? { 'impersonate-group': impersonateGroups } : {}),
    };
  }

  #authorization(): string | undefined {
    const { user } = this.#context;
    const token = this.#token?.read().trim() ?? user.token?.trim();
    if (token) return `Bearer ${token}`;
    return user.username ? `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}` : undefined;
  }

  /** The same object as long as nothing has changed, so that connections can be kept. */
  #material(exec: ExecResult | undefined): TlsMaterial {
    const { cluster, user } = this.#context;
    const next: TlsMaterial = {
      ca: this.#ca?.read() ?? decode(cluster.caData),
      cert: exec?.cert ?? this.#cert?.read() ?? decode(user.certData),
      key: exec?.key ?? this.#key?.read() ?? decode(user.keyData),
      servername: cluster.tlsServerName,
      rejectUnauthorized: !cluster.skipTLSVerify,
    };
    if (!this.#tls || !isSame(next, this.#tls)) this.#tls = next;
    return this.#tls;
  }
}

function isSame(one: TlsMaterial, other: TlsMaterial): boolean {
  return one.ca === other.ca && one.cert === other.cert && one.key === other.key;
}

function decode(base64: string | undefined): string | undefined {
  return base64 ? Buffer.from(base64, 'base64').toString('utf8') : undefined;
}
