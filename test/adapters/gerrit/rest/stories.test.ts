import assert from 'node:assert/strict';
import { join } from 'node:path';
import { gerritAdapter } from '#adapters/gerrit-source.ts';
import { GerritSource } from '#adapters/gerrit/schema.ts';
import { systemClock } from '#core/clock.ts';
import type { PullFacts, RangeFacts, RangeQuestion, ReadBack } from '#core/ports/read-back.ts';
import type { ChangeReview } from '#core/review.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import type { Change } from '#sandbox/gerrit/change.ts';
import type { FakeGerrit } from '#sandbox/gerrit/fake-gerrit.ts';
import { gerritWorld, type GerritWorld } from '../../../sandbox/gerrit/gerrit-world.ts';

const MAIN = 'refs/heads/main';
const APP = 'demo/app';
const question: RangeQuestion = { ref: MAIN, reviews: true, signatures: false, owners: false };

describe('stories of a simulated Gerrit, read back', function () {
  this.timeout(60_000);
  let world: GerritWorld;
  let gerrit: FakeGerrit;
  let readBack: ReadBack;
  let base: string;
  let project: string;
  let projects = 0;

  before(async () => {
    world = await gerritWorld();
    ({ gerrit } = world);
    gerrit.createGroup({ name: 'release-managers', members: ['rev'] });
    readBack = opened();
  });
  after(() => world.stop());

  beforeEach(async () => {
    project = `${APP}-${++projects}`;
    await gerrit.createProject({ name: project, files: { 'README.md': 'app\n', a: '1\n2\n3\n4\n5\n6\n' } });
    base = await head();
  });

  /** By the account `bot`, as the config of a user would have it. */
  function opened(): ReadBack {
    const http = { user: 'bot', token: { env: 'TOKEN' } };
    const config = GerritSource.parse({ name: 'review', type: 'gerrit', url: gerrit.http.url, http });
    const deps = { secrets: () => [], secret: () => Buffer.from(gerrit.account('bot').password), pagesUrl: undefined };
    const place = { dataDirectory: join(world.directory, 'data'), env: { PATH: process.env['PATH'] } };
    return gerritAdapter(config, { ...deps, ...place, clock: systemClock, log: silentLog }).readBack ?? assert.fail('it is not asked');
  }

  const head = async (): Promise<string> => (await gerrit.project(project).git.ref(MAIN)) as string;
  const range = async (asked: Partial<RangeQuestion> = {}): Promise<RangeFacts> =>
    readBack.range(project, base, await head(), { ...question, ...asked });
  const movers = async (before: string | null = base) => readBack.movers?.(project, MAIN, before, await head());
  const brought = ({ commits }: RangeFacts) => commits.map(({ broughtBy }) => broughtBy);
  const change = (files: Readonly<Record<string, string>>, more: object = {}) =>
    gerrit.createChange({ project, by: 'dev', files, ...more });

  async function approved(one: Change, by = 'admin'): Promise<Change> {
    await gerrit.vote(one, { by, value: 2 });
    return one;
  }

  function review({ pulls }: RangeFacts, number: number): ChangeReview & Pick<PullFacts, 'base'> {
    const pull = pulls.find((one) => one.number === number) ?? assert.fail(`${number} is not among them`);
    return { ...(pull.review ?? assert.fail('it tells nothing of a review')), base: pull.base };
  }

  it('tell of one reviewed change who did what, and that it counts', async () => {
    const one = await approved(await change({ a: '2' }));
    await gerrit.submit(one);
    assert.equal((await readBack.heads(project, [MAIN])).get(MAIN)?.commit, await head());
    const facts = await range();
    assert.deepEqual([brought(facts), facts.files, facts.course, facts.lacked], [[one.number], ['a'], 'ahead', ['checks']]);
    const told = review(facts, one.number);
    assert.deepEqual([told.owner?.name, told.uploader?.name, told.submitter?.name, told.base], ['dev', 'dev', 'admin', MAIN]);
    assert.deepEqual(
      told.votes.map(({ value, by, automatic, onBehalf, onSubmitted, postSubmit }) => [
        value,
        by?.name,
        automatic,
        onBehalf,
        onSubmitted,
        postSubmit,
      ]),
      [[2, 'admin', false, false, true, false]],
    );
    assert.ok(told.requirements.every(({ status }) => status === 'satisfied' || status === 'not-applicable'));
    assert.match(told.rules ?? '', /^[0-9a-f]{40}$/);
    assert.deepEqual(
      (await movers())?.map(({ name }) => name),
      ['admin'],
    );
  });

  it('tell of one change what git tells of it', async () => {
    const files = { 'README.md': null, 'docs/app.md': 'app\n', a: '2', 'ü b': '1' };
    const one = await gerrit.createChange({ project, by: 'dev', files, subject: 'Move things' });
    await gerrit.submit(await approved(one));
    const told = await range();
    const byGit = await range({ signatures: true });
    assert.deepEqual({ ...told, question: byGit.question }, byGit);
    assert.deepEqual(told.files, ['README.md', 'a', 'docs/app.md', 'ü b']);
  });

  it('tell the groups of a voter by UUID', async () => {
    const one = await change({ a: '2' });
    await gerrit.vote(one, { by: 'rev', value: 1 });
    await gerrit.submit(await approved(one));
    const vote = review(await range(), one.number).votes.find(({ by }) => by?.name === 'rev');
    assert.deepEqual(vote?.by?.groups?.includes(gerrit.group('release-managers').uuid), true);
  });

  it('tell a chain that was submitted together as one change for each commit', async () => {
    const first = await approved(await change({ a: '2' }));
    const second = await approved(await change({ b: '1' }, { onto: first }));
    await gerrit.submit(second);
    const facts = await range();
    assert.deepEqual(brought(facts), [second.number, first.number]);
    assert.equal((await movers())?.length, 1);
  });

  for (const submitType of ['CHERRY_PICK', 'REBASE_IF_NECESSARY'] as const) {
    it(`tell what ${submitType} wrote anew as the change's, with the vote as it was given`, async () => {
      await gerrit.configure(project, { submitType });
      const one = await approved(await change({ a: '2' }));
      await gerrit.push({ project, files: { other: '1' } });
      base = await head();
      await gerrit.submit(one);
      const facts = await range();
      assert.deepEqual(brought(facts), [one.number]);
      const told = review(facts, one.number);
      assert.equal(told.uploader?.name, 'dev');
      assert.deepEqual(
        facts.commits[0]?.hands.map((hand) => hand?.name),
        ['dev'],
      );
      assert.deepEqual(
        told.votes.map(({ value, automatic, onBehalf, onSubmitted, postSubmit }) => [value, automatic, onBehalf, onSubmitted, postSubmit]),
        [[2, false, false, true, false]],
      );
    });
  }

  it('tell the merge that a submit made as the change that it merged', async () => {
    const [one, other] = [await approved(await change({ b: '1' })), await approved(await change({ a: '1\n2\n3\n4\n5\nsix\n' }))];
    await gerrit.submit(one);
    await gerrit.submit(other);
    const facts = await range();
    assert.deepEqual(Object.groupBy(brought(facts), String), Object.groupBy([other.number, other.number, one.number], String));
    assert.equal((await movers())?.length, 1);
  });

  it('tell what was pushed past review as nobody', async () => {
    const one = await approved(await change({ a: '2' }));
    await gerrit.submit(one);
    await gerrit.push({ project, files: { b: '1' } });
    const facts = await range();
    assert.deepEqual(brought(facts), [null, one.number]);
    assert.deepEqual(facts.commits[0]?.hands, [null]);
  });

  it('tell a change that a push closed, as soon as Gerrit shows it, as one without requirements', async () => {
    const one = await change({ a: '2' });
    gerrit.staleReads(6);
    await gerrit.push({ project, commit: one.patchSets[0]?.revision ?? '' });
    await assert.rejects(range({ fresh: true }), { code: 'SOURCE_LAGGING' });
    await assert.rejects(movers() ?? assert.fail(), { code: 'SOURCE_LAGGING' });
    gerrit.staleReads(0);
    const facts = await until(() => range({ fresh: true }));
    const told = review(facts, one.number);
    assert.deepEqual([brought(facts), told.requirements, told.votes, told.submitter?.name], [[one.number], [], [], 'admin']);
  });

  /** Asks again as long as the source lags, a few times. */
  async function until<T>(ask: () => Promise<T>): Promise<T> {
    for (let left = 20; ; left--) {
      try {
        return await ask();
      } catch (error) {
        if (left === 0 || (error as { code?: string }).code !== 'SOURCE_LAGGING') throw error;
      }
    }
  }

  it('tell a push with %submit as forced', async () => {
    const one = await gerrit.pushWithSubmit({ project, files: { a: '2' } });
    assert.ok(review(await range(), one.number).requirements.some(({ status }) => status === 'forced'));
  });

  it('tell a requirement that was set aside, votes after the submit, by programs and in the name of others', async () => {
    const one = await change({ a: '2' });
    await gerrit.vote(one, { value: 2, tag: 'autogenerated:ci' });
    await gerrit.vote(one, { value: 1, onBehalfOf: 'rev' });
    gerrit.override(one, 'Code-Review', 'OVERRIDDEN');
    await gerrit.submit(one);
    await gerrit.vote(one, { by: 'dev', value: 1 });
    const told = review(await range(), one.number);
    assert.ok(told.requirements.some(({ status }) => status === 'overridden'));
    const of = (name: string) => told.votes.find(({ by }) => by?.name === name);
    assert.equal(of('admin')?.automatic, true);
    assert.equal(of('rev')?.onBehalf, true);
    assert.equal(of('dev')?.postSubmit, true);
  });

  it('tell a vote on content that was replaced as one that is not about what was submitted', async () => {
    const one = await approved(await change({ a: '2' }));
    await gerrit.amend(one, { files: { a: '3' } });
    await approved(one);
    await gerrit.submit(one);
    assert.deepEqual(
      review(await range(), one.number).votes.map(({ onSubmitted }) => onSubmitted),
      [true],
    );
  });

  it('tell a revert as the change that it takes back', async () => {
    const one = await approved(await change({ a: '2' }));
    await gerrit.submit(one);
    const back = await approved(await gerrit.revert(one));
    await gerrit.submit(back);
    assert.equal(review(await range(), back.number).reverts, one.number);
  });

  it('tell a topic over two projects as the change of each', async () => {
    const other = `${project}-two`;
    await gerrit.createProject({ name: other, files: { b: '1' } });
    const one = await approved(await change({ a: '2' }, { topic: 'both' }));
    const two = await approved(await gerrit.createChange({ project: other, by: 'dev', files: { b: '2' }, topic: 'both' }));
    await gerrit.submit(one);
    const facts = await range();
    assert.deepEqual([brought(facts), review(facts, one.number).topic], [[one.number], 'both']);
    assert.ok(!facts.pulls.some(({ number }) => number === two.number));
  });

  it('tell a branch that may not be read as refused, and one that is not there as gone', async () => {
    const locked = 'refs/heads/locked';
    await gerrit.createBranch(project, 'locked');
    const admins = gerrit.group('Administrators').uuid;
    await gerrit.setAccess(project, {
      [locked]: { permissions: { read: { exclusive: true, rules: { [admins]: { action: 'ALLOW' } } } } },
    });
    await assert.rejects(readBack.heads(project, [locked]), { code: 'SOURCE_REFUSED', message: /may not be read/ });
    assert.equal((await readBack.heads(project, ['refs/heads/gone'])).get('refs/heads/gone'), null);
    await assert.rejects(readBack.heads('demo/absent', [MAIN]), { code: 'SOURCE_REFUSED' });
  });

  it('are refused once the account is deactivated', async () => {
    const own = await gerritWorld();
    try {
      const [before, ofWorld] = [world, gerrit];
      [world, gerrit] = [own, own.gerrit];
      const asked = opened();
      assert.ok((await asked.heads(APP, [MAIN])).get(MAIN));
      own.gerrit.deactivate('bot');
      await assert.rejects(asked.heads(APP, [MAIN]), { code: 'SOURCE_REFUSED', message: /refuses the credentials of bot/ });
      [world, gerrit] = [before, ofWorld];
    } finally {
      await own.stop();
    }
  });
});
