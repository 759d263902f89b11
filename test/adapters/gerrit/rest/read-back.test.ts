import assert from 'node:assert/strict';
import { createGerritClient } from '#adapters/gerrit/rest/client.ts';
import type { ProjectMirror } from '#adapters/gerrit/rest/mirror.ts';
import { createGerritReadBack } from '#adapters/gerrit/rest/read-back.ts';
import { limits } from '#core/limits.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { RangeQuestion, ReadBack } from '#core/ports/read-back.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { captured, type Captured } from './captured.ts';
import { fixtureJson, json, startReplay, type Replay } from './replay.ts';

const PROJECT = 'demo/app2';
const MAIN = 'refs/heads/main';
const BASE = '0'.repeat(40);
const question: RangeQuestion = { ref: MAIN, reviews: true, signatures: false, owners: false };
const RULES = '71fb2396b2fd4a5d6a72a6274d247c1eb46b3875';
const MANAGERS = 'ccddf44deb5c6186795bad33087159dab9d6e450';

/** A mirror in memory whose histories are chains, with merges where a test says so. */
class FakeMirror extends FakeReadBack implements ProjectMirror {
  readonly merges = new Map<string, string>();
  areMergesKnown = true;

  async automaticMerges(_: string, commits: readonly string[]) {
    return { merges: new Map([...this.merges].filter(([commit]) => commits.includes(commit))), complete: this.areMergesKnown };
  }

  async read(): Promise<null> {
    return null;
  }

  override async range(...asked: Parameters<ReadBack['range']>) {
    return { ...(await super.range(...asked)), course: 'ahead' as const };
  }
}

