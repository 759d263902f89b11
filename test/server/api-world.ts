import type { Express } from 'express';
import request, { type Test } from 'supertest';
import { Announcer } from '#core/announcements.ts';
import type { NamespaceAccess } from '#core/access-matrix.ts';
import { finding } from '#core/finding.ts';
import type { ClusterHealth } from '#core/ports/clusters.ts';
import { silentMetrics } from '#core/ports/telemetry.ts';
import type { Story } from '#core/ports/journal.ts';
import { targetKey, type Footprint, type SourceObject } from '#core/target.ts';
import { nobody as noPeople } from '#policy/people/nobody.ts';
import { buildWebApp, type ApiDeps } from '#server/app.ts';
import { clientAddressBehind } from '#server/client-address.ts';
import type { ReplayAsked } from '#server/routes/replays.ts';
import type { ReconcileRequest } from '#server/routes/request-reconcile.ts';
import { targetOf } from '../conformance/journal/material.ts';
import { SqliteWorld } from '../journal/sqlite-world.ts';
import { hooksWorld, recordingLog, type LogLine } from './fakes.ts';

export const token = 'Bearer the-token-of-the-operator';

export interface Asked {
  readonly request: ReconcileRequest;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** The API over a real journal, with clusters that are lists. */
export class ApiWorld {
  readonly sqlite: SqliteWorld;
  readonly announcer = new Announcer();
  readonly lines: LogLine[];
  readonly shutdown = new AbortController();
  readonly asked: Asked[] = [];
  readonly explained: unknown[] = [];
  readonly preflights: unknown[] = [];
  readonly app: Express;
  readonly replays: ReplayAsked[] = [];
  replayed: ApiDeps['replay'] = () => Promise.resolve([]);
  stories: () => Promise<readonly Story[]> = () => Promise.resolve([]);

  private constructor(sqlite: SqliteWorld, over: Partial<ApiDeps>) {
    const { log, lines } = recordingLog();
    this.sqlite = sqlite;
    this.lines = lines;
    this.app = buildWebApp({
      version: '1.2.3',
      clock: sqlite.clock,
      log,
      journal: sqlite.journal,
      inventory,
      sources: hooksWorld().deps.sources,
      queue: { stats: () => ({ waiting: 1, active: 0, retrying: 0, oldestMs: 5 }) },
      sinks: { health: () => Promise.resolve([{ name: 'chat', oldestAt: 0, trouble: null }]) },
      announcer: this.announcer,
      clientAddress: clientAddressBehind([]),
      shutdown: this.shutdown.signal,
      metrics: silentMetrics,
      operatorToken: { accepts: (authorization) => authorization === token },
      tokens: null,
      logins: null,
      openReading: false,
      hosts: ['headgate.example.com'],
      access: ({ namespace, cluster = 'prod' }) => Promise.resolve([{ ...nobody, cluster, namespace }]),
      policies: () => policies,
      policySet: () => ({ hash: 'ab'.repeat(32), loadedAt: 0, problem: null }),
      people: () => noPeople,
      check: () => Promise.resolve([finding('CLUSTER_NONE', 'clusters', 'warning', 'no cluster is configured')]),
      requestReconcile: (asked, waitMs, signal) => {
        this.asked.push({ request: asked, waitMs, signal });
        return this.stories();
      },
      story: (change) => sqlite.journal.story(change),
      explain: (asked) => {
        this.explained.push(asked);
        return Promise.resolve({ targets: [], candidates: [], reason: 'nothing of it is allowed', owed: [], notes: [] });
      },
      preflight: (asked) => {
        this.preflights.push(asked);
        return Promise.resolve({ verdict: 'pass', findings: [] });
      },
      replay: (asked) => {
        this.replays.push(asked);
        return this.replayed(asked);
      },
      ...over,
    });
  }

  static async open(over: Partial<ApiDeps> = {}): Promise<ApiWorld> {
    return ApiWorld.over(await SqliteWorld.open(), over);
  }

  /** Over a journal that outlives it. */
  static over(sqlite: SqliteWorld, over: Partial<ApiDeps> = {}): ApiWorld {
    return new ApiWorld(sqlite, over);
  }

  get(path: string): Test {
    return request(this.app).get(path).set('authorization', token);
  }

  post(path: string, body: unknown): Test {
    return request(this.app)
      .post(path)
      .set('authorization', token)
      .set('content-type', 'application/json')
      .send(body as object);
  }

  async close(): Promise<void> {
    this.shutdown.abort();
    await this.sqlite.destroy();
  }
}

const policies = (['payments', 'web'] as const).map((name, index) => ({
  name,
  hash: `sha256:${index}`,
  mode: index === 0 ? ('enforce' as const) : ('audit' as const),
  enforcement: 'advisory',
  place: `${name}.yaml:1:1`,
  targets: [{ clusters: ['prod'], namespaces: ['apps'] }],
  changes: [{ source: 'hub', repositories: ['org/*'], refs: ['refs/heads/main'], confirmed: true }],
  ...(index === 0 ? {} : { subjects: [{ issuer: 'corp', match: [{ claim: ['realm', 'role'], is: ['sre', 'dev'] }] }], later: { x: 1 } }),
}));

const sources: readonly SourceObject[] = ['web', 'api', 'db'].map((name) => ({
  target: targetOf(name),
  url: `https://github.com/org/${name}`,
  ref: { branch: 'main' },
  suspended: false,
  artifactRevision: null,
  paths: null,
}));

const health: readonly ClusterHealth[] = [{ cluster: 'prod', state: 'synced', known: true, message: null, kinds: [] }];

const inventory: ApiDeps['inventory'] = {
  sources: () => sources,
  find: (target) => sources.find((source) => targetKey(source.target) === targetKey(target)),
  footprint: (source): Footprint => ({ source, consumers: [], namespaces: ['apps'], unbounded: [] }),
  health: () => health,
};

const nobody: NamespaceAccess = {
  cluster: 'prod',
  namespace: 'apps',
  clusterState: 'synced',
  summary: 'nobody',
  covered: false,
  mode: null,
  enforcement: null,
  secondAuthority: 'off',
  policies: [],
  targets: [],
  unbounded: [],
  sourceRights: [],
};
