import assert from 'node:assert/strict';
import type { RangeFacts, RangeQuestion } from '#core/ports/read-back.ts';
import { GitRunner } from '#sandbox/git/git-runner.ts';
import { account } from '#sandbox/github/account.ts';
import type { MergeMethod } from '#sandbox/github/merge-pull.ts';
import { emailOf } from '#sandbox/github/push-payload.ts';
import type { NewReview, Pull } from '#sandbox/github/rest/records.ts';
import { signedByWebFlow } from '#sandbox/github/web-flow.ts';
import { REPOSITORY, startApiWorld, type ApiWorld } from './api-world.ts';

const MAIN = 'refs/heads/main';
const question: RangeQuestion = { ref: MAIN, reviews: true, signatures: false, owners: false };
const GITHUB = 'GitHub <noreply@github.com>';
const idOf = (login: string): string => String(account(login).id);
const sorted = <T>(items: readonly T[]): readonly T[] => items.toSorted((a, b) => (String(a) < String(b) ? -1 : 1));

describe("what GitHub's API says of the reviews of a range", function () {
  this.timeout(60_000);
  let world: ApiWorld;
  let base: string;
  let scratches = 0;

  beforeEach(async () => {
    world = await startApiWorld();
    await world.github.createRepository(REPOSITORY);
    base = await push({ files: { a: '1', b: '1' } });
  });
  afterEach(() => world.stop());

  async function push(more: Partial<Parameters<ApiWorld['github']['push']>[0]>): Promise<string> {
    const { after } = await world.github.push({ repository: REPOSITORY, files: { a: 'pushed' }, by: 'alice', ...more });
    return after ?? '';
  }

  /** A pull request of one commit for each message. */
  async function proposed(messages: readonly string[] = ['One', 'Two'], branch = 'topic', more: { base?: string } = {}): Promise<Pull> {
    for (const [index, message] of messages.entries())
      await push({ branch, message, files: { [`${branch}/${index}`]: message }, ...(index === 0 ? { onto: base } : {}) });
    return world.github.openPull({ repository: REPOSITORY, branch, by: 'alice', ...more });
  }

  async function merge(pull: Pull, method: MergeMethod, more: { message?: string } = {}): Promise<string> {
    const { after } = await world.github.merge({ repository: REPOSITORY, pulls: [pull.number], method, by: 'bob', ...more });
    return after ?? '';
  }

  function review({ number: pull }: Pull, user: string, more: Partial<NewReview> = {}): void {
    world.github.rest.addReview({ repository: REPOSITORY, pull, user, state: 'APPROVED', ...more });
  }

  const range = (head: string, asked: RangeQuestion = question) => world.readBack.range(REPOSITORY, base, head, asked);
  const brought = ({ commits }: RangeFacts) => commits.map(({ broughtBy }) => broughtBy);
  const hands = ({ commits }: RangeFacts) => commits.map((commit) => sorted(commit.hands.map((hand) => hand?.account ?? null)));
  const git = async (args: readonly string[], input = ''): Promise<string> =>
    (await new GitRunner().run([`--git-dir=${world.github.repository(REPOSITORY).directory}`, ...args], { input })).toString().trim();

  /** A commit object as somebody writes it by hand. */
  async function written(of: { tree: string; parents: readonly string[]; committer?: string; signed?: boolean }): Promise<string> {
    const { tree, parents, committer = `mallory <${emailOf('mallory')}>`, signed = false } = of;
    const lines = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`)];
    const text = `${lines.join('\n')}\nauthor mallory <${emailOf('mallory')}> 1700000000 +0000\ncommitter ${committer} 1700000000 +0000\n\nBy hand\n`;
    return git(['hash-object', '-t', 'commit', '-w', '--stdin'], signed ? signedByWebFlow(text) : text);
  }
  /** The tree of a commit that has one more file, or another content of it. */
  async function treeWith(commit: string, files: Readonly<Record<string, string>>): Promise<string> {
    const made = await push({ branch: `scratch-${scratches++}`, onto: commit, files });
    return git(['rev-parse', `${made}^{tree}`]);
  }
  /** GitHub believes that a pull request was merged, because its head can be reached from the branch now. */
  async function marked(pull: Pull, sha: string): Promise<string> {
    await world.github.move(REPOSITORY, MAIN, sha);
    Object.assign(pull, { state: 'closed', merged: { sha, by: 'mallory', at: 0 } });
    return sha;
  }

  describe('finds the pull request that brought each commit', () => {
    it('when it was merged by a merge commit', async () => {
      const pull = await proposed();
      await push({ files: { elsewhere: '1' } });
      const facts = await range(await merge(pull, 'merge'));
      assert.deepEqual(sorted(brought(facts)), [1, 1, 1, null], 'the push beside it has none');
      assert.deepEqual(facts.lacked, []);
      assert.equal(facts.pulls[0]?.base, MAIN);
    });

    it('when it was squashed', async () => {
      const pull = await proposed();
      base = await push({ files: { elsewhere: '1' } });
      const facts = await range(await merge(pull, 'squash'));
      assert.deepEqual([brought(facts), facts.lacked], [[1], []]);
    });

    it('when it was rebased', async () => {
      const pull = await proposed(['One', 'Two', 'Three']);
      base = await push({ files: { elsewhere: '1' } });
      const facts = await range(await merge(pull, 'rebase'));
      assert.deepEqual([brought(facts), facts.lacked], [[1, 1, 1], []]);
    });

    for (const method of ['merge', 'squash', 'rebase'] as const) {
      it(`when a merge queue brought several at once (${method})`, async () => {
        const pulls = [await proposed(['One', 'Two'], 'first'), await proposed(['Three'], 'second')];
        const numbers = pulls.map(({ number }) => number);
        const { after } = await world.github.merge({ repository: REPOSITORY, pulls: numbers, method, by: 'bob', queue: true });
        const facts = await range(after ?? '');
        const expected = { merge: [1, 1, 1, 2, 2], squash: [1, 2], rebase: [1, 1, 2] };
        assert.deepEqual([sorted(brought(facts)), facts.lacked], [expected[method], []]);
      });
    }

    it('when somebody else has changed other lines of the same file meanwhile', async () => {
      const lines = (top: string, bottom: string) =>
        [top, ...Array.from({ length: 20 }, (_, index) => `line ${index}`), bottom, ''].join('\n');
      base = await push({ files: { shared: lines('top', 'bottom') } });
      await push({ branch: 'topic', onto: base, files: { shared: lines('top', 'theirs') } });
      const pull = await world.github.openPull({ repository: REPOSITORY, branch: 'topic', by: 'alice' });
      base = await push({ files: { shared: lines('one\nmore\nours', 'bottom') } });
      const tree = await treeWith(base, { shared: lines('one\nmore\nours', 'theirs') });
      const made = await written({ tree, parents: [base, pull.head.sha], committer: GITHUB, signed: true });
      const facts = await range(await marked(pull, made));
      assert.deepEqual([brought(facts), facts.lacked], [[1, 1], []]);
    });

    it('when it changes what is no text', async () => {
      await push({ branch: 'topic', onto: base, files: { logo: 'a\0b\0c' } });
      const pull = await world.github.openPull({ repository: REPOSITORY, branch: 'topic', by: 'alice' });
      const facts = await range(await merge(pull, 'squash'));
      assert.deepEqual([brought(facts), facts.lacked], [[1], []]);
    });

    it('and of two that hold the same commit rather the one that was approved', async () => {
      const lower = await proposed(['One']);
      await push({ branch: 'onwards', onto: await git(['rev-parse', 'refs/heads/topic']), files: { more: '1' } });
      const upper = await world.github.openPull({ repository: REPOSITORY, branch: 'onwards', by: 'alice' });
      review(upper, 'carol');
      const head = await merge(upper, 'merge');
      Object.assign(lower, { state: 'closed', merged: { sha: head, by: 'bob', at: 0 } });
      assert.deepEqual(brought(await range(head)), [2, 2, 2]);
    });

    it('of a repository that has another name now', async () => {
      const head = await merge(await proposed(), 'squash');
      world.github.renameRepository(REPOSITORY, 'org/renamed');
      assert.deepEqual(brought(await range(head)), [1]);
    });
  });

  describe('has none for', () => {
    it('a commit that was pushed under one that a pull request brought', async () => {
      const pushed = await push({ files: { a: 'not reviewed' } });
      const pull = await proposed(['One']);
      review(pull, 'carol');
      const facts = await range(await merge(pull, 'squash'));
      assert.deepEqual(
        facts.commits.map(({ id, broughtBy }) => [id === pushed, broughtBy]),
        [
          [false, 1],
          [true, null],
        ],
      );
      assert.deepEqual(facts.lacked, []);
    });

    it('commits of a pull request that was merged into another branch', async () => {
      await push({ branch: 'dev', onto: base, files: { dev: '1' } });
      const pull = await proposed(['One'], 'topic', { base: 'dev' });
      review(pull, 'carol');
      const head = await merge(pull, 'merge');
      await world.github.move(REPOSITORY, MAIN, head);
      const facts = await range(head);
      assert.deepEqual(brought(facts), [null, null, null]);
      assert.deepEqual([facts.pulls[0]?.base, facts.lacked], ['refs/heads/dev', []]);
    });

    it('commits of a pull request that was merged in another repository', async () => {
      const pull = await proposed(['One']);
      Object.assign(pull, { into: 'fork/app' });
      assert.deepEqual(brought(await range(await merge(pull, 'squash'))), [null]);
    });

    it('commits of a pull request that was closed and then pushed', async () => {
      const pull = await proposed(['One']);
      Object.assign(pull, { state: 'closed' });
      await world.github.move(REPOSITORY, MAIN, pull.head.sha);
      assert.deepEqual(brought(await range(pull.head.sha)), [null]);
    });

    it('a merge that somebody made by hand, also one that holds nothing else', async () => {
      const pull = await proposed(['One']);
      for (const files of [{}, { b: 'slipped in' }]) {
        const tree = await treeWith(pull.head.sha, { ...files, 'topic/0': 'One' });
        const head = await marked(pull, await written({ tree, parents: [base, pull.head.sha] }));
        const facts = await range(head);
        assert.deepEqual(brought(facts), [null, 1]);
      }
    });

    it('a merge that says it was made by GitHub', async () => {
      const pull = await proposed(['One']);
      const tree = await git(['rev-parse', `${pull.head.sha}^{tree}`]);
      const facts = await range(await marked(pull, await written({ tree, parents: [base, pull.head.sha], committer: GITHUB })));
      assert.deepEqual(brought(facts), [null, 1]);
      assert.ok(facts.commits[0]?.hands.includes(null), 'who made it is not known');
    });

    it('a merge that GitHub signed for somebody who put something into it', async () => {
      const pull = await proposed(['One']);
      const tree = await treeWith(pull.head.sha, { b: 'slipped in' });
      const made = await written({ tree, parents: [base, pull.head.sha], committer: GITHUB, signed: true });
      const facts = await range(await marked(pull, made));
      assert.deepEqual([brought(facts), facts.lacked], [[null, 1], []]);
    });

    it('a merge that GitHub signed for somebody who left out what others had changed in the same file', async () => {
      const text = (last: string) => `${'line\n'.repeat(20)}${last}\n`;
      base = await push({ files: { shared: text('old') } });
      await push({ branch: 'topic', onto: base, files: { shared: `new\n${text('old')}` } });
      const pull = await world.github.openPull({ repository: REPOSITORY, branch: 'topic', by: 'alice' });
      base = await push({ files: { shared: text('mended') } });
      const tree = await treeWith(base, { shared: `new\n${text('old')}` });
      const made = await written({ tree, parents: [base, pull.head.sha], committer: GITHUB, signed: true });
      assert.deepEqual(brought(await range(await marked(pull, made))), [null, 1]);
    });

    it('a merge of something else that changes the same', async () => {
      const pull = await proposed(['One']);
      const tree = await git(['rev-parse', `${pull.head.sha}^{tree}`]);
      const other = await written({ tree, parents: [pull.head.sha] });
      const made = await written({ tree, parents: [base, other], committer: GITHUB, signed: true });
      assert.deepEqual(brought(await range(await marked(pull, made))), [null, null, 1]);
    });

    it('a commit that repeats what came with the head of a pull request and was taken back', async () => {
      const pull = await proposed(['One']);
      const [before, after] = [await git(['rev-parse', `${base}^{tree}`]), await git(['rev-parse', `${pull.head.sha}^{tree}`])];
      const reverted = await written({ tree: before, parents: [pull.head.sha] });
      for (const committer of [{ committer: GITHUB, signed: true }, {}]) {
        const made = await written({ tree: after, parents: [reverted], ...committer });
        assert.deepEqual(brought(await range(await marked(pull, made))), [null, null, 1]);
      }
    });

    it('a squash that only looks like one', async () => {
      const pull = await proposed();
      const tree = await git(['rev-parse', `${pull.head.sha}^{tree}`]);
      for (const committer of [GITHUB, undefined]) {
        const made = await written({ tree, parents: [base], ...(committer ? { committer } : {}) });
        assert.deepEqual(brought(await range(await marked(pull, made))), [null]);
      }
    });

    it('a commit with another content that GitHub signed', async () => {
      const pull = await proposed();
      const tree = await treeWith(pull.head.sha, { b: 'slipped in' });
      const made = await written({ tree, parents: [base], committer: GITHUB, signed: true });
      assert.deepEqual(brought(await range(await marked(pull, made))), [null]);
    });

    it('a rebased commit that changes something else than the one that it was made of', async () => {
      const pull = await proposed(['One', 'Two']);
      const first = await written({ tree: await treeWith(base, { 'topic/0': 'One', b: 'slipped in' }), parents: [base] });
      const last = await written({ tree: await treeWith(first, { 'topic/1': 'Two' }), parents: [first] });
      assert.deepEqual(brought(await range(await marked(pull, last))), [1, null]);
    });

    it('a commit that was pushed together with the head of a pull request', async () => {
      const pull = await proposed(['One']);
      review(pull, 'carol');
      for (const signed of [false, true]) {
        const tree = await treeWith(pull.head.sha, { b: 'slipped in' });
        const made = await written({ tree, parents: [pull.head.sha], committer: GITHUB, signed });
        assert.deepEqual(brought(await range(await marked(pull, made))), [null, 1]);
      }
    });
  });

  describe('names whoever had a hand in a commit', () => {
    const trailer = (login: string) => `Co-authored-by: ${login} <${emailOf(login)}>`;

    it('its author, its committer and its co-authors', async () => {
      const facts = await range(await push({ message: `A change\n\n${trailer('dave')}\nCo-Authored-By: Eve <${emailOf('eve')}>` }));
      assert.deepEqual(hands(facts), [sorted([idOf('alice'), idOf('dave'), idOf('eve')])]);
    });

    it('nobody twice, and nothing for whom it does not know', async () => {
      const message = `A change\n\n${trailer('alice')}\nCo-authored-by: Nobody <nobody@example.com>\nCo-authored-by: no address`;
      const facts = await range(await push({ message }));
      assert.deepEqual(hands(facts), [[idOf('alice'), null]]);
      const made = await written({ tree: await treeWith(base, { a: 'x' }), parents: [base], committer: 'Who <who@example.com>' });
      assert.deepEqual(hands(await range(made)), [sorted([idOf('mallory'), null])]);
    });

    it('whoever wrote what a squash is made of, whatever its message says, and not whoever merged it', async () => {
      const pull = await proposed(['One', `Two\n\n${trailer('dave')}`]);
      const facts = await range(await merge(pull, 'squash', { message: 'Nobody but alice' }));
      assert.deepEqual(hands(facts), [sorted([idOf('alice'), idOf('dave')])]);
    });

    it('whoever wrote what a merge and a rebase are made of, and not whoever merged them', async () => {
      const pull = await proposed([`One\n\n${trailer('dave')}`]);
      const both = sorted([idOf('alice'), idOf('dave')]);
      assert.deepEqual(hands(await range(await merge(pull, 'merge'))), [both, both]);
      base = await git(['rev-parse', MAIN]);
      const other = await proposed([`Three\n\n${trailer('eve')}`], 'other');
      assert.deepEqual(hands(await range(await merge(other, 'rebase'))), [sorted([idOf('alice'), idOf('eve')])]);
    });

    it('nobody when GitHub does not tell, and says that it lacks that', async () => {
      const head = await push({ message: `A change\n\n${trailer('dave')}` });
      world.github.rest.faults.next({ kind: 'status', status: 403 }, { path: '/graphql' });
      const facts = await range(head);
      assert.deepEqual(hands(facts), [[idOf('alice'), null]]);
      assert.deepEqual(facts.lacked, ['coverage']);
    });
  });

  describe('hands out reviews', () => {
    const reviews = async (head: string) =>
      (await range(head)).pulls[0]?.reviews.map(({ by, state, commit, canWrite }) => [by?.name, by?.kind, state, commit, canWrite]);

    it('of humans with their right to write, of bots without', async () => {
      const pull = await proposed();
      world.github.rest.permit(REPOSITORY, 'carol', 'write');
      for (const user of ['carol', 'dave', 'review[bot]']) review(pull, user);
      review(pull, 'erin', { state: 'CHANGES_REQUESTED' });
      const at = pull.head.sha;
      assert.deepEqual(await reviews(await merge(pull, 'squash')), [
        ['carol', 'human', 'APPROVED', at, true],
        ['dave', 'human', 'APPROVED', at, false],
        ['review[bot]', 'bot', 'APPROVED', at, null],
        ['erin', 'human', 'CHANGES_REQUESTED', at, false],
      ]);
    });

    it('that were dismissed as dismissed, and those of earlier commits with these', async () => {
      const pull = await proposed();
      const [first = ''] = pull.commits;
      review(pull, 'carol', { commit: first });
      review(pull, 'dave', { state: 'DISMISSED' });
      assert.deepEqual(await reviews(await merge(pull, 'squash')), [
        ['carol', 'human', 'APPROVED', first, false],
        ['dave', 'human', 'DISMISSED', pull.head.sha, null],
      ]);
    });

    for (const event of ['base_ref_changed', 'automatic_base_change_succeeded']) {
      it(`without what was reviewed where that was compared with another base: ${event}`, async () => {
        const pull = await proposed();
        review(pull, 'carol', { at: 1_700_000_000_000 });
        world.github.rest.addEvent(REPOSITORY, { pull: pull.number, event, actor: 'alice', at: 1_700_000_060_000 });
        review(pull, 'dave', { at: 1_700_000_120_000 });
        const found = await reviews(await merge(pull, 'merge'));
        assert.deepEqual(
          found?.map(([user, , , commit]) => [user, commit]),
          [
            ['carol', null],
            ['dave', pull.head.sha],
          ],
        );
      });
    }

    it('without rights and commits that GitHub does not tell, and says that it lacks them', async () => {
      const pull = await proposed();
      review(pull, 'carol');
      const head = await merge(pull, 'squash');
      for (const path of ['/pulls/1/commits', '/events', '/pulls/1/files', `/commits/${head}`]) {
        const { rest } = world.github;
        rest.faults.next({ kind: 'status', status: 403 }, { path, count: 10 });
        const { lacked, pulls, commits } = await range(head);
        rest.faults.clear();
        assert.ok(lacked.includes('coverage'), path);
        const [first] = pulls[0]?.reviews ?? [];
        assert.ok(first?.commit === null || commits[0]?.broughtBy === null, path);
      }
    });

    it('with the rights that GraphQL tells, where the token may not ask for them otherwise', async () => {
      const pull = await proposed();
      world.github.rest.permit(REPOSITORY, 'carol', 'write');
      for (const user of ['carol', 'dave', 'review[bot]']) review(pull, user);
      const head = await merge(pull, 'squash');
      const { faults } = world.github.rest;
      const rights = async () => {
        const { pulls, lacked } = await range(head);
        faults.clear();
        return [pulls[0]?.reviews.map(({ canWrite }) => canWrite), lacked];
      };
      faults.next({ kind: 'status', status: 403 }, { path: '/permission', count: 10 });
      assert.deepEqual(await rights(), [[true, false, null], []]);
      faults.next({ kind: 'status', status: 403 }, { path: '/permission', count: 10 });
      faults.next({ kind: 'status', status: 403 }, { path: '/graphql' });
      assert.deepEqual(await rights(), [[null, null, null], ['coverage']]);
      faults.next({ kind: 'status', status: 404 }, { path: '/permission', count: 10 });
      assert.deepEqual(await rights(), [[null, null, null], ['coverage']]);
    });
  });
});
