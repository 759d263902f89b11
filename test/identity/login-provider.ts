import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { createSigner } from './signer.ts';

export const CLIENT = { id: 'headgate', secret: 'a secret of the client for tests only' };

/** Who can log in, by any password. */
const people: Readonly<Record<string, object>> = {
  ada: { name: 'Ada Lovelace', groups: ['sre', 'staff'] },
  eve: { name: 'Eve', groups: ['guests'] },
};

/** A real OpenID provider on loopback where people log in by a form. */
export class LoginProvider {
  readonly asked: string[] = [];
  readonly #server: Server;
  #kid = 'first';
  #redirectUris: readonly string[] = [];
  #callback: RequestListener = (_request, response) => response.writeHead(503).end();

  private constructor() {
    this.#server = createServer((request, response) => {
      this.asked.push(request.url ?? '');
      this.#callback(request, response);
    });
  }

  static async start(): Promise<LoginProvider> {
    const provider = new LoginProvider();
    await new Promise<void>((resolve) => provider.#server.listen(0, '127.0.0.1', resolve));
    return provider;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Knows the client that browsers come back to. */
  async register(...redirectUris: readonly string[]): Promise<void> {
    this.#redirectUris = redirectUris;
    await this.rotate(this.#kid);
  }

  /** Signs with another key from now on; the one before is withdrawn. */
  async rotate(kid: string): Promise<void> {
    this.#kid = kid;
    const { privateJwk } = await createSigner('RS256', kid);
    this.#callback = new Provider(this.url, {
      jwks: { keys: [privateJwk] },
      clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: this.#redirectUris, response_types: ['code'] }],
      claims: { openid: ['sub'], profile: ['name'], groups: ['groups'] },
      scopes: ['openid', 'profile', 'groups'],
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      cookies: { keys: ['a key of the cookies for tests only'] },
      findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub, ...people[sub] }) }),
      features: { devInteractions: { enabled: true } },
    }).callback();
  }

  /** Answers nothing but 503 until it is registered or rotated again. */
  goAway(): void {
    this.#callback = (_request, response) => response.writeHead(503).end();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
