import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { AUDIENCE, createSigner } from './signer.ts';

const client = { client_id: 'ci', client_secret: 'a secret of the client for tests only' };

/** A real OpenID provider on loopback, which gives access tokens (RFC 9068) to one client. */
export class OidcIssuer {
  readonly asked: string[] = [];
  readonly #server: Server;
  #callback: RequestListener = (_request, response) => response.writeHead(503).end();

  private constructor() {
    this.#server = createServer((request, response) => {
      this.asked.push(request.url ?? '');
      this.#callback(request, response);
    });
  }

  static async start(): Promise<OidcIssuer> {
    const issuer = new OidcIssuer();
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    await issuer.rotate('first');
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Signs with another key from now on; the one before is withdrawn. */
  async rotate(kid: string): Promise<void> {
    const { privateJwk } = await createSigner('RS256', kid);
    const resource = { scope: '', audience: AUDIENCE, accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg: 'RS256' } } };
    this.#callback = new Provider(this.url, {
      jwks: { keys: [privateJwk] },
      clients: [{ ...client, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => AUDIENCE,
          useGrantedResource: () => true,
          getResourceServerInfo: () => resource,
        },
      },
    }).callback();
  }

  async token(): Promise<string> {
    const response = await fetch(`${this.url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`ci:${encodeURIComponent(client.client_secret)}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: AUDIENCE }),
    });
    const answer = (await response.json()) as { access_token?: string };
    if (answer.access_token === undefined) throw new Error(JSON.stringify(answer));
    return answer.access_token;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
