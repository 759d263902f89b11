import assert from 'node:assert/strict';
import type { Consumer } from '#core/target.ts';
import { decideSample, footprint, payments, policies } from './samples.ts';

const remote = (more: Partial<Consumer> = {}): Consumer => ({
  object: { cluster: 'prod', kind: 'Kustomization', namespace: 'flux-system', name: 'edge' },
  suspended: false,
  namespaces: ['payments'],
  unbounded: false,
  remote: true,
  paths: null,
  ...more,
});
const edge = { clusters: ['edge'], namespaces: ['payments'] };
const here = policies({ payments: {} });
const everywhere = policies({ all: { targets: [{ clusters: ['*'], namespaces: ['*'] }] } });

describe('what is written to another cluster', () => {
  it('is denied when the config does not say which cluster that is, whatever policies allow', () => {
    for (const set of [here, everywhere]) {
      const decision = decideSample(set, { footprint: footprint([], [remote()]) });
      assert.deepEqual([decision.verdict, decision.rule, decision.reasons[0]?.code], ['deny', 'default', 'remote-unknown']);
      assert.match(decision.reasons[0]?.message ?? '', /prod\/Kustomization\/flux-system\/edge/);
      assert.ok(decision.lacked.includes('remote-clusters'));
    }
  });

  it('is denied beside what is written here and allowed', () => {
    assert.equal(decideSample(here, { footprint: footprint(['payments'], [remote()]) }).verdict, 'deny');
  });

  it('needs a policy about that cluster: one about a namespace of the same name here is none', () => {
    const known = { footprint: footprint([], [remote({ remoteCluster: 'edge' })]) };
    const denied = decideSample(here, known);
    assert.deepEqual(
      denied.reasons.map(({ code, message }) => `${code}: ${message}`),
      ['no-policy: no policy is about namespace payments of cluster edge'],
    );
    const allowed = decideSample(policies({ edge: { targets: [edge] } }), known);
    assert.deepEqual([allowed.verdict, allowed.facts['namespaces'], allowed.facts['remoteNamespaces']], ['allow', [], ['edge/payments']]);
    assert.ok(!allowed.lacked.includes('remote-clusters'));
  });

  it('needs policies about both when it is written here as well', () => {
    const both = { footprint: footprint(['payments'], [remote({ remoteCluster: 'edge', namespaces: ['payments', 'shop'] })]) };
    assert.equal(decideSample(here, both).verdict, 'deny');
    assert.equal(decideSample(policies({ a: {}, b: { targets: [edge] } }), both).verdict, 'deny', 'shop is uncovered');
    assert.equal(decideSample(policies({ a: { targets: [payments, { ...edge, namespaces: ['*'] }] } }), both).verdict, 'allow');
  });

  it('is heard by every policy about it: one of them may deny', () => {
    const set = policies({
      a: { targets: [edge] },
      b: { targets: [edge], changes: [{ source: 'other', repositories: ['*'], refs: ['**'] }] },
    });
    assert.equal(decideSample(set, { footprint: footprint([], [remote({ remoteCluster: 'edge' })]) }).rule, 'b');
  });

  it('counts as unknown when nothing says where it is written there', () => {
    const nowhere = footprint([], [remote({ remoteCluster: 'edge', namespaces: [] })]);
    assert.equal(decideSample(everywhere, { footprint: nowhere }).verdict, 'deny');
  });
});
