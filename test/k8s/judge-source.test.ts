import { type Case, failing, stalled, describeCases } from './judge-cases.ts';
import { before, condition, gitRepository, kustomization, later, wanted } from './samples.ts';

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
    title: 'a stall from before our token was handled is not the answer to it',
    objects: [gitRepository(before, { status: { lastHandledReconcileAt: 'x', conditions: stalled('InvalidSTSConfiguration') } })],
    overall: 'waiting/source-not-asked',
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

describeCases('the outcome by the source', sources);
