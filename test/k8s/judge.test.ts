import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import type { Attempt } from '#core/ports/clusters.ts';
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
  type Sample,
  sample,
  told,
  token,
  wanted,
} from './samples.ts';

interface Case {
  readonly title: string;
  readonly objects: readonly Sample[];
  readonly attempt?: Partial<Attempt>;
  readonly overall: string;
  readonly consumers?: readonly string[];
  readonly message?: RegExp;
  readonly lagging?: boolean;
}

const failing = (reason: string, message = 'no'): object[] => [
  condition('Ready', 'False', reason, message),
  condition('Reconciling', 'True', 'ProgressingWithRetry', `Building manifests for revision ${at(wanted)}`),
];
const running = (message: string): object[] => [
  condition('Ready', 'Unknown', 'Progressing'),
  condition('Reconciling', 'True', 'Progressing', message),
];
const stalled = (reason: string, generation = 1): object[] => [
  condition('Ready', 'False', reason, 'given up'),
  condition('Stalled', 'True', reason, 'given up', generation),
];

const sources: readonly Case[] = [
  { title: 'a source without consumers is applied when it serves the revision', objects: [gitRepository(wanted)], overall: 'applied' },
  {
    title: 'a Ready condition of an older generation is no success',
    objects: [gitRepository(wanted, { generation: 2 })],
    overall: 'waiting/source-not-ready',
  },
  {
    title: "the object's observedGeneration may lag: the Ready condition's own decides about a failure",
    objects: [
      gitRepository(before, {
        generation: 2,
        status: { observedGeneration: 1, conditions: [condition('Ready', 'False', 'GitOperationFailed', 'object not found', 2)] },
      }),
    ],
    overall: 'failed/GitOperationFailed',
    message: /object not found/,
  },
  {
    title: 'a failure of an older generation is not ours',
    objects: [gitRepository(before, { generation: 2, status: { conditions: [condition('Ready', 'False', 'GitOperationFailed')] } })],
    overall: 'waiting/source-not-ready',
  },
  {
    title: 'a failure that was there before our token was handled is not ours',
    objects: [
      gitRepository(before, {
        status: { lastHandledReconcileAt: '2026-01-01T00:00:00Z', conditions: [condition('Ready', 'False', 'GitOperationFailed')] },
      }),
    ],
    overall: 'waiting/source-not-asked',
  },
  {
    title: 'when nothing was written a failing source is failing',
    objects: [gitRepository(wanted, { status: { conditions: [condition('Ready', 'False', 'GitOperationFailed')] } })],
    attempt: { token: null },
    overall: 'failed/GitOperationFailed',
  },
  {
    title: 'an old Ready=False while the next run is under way is not a failure',
    objects: [
      gitRepository(before, {
        status: {
          conditions: [condition('Ready', 'False', 'GitOperationFailed'), condition('Reconciling', 'True', 'Progressing', 'building')],
        },
      }),
    ],
    overall: 'waiting/source-not-ready',
  },
  {
    title: 'a failing source decides over a consumer that stays Ready',
    objects: [gitRepository(before, { status: { conditions: failing('GitOperationFailed', 'unable to clone') } }), kustomization(before)],
    overall: 'failed/GitOperationFailed',
    consumers: ['waiting/source-not-ready'],
    message: /unable to clone/,
  },
  {
    title: 'a source that fails now is failing even when its last artifact is the revision',
    objects: [gitRepository(wanted, { status: { conditions: failing('GitOperationFailed') } }), kustomization(wanted)],
    overall: 'failed/GitOperationFailed',
    consumers: ['applied'],
  },
  {
    title: 'a stalled source is stalled',
    objects: [gitRepository(before, { status: { conditions: stalled('InvalidSTSConfiguration') } })],
    overall: 'stalled/InvalidSTSConfiguration',
  },
  {
    title: 'a stall of an older generation is not ours',
    objects: [gitRepository(before, { generation: 2, status: { conditions: stalled('InvalidSTSConfiguration', 1) } })],
    overall: 'waiting/source-not-ready',
  },
  {
    title: 'a suspended source echoes the token and stays Ready, and is skipped',
    objects: [gitRepository(before, { spec: { suspend: true } }), kustomization(before)],
    overall: 'skipped/suspended',
  },
  {
    title: 'a newer revision supersedes',
    objects: [gitRepository(later)],
    attempt: { newer: [later] },
    overall: 'superseded/newer-revision',
  },
  {
    title: 'a revision that is desired again by a newer reconcile is applied, not superseded',
    objects: [gitRepository(wanted)],
    attempt: { newer: [wanted] },
    overall: 'applied',
  },
  {
    title: 'a source that answered our token with another revision lags',
    objects: [gitRepository(before)],
    overall: 'waiting/source-not-ready',
    lagging: true,
    message: /serves main@sha1:a+, not b+/,
  },
  {
    title: 'a source that has not answered yet does not lag',
    objects: [gitRepository(before, { status: { lastHandledReconcileAt: '2026-01-01T00:00:00Z' } })],
    overall: 'waiting/source-not-asked',
    lagging: false,
  },
  {
    title: 'a revision that Flux found by itself counts while a request for it is not written yet',
    objects: [gitRepository(wanted, { requestedAt: 'x', status: { lastHandledReconcileAt: 'x' } })],
    overall: 'applied',
  },
  {
    title: 'a revision that is there already waits for the answer to an open request',
    objects: [gitRepository(wanted, { status: { lastHandledReconcileAt: 'x' } })],
    overall: 'waiting/source-not-asked',
  },
  {
    title: 'when the head is meant, what the source brought in answer to our token is it',
    objects: [gitRepository(later), kustomization(later)],
    attempt: { revision: null },
    overall: 'applied',
  },
  {
    title: 'when the head is meant, nothing is said before our token is handled',
    objects: [gitRepository(later, { status: { lastHandledReconcileAt: 'x' } }), kustomization(later)],
    attempt: { revision: null },
    overall: 'waiting/source-not-asked',
  },
  { title: 'a source that is gone has failed', objects: [], overall: 'failed/gone' },
];