describe('what a range brings, by the answers of a real Gerrit', () => {
  let gerrit: Replay;
  let mirror: FakeMirror;
  let clock: SimulatedClock;
  let readBack: ReadBack;
  /** What `GET /changes/` finds. */
  let changes: readonly object[];

  beforeEach(async () => {
    gerrit = await startReplay();
    mirror = new FakeMirror();
    mirror.lacked = ['pulls', 'reviews', 'checks', 'coverage'];
    clock = new SimulatedClock();
    changes = [];
    const { url } = gerrit;
    const client = createGerritClient({ source: 'review', url, user: 'bot', token: () => Buffer.from('t'), clock, env: {} });
    readBack = createGerritReadBack({ url, client, mirror, clock, log: silentLog });
    gerrit.on('GET /a/changes/', () => json(changes));
    gerrit.on('GET /a/access/', 'access-app2-by-bot');
    gerrit.on('GET /a/accounts/1000002/groups', 'account-groups-dev-by-bot');
    gerrit.on('GET /a/accounts/1000000/groups', 'account-groups-admin-by-bot');
  });
  afterEach(() => gerrit.stop());

  /** @param commits oldest first, on top of the base */
  const range = (commits: readonly string[], asked: RangeQuestion | null = question) => {
    mirror.move(PROJECT, MAIN, [BASE, ...commits]);
    return readBack.range(PROJECT, BASE, commits.at(-1) ?? BASE, asked ?? undefined);
  };
  const movers = (commits: readonly string[], before: string | null = BASE) => {
    mirror.move(PROJECT, MAIN, [BASE, ...commits]);
    return readBack.movers?.(PROJECT, MAIN, before, commits.at(-1) ?? BASE);
  };
  const queries = () => gerrit.asked.filter(({ path }) => path === '/a/changes/').map(({ query }) => query);
  /** Two changes that were submitted together, the newer one first. */
  const chain = async () => (await fixtureJson('submitted-together')) as readonly Captured[];

  it('is the merged change of its one commit, with the groups of everybody in it and the rules of that moment', async () => {
    const change = await captured('change-readback');
    changes = [change];
    const facts = await range([change.current_revision]);
    assert.deepEqual(
      facts.commits.map(({ broughtBy, hands }) => [broughtBy, hands.map((hand) => hand?.account)]),
      [[21, ['1000002']]],
    );
    assert.deepEqual(facts.lacked, ['checks']);
    const [pull, ...others] = facts.pulls;
    assert.deepEqual(others, []);
    assert.deepEqual(pull?.author, { account: '1000002', name: 'dev', kind: 'human', groups: [MANAGERS] });
    assert.deepEqual([pull.review?.owner, pull.review?.submitter?.groups, pull.review?.rules], [pull.author, [], RULES]);
    assert.deepEqual(pull.review?.votes[0]?.by, { account: '1000000', name: 'admin', kind: 'human', groups: [] });
  });

  it('asks for its change once, and for groups only where policies want to know', async () => {
    const change = await captured('change-readback');
    changes = [change];
    const facts = await range([change.current_revision], null);
    assert.deepEqual([facts.pulls[0]?.number, facts.pulls[0]?.author?.groups, facts.commits[0]?.broughtBy], [21, undefined, null]);
    await movers([change.current_revision]);
    await range([change.current_revision]);
    assert.equal(queries().length, 1);
    const [asked] = queries();
    assert.equal(asked?.get('q'), `(commit:${change.current_revision}) project:"demo/app2"`);
    assert.ok(asked.getAll('o').includes('DETAILED_LABELS'));
  });

  it('asks again after some seconds, and for groups after a minute', async () => {
    const change = await captured('change-readback');
    changes = [change];
    await range([change.current_revision]);
    const groups = () => gerrit.asked.filter(({ path }) => path.endsWith('/groups')).length;
    assert.equal(groups(), 2);
    await clock.advance(limits.gerritRest.changesKeptFor);
    await range([change.current_revision]);
    assert.deepEqual([queries().length, groups()], [2, 2]);
    await clock.advance(limits.gerritRest.groupsKeptFor);
    await range([change.current_revision]);
    assert.equal(groups(), 4);
  });

  it('has no groups of an account that Gerrit does not show', async () => {
    const change = await captured('change-readback');
    changes = [change];
    gerrit.on('GET /a/accounts/1000002/groups', 'account-missing');
    assert.equal((await range([change.current_revision])).pulls[0]?.author?.groups, undefined);
  });

  it('has no rules where Gerrit does not tell them', async () => {
    const change = await captured('change-readback');
    changes = [change];
    gerrit.on('GET /a/access/', 'project-missing');
    assert.equal((await range([change.current_revision])).pulls[0]?.review?.rules, null);
  });

  it('is one change for each commit of a chain that was submitted together', async () => {
    changes = await chain();
    const [newer, older] = await chain();
    const facts = await range([older?.current_revision ?? '', newer?.current_revision ?? '']);
    assert.deepEqual(
      facts.commits.map(({ broughtBy }) => broughtBy),
      [23, 22],
    );
    assert.deepEqual(
      facts.pulls.map(({ number, review }) => [number, review?.submission]),
      [
        [23, '23'],
        [22, '23'],
      ],
    );
  });

  it('counts no change of another project, of another branch, or that is only known by an old patch set', async () => {
    const change = await captured('change-readback');
    const [old = ''] = Object.keys(change.revisions);
    for (const [told, commit] of [
      [{ ...change, project: 'demo/app2-two' }, change.current_revision],
      [{ ...change, branch: 'm1' }, change.current_revision],
      [{ ...change, branch: 'refs/meta/config' }, change.current_revision],
      [change, old],
    ] as const) {
      changes = [told];
      const { commits, pulls, lacked } = await range([commit]);
      assert.deepEqual([commits[0]?.broughtBy, commits[0]?.hands, lacked], [null, [null], ['checks']]);
      assert.deepEqual(pulls, []);
      await clock.advance(limits.gerritRest.changesKeptFor);
    }
  });

  it('counts no change whose patch sets Gerrit does not tell', async () => {
    gerrit.on('GET /a/changes/', 'query-commit-old-ps');
    assert.equal((await range(['e523038226a827499b5e9fa9334a0b00acee6b24'])).commits[0]?.broughtBy, null);
  });

  it('counts the commit that a cherry-pick made, and not the one that was uploaded', async () => {
    const change = await captured('change-cherrypick', { project: PROJECT });
    const [uploaded = ''] = Object.keys(change.revisions);
    changes = [change];
    const { commits } = await range([uploaded, change.current_revision]);
    assert.deepEqual(
      commits.map(({ broughtBy }) => broughtBy),
      [29, null],
    );
  });

  it('counts the merge that a submit made of its change, and no other commit beside it', async () => {
    const change = await captured('change-mergecommit');
    const [merge, other] = ['5'.repeat(40), '6'.repeat(40)];
    mirror.merges.set(merge, change.current_revision);
    mirror.merges.set(other, '7'.repeat(40));
    changes = [change];
    const { commits } = await range([change.current_revision, merge, other, '8'.repeat(40)]);
    assert.deepEqual(
      commits.map(({ broughtBy }) => broughtBy),
      [null, null, 28, 28],
    );
  });

  it('lacks coverage where it is not known how its merges were made', async () => {
    const change = await captured('change-mergecommit');
    changes = [change];
    mirror.areMergesKnown = false;
    assert.deepEqual((await range([change.current_revision, '5'.repeat(40)])).lacked, ['checks', 'pulls', 'reviews', 'coverage']);
  });

  it('is not known yet while the change of a commit that was just announced is open', async () => {
    const change = await captured('change-autoclosed-by-push', { status: 'NEW', submitted: undefined, submitter: undefined });
    changes = [change];
    await assert.rejects(range([change.current_revision], { ...question, fresh: true }), { code: 'SOURCE_LAGGING' });
    await assert.rejects(movers([change.current_revision]) ?? assert.fail(), { code: 'SOURCE_LAGGING' });
    assert.equal((await range([change.current_revision])).commits[0]?.broughtBy, null);
    changes = [await captured('change-autoclosed-by-push')];
    assert.equal((await range([change.current_revision], { ...question, fresh: true })).commits[0]?.broughtBy, 31);
    assert.deepEqual(
      (await movers([change.current_revision]))?.map(({ account }) => account),
      ['1000000'],
    );
  });

  it('is a push past review where no change is found for a while', async () => {
    const pushed = 'e134f8272a92b93040c379ae6e41c6b3266dd478';
    gerrit.on('GET /a/changes/', 'query-commit-directpush');
    const fresh = { ...question, fresh: true } as const;
    await assert.rejects(range([pushed], fresh), { code: 'SOURCE_LAGGING' });
    await clock.advance(limits.gerritRest.unseenFor - 1);
    await assert.rejects(range([pushed], fresh), { code: 'SOURCE_LAGGING' });
    await clock.advance(1);
    const { commits, lacked } = await range([pushed], fresh);
    assert.deepEqual([commits[0]?.broughtBy, commits[0]?.hands, lacked], [null, [null], ['checks']]);
    assert.equal(await movers([pushed]), undefined);
  });

  it('asks for many commits in few requests, for pages of their changes, and lacks what lies behind the bound', async () => {
    const commits = Array.from({ length: limits.gerritRest.commits + 1 }, (_, index) => index.toString(16).padStart(40, 'a'));
    const facts = await range(commits);
    assert.deepEqual(facts.lacked, ['checks', 'pulls', 'reviews', 'coverage']);
    assert.ok(facts.commits.every(({ broughtBy }) => broughtBy === null));
    assert.equal(queries().length, limits.gerritRest.commits / limits.gerritRest.commitsAsked + 1);
    const [newer, older] = await chain();
    gerrit.on('GET /a/changes/', ({ query }) => json(query.get('S') === '0' ? [{ ...newer, _more_changes: true }] : [older]));
    const both = await range([older?.current_revision ?? '', newer?.current_revision ?? '']);
    assert.deepEqual([both.commits.map(({ broughtBy }) => broughtBy), both.lacked], [[23, 22], ['checks']]);
    await clock.advance(limits.gerritRest.changesKeptFor);
    gerrit.on('GET /a/changes/', () => json([{ ...newer, _more_changes: true }]));
    assert.ok((await range([older?.current_revision ?? '', newer?.current_revision ?? ''])).lacked.includes('coverage'));
  });

  it('was moved by whoever submitted it, without a look at git where one change lies on top of what was there', async () => {
    const change = await captured('change-readback');
    const head = change.current_revision;
    const revisions = { ...change.revisions, [head]: { ...change.revisions[head], commit: { parents: [{ commit: BASE }] } } };
    changes = [{ ...change, revisions }];
    assert.deepEqual(await movers([head]), [{ account: '1000000', name: 'admin', kind: 'human', groups: [] }]);
    assert.deepEqual(mirror.asked, []);
  });

  it('was moved by nobody who is known where a commit of it came past review', async () => {
    changes = await chain();
    const [newer, older] = await chain();
    const [top, below] = [newer?.current_revision ?? '', older?.current_revision ?? ''];
    assert.equal((await movers([below, top]))?.length, 1);
    changes = [newer ?? {}];
    await clock.advance(limits.gerritRest.changesKeptFor);
    await assert.rejects(movers([below, top]) ?? assert.fail(), { code: 'SOURCE_LAGGING' });
    await clock.advance(limits.gerritRest.unseenFor);
    assert.equal(await movers([below, top]), undefined);
    assert.equal((await movers([below, top], null))?.length, 1);
    assert.equal(await readBack.movers?.(PROJECT, 'refs/tags/v1', null, top), undefined);
  });
});
