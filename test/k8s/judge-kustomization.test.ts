import { type Case, failing, running, stalled, describeCases } from './judge-cases.ts';
import { at, before, condition, gitRepository, kustomization, wanted } from './samples.ts';

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

describeCases('the outcome by Kustomizations', kustomizations);
