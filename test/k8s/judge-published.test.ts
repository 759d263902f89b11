import assert from 'node:assert/strict';
import { before, condition, helmRelease, kustomization, observe, readyTrue, sample, told, token, wanted, type Sample } from './samples.ts';

const digest = `sha256:${'d'.repeat(64)}`;
const other = `sha256:${'e'.repeat(64)}`;
const of = { cluster: 'prod', kind: 'OCIRepository', namespace: 'apps', name: 'app' };
const origin = (commit: string): string => `default@sha1:${commit}`;

/** An OCIRepository that serves an artifact of `commit` and has handled the token. */
function registry(served: string, commit: string): Sample {
  const metadata = { 'org.opencontainers.image.revision': origin(commit) };
  return sample('OCIRepository', {
    requestedAt: token,
    spec: { url: 'oci://registry/infra', ref: { tag: 'default' } },
    status: { artifact: { revision: `default@${served}`, metadata }, lastHandledReconcileAt: token, conditions: [readyTrue] },
  });
}

function applies(served: string, commit: string): Sample {
  const revision = `default@${served}`;
  return kustomization(wanted, {
    spec: { sourceRef: { kind: 'OCIRepository', name: 'app' } },
    status: { lastAppliedRevision: revision, lastAttemptedRevision: revision, lastAppliedOriginRevision: origin(commit) },
  });
}

function releases(applied: string): Sample {
  return helmRelease('1.2.0', {
    spec: { chart: undefined, chartRef: { kind: 'OCIRepository', name: 'app' } },
    status: {
      lastAttemptedRevision: '1.2.0',
      lastAttemptedRevisionDigest: applied,
      history: [{ chartVersion: '1.2.0', status: 'deployed', ociDigest: applied }],
      conditions: [condition('Ready', 'True', 'UpgradeSucceeded')],
    },
  });
}

describe('the outcome by what was published', () => {
  const outcome = (objects: readonly Sample[]): string => told(observe(objects, { digest }, of));

  it('is applied when source and consumer have the very artifact', () => {
    assert.equal(outcome([registry(digest, wanted), applies(digest, wanted)]), 'applied');
  });

  it('waits for the consumer, which has the one before', () => {
    assert.match(outcome([registry(digest, wanted), applies(other, before)]), /^waiting/);
  });

  it('is nothing that only says that it was made from the revision', () => {
    const objects = [registry(other, wanted), applies(other, wanted)];
    assert.match(outcome(objects), /^waiting\/source-not-ready/);
    assert.deepEqual([observe(objects, { digest }, of).artifactReached, observe(objects, { digest }, of).lagging], [false, true]);
  });

  it('is not what a consumer says that its artifact was made from, when it applied another one', () => {
    assert.match(outcome([registry(digest, wanted), applies(other, wanted)]), /^waiting/);
  });

  it('is not the same artifact when it was made from another revision', () => {
    assert.match(outcome([registry(digest, before), applies(digest, before)]), /^waiting/);
  });

  it('is applied when a release has the very chart', () => {
    assert.equal(outcome([registry(digest, wanted), releases(digest)]), 'applied');
    assert.match(outcome([registry(digest, wanted), releases(other)]), /^waiting/);
  });

  it('goes by what an artifact was made from where nothing was published here', () => {
    assert.equal(told(observe([registry(other, wanted), applies(other, wanted)], {}, of)), 'applied');
  });
});
