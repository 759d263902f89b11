import assert from 'node:assert/strict';
import type { Consumer } from '#core/target.ts';
import { limits } from '#core/limits.ts';
import { noPolicies } from '#policy/parse-policies.ts';
import { change, decideSample, footprint, mainOfApp, payments, policies } from './samples.ts';

function consumer(fields: Partial<Consumer>): Consumer {
  return {
    object: { cluster: 'prod', kind: 'Kustomization', namespace: 'flux-system', name: 'app' },
    suspended: false,
    namespaces: ['payments'],
    unbounded: false,
    remote: false,
    paths: null,
    ...fields,
  };
}

describe('policy/decide', () => {
  it('allows what a rule fits, naming policy, rule and hashes', () => {
    const set = policies({ payments: {} });
    const decision = decideSample(set);
    assert.equal(decision.verdict, 'allow');
    assert.equal(decision.wouldBe, null);
    assert.equal(decision.rule, 'payments changes[0]');
    assert.deepEqual(decision.reasons, [{ code: 'allowed', message: 'payments changes[0] allows refs/heads/main of hub org/app' }]);
    assert.deepEqual(decision.policies, [{ name: 'payments', hash: set.policies[0]?.hash, verdict: 'allow' }]);
    assert.deepEqual(
      [decision.id, decision.change, decision.target.name, decision.at, decision.enforcement],
      ['dec_1', 'chg_1', 'app', 2_000, 'advisory'],
    );
  });

  it('denies by default, naming each namespace that no policy is about', () => {
    const decision = decideSample(policies({ payments: {} }), { footprint: footprint(['billing', 'payments', 'web']) });
    assert.equal(decision.verdict, 'deny');
    assert.equal(decision.rule, 'default');
    assert.deepEqual(decision.reasons, [
      { code: 'no-policy', message: 'no policy is about namespace billing of cluster prod' },
      { code: 'no-policy', message: 'no policy is about namespace web of cluster prod' },
    ]);
  });

  it('denies without any policy, and on another cluster', () => {
    assert.equal(decideSample(policies({})).rule, 'default');
    const elsewhere = policies({ payments: { targets: [{ clusters: ['staging'], namespaces: ['**'] }] } });
    assert.equal(decideSample(elsewhere).verdict, 'deny');
    assert.deepEqual(decideSample(elsewhere).policies, []);
  });

  it('takes a footprint without namespaces for the namespace of the target itself', () => {
    assert.equal(decideSample(policies({ payments: {} }), { footprint: footprint([]) }).verdict, 'deny');
    const flux = policies({ flux: { targets: [{ clusters: ['prod'], namespaces: ['flux-system'] }] } });
    assert.equal(decideSample(flux, { footprint: footprint([]) }).verdict, 'allow');
  });

  it('asks every policy that is about any namespace that moves, and one denial wins', () => {
    const set = policies({
      a: { targets: [{ clusters: ['*'], namespaces: ['**'] }] },
      b: { targets: [payments], changes: [{ ...mainOfApp, refs: ['refs/tags/*'] }] },
      c: { targets: [{ clusters: ['prod'], namespaces: ['other'] }], changes: [{ ...mainOfApp, source: 'nobody' }] },
    });
    const decision = decideSample(set);
    assert.equal(decision.verdict, 'deny');
    assert.equal(decision.rule, 'b');
    assert.deepEqual(
      decision.policies.map(({ name, verdict }) => [name, verdict]),
      [
        ['a', 'allow'],
        ['b', 'deny'],
      ],
    );
    assert.deepEqual(decision.reasons, [
      { code: 'other-ref', message: 'b changes[0] does not fit: ref refs/heads/main is none of refs/tags/*' },
    ]);
  });

  it('says for each rule what did not fit', () => {
    const set = policies({
      payments: {
        changes: [
          { ...mainOfApp, source: 'review' },
          { ...mainOfApp, repositories: ['org/a', 'org/b-*'] },
          { ...mainOfApp, refs: ['refs/heads/release/**'] },
          { source: 'x*', repositories: ['none/*'], refs: ['refs/tags/*'] },
        ],
      },
    });
    assert.deepEqual(decideSample(set).reasons, [
      { code: 'other-source', message: 'payments changes[0] does not fit: source hub is not review' },
      { code: 'other-repository', message: 'payments changes[1] does not fit: repository org/app is none of org/a, org/b-*' },
      { code: 'other-ref', message: 'payments changes[2] does not fit: ref refs/heads/main is none of refs/heads/release/**' },
      {
        code: 'other-source',
        message:
          'payments changes[3] does not fit: source hub is not x*; repository org/app is none of none/*; ref refs/heads/main is none of refs/tags/*; ' +
          'it asks for a confirmed change and source hub has not confirmed this one: set `confirmed: false` in the rule, or give the source its `api`',
      },
    ]);
  });

  it('lets any one rule of a policy allow', () => {
    const decision = decideSample(policies({ payments: { changes: [{ ...mainOfApp, source: 'review' }, mainOfApp] } }));
    assert.equal(decision.rule, 'payments changes[1]');
    assert.equal(decision.verdict, 'allow');
  });

  it('denies an unconfirmed change where confirmation is asked for, and says how to go on', () => {
    const { confirmed: _, ...rule } = mainOfApp;
    const set = policies({ payments: { changes: [{ ...mainOfApp, source: 'other' }, rule] } });
    const denied = decideSample(set);
    assert.equal(denied.verdict, 'deny');
    assert.equal(denied.rule, 'payments changes[1]');
    assert.equal(denied.reasons[1]?.code, 'unconfirmed');
    assert.match(denied.reasons[1]?.message ?? '', /set `confirmed: false` in the rule, or give the source its `api`/);
    assert.equal(decideSample(set, { change: change({ confirmed: true }) }).verdict, 'allow');
  });

  it('takes a confirmed change where confirmation is not asked for', () => {
    assert.equal(decideSample(policies({ payments: {} }), { change: change({ confirmed: true }) }).verdict, 'allow');
  });

  it('decides a request like any other change', () => {
    const requested = change({
      action: 'requested',
      revision: null,
      after: null,
      actors: [{ role: 'requester', account: null, name: 'operator', kind: 'unknown' }],
    });
    assert.equal(decideSample(policies({ payments: {} }), { change: requested }).verdict, 'allow');
    const decision = decideSample(policies({}), { change: requested });
    assert.equal(decision.verdict, 'deny');
    assert.deepEqual(decision.lacked, ['confirmation', 'subject', 'revision']);
  });

  it('compares repository names as the source does, everything else exactly', () => {
    const set = policies({ payments: { changes: [{ ...mainOfApp, repositories: ['Org/A*'] }] } });
    assert.equal(decideSample(set, { caseSensitive: true }).verdict, 'deny');
    assert.equal(decideSample(set, { caseSensitive: false }).verdict, 'allow');
    assert.equal(decideSample(set, { caseSensitive: false, change: change({ ref: 'refs/heads/Main' }) }).verdict, 'deny');
  });

  describe('in audit mode', () => {
    const dev = { ...mainOfApp, refs: ['refs/heads/dev'] };

    it('allows what it would have denied, and says both', () => {
      const decision = decideSample(policies({ payments: { mode: 'audit', changes: [dev] } }));
      assert.equal(decision.verdict, 'allow');
      assert.equal(decision.wouldBe, 'deny');
      assert.equal(decision.rule, 'payments');
      assert.deepEqual(
        decision.reasons.map(({ code }) => code),
        ['other-ref', 'audit'],
      );
      assert.equal(decision.policies[0]?.verdict, 'deny');
    });

    it('says that it would have allowed', () => {
      const decision = decideSample(policies({ payments: { mode: 'audit' } }));
      assert.deepEqual([decision.verdict, decision.wouldBe], ['allow', 'allow']);
      assert.deepEqual(
        decision.reasons.map(({ code }) => code),
        ['allowed'],
      );
    });

    it('yields to one policy that enforces', () => {
      const decision = decideSample(policies({ a: { mode: 'audit', changes: [dev] }, b: {} }));
      assert.deepEqual([decision.verdict, decision.wouldBe, decision.rule], ['deny', null, 'a']);
    });

    it('does not cover a namespace that has no policy', () => {
      const decision = decideSample(policies({ payments: { mode: 'audit' } }), { footprint: footprint(['payments', 'web']) });
      assert.deepEqual([decision.verdict, decision.wouldBe, decision.rule], ['deny', null, 'default']);
    });
  });

  it('denies everything while the policies are unavailable, with that reason', () => {
    const decision = decideSample(noPolicies('the policies have not loaded for 24 h'));
    assert.equal(decision.verdict, 'deny');
    assert.deepEqual(decision.reasons, [{ code: 'policies-unavailable', message: 'the policies have not loaded for 24 h' }]);
    const halfGone = { ...policies({ payments: { mode: 'audit' as const } }), unavailable: 'gone' };
    assert.equal(decideSample(halfGone).verdict, 'deny');
  });

  it('records what it saw, and what it could not see', () => {
    const set = policies({ payments: {} });
    const consumers = [
      consumer({ unbounded: true }),
      consumer({ remote: true, object: { cluster: 'prod', kind: 'HelmRelease', namespace: 'x', name: 'y' } }),
    ];
    const decision = decideSample(set, { footprint: footprint(['payments'], consumers) });
    assert.deepEqual(decision.facts, {
      source: 'hub',
      repository: 'org/app',
      repositoryCaseSensitive: true,
      ref: 'refs/heads/main',
      action: 'updated',
      revision: 'b'.repeat(40),
      confirmed: false,
      subject: null,
      subjectIssuer: null,
      person: null,
      pusher: null,
      people: null,
      actors: ['pusher octocat (583231)'],
      namespaces: ['payments'],
      unbounded: ['prod/Kustomization/flux-system/app'],
      remote: ['prod/HelmRelease/x/y'],
      remoteNamespaces: [],
      policySet: set.hash,
      base: null,
    });
    assert.deepEqual(decision.lacked, ['confirmation', 'subject', 'reach', 'remote-clusters']);
  });

  it('records whose word it is who pushed, once, where a token told', () => {
    const pusher = { role: 'pusher', account: 'alice', name: 'alice', kind: 'unknown', assertedBy: 'host/hg (corp)' } as const;
    const { facts } = decideSample(policies({}), { change: change({ actors: [pusher, { ...pusher, account: 'bob', name: 'bob' }] }) });
    assert.deepEqual(facts['assertedBy'], ['host/hg (corp)']);
    assert.ok(!('assertedBy' in decideSample(policies({})).facts));
  });

  it('keeps a bounded number of reasons', () => {
    const many = Array.from({ length: limits.decision.reasons + 20 }, (_, index) => `ns-${index}`);
    const decision = decideSample(policies({}), { footprint: footprint(many) });
    assert.equal(decision.reasons.length, limits.decision.reasons + 1);
    assert.deepEqual(decision.reasons.at(-1), { code: 'more', message: 'and 20 more' });
  });
});
