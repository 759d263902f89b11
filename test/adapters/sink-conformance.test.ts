import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSink, SinkConfig } from '#adapters/registry.ts';
import { systemClock } from '#core/clock.ts';
import { sinkConformance, type SinkUnderTest } from '../conformance/sink.ts';
import { denial, outcome } from './news.ts';

const some = [denial(), outcome('failed', 'it does not build')] as const;

/** An endpoint on a port that it keeps, and the sink that a config entry with its address comes to. */
async function open(entry: (url: string) => object, identityOf: SinkUnderTest['identityOf']): Promise<SinkUnderTest> {
  const arrived: SinkUnderTest['arrived'][number][] = [];
  let now: readonly [status: number, headers: Readonly<Record<string, string>>] = [200, {}];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      arrived.push({ headers: request.headers, text: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(...now).end();
    });
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const port = await listen(0);
  const deps = {
    clock: systemClock,
    env: {},
    pagesUrl: undefined,
    secrets: () => [Buffer.from('a secret that is long enough')],
    uidOf: () => undefined,
  };
  return {
    sink: createSink(SinkConfig.parse({ name: 'told', ...entry(`http://127.0.0.1:${port}`) }), deps),
    arrived,
    identityOf,
    async answer(status, headers = {}) {
      if (status === null) return close();
      now = [status, headers];
      if (!server.listening) await listen(port);
    },
    stop: close,
  };
}

sinkConformance(
  'webhook',
  () =>
    open(
      (url) => ({ webhook: { url, secrets: [{ env: 'S' }] } }),
      ({ headers }) => headers['webhook-id'],
    ),
  some,
);

sinkConformance(
  'flux-events',
  () =>
    open(
      (url) => ({ flux: { cluster: 'prod', url } }),
      ({ text }) => (JSON.parse(text) as { readonly metadata: object }).metadata,
    ),
  some,
);
