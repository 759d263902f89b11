import { randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importPKCS8, SignJWT } from 'jose';
import type { Certificate } from './certificate.ts';

export interface TokenService {
  readonly realm: string;
  readonly issuer: string;
  readonly service: string;
  /** Scopes that were asked for. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** A token service as distribution's "Token Authentication Implementation" describes it, for one account. */
export async function startTokenService(
  { keyFile, certificateFile }: Certificate,
  account: { user: string; password: string },
): Promise<TokenService> {
  const [issuer, service] = ['tokens of a test', 'the registry'];
  const key = await importPKCS8(readFileSync(keyFile, 'utf8'), 'ES256');
  const x5c = [new X509Certificate(readFileSync(certificateFile)).raw.toString('base64')];
  const asked: string[] = [];
  const tokenFor = (scopes: readonly string[]): Promise<string> => {
    const access = scopes.map((scope) => {
      const [type, name, actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',') };
    });
    const token = new SignJWT({ access, jti: randomUUID() }).setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c });
    return token
      .setIssuer(issuer)
      .setSubject(account.user)
      .setAudience(service)
      .setIssuedAt()
      .setNotBefore('0s')
      .setExpirationTime('60s')
      .sign(key);
  };
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://tokens');
    const isKnown = request.headers.authorization === `Basic ${btoa(`${account.user}:${account.password}`)}`;
    if (!isKnown || searchParams.get('service') !== service) return void response.writeHead(401).end();
    asked.push(...searchParams.getAll('scope'));
    void tokenFor(searchParams.getAll('scope')).then((token) => response.end(JSON.stringify({ token, expires_in: 60 })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { realm: `http://127.0.0.1:${port}/token`, issuer, service, asked, stop };
}