const source = gitRepository(wanted);
const kustomizations: readonly Case[] = [
  {
    title: 'source and consumer at the revision are applied',
    objects: [source, kustomization(wanted)],
    overall: 'applied',
    consumers: ['applied'],
  },
  {
    title: 'the pointer in front of the digest does not count',
    objects: [source, kustomization(wanted, { status: { lastAppliedRevision: `sha1:${wanted}` } })],
    overall: 'applied',
  },
  {
    title: 'Ready=True is written before the applied revision, and is no success until that follows',
    objects: [source, kustomization(before, { status: { lastAttemptedRevision: at(wanted) } })],
    overall: 'waiting/not-started',
  },
  {
    title: 'the applied revision of an older generation is no success',
    objects: [source, kustomization(wanted, { generation: 2 })],
    overall: 'waiting/not-started',
  },
  {
    title: 'a failure of this revision is told in the words of Flux',
    objects: [
      source,
      kustomization(before, {
        status: { lastAttemptedRevision: at(wanted), conditions: failing('BuildFailed', 'kustomize build failed') },
      }),
    ],
    overall: 'failed/BuildFailed',
    consumers: ['failed/BuildFailed'],
    message: /^kustomize build failed$/,
  },
  {
    title: 'a failure of the revision before is not ours',
    objects: [
      source,
      kustomization(before, {
        status: {
          conditions: [
            condition('Ready', 'False', 'BuildFailed'),
            condition('Reconciling', 'True', 'ProgressingWithRetry', `Building manifests for revision ${at(before)}`),
          ],
        },
      }),
    ],
    overall: 'waiting/ProgressingWithRetry',
  },
  {
    title: 'ArtifactFailed does not write the attempted revision: it is read from the message',
    objects: [source, kustomization(before, { status: { conditions: failing('ArtifactFailed', 'kustomization path not found') } })],
    overall: 'failed/ArtifactFailed',
  },
  {
    title: 'a stuck health check waits and shows itself',
    objects: [
      source,
      kustomization(before, {
        status: {
          lastAttemptedRevision: at(before),
          conditions: running(`Running health checks for revision ${at(before)} with a timeout of 30s`),
        },
      }),
    ],
    overall: 'waiting/Progressing',
    message: /Running health checks/,
  },
  {
    title: 'a health check that fails is a failure',
    objects: [
      source,
      kustomization(before, {
        status: { lastAttemptedRevision: at(wanted), conditions: failing('HealthCheckFailed', 'timeout waiting for Deployment') },
      }),
    ],
    overall: 'failed/HealthCheckFailed',
  },
  {
    title: 'a cancelled health check waits for the run that cancelled it',
    objects: [source, kustomization(before, { status: { lastAttemptedRevision: at(wanted), conditions: failing('HealthCheckCanceled') } })],
    overall: 'waiting/HealthCheckCanceled',
  },
  {
    title: 'a dependency that is not ready is waited for',
    objects: [
      source,
      kustomization(before, {
        status: { lastAttemptedRevision: at(wanted), conditions: failing('DependencyNotReady', "dependency 'apps/db' is not ready") },
      }),
    ],
    overall: 'waiting/DependencyNotReady',
    message: /apps\/db/,
  },
  {
    title: 'a stalled consumer is stalled',
    objects: [source, kustomization(before, { status: { conditions: stalled('InvalidCELExpression') } })],
    overall: 'stalled/InvalidCELExpression',
  },
  {
    title: 'a stalled consumer does not speak before the others have ended',
    objects: [source, kustomization(before, { status: { conditions: stalled('AccessDenied') } }), kustomization(before, { name: 'slow' })],
    overall: 'waiting/not-started',
    consumers: ['stalled/AccessDenied', 'waiting/not-started'],
  },
  {
    title: 'a failing consumer speaks at once',
    objects: [
      source,
      kustomization(before, { name: 'slow' }),
      kustomization(before, { status: { lastAttemptedRevision: at(wanted), conditions: failing('BuildFailed') } }),
    ],
    overall: 'failed/BuildFailed',
  },
  {
    title: 'a suspended consumer echoes tokens and stays Ready, and is skipped while the others are applied',
    objects: [source, kustomization(before, { spec: { suspend: true } }), kustomization(wanted, { name: 'other' })],
    overall: 'applied',
    consumers: ['skipped/suspended', 'applied'],
  },
  {
    title: 'when all consumers are suspended the whole is skipped',
    objects: [source, kustomization(before, { spec: { suspend: true } })],
    overall: 'skipped/suspended',
  },
  {
    title: 'a consumer that is being deleted is skipped',
    objects: [
      source,
      kustomization(before, { meta: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
      kustomization(wanted, { name: 'other' }),
    ],
    overall: 'applied',
    consumers: ['skipped/deleting', 'applied'],
  },
  {
    title: 'consumers wait while the source has not reached the revision, whatever they say about older ones',
    objects: [gitRepository(before), kustomization(before, { status: { conditions: failing('BuildFailed') } })],
    overall: 'waiting/source-not-ready',
    consumers: ['waiting/source-not-ready'],
  },
];

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

const helm: readonly Case[] = [
  {
    title: 'a release of the chart that the revision made is applied',
    objects: [source, helmChart(wanted, '1.1.0'), helmRelease('1.1.0')],
    overall: 'applied',
  },
  {
    title: 'a chart whose version the revision does not change is not released again',
    objects: [
      source,
      helmChart(wanted, '1.0.0', { status: { artifact: { revision: '1.0.0', lastUpdateTime: '2026-01-01T00:00:01Z' } } }),
      helmRelease('1.0.0'),
    ],
    overall: 'skipped/chart-unchanged',
  },
  {
    title: 'with the strategy Revision every revision is a new chart',
    objects: [
      source,
      helmChart(wanted, '1.0.0+b', {
        spec: { reconcileStrategy: 'Revision' },
        status: { artifact: { revision: '1.0.0+b', lastUpdateTime: '2026-01-01T00:00:01Z' } },
      }),
      helmRelease('1.0.0+b'),
    ],
    overall: 'applied',
  },
  {
    title: 'a chart of the revision before is waited for',
    objects: [source, helmChart(before, '1.0.0'), helmRelease('1.0.0')],
    overall: 'waiting/chart-not-ready',
  },
  {
    title: 'a chart is Ready a moment before its artifact is written: the version in the message tells',
    objects: [
      source,
      helmChart(wanted, '1.0.0', {
        status: { conditions: [condition('Ready', 'True', 'ChartPackageSucceeded', "packaged 'web' chart with version '1.1.0'")] },
      }),
      helmRelease('1.0.0'),
    ],
    overall: 'waiting/provider-not-ready',
  },
  {
    title: 'a release that is still at the chart before is waited for',
    objects: [source, helmChart(wanted, '1.1.0'), helmRelease('1.0.0')],
    overall: 'waiting/not-started',
  },
  {
    title: 'a release whose first snapshot is not deployed is no success',
    objects: [
      source,
      helmChart(wanted, '1.1.0'),
      helmRelease('1.1.0', { status: { history: [{ chartVersion: '1.1.0', status: 'pending-upgrade' }] } }),
    ],
    overall: 'waiting/not-started',
  },
  {
    title: 'an upgrade that fails is failed though Reconciling stays at Progressing',
    objects: [
      source,
      helmChart(wanted, '1.1.0'),
      helmRelease('1.1.0', {
        status: { conditions: [condition('Ready', 'False', 'UpgradeFailed', 'no match'), condition('Reconciling', 'True', 'Progressing')] },
      }),
    ],
    overall: 'failed/UpgradeFailed',
    message: /no match/,
  },
  {
    title: 'the failure of the chart before is not ours',
    objects: [
      source,
      helmChart(wanted, '1.1.0'),
      helmRelease('1.0.0', {
        status: {
          conditions: [
            condition('Ready', 'False', 'UpgradeFailed'),
            condition('Reconciling', 'True', 'Progressing', 'Fulfilling prerequisites'),
          ],
        },
      }),
    ],
    overall: 'waiting/Progressing',
  },
  {
    title: 'after a rollback the message is what went wrong',
    objects: [
      source,
      helmChart(wanted, '1.1.0'),
      helmRelease('1.1.0', {
        status: {
          conditions: [
            condition('Ready', 'False', 'RollbackSucceeded', 'rollback succeeded'),
            condition('Stalled', 'True', 'RetriesExceeded', 'failed to upgrade after 1 attempt(s)'),
            condition('Released', 'False', 'UpgradeFailed', 'timeout waiting for Deployment'),
          ],
        },
      }),
    ],
    overall: 'stalled/RetriesExceeded',
    message: /timeout waiting/,
  },
  {
    title: 'retries that were exceeded for the chart before do not hold for this one',
    objects: [source, helmChart(wanted, '1.1.0'), helmRelease('1.0.0', { status: { conditions: stalled('RetriesExceeded') } })],
    overall: 'waiting/not-started',
  },
  {
    title: 'values that cannot be read are a failure though no version is attempted',
    objects: [
      source,
      helmChart(wanted, '1.1.0'),
      helmRelease('1.0.0', {
        status: {
          conditions: [condition('Ready', 'False', 'ValuesError', 'missing ConfigMap'), condition('Reconciling', 'True', 'Progressing')],
        },
      }),
    ],
    overall: 'failed/ValuesError',
  },
  {
    title: 'a chart that is not ready is waited for by its release',
    objects: [
      source,
      helmChart(wanted, '1.1.0'),
      helmRelease('1.0.0', { status: { conditions: [condition('Ready', 'False', 'SourceNotReady', 'HelmChart is not ready')] } }),
    ],
    overall: 'waiting/SourceNotReady',
  },
  {
    title: 'a chart that cannot be built speaks for its release',
    objects: [source, helmChart(wanted, '1.0.0', { status: { conditions: stalled('InvalidChartReference') } }), helmRelease('1.0.0')],
    overall: 'stalled/InvalidChartReference',
  },
  { title: 'a chart that does not exist yet is waited for', objects: [source, helmRelease('1.0.0')], overall: 'waiting/provider-missing' },
];

function run({ objects, attempt, overall, consumers, message, lagging }: Case): void {
  const seen = observe(objects, attempt);
  assert.equal(told(seen), overall);
  if (consumers) assert.deepEqual(seen.consumers.map(told), consumers);
  if (message) assert.match(seen.message ?? '', message);
  if (lagging !== undefined) assert.equal(seen.lagging, lagging);
}

describe('the outcome of an attempt', () => {
  for (const [what, cases] of Object.entries({ sources, kustomizations, artifacts, helm })) {
    describe(what, () => {
      for (const entry of cases) it(entry.title, () => run(entry));
    });
  }

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
