import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startServer, type RunningServer } from '#server/main.ts';
import { delivery, secret } from '../adapters/github/deliveries.ts';

const any = '127.0.0.1:0';
const api = { apiVersion: 'headgate.dev/v1alpha1' };
const BURST = 20;

interface Finding {
  readonly code: string;
  readonly about: string;
  readonly severity: string;
}

describe('a server one of whose sources floods', function () {
  this.timeout(120_000);
  let directory: string;
  let server: RunningServer;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-flood-'));
    writeFiles(directory);
    const configPath = join(directory, 'headgate.yaml');
    server = await startServer({ configPath, env: {}, stderr: { write: () => true }, signal: new AbortController().signal });
  });
  after(async () => {
    await server?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('takes what its rate allows, serves the other one and decides its deliveries, and says so to whoever checks', async () => {
    const flood = await Promise.all(Array.from({ length: 5 * BURST }, (_, n) => post('hub', `flood-${n}`)));
    const calm = await Promise.all(Array.from({ length: BURST }, (_, n) => post('calm', `calm-${n}`)));

    assert.deepEqual(new Set(calm), new Set([202]));
    assert.deepEqual([count(flood, 202), count(flood, 429)], [BURST, 4 * BURST]);
    const decided = async (): Promise<number> => (await get<{ items: unknown[] }>('/v1/deliveries?source=calm&state=done')).items.length;
    while ((await decided()) < BURST) await new Promise((resolve) => setTimeout(resolve, 20));

    const { findings } = await get<{ findings: readonly Finding[] }>('/v1/checks');
    assert.deepEqual(
      findings.filter(({ code }) => code === 'SOURCE_RATE').map(({ about, severity }) => [about, severity]),
      [['source hub', 'warning']],
    );
    const metrics = await (await fetch(`${server.metrics.url}/metrics`)).text();
    assert.match(metrics, new RegExp(`^headgate_webhook_requests_total\\{source="hub",code="DELIVERIES_LIMITED"\\} ${4 * BURST}$`, 'm'));
  });

  async function post(source: string, id: string): Promise<number> {
    const { headers, body } = delivery({ headers: { 'x-github-delivery': [id] } });
    const flat = Object.entries(headers).flatMap(([name, values]) => (values?.[0] === undefined ? [] : [[name, values[0]] as const]));
    const answer = await fetch(`${server.webhook.url}/hooks/${source}`, {
      method: 'POST',
      headers: [...flat.map((pair) => [...pair] as [string, string])],
      body: Buffer.from(body),
    });
    await answer.arrayBuffer();
    return answer.status;
  }

  async function get<T>(path: string): Promise<T> {
    const token = readFileSync(join(directory, 'data/operator.token'), 'utf8').trim();
    const answer = await fetch(`${server.web.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200, path);
    return (await answer.json()) as T;
  }
});

function count(answers: readonly number[], status: number): number {
  return answers.filter((answer) => answer === status).length;
}

function writeFiles(directory: string): void {
  mkdirSync(join(directory, 'data'));
  mkdirSync(join(directory, 'policies'));
  writeFileSync(join(directory, 'secret'), secret, { mode: 0o600 });
  const webhook = { secrets: [{ file: './secret' }] };
  const changes = [{ source: 'calm', repositories: ['**'], refs: ['refs/heads/**'], confirmed: false }];
  const policy = {
    ...api,
    kind: 'GatePolicy',
    metadata: { name: 'all' },
    spec: { targets: [{ clusters: ['*'], namespaces: ['*'] }], changes },
  };
  const spec = {
    listen: { webhook: any, web: any, metrics: any, health: any },
    sources: [
      { name: 'hub', type: 'github', webhook: { ...webhook, rate: { perSecond: 0.001, burst: BURST } } },
      { name: 'calm', type: 'github', webhook },
    ],
    clusters: [],
    policies: { path: './policies' },
  };
  writeFileSync(join(directory, 'policies', 'all.yaml'), stringify(policy));
  writeFileSync(join(directory, 'headgate.yaml'), stringify({ ...api, kind: 'Config', spec }));
}
