import assert from 'node:assert/strict';
import { asASource } from './gerrit/as-a-source.ts';
import { GerritHands, type Json, type Uploaded } from './gerrit/gerrit-hands.ts';
import type { GerritUnderTest } from './gerrit/gerrit-under-test.ts';
import { hear } from './gerrit/hear.ts';

export type { GerritUnderTest } from './gerrit/gerrit-under-test.ts';

/**
 * What a client of Gerrit may rely on, and the traps that it must not fall into. Speaks REST, SSH and git, and knows nothing of who answers:
 * a real Gerrit or a simulation. Every statement here was seen on Gerrit 3.14.2.
 *
 * @param open starts (or connects to) one Gerrit; the suite calls its `stop` when it has finished
 */
export function gerritConformance(name: string, open: () => Promise<GerritUnderTest>): void {
  describe(`Gerrit conformance: ${name}`, function () {
    this.timeout(120_000);
    let hands: GerritHands;
    let app: string;
    before(async () => {
      hands = await GerritHands.open(await open());
      app = await hands.project('app');
    });
    after(() => hands?.close());

    const approved = async (file: string, options: readonly string[] = [], onto?: string): Promise<Uploaded> => {
      const change = await hands.upload(app, { [file]: `${file}\n` }, { options, ...(onto === undefined ? {} : { onto }) });
      await hands.vote(change, 2);
      return change;
    };
    const path = (more = ''): string => `/a/projects/${encodeURIComponent(app)}${more}`;
    const statuses = ({ submit_requirements }: Json): readonly string[] => submit_requirements.map(({ status }: Json) => status);

    it('asks for credentials, and says errors in plain text', async () => {
      const refused = await hands.rest(undefined, '/a/accounts/self');
      assert.deepEqual([refused.status, refused.headers.get('www-authenticate')], [401, 'Basic realm="Gerrit Code Review"']);
      assert.equal((await hands.rest({ ...hands.dev, password: 'wrong' }, '/a/accounts/self')).status, 401);
      const missing = await hands.rest(hands.bot, '/a/projects/no-such-project');
      assert.deepEqual([missing.status, String(missing.body).trim()], [404, 'Not found: no-such-project']);
      const operator = await hands.rest(hands.bot, '/a/changes/?q=bogus:x');
      assert.deepEqual([operator.status, String(operator.body).trim()], [400, 'Unsupported operator bogus:x']);
    });

    it('shows groups of others only where the reader sees them', async () => {
      const { user } = hands.dev;
      await hands.must('PUT', `/a/groups/${hands.name('open')}`, { visible_to_all: true, members: [user] });
      await hands.must('PUT', `/a/groups/${hands.name('hidden')}`, { visible_to_all: false, members: [user] });
      const groups = (await hands.rest(hands.bot, `/a/accounts/${user}/groups`)).body.map((each: Json) => each.name);
      assert.ok(groups.includes(hands.name('open')) && !groups.includes(hands.name('hidden')), groups.join());
    });

    it('answers check.access about reading and pushing, and knows no submit', async () => {
      const check = (perm: string, account = hands.dev.user) =>
        hands.rest(hands.admin, path(`/check.access?account=${account}&ref=refs%2Fheads%2Fmain&perm=${perm}`));
      assert.deepEqual([(await check('read')).body.status, (await check('push')).body.status], [200, 403]);
      assert.deepEqual([(await check('submit')).status, (await check('read', 'no-such-account')).status], [400, 422]);
    });

    it('runs commands by SSH, and refuses a stream to who lacks the capability', async () => {
      const version = await hear(hands, hands.bot, 'gerrit version');
      assert.equal(await version.ended, 0);
      assert.match(version.output(), /^gerrit version \d+\.\d+/);
      version.stop();
      const refused = await hear(hands, hands.dev, 'gerrit stream-events');
      assert.deepEqual([await refused.ended, refused.complaints()], [1, 'stream events not permitted\n']);
      refused.stop();
    });

    it('tells of every ref of a batch before its first change is merged, each with the tip of the batch', async () => {
      const heard = await hear(hands, hands.bot, 'gerrit stream-events -s ref-updated -s change-merged');
      const first = await approved('chain-1');
      // The stream may open a little after its command was taken.
      await heard.until(({ refUpdate }) => refUpdate?.project === app);
      const second = await approved('chain-2', [], `refs/changes/${String(first.number % 100).padStart(2, '0')}/${first.number}/1`);
      await hands.submit(second);
      const merged = (line: Json, number: number): boolean => line.type === 'change-merged' && line.change.number === number;
      const told = [await heard.until((line) => merged(line, first.number)), await heard.until((line) => merged(line, second.number))];
      const head = heard.lines.findIndex(({ refUpdate }) => refUpdate?.project === app && refUpdate.refName === 'refs/heads/main');
      assert.ok(head >= 0 && told.every((line) => heard.lines.indexOf(line) > head));
      const tip = await hands.head(app);
      assert.deepEqual(
        told.map(({ newRev }) => newRev),
        [tip, tip],
      );
      assert.deepEqual(
        told.map(({ approvals }) => approvals),
        [undefined, undefined],
      );
      heard.stop();
    });

    it('shows who approved and what was required of a submitted change, and marks votes that came later', async () => {
      const change = await approved('reviewed');
      await hands.submit(change);
      assert.equal((await hands.review(hands.dev, change, { labels: { 'Code-Review': 1 } })).status, 200);
      const read = await hands.read(change);
      assert.equal(read.status, 'MERGED');
      const votes = read.labels['Code-Review'].all.map(({ username, value, post_submit }: Json) => [username, value, post_submit ?? false]);
      assert.deepEqual(
        new Set(votes.filter(([, value]: Json) => value !== 0).map((vote: Json) => vote.join())),
        new Set([`${hands.admin.user},2,false`, `${hands.dev.user},1,true`]),
      );
      assert.ok(statuses(read).includes('SATISFIED') && !statuses(read).includes('FORCED'));
      const inside = (await hands.rest(hands.bot, path(`/commits/${change.revision}/in`))).body;
      assert.deepEqual(inside.branches, ['main']);
    });

    it('calls a change merged that nobody approved: its commit was pushed, or it was pushed with %submit', async () => {
      const closed = await hands.upload(app, { closed: '1\n' });
      await hands.pushChange(app, closed);
      for (let tries = 0; (await hands.read(closed)).status !== 'MERGED' && tries < 100; tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 100));
      const read = await hands.read(closed);
      assert.deepEqual([read.status, read.submit_requirements], ['MERGED', []]);
      const forced = await hands.read(await hands.upload(app, { forced: '1\n' }, { by: hands.admin, options: ['submit'] }));
      assert.equal(forced.status, 'MERGED');
      assert.ok(statuses(forced).includes('FORCED'), statuses(forced).join());
    });

    it('finds a change by the commits of all its patch sets, and a direct push by none', async () => {
      const change = await approved('found');
      const of = async (commit: string): Promise<readonly number[]> =>
        (await hands.rest(hands.bot, `/a/changes/?q=commit:${commit}`)).body.map((each: Json) => each._number);
      assert.deepEqual(await of(change.revision), [change.number]);
      assert.deepEqual(await of(await hands.push(app, { direct: '1\n' })), []);
    });

    it('makes a patch set of its own where it cherry-picks, and carries the votes over', async () => {
      const picked = await hands.project('picked', 'CHERRY_PICK');
      const change = await hands.upload(picked, { a: '1\n' });
      await hands.vote(change, 2);
      await hands.submit(change);
      const read = await hands.read(change);
      assert.deepEqual([Object.keys(read.revisions).length, read.current_revision === change.revision], [2, false]);
      assert.equal(read.current_revision, await hands.head(picked));
      assert.ok(read.labels['Code-Review'].all.some(({ value }: Json) => value === 2));
    });

    it('takes messages of 16,384 characters on merged changes, and no longer ones', async () => {
      const change = await approved('told');
      await hands.submit(change);
      const say = async (message: string): Promise<number> =>
        (await hands.review(hands.bot, change, { message, tag: 'autogenerated:headgate', notify: 'NONE' })).status;
      assert.deepEqual([await say('é'.repeat(16_000)), await say('x'.repeat(17_000))], [200, 400]);
      const last = (await hands.read(change)).messages.at(-1);
      assert.deepEqual([last.tag, last.author.username], ['autogenerated:headgate', hands.bot.user]);
    });

    it('refuses a direct push without the right, in words that git shows', async () => {
      await assert.rejects(hands.push(app, { denied: '1\n' }, hands.dev), /prohibited by Gerrit/);
    });

    asASource(() => hands);
  });
}
