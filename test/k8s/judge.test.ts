import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import { type Case, describeCases } from './judge-cases.ts';
import {
  at,
  before,
  condition,
  gitRepository,
  helmChart,
  helmRelease,
  kustomization,
  later,
  observe,
  readyTrue,
  sample,
  told,
  token,
  wanted,
  type Sample,
} from './samples.ts';

const source = gitRepository(wanted);
const digest = (letter: string): string => letter.repeat(64);
const oci = (origin: string, letter: string): Sample =>
  sample('OCIRepository', {
    requestedAt: token,
    spec: { url: 'oci://registry.example/org/app' },
    status: {
      artifact: {
        revision: `v1@sha256:${digest(letter)}`,
        metadata: { 'org.opencontainers.image.revision': at(origin) },
        lastUpdateTime: '2026-01-01T00:00:11Z',
      },
      lastHandledReconcileAt: token,
      conditions: [readyTrue],
    },
  });
const artifact = (origin: string | null, letter: string, updated = '2026-01-01T00:00:05Z'): Sample =>
  sample('ExternalArtifact', {
    name: 'part',
    spec: { sourceRef: { kind: 'ArtifactGenerator', name: 'parts' } },
    status: {
      artifact: {
        revision: `latest@sha256:${digest(letter)}`,
        lastUpdateTime: updated,
        ...(origin === null ? {} : { metadata: { 'org.opencontainers.image.revision': at(origin) } }),
      },
      conditions: [readyTrue],
    },
  });
const generator = (status: object[] = [readyTrue], meta = {}): Sample =>
  sample('ArtifactGenerator', {
    name: 'parts',
    meta,
    spec: { sources: [{ alias: 'app', kind: 'GitRepository', name: 'app' }] },
    status: { conditions: status },
  });
const follower = (letter: string, origin: string | null): Sample =>
  kustomization(before, {
    spec: { sourceRef: { kind: 'ExternalArtifact', name: 'part' } },
    status: {
      lastAppliedRevision: `latest@sha256:${digest(letter)}`,
      lastAttemptedRevision: `latest@sha256:${digest(letter)}`,
      ...(origin === null ? {} : { lastAppliedOriginRevision: at(origin) }),
    },
  });

const artifacts: readonly Case[] = [
  {
    title: 'a generated artifact of the revision that is applied counts by its origin',
    objects: [source, generator(), artifact(wanted, 'e'), follower('e', wanted)],
    overall: 'applied',
  },
  {
    title: 'a generated artifact of the revision before is waited for',
    objects: [source, generator(), artifact(before, 'd'), follower('d', before)],
    overall: 'waiting/artifact-not-ready',
  },
  {
    title: 'a generated artifact that the revision does not touch is not applied again',
    objects: [source, generator(), artifact(wanted, 'd'), follower('d', before)],
    overall: 'skipped/content-unchanged',
  },
  {
    title: 'a generated artifact without an origin is waited for when it is older than the revision',
    objects: [source, generator(), artifact(null, 'd'), follower('d', null)],
    overall: 'waiting/artifact-not-ready',
  },
  {
    title: 'a generated artifact without an origin that was stored after the revision was made from it',
    objects: [source, generator(), artifact(null, 'e', '2026-01-01T00:00:12Z'), follower('e', null)],
    overall: 'applied',
  },
  {
    title: 'a generator that fails speaks for its consumers',
    objects: [
      source,
      generator([condition('Ready', 'False', 'BuildFailed', 'no such path')]),
      artifact(before, 'd'),
      follower('d', before),
    ],
    overall: 'failed/BuildFailed',
    message: /no such path/,
  },
  {
    title: 'a disabled generator suspends its consumers',
    objects: [
      source,
      generator([readyTrue], { annotations: { 'source.extensions.fluxcd.io/reconcile': 'Disabled' } }),
      artifact(before, 'd'),
      follower('d', before),
    ],
    overall: 'skipped/suspended',
  },
  {
    title: 'what follows through an including repository cannot be proven and is said to be so',
    objects: [
      source,
      gitRepository(later, { name: 'outer', spec: { include: [{ repository: { name: 'app' } }] } }),
      kustomization(later, { spec: { sourceRef: { kind: 'GitRepository', name: 'outer' } } }),
    ],
    overall: 'skipped/included',
  },
];

describeCases('the outcome through generated artifacts and includes', artifacts);

describe('the outcome of an attempt', () => {
  const ociTarget = { cluster: 'prod', kind: 'OCIRepository', namespace: 'apps', name: 'app' };
  const ociFollower = (letter: string): Sample =>
    kustomization(before, {
      spec: { sourceRef: { kind: 'OCIRepository', name: 'app' } },
      status: { lastAppliedRevision: `v1@sha256:${digest(letter)}` },
    });

  it('follows a commit through an OCI artifact by its origin', () => {
    assert.equal(told(observe([oci(wanted, 'e'), ociFollower('e')], {}, ociTarget)), 'applied');
    assert.equal(told(observe([oci(wanted, 'e'), ociFollower('d')], {}, ociTarget)), 'waiting/not-started');
    assert.equal(observe([oci(before, 'd'), ociFollower('d')], {}, ociTarget).artifactReached, false);
  });

  it('tells a Helm chart in a registry apart by digest', () => {
    const release = (letter: string): Sample =>
      helmRelease('1.0.0+e', {
        spec: { chart: undefined, chartRef: { kind: 'OCIRepository', name: 'app' } },
        status: {
          helmChart: undefined,
          lastAttemptedRevisionDigest: `sha256:${digest(letter)}`,
          history: [{ chartVersion: '1.0.0+e', status: 'deployed', ociDigest: `sha256:${digest(letter)}` }],
        },
      });
    assert.equal(told(observe([oci(wanted, 'e'), release('e')], {}, ociTarget)), 'applied');
    assert.equal(told(observe([oci(wanted, 'e'), release('d')], {}, ociTarget)), 'waiting/not-started');
  });

  it('cuts the words of Flux to limits.outcome.messageChars', () => {
    const long = gitRepository(before, { status: { conditions: [condition('Ready', 'False', 'GitOperationFailed', 'x'.repeat(10_000))] } });
    assert.equal(observe([long]).message?.length, limits.outcome.messageChars);
  });

  it('is as patient as the source and its slowest consumer that is not suspended', () => {
    const minutes = 60_000;
    const slow = kustomization(wanted, { spec: { timeout: '20m' } });
    assert.equal(observe([source, slow]).patience, 21 * minutes);
    assert.equal(observe([source, kustomization(wanted, { spec: { interval: '30m' } })]).patience, 30.5 * minutes);
    assert.equal(
      observe([source, kustomization(wanted, { spec: { timeout: '20m', suspend: true } })]).patience,
      limits.outcome.minDeadline,
    );
    assert.equal(observe([source, kustomization(wanted, { spec: { timeout: '100h' } })]).patience, limits.outcome.maxDeadline);
    assert.equal(observe([source, helmChart(wanted, '1'), helmRelease('1')]).patience, 6 * minutes);
  });
});
