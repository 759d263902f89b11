import http from 'node:http';
import https from 'node:https';
import { limits } from '#core/limits.ts';
import type { ClusterAccess, TlsMaterial } from './credentials.ts';

/** The one keep-alive pool of a cluster. A rotated client certificate gets a new one; the old drains. */
export class AgentPool {
  readonly #access: ClusterAccess;
  #agent: http.Agent | undefined;
  #material: TlsMaterial | undefined;

  constructor(access: ClusterAccess) {
    this.#access = access;
  }

  agent(material: TlsMaterial): http.Agent {
    if (this.#agent && this.#material === material) return this.#agent;
    const old = this.#agent;
    this.#material = material;
    this.#agent = this.#build(material);
    if (old) retire(old);
    return this.#agent;
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  #build({ ca, cert, key, servername, rejectUnauthorized }: TlsMaterial): http.Agent {
    const { server, proxy } = this.#access;
    const common = {
      keepAlive: true,
      keepAliveMsecs: 30_000,
      maxSockets: limits.kube.maxSockets,
      ...(proxy ? { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } } : {}),
    };
    if (server.protocol === 'http:') return new http.Agent(common);
    return new https.Agent({
      ...common,
      rejectUnauthorized,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(servername === undefined ? {} : { servername }),
    });
  }
}

/** Closes what is idle; what is in use closes when it comes back. */
function retire(agent: http.Agent): void {
  agent.on('free', (socket: { destroy(): void }) => socket.destroy());
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}
