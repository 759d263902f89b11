import assert from 'node:assert/strict';
import fc from 'fast-check';
import { standingOf, statusesOf, type StatusState } from '#adapters/github/commit-status.ts';
import type { Decision } from '#core/decision.ts';
import type { Story } from '#core/ports/journal.ts';
import type { Reconcile } from '#core/reconcile.ts';
import type { TargetRef } from '#core/target.ts';
import { sampleDecision, sampleStory } from './stories.ts';
import { sampleReconcile } from '../../handlers/samples.ts';

type Fate = Partial<Pick<Reconcile, 'state' | 'outcome' | 'reason' | 'message'>>;

describe('the standing of one target', () => {
  const ended = (outcome: Reconcile['outcome'], reason: string | null = null): Fate => ({ state: 'ended', outcome, reason });
  const table: readonly [string, Fate, StatusState, RegExp][] = [
    ['waits for its turn', { state: 'queued' }, 'pending', /^allowed, on its way$/],
    ['was asked for', { state: 'observing' }, 'pending', /^allowed, on its way$/],
    ['is there', ended('applied'), 'success', /^applied$/],
    ['was there before', ended('skipped', 'current'), 'success', /^applied already$/],
    ['concerns none of the declared paths', ended('skipped', 'paths'), 'success', /no declared path changed$/],
    [
      'fails so far',
      { state: 'observing', outcome: 'failed', reason: 'BuildFailed' },
      'failure',
      /^failed \(BuildFailed\), Flux tries again$/,
    ],
    ['was refused by the cluster', ended('failed', 'refused'), 'failure', /^failed \(refused\)$/],
    ['is stalled', ended('stalled', 'InvalidPath'), 'failure', /^stalled \(InvalidPath\)/],
    ['came to nothing in time', ended('timed_out', 'no-outcome'), 'error', /no outcome in time$/],
    ['gave way to a newer one', ended('superseded', 'newer-revision'), 'error', /^superseded/],
    ['is not what the ref leads to any more', ended('skipped', 'not-head'), 'error', /^superseded/],
    ['is suspended', ended('skipped', 'suspended'), 'error', /suspended in Flux$/],
    ['is gone', ended('skipped', 'gone'), 'error', /gone$/],
    ['is of a cluster that is no longer configured', ended('skipped', 'not-configured'), 'error', /^skipped \(not-configured\)$/],
    ['has an odd reason', ended('failed', 'a reason\nof two lines'), 'failure', /^failed$/],
  ];
  for (const [what, fate, state, words] of table) {
    it(`is ${state} where it ${what}`, () => {
      const standing = standingOf(sampleDecision(), sampleReconcile({ message: 'secret words of the cluster', ...fate }));
      assert.equal(standing.state, state);
      assert.match(standing.words, words);
      assert.doesNotMatch(standing.words, /secret/);
    });
  }

  it('is failure where it is denied, and names the rule alone', () => {
    const reasons = [{ code: 'actor', message: 'mallory is not on the list of alice, bob' }];
    const denied = standingOf(sampleDecision({ verdict: 'deny', rule: 'payments changes[0]', reasons }), undefined);
    assert.deepEqual(denied, { state: 'failure', words: 'denied by payments changes[0]' });
    const nobody = standingOf(sampleDecision({ verdict: 'deny', rule: 'default' }), undefined);
    assert.deepEqual(nobody, { state: 'failure', words: 'denied by default: no policy in force allows it' });
  });

  it('is pending where it waits for people, or has no reconcile yet', () => {
    assert.deepEqual(standingOf(sampleDecision({ verdict: 'hold', rule: 'freeze' }), undefined), {
      state: 'pending',
      words: 'held by freeze',
    });
    assert.equal(standingOf(sampleDecision(), undefined).state, 'pending');
  });

  it('is failure where it was allowed at first and denied when it was decided again', () => {
    const skipped = sampleReconcile(ended('skipped', 'denied'));
    assert.equal(standingOf(sampleDecision({ verdict: 'deny', rule: 'default' }), skipped).state, 'failure');
  });
});

