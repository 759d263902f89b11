import type { Attempt, Observation } from '#core/ports/clusters.ts';
import type { TargetRef } from '#core/target.ts';
import { apiVersionOf, fluxKinds } from '#k8s/kinds.ts';
import { ObjectStore } from '#k8s/object-store.ts';
import { StoreObserver } from '#k8s/observer.ts';
import { parseFluxObject } from '#k8s/parse-flux-object.ts';
import type { FluxObject } from '#k8s/flux-object.ts';

type Json = Readonly<Record<string, unknown>>;

/** An object as an API server sends it, with its kind, which lists leave out. */
export interface Sample {
  readonly kind: string;
  readonly raw: Json;
}

export const before = 'a'.repeat(40);
export const wanted = 'b'.repeat(40);
export const later = 'c'.repeat(40);
export const at = (commit: string): string => `main@sha1:${commit}`;
export const token = '2026-01-01T00:00:10.000000000Z';

/** Merges into metadata, spec and status of a sample. */
export interface Parts {
  readonly name?: string;
  readonly namespace?: string;
  readonly generation?: number;
  readonly requestedAt?: string;
  readonly meta?: Json;
  readonly spec?: Json;
  readonly status?: Json;
}

let version = 0;

export function sample(kind: string, parts: Parts): Sample {
  const name = parts.name ?? 'app';
  const annotations = parts.requestedAt === undefined ? {} : { 'reconcile.fluxcd.io/requestedAt': parts.requestedAt };
  version += 1;
  const metadata = {
    name,
    namespace: parts.namespace ?? 'apps',
    uid: `${kind}-${name}`,
    resourceVersion: String(version),
    generation: parts.generation ?? 1,
    annotations,
    ...parts.meta,
  };
  return { kind, raw: { metadata, spec: parts.spec ?? {}, status: parts.status ?? {} } };
}

export function condition(type: string, status: string, reason: string, message = '', observedGeneration = 1): Json {
  return { type, status, reason, message, observedGeneration };
}

export const readyTrue = condition('Ready', 'True', 'ReconciliationSucceeded', 'all is well');

/** A GitRepository that serves `commit` and has handled `token`. */
export function gitRepository(commit: string, parts: Parts = {}): Sample {
  return sample('GitRepository', {
    requestedAt: token,
    ...parts,
    spec: { url: 'https://git.example/org/app', ...parts.spec },
    status: {
      artifact: { revision: at(commit), lastUpdateTime: '2026-01-01T00:00:11Z' },
      lastHandledReconcileAt: token,
      conditions: [readyTrue],
      ...parts.status,
    },
  });
}

/** A Kustomization of that GitRepository that has applied `commit`. */
export function kustomization(commit: string, parts: Parts = {}): Sample {
  return sample('Kustomization', {
    ...parts,
    spec: { interval: '10m', sourceRef: { kind: 'GitRepository', name: 'app' }, ...parts.spec },
    status: { lastAppliedRevision: at(commit), lastAttemptedRevision: at(commit), conditions: [readyTrue], ...parts.status },
  });
}

/** The HelmChart of helmRelease(), built from `commit`. */
export function helmChart(commit: string, chartVersion: string, parts: Parts = {}): Sample {
  return sample('HelmChart', {
    name: 'apps-web',
    ...parts,
    spec: { chart: './chart', sourceRef: { kind: 'GitRepository', name: 'app' }, ...parts.spec },
    status: {
      observedSourceArtifactRevision: at(commit),
      artifact: { revision: chartVersion, lastUpdateTime: '2026-01-01T00:00:11Z' },
      conditions: [condition('Ready', 'True', 'ChartPackageSucceeded', `packaged 'web' chart with version '${chartVersion}'`)],
      ...parts.status,
    },
  });
}

export function helmRelease(chartVersion: string, parts: Parts = {}): Sample {
  return sample('HelmRelease', {
    name: 'web',
    ...parts,
    spec: { chart: { spec: { chart: './chart', sourceRef: { kind: 'GitRepository', name: 'app' } } }, ...parts.spec },
    status: {
      helmChart: 'apps/apps-web',
      lastAttemptedRevision: chartVersion,
      history: [{ chartVersion, status: 'deployed' }],
      conditions: [readyTrue],
      ...parts.status,
    },
  });
}

export const target: TargetRef = { cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name: 'app' };

export function parsed({ kind, raw }: Sample, cluster = 'prod'): FluxObject {
  const found = fluxKinds.find((candidate) => candidate.kind === kind);
  const result = found && parseFluxObject(cluster, kind, apiVersionOf(found), raw);
  if (!result) throw new Error(`${kind} cannot be read`);
  return result.object;
}

export function storeOf(samples: readonly Sample[], announce: (source: TargetRef) => void = () => {}): ObjectStore {
  const store = new ObjectStore(announce);
  for (const entry of samples) store.upsert(parsed(entry));
  return store;
}

function attempt(overrides: Partial<Attempt> = {}): Attempt {
  return { revision: wanted, token, newer: [], ...overrides };
}

export function observe(samples: readonly Sample[], overrides: Partial<Attempt> = {}, of: TargetRef = target): Observation {
  return new StoreObserver(storeOf(samples), () => true).observe(of, attempt(overrides));
}

/** `outcome/reason`, as people would say it. */
export function told({ outcome, reason }: { readonly outcome: string | null; readonly reason: string | null }): string {
  return `${outcome ?? 'waiting'}${reason === null ? '' : `/${reason}`}`;
}
