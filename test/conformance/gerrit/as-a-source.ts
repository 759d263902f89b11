import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import type { RangeFacts } from '#core/ports/read-back.ts';
import { newsOf, storyOf, submitted, targetNamed } from '../../adapters/gerrit/stories.ts';
import { beside, Heard, type Beside } from './headgate-beside.ts';
import type { GerritHands, Json, Uploaded } from './gerrit-hands.ts';

const MAIN = 'refs/heads/main';

/** What Headgate makes of a Gerrit, by the very adapter that a server has. */
export function asASource(of: () => GerritHands): void {
  describe('as a source of Headgate', () => {
    let app: string;
    let bot: Beside;
    before(async () => {
      app = await of().project('source');
      bot = await beside(of(), of().bot);
    });
    after(() => bot?.close());

    const readBack = () => bot.adapter.readBack ?? assert.fail('it is not asked');
    const head = async (): Promise<string> => {
      const found = await readBack().heads(app, [MAIN, 'refs/heads/no-such-branch']);
      assert.equal(found.get('refs/heads/no-such-branch'), null);
      return found.get(MAIN)?.commit ?? assert.fail('there is no main');
    };
    /** What came since `base`, asked again for as long as Gerrit does not show it. */
    const since = async (base: string): Promise<RangeFacts> => {
      const question = { ref: MAIN, reviews: true, signatures: false, owners: false, fresh: true } as const;
      for (let tries = 0; ; tries += 1) {
        try {
          return await readBack().range(app, base, await head(), question);
        } catch (error) {
          if (!(error instanceof HeadgateError) || error.code !== 'SOURCE_LAGGING' || tries >= 100) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    const merged = async (file: string): Promise<Uploaded> => {
      const change = await of().upload(app, { [file]: `${file}\n` });
      await of().vote(change, 2);
      await of().submit(change);
      return change;
    };

    it('is read back: who reviewed a submitted change, what was required, and which commit it brought', async () => {
      const base = await head();
      const change = await merged('reviewed');
      const { pulls, commits, course, lacked } = await since(base);
      assert.deepEqual([course, commits.map(({ broughtBy }) => broughtBy), lacked.includes('coverage')], ['ahead', [change.number], false]);
      const review = pulls[0]?.review ?? assert.fail('it has no review');
      const votes = review.votes.map(({ by, value, postSubmit, onSubmitted }) => [by?.name, value, postSubmit, onSubmitted]);
      assert.deepEqual(votes, [[of().admin.user, 2, false, true]]);
      assert.ok(review.requirements.some(({ status }) => status === 'satisfied'));
      assert.ok(review.requirements.every(({ status }) => status === 'satisfied' || status === 'not-applicable'));
      assert.deepEqual(
        [review.owner?.name, review.uploader?.name, review.submitter?.name],
        [of().dev.user, of().dev.user, of().admin.user],
      );
      assert.ok(Math.abs((review.submittedAt ?? 0) - Date.now()) < 3_600_000, 'the moment of the submit is one of today');
    });

    it('is read back: what was pushed past review has no requirements, forced ones, or no change at all', async () => {
      const base = await head();
      const closed = await of().upload(app, { closed: '1\n' });
      await of().pushChange(app, closed);
      const forced = await of().upload(app, { forced: '1\n' }, { by: of().admin, options: ['submit'] });
      const direct = await of().push(app, { direct: '1\n' });
      const { pulls, commits } = await since(base);
      const statuses = new Map(pulls.map(({ number, review }) => [number, review?.requirements.map(({ status }) => status)]));
      assert.deepEqual(statuses.get(closed.number), []);
      assert.ok(statuses.get(forced.number)?.includes('forced'), JSON.stringify([...statuses]));
      assert.deepEqual([commits[0]?.id, commits[0]?.broughtBy], [direct, null]);
    });

    it('is heard: a submit comes as the movement of its branch, and noise does not come', async () => {
      const { adapter } = bot;
      const heard = new Heard();
      (adapter.stream ?? assert.fail('there is no stream')).start(heard);
      await heard.until(() => heard.states.includes('streaming'));
      await merged('heard');
      const tip = await head();
      const hints = () =>
        heard.events.map(({ event, body }) => adapter.read(event, body)).flatMap((reading) => ('hint' in reading ? [reading.hint] : []));
      await heard.until(() => hints().some(({ repository, ref, after }) => repository === app && ref === MAIN && after === tip));
      assert.ok(hints().every(({ ref }) => !/^refs\/(changes|meta)\//.test(ref)));
    });

    it('tells who may not listen apart from who is not known', async () => {
      const state = async (who: Parameters<typeof beside>[1]): Promise<string> => {
        const source = await beside(of(), who);
        const heard = new Heard();
        try {
          (source.adapter.stream ?? assert.fail('there is no stream')).start(heard);
          await heard.until(() => heard.states.some((one) => one !== 'connecting'));
          return heard.states.find((one) => one !== 'connecting') ?? '';
        } finally {
          await source.close();
        }
      };
      assert.equal(await state(of().dev), 'not-permitted');
      assert.equal(await state({ user: of().name('nobody'), password: 'x' }), 'wrong-key');
    });

    it('is told once what became of a change', async () => {
      const change = await merged('told');
      const feedback = bot.adapter.feedback ?? assert.fail('it is told nothing');
      const story = storyOf({ ...submitted([change.number]), repository: app }, [{ target: targetNamed('web'), fate: 'applied' }]);
      await feedback.tell(newsOf(story));
      const again = await beside(of(), of().bot);
      await again.adapter.feedback?.tell(newsOf(story));
      await again.close();
      const ours = (await of().read(change)).messages.filter(({ tag }: Json) => tag === 'autogenerated:headgate');
      assert.deepEqual(
        ours.map(({ author, message }: Json) => [author.username, /Headgate: applied in prod/.test(message)]),
        [[of().bot.user, true]],
      );
    });

    it('is checked, and nothing is found that would keep it from working', async () => {
      const question = { repositories: [app], refs: [{ repository: app, ref: MAIN }], lastReceivedAt: undefined };
      const another = await beside(of(), of().bot);
      const found = await another.adapter.check?.(question);
      await another.close();
      assert.deepEqual(
        found?.filter(({ severity }) => severity === 'bad').map(({ code, message }) => `${code} ${message}`),
        [],
      );
      const codes = new Set(found?.filter(({ severity }) => severity === 'good').map(({ code }) => code));
      assert.ok(codes.has('SOURCE_STREAM') && codes.has('SOURCE_VERSION'), [...codes].join(' '));
    });
  });
}