describe('the statuses that news changes', () => {
  const web: TargetRef = { cluster: 'prod', kind: 'GitRepository', namespace: 'flux', name: 'web' };
  const api: TargetRef = { ...web, name: 'api' };
  const far: TargetRef = { ...web, cluster: 'stage' };

  /** Targets with the namespaces that move and what came of them. */
  function story(...parts: readonly (readonly [target: TargetRef, namespaces: readonly string[], fate: Fate])[]): Story {
    const decisions = parts.map(([target, namespaces], index) => sampleDecision({ id: `dec_${index}`, target, facts: { namespaces } }));
    const reconciles = parts.map(([target, , fate], index) => sampleReconcile({ id: `rec_${index}`, target, ...fate }));
    return sampleStory({ decisions, reconciles });
  }
  const told = (target: TargetRef, of: Story, prefix = 'headgate') => statusesOf({ target, story: of }, prefix);
  const applied: Fate = { state: 'ended', outcome: 'applied' };

  it('are one for each namespace that moves, not for the one where the object lives', () => {
    assert.deepEqual(told(web, story([web, ['apps', 'jobs'], applied]), 'gate'), [
      { context: 'gate/prod/apps', state: 'success', description: 'applied' },
      { context: 'gate/prod/jobs', state: 'success', description: 'applied' },
    ]);
  });

  it('are of its own namespace where the decision names none', () => {
    const contexts = ([null, [], 'apps', true] as const).map((namespaces) => {
      const decision = sampleDecision({ target: web, facts: { namespaces } });
      return statusesOf({ target: web, story: sampleStory({ decisions: [decision] }) }, 'headgate').map(({ context }) => context);
    });
    assert.deepEqual(contexts, [['headgate/prod/flux'], ['headgate/prod/flux'], ['headgate/prod/flux'], ['headgate/prod/flux']]);
  });

  it('say the worst of all targets that move the namespace of that cluster, and how many', () => {
    const all = story([web, ['apps'], applied], [api, ['apps', 'jobs'], { outcome: 'failed', reason: 'BuildFailed' }], [far, ['apps'], {}]);
    const apps = { context: 'headgate/prod/apps', state: 'failure', description: '1 of 2: failed (BuildFailed), Flux tries again' };
    assert.deepEqual(told(web, all), [apps]);
    assert.deepEqual(told(api, all), [
      apps,
      { context: 'headgate/prod/jobs', state: 'failure', description: 'failed (BuildFailed), Flux tries again' },
    ]);
    assert.deepEqual(told(far, all), [{ context: 'headgate/stage/apps', state: 'pending', description: 'allowed, on its way' }]);
  });

  it('wait for the last target before they say success', () => {
    assert.equal(
      told(web, story([web, ['apps'], applied], [api, ['apps'], { state: 'queued' }]))[0]?.description,
      '1 of 2: allowed, on its way',
    );
    const current: Fate = { state: 'ended', outcome: 'skipped', reason: 'current' };
    const [status] = told(web, story([web, ['apps'], applied], [api, ['apps'], current]));
    assert.deepEqual([status?.state, status?.description], ['success', 'all 2: applied; applied already']);
  });

  it('follow the newest decision, and the newest attempt', () => {
    const first = story([web, ['apps'], applied]);
    const decisions = [...first.decisions, sampleDecision({ id: 'dec_later', target: web, facts: { namespaces: ['jobs'] } })];
    const reconciles = [sampleReconcile({ id: 'rec_later', seq: 2, target: web, state: 'queued' }), ...first.reconciles];
    assert.deepEqual(told(web, sampleStory({ decisions, reconciles })), [
      { context: 'headgate/prod/jobs', state: 'pending', description: 'allowed, on its way' },
    ]);
    assert.deepEqual(told(far, first), [], 'nothing was decided of it');
  });

  it('are bounded in number', () => {
    const namespaces = Array.from({ length: 100 }, (_, index) => `n${index}`);
    assert.equal(told(web, story([web, namespaces, applied])).length, 20);
  });

  const fates = fc.record({
    verdict: fc.constantFrom<Decision['verdict']>('allow', 'hold', 'deny'),
    rule: fc.string({ unit: 'grapheme', maxLength: 200 }),
    state: fc.constantFrom<Reconcile['state']>('queued', 'observing', 'ended'),
    outcome: fc.constantFrom<Reconcile['outcome']>(null, 'applied', 'failed', 'stalled', 'superseded', 'timed_out', 'skipped'),
    reason: fc.option(fc.oneof(fc.constantFrom('current', 'paths', 'gone', 'constructor'), fc.string())),
  });

  it('are success exactly when every target is, whatever order they are in, and never longer than GitHub takes', () => {
    fc.assert(
      fc.property(fc.array(fates, { minLength: 1, maxLength: 6 }), (all) => {
        const decisions = all.map(({ verdict, rule }, index) =>
          sampleDecision({ id: `dec_${index}`, verdict, rule, target: { ...web, name: `t${index}` }, facts: { namespaces: ['apps'] } }),
        );
        const reconciles = all.map(({ state, outcome, reason }, index) =>
          sampleReconcile({ id: `rec_${index}`, target: { ...web, name: `t${index}` }, state, outcome, reason }),
        );
        const web0 = { ...web, name: 't0' };
        const [status] = statusesOf({ target: web0, story: sampleStory({ decisions, reconciles }) }, 'headgate');
        const backwards = sampleStory({ decisions: decisions.toReversed(), reconciles: reconciles.toReversed() });
        assert.deepEqual(statusesOf({ target: web0, story: backwards }, 'headgate'), [status]);
        const single = decisions.map((each, index) => standingOf(each, reconciles[index]).state);
        assert.equal(
          status?.state === 'success',
          single.every((state) => state === 'success'),
        );
        assert.equal(status?.state === 'failure', single.includes('failure'));
        assert.ok(Array.from(status?.description ?? '').length <= 140 && (status?.description ?? '') !== '');
      }),
    );
  });
});
