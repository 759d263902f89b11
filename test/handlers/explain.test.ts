import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RangeRecord } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { Hint } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { PathsVerdict } from '#core/reconcile.ts';
import type { RefSpec, SourceObject } from '#core/target.ts';
import { targetKey } from '#core/target.ts';
import { explainRequest } from '#handlers/explain-request.ts';
import { explain, type Explaining } from '#handlers/explain.ts';
import { Flow } from './flow.ts';
import { sampleChange, sampleHint, sampleSource, sha, target } from './samples.ts';

const consumerIn = (...namespaces: readonly string[]) => ({
  object: { ...target, kind: 'Kustomization' },
  suspended: false,
  namespaces,
  unbounded: false,
  remote: false,
  paths: null,
});

const main = { repository: 'org/app', ref: 'refs/heads/main' };

describe('explain', () => {
  let flow: Flow;
  let deps: Explaining;
  beforeEach(async () => {
    flow = await Flow.open();
    deps = flow.deps;
  });
  afterEach(() => flow.close());

  it('says which targets would move, and what would move with them', () => {
    flow.clusters.put(sampleSource({ branch: 'main' }), [consumerIn('apps')]);

    const { change, targets, reason } = explain(deps, { ...main, revision: sha('b') });

    assert.deepEqual([change?.source, change?.revision, change?.id, reason], ['hub', sha('b'), null, null]);
    assert.deepEqual(
      targets.map(({ moves, skipped, decision, namespaces, consumers }) => [
        moves,
        skipped,
        decision.verdict,
        namespaces,
        consumers.length,
      ]),
      [[true, null, 'allow', ['apps'], 1]],
    );
  });

  it('shows which cluster something writes to, and denies what writes to one that nothing names', () => {
    flow.clusters.put(sampleSource({ branch: 'main' }), [{ ...consumerIn('apps'), remote: true }]);
    const [unknown] = explain(deps, main).targets;
    assert.deepEqual(
      unknown?.decision.reasons.map(({ code }) => code),
      ['remote-unknown'],
    );
    flow.clusters.put(sampleSource({ branch: 'main' }), [{ ...consumerIn('apps'), remote: true, remoteCluster: 'edge' }]);
    const [known] = explain(deps, main).targets;
    assert.deepEqual([known?.moves, known?.consumers[0]?.remoteCluster, known?.namespaces], [true, 'edge', []]);
  });

  it('gives nothing that was not recorded an id', () => {
    flow.clusters.put(sampleSource({ branch: 'main' }));
    const [first] = explain(deps, main).targets;
    assert.ok(first);
    assert.deepEqual(
      ['id', 'change'].filter((name) => Object.hasOwn(first.decision, name)),
      [],
    );
  });

  it('denies what no policy allows, and says that nothing would move', () => {
    flow.clusters.put(sampleSource({ branch: 'main' }), [consumerIn('apps', 'payments')]);

    const { targets, reason } = explain(deps, main);

    assert.deepEqual([targets[0]?.moves, targets[0]?.decision.verdict, targets[0]?.decision.rule], [false, 'deny', 'default']);
    assert.equal(reason, 'nothing of it is allowed');
  });

  it('gives the candidates that would not move their reasons', () => {
    flow.clusters.put(sampleSource({ branch: 'dev' }));
    const { targets, candidates, reason } = explain(deps, main);
    assert.deepEqual(
      [targets.length, candidates[0]?.reason, reason],
      [0, 'other-ref', '1 source object of this repository, none follows this change'],
    );
  });

  const skipped: readonly (readonly [string, Parameters<typeof sampleSource>[1]])[] = [
    ['suspended', { suspended: true }],
    ['current', { artifactRevision: `main@sha1:${sha('b')}` }],
  ];
  for (const [why, more] of skipped) {
    it(`says that an allowed target would be skipped because it is ${why}`, () => {
      flow.clusters.put(sampleSource({ branch: 'main' }, more));
      const { targets, reason } = explain(deps, { ...main, revision: sha('b') });
      assert.deepEqual([targets[0]?.moves, targets[0]?.skipped?.reason, reason], [false, why, 'no target would be triggered']);
    });
  }

  it('skips a target of whose declared paths none is touched, and says so when it cannot tell', () => {
    flow.clusters.put(sampleSource({ branch: 'main' }, { paths: ['deploy/**'] }));
    const of = (paths?: readonly string[]) => explain(deps, { ...main, ...(paths ? { paths } : {}) });
    assert.deepEqual([of(['README.md']).targets[0]?.moves, of(['README.md']).targets[0]?.skipped?.reason], [false, 'paths']);
    assert.deepEqual([of(['README.md', 'deploy/app.yaml']).targets[0]?.moves, of(['deploy/x']).notes], [true, []]);
    assert.deepEqual([of().targets[0]?.moves, of().notes.length], [true, 1]);
  });

  it('answers, and does not fail, when nothing is known of the repository, the URL or the source', () => {
    flow.clusters.known.set('prod', true);
    assert.equal(explain(deps, { ...main, repository: 'org/none' }).reason, 'no cluster has a source object with this repository');
    assert.match(explain(deps, { ...main, repository: 'ftp://x/y' }).reason ?? '', /is not a repository of source hub/);
    assert.equal(explain(deps, { ...main, source: 'nope' }).reason, 'no source nope is configured; there is: hub');
  });

  it('takes a URL of the repository for its name', () => {
    flow.clusters.put(sampleSource({ branch: 'main' }));
    assert.equal(explain(deps, { ...main, repository: 'git+ssh://x' }).targets.length, 0);
    const { change, targets } = explain(deps, { ...main, repository: 'https://github.com/org/app.git' });
    assert.deepEqual([change?.repository, targets.length], ['org/app', 1]);
  });

  it('supposes that the source confirms only when it is asked to, or the source is read back', () => {
    flow.policy = flow.policy.replace('confirmed: false', 'confirmed: true');
    flow.clusters.put(sampleSource({ branch: 'main' }));
    const verdict = (confirmed?: boolean): unknown =>
      explain(deps, { ...main, ...(confirmed === undefined ? {} : { confirmed }) }).targets[0]?.decision.verdict;
    assert.deepEqual([verdict(), verdict(true), verdict(false)], ['deny', 'allow', 'deny']);
  });

  it('reads an event as the source would send it, and says what would be ignored', () => {
    flow.clusters.put(sampleSource({ branch: 'main' }));
    assert.equal(explain(deps, { event: 'push', payload: sampleHint() }).targets.length, 1);
    const hub = deps.adapters.get('hub');
    assert.ok(hub);
    const quiet = { ...hub, read: () => ({ ignored: 'a star' }) };
    const answer = explain({ ...deps, adapters: new Map([['hub', quiet]]) }, { event: 'star', payload: {} });
    assert.deepEqual([answer.change, answer.reason], [null, 'the event would be ignored: a star']);
  });

  describe('with several sources', () => {
    const sources = () => {
      const hub = deps.adapters.get('hub');
      assert.ok(hub);
      const other = {
        ...hub,
        name: 'mirror',
        repositoryKeys: (repository: string) => ({ keys: [`mirror/${repository}`], caseSensitive: true }),
      };
      return {
        ...deps,
        adapters: new Map([
          ['hub', hub],
          ['mirror', other],
        ]),
      };
    };

    it('takes the one whose repository some cluster has', () => {
      flow.clusters.put(sampleSource({ branch: 'main' }));
      assert.equal(explain(sources(), main).change?.source, 'hub');
      assert.match(explain(sources(), { ...main, repository: 'org/none' }).reason ?? '', /of any source \(hub, mirror\)/);
    });

    it('asks which is meant when several fit, and for events always', () => {
      const isAmbiguous = (error: unknown): boolean => error instanceof HeadgateError && error.code === 'AMBIGUOUS';
      assert.throws(() => explain(sources(), { event: 'push', payload: {} }), isAmbiguous);
    });
  });

  it('names the clusters that it cannot say anything about', () => {
    flow.clusters.known.set('away', false);
    flow.clusters.put(sampleSource({ branch: 'main' }, { target: { ...target, cluster: 'away' } }));
    const { owed, targets, reason } = explain(deps, main);
    assert.deepEqual([owed, targets.length], [['away'], 0]);
    assert.match(reason ?? '', /not answered yet: away/);
  });

  describe('of a recorded change', () => {
    it('decides it under what holds now', async () => {
      flow.clusters.put(sampleSource({ branch: 'main' }));
      const { change } = await flow.settle(sampleHint());
      flow.policy = flow.policy.replace('[ apps ]', '[ other ]');
      const answer = await explainRequest({ ...flow.deps, journal: flow.journal }, { change: change.id });
      assert.deepEqual([answer.change?.id, answer.targets[0]?.decision.verdict], [change.id, 'deny']);
    });

    it('says that the ref has moved on', async () => {
      flow.clusters.put(sampleSource({ branch: 'main' }));
      const older = await flow.settle(sampleHint());
      const newer = await flow.settle(sampleHint({ before: sha('b'), after: sha('c'), commit: sha('c') }));
      const [only] = (await explainRequest({ ...flow.deps, journal: flow.journal }, { change: older.change.id })).targets;
      assert.equal(only?.skipped?.reason, 'not-head');
      assert.match(only.skipped.message, new RegExp(newer.change.id));
      assert.equal((await explainRequest({ ...flow.deps, journal: flow.journal }, { change: newer.change.id })).targets[0]?.moves, true);
    });

    describe('judges headgate.dev/paths by what is on record', () => {
      const range = { base: sha('a'), commits: 1, files: 2, firstFiles: ['README.md', 'docs/x.md'], pulls: [], checks: [], lacked: [] };
      const skip = (more: Partial<SourceObject>, kept: Partial<RangeRecord> | null, paths: PathsVerdict | null = null) => {
        flow.clusters.put(sampleSource({ branch: 'main' }, { paths: ['deploy/**'], artifactRevision: `main@sha1:${sha('a')}`, ...more }));
        const record = kept && { by: 'api' as const, at: 1, head: sha('b'), standing: 'head' as const, range: { ...range, ...kept } };
        const change = sampleChange({ readBack: record });
        const { targets, notes } = explain(deps, { change, only: undefined, newer: null, reconciles: [{ target, paths }] });
        const unjudged = notes.filter((note) => note.includes('counts as touched'));
        return [targets[0]?.skipped?.reason ?? (targets[0]?.moves ? 'moves' : 'nothing'), unjudged.length];
      };
      const verdict: PathsVerdict = { declared: ['deploy/**'], base: sha('a'), files: 900, changed: null };

      it('of the range, when all of its paths are kept', () => {
        assert.deepEqual(skip({}, {}), ['paths', 0]);
        assert.deepEqual(skip({ paths: ['docs/**'] }, {}), ['moves', 0]);
      });

      it('of the first of its paths alone, when one of them is declared', () => {
        assert.deepEqual(skip({}, { files: 900 }), ['moves', 1]);
        assert.deepEqual(skip({ paths: ['docs/**'] }, { files: 900 }), ['moves', 0]);
      });

      it('of the verdict of then, for which all paths were seen', () => {
        assert.deepEqual(skip({}, { files: 900 }, verdict), ['paths', 0]);
        assert.deepEqual(skip({}, null, { ...verdict, changed: 'deploy/x' }), ['moves', 0]);
      });

      it('not where the target is elsewhere by now, declares something else, or the source could not list the paths', () => {
        assert.deepEqual(skip({ artifactRevision: `main@sha1:${sha('c')}` }, {}, verdict), ['moves', 1]);
        assert.deepEqual(skip({ paths: ['other/**'] }, { files: 900 }, verdict), ['moves', 1]);
        assert.deepEqual(skip({}, { lacked: ['files'] }), ['moves', 1]);
        assert.deepEqual(skip({}, null), ['moves', 1]);
      });

      it('and says nothing of them where nothing would move', () => {
        assert.deepEqual(skip({ artifactRevision: `main@sha1:${sha('b')}` }, null), ['current', 0]);
        assert.deepEqual(skip({ suspended: true }, null), ['suspended', 0]);
      });

      it('as the live path wrote it', async () => {
        await flow.close();
        const readBack = new FakeReadBack();
        flow = await Flow.open(undefined, readBack);
        flow.clusters.put(sampleSource({ branch: 'main' }, { paths: ['deploy/**'], artifactRevision: `main@sha1:${sha('a')}` }));
        readBack.move('org/app', 'refs/heads/main', [sha('a'), sha('b')]);
        readBack.files.set(`${sha('a')}..${sha('b')}`, ['README.md', ...Array.from({ length: 60 }, (_, n) => `src/${n}`)]);
        const { change } = await flow.settle(sampleHint());
        const { targets, notes } = await explainRequest({ ...flow.deps, journal: flow.journal }, { change: change.id });
        assert.match(targets[0]?.skipped?.message ?? '', /none of the 61 paths is declared/);
        assert.match(notes.join(), /what hub said of it is of .*Z \(head\); it is not asked now/);
      });
    });

    it('fails when there is none', async () => {
      await assert.rejects(explainRequest({ ...flow.deps, journal: flow.journal }, { change: 'chg_none' }), { code: 'NOT_FOUND' });
    });
  });

  const name = fc.constantFrom('main', 'next', 'v1.2.3', 'v2.0.0');
  const ref = fc.oneof(
    name.map((branch) => `refs/heads/${branch}`),
    name.map((tag) => `refs/tags/${tag}`),
  );
  const followed: fc.Arbitrary<RefSpec> = fc.oneof(
    name.map((branch) => ({ branch })),
    name.map((tag) => ({ tag })),
    fc.constantFrom('1.x', '>=2', '*', 'none').map((semver) => ({ semver })),
    ref.map((full) => ({ name: full })),
    fc.constantFrom('b', 'c').map((digit) => ({ commit: sha(digit) })),
    fc.constant({}),
  );
  const objects = fc.uniqueArray(
    fc.record({
      id: fc.integer({ min: 0, max: 9 }),
      ref: followed,
      repository: fc.constantFrom('app', 'app', 'other'),
      namespaces: fc.subarray(['apps', 'payments'], { minLength: 1 }),
    }),
    { selector: ({ id }) => id, maxLength: 6 },
  );
  const hints: fc.Arbitrary<Hint> = fc
    .record({ ref, action: fc.constantFrom('updated', 'created', 'deleted', 'forced'), digit: fc.constantFrom('b', 'c') })
    .map(({ ref: full, action, digit }) =>
      sampleHint({
        ref: full,
        action,
        ...(action === 'deleted' ? { after: null, commit: null } : { after: sha(digit), commit: sha(digit) }),
      }),
    );

  it('comes to the verdicts and candidates of the delivery handler, whatever the change and the clusters', async function () {
    this.timeout(60_000);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(objects, hints, async (given, sample) => {
        run += 1; // a repository of its own for each run, so that nothing came before
        const hint = { ...sample, repository: `org/app${run}` };
        const targets = given.map(({ id }) => ({ ...target, name: `t${id}` }));
        for (const [index, { namespaces, ref: spec, repository }] of given.entries()) {
          const source = sampleSource(spec, { url: `https://github.com/org/${repository}${run}`, target: targets[index] ?? target });
          flow.clusters.put(source, [consumerIn(...namespaces)]);
        }
        const explained = explain(deps, { event: 'push', payload: hint });
        const live = await flow.settle(hint);
        for (const object of targets) flow.clusters.remove(object);
        const decided = (decisions: readonly Pick<Decision, 'target' | 'verdict' | 'rule'>[]) =>
          decisions.map((decision) => `${targetKey(decision.target)} ${decision.verdict} ${decision.rule}`).sort();
        assert.deepEqual(decided(explained.targets.map(({ decision }) => decision)), decided(live.decisions));
        const reasons = (candidates: typeof live.candidates) =>
          candidates.map((one) => `${targetKey(one.target)} ${one.reason} ${one.message}`).sort();
        assert.deepEqual(reasons(explained.candidates), reasons(live.candidates));
        const moving = explained.targets.filter(({ moves }) => moves).map((one) => targetKey(one.target));
        assert.deepEqual(moving.sort(), live.reconciles.map((reconcile) => targetKey(reconcile.target)).sort());
      }),
      { numRuns: 150 },
    );
  });
});
