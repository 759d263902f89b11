import assert from 'node:assert/strict';
import type { RangeFacts } from '#core/ports/read-back.ts';
import { nobody } from '#policy/people/nobody.ts';
import { change } from './samples.ts';
import {
  account,
  BASE,
  commit,
  DAY,
  decideRange,
  evidence,
  facts,
  HEAD,
  MERGED,
  pull,
  push,
  review,
  somebody,
  withPeople,
} from './range-samples.ts';
import { decideSample } from './samples.ts';

const one = { reviews: [{ required: 1 }] };
const OTHER = 'd'.repeat(40);

describe('policy/reviews', () => {
  it('allows what somebody else has approved, naming the review', () => {
    const decision = decideRange(one);
    assert.deepEqual([decision.verdict, decision.rule], ['allow', 'payments changes[0], payments reviews[0]']);
    const said = `#12 by ada (hub ada 1) on ${MERGED} at ${new Date(DAY).toISOString()}`;
    assert.equal(decision.reasons.at(-1)?.message, `payments reviews[0] holds: commits reviewed: 1, by ${said}`);
    assert.deepEqual(decision.facts['reviewed'], [`payments reviews[0]: ${said}`]);
    assert.deepEqual([decision.facts['base'], decision.facts['people'], decision.facts['commits']], [BASE, 'people', '1']);
    assert.match(String(decision.facts['evidence']), /^[0-9a-f]{64}$/);
  });

  it('names an unreviewed commit under a reviewed tip', () => {
    const below = commit({ id: OTHER, title: 'Add a door', broughtBy: null, hands: [account('bob')] });
    const decision = decideRange(one, { commits: [commit(), below] });
    assert.deepEqual(
      [decision.verdict, decision.rule, decision.reasons.map(({ code }) => code)],
      ['deny', 'payments reviews[0]', ['unreviewed']],
    );
    assert.match(
      decision.reasons[0]?.message ?? '',
      /does not hold: commit dddddddddddd "Add a door": no pull request that was merged into refs\/heads\/main/,
    );
  });

  it('names the first few of many commits, and counts the others', () => {
    const commits = Array.from({ length: 9 }, (_, index) => commit({ id: String(index).repeat(40), broughtBy: null }));
    const [reason, ...more] = decideRange(one, { commits }).reasons;
    assert.match(reason?.message ?? '', /commit 000000000000 .* and 4 more: no pull request/);
    assert.equal(more.length, 0);
  });

  const refused: readonly (readonly [what: string, given: Partial<RangeFacts>, code: string, why: RegExp])[] = [
    ['what nobody reviewed', { pulls: [pull({ reviews: [] })] }, 'unreviewed', /none counts: there is none/],
    ['a pull request that is not told of', { pulls: [] }, 'incomplete-range', /nothing of pull request #12/],
    [
      'a pull request against another base',
      { pulls: [pull({ base: 'refs/heads/dev' })] },
      'unreviewed',
      /merged into refs\/heads\/dev, not refs\/heads\/main/,
    ],
    ['a pull request against a base that is not known', { pulls: [pull({ base: null })] }, 'unreviewed', /an unknown branch/],
    [
      'an approval of A when B was merged',
      { pulls: [pull({ reviews: [review('ada', { commit: OTHER })] })] },
      'unreviewed',
      /ada's was given on dddddddddddd, not on cccccccccccc/,
    ],
    [
      'an approval of an unknown commit',
      { pulls: [pull({ reviews: [review('ada', { commit: null })] })] },
      'unreviewed',
      /given on an unknown commit/,
    ],
    ['an approval without a time', { pulls: [pull({ reviews: [review('ada', { at: null })] })] }, 'unreviewed', /has no time/],
    ['a comment', { pulls: [pull({ reviews: [review('ada', { state: 'COMMENTED' })] })] }, 'unreviewed', /there is none/],
    ['a state that is not known', { pulls: [pull({ reviews: [review('ada', { state: 'approved' })] })] }, 'unreviewed', /there is none/],
    ['a dismissed review', { pulls: [pull({ reviews: [review('ada', { state: 'DISMISSED' })] })] }, 'unreviewed', /ada's was dismissed/],
    [
      'an approval that its reviewer took back',
      { pulls: [pull({ reviews: [review('ada'), review('ada', { state: 'DISMISSED', at: 2 * DAY })] })] },
      'unreviewed',
      /ada's was dismissed/,
    ],
    [
      'a bot by the source',
      { pulls: [pull({ reviews: [review('ada', { by: account('ada', { kind: 'bot' }) })] })] },
      'unreviewed',
      /who is no human, but a (bot|agent)/,
    ],
    ['a bot by documents', { pulls: [pull({ reviews: [review('robot')] })] }, 'unreviewed', /robot is robot, who is no human, but a bot/],
    ['a read-only account', { pulls: [pull({ reviews: [review('ada', { canWrite: false })] })] }, 'unreviewed', /may not write/],
    [
      'an account of which rights are not known',
      { pulls: [pull({ reviews: [review('ada', { canWrite: null })] })] },
      'unreviewed',
      /not known whether it may write/,
    ],
    [
      'an account that is nobody',
      { pulls: [pull({ reviews: [review('stranger')] })] },
      'unreviewed',
      /stranger \(hub 99\) is not known to be anybody: no document names it/,
    ],
    ['an account that cannot be named', { pulls: [pull({ reviews: [review('ada', { by: null })] })] }, 'unreviewed', /cannot name/],
    ['somebody who has left', { pulls: [pull({ reviews: [review('gone')] })] }, 'unreviewed', /gone is gone, who has left/],
    ['the author', { pulls: [pull({ author: account('ada') })] }, 'unreviewed', /ada is ada, who opened it/],
    [
      'a co-author',
      { commits: [commit({ hands: [account('bob'), account('ada')] })] },
      'unreviewed',
      /ada is ada, who had a hand in its commits/,
    ],
    ['an author under a second account', { pulls: [pull({ author: account('ada-second') })] }, 'unreviewed', /ada is ada, who opened it/],
    [
      "one's own change under a second account",
      { pulls: [pull({ author: account('ada'), reviews: [review('ada-second')] })] },
      'unreviewed',
      /ada-second is ada, who opened it/,
    ],
    ['whoever merged it', { pulls: [pull({ mergedBy: account('ada') })] }, 'unreviewed', /ada is ada, who merged it/],
    [
      'an author whom the source cannot name',
      { commits: [commit({ hands: [null] })] },
      'not-distinct',
      /somebody else than its author: the source names no account/,
    ],
    ['commits of which no author is told', { commits: [commit({ hands: [] })] }, 'not-distinct', /the source names no account/],
    [
      'an author who is nobody',
      { commits: [commit({ hands: [account('stranger')] })] },
      'not-distinct',
      /its author stranger \(hub 99\): no document names it/,
    ],
    ['a pull request that nobody opened', { pulls: [pull({ author: null })] }, 'not-distinct', /its author: the source names no account/],
    [
      'changes that another asked for',
      { pulls: [pull({ reviews: [review('ada'), review('cleo', { state: 'CHANGES_REQUESTED', commit: OTHER })] })] },
      'changes-requested',
      /cleo asked for changes in pull request #12/,
    ],
    [
      'changes that somebody unknown asked for',
      { pulls: [pull({ reviews: [review('ada'), review('x', { by: null, state: 'CHANGES_REQUESTED', canWrite: null })] })] },
      'changes-requested',
      /somebody asked/,
    ],
  ];
  for (const [what, given, code, why] of refused) {
    it(`does not count ${what}`, () => {
      const decision = decideRange(one, given);
      assert.deepEqual([decision.verdict, decision.reasons[0]?.code], ['deny', code]);
      assert.match(decision.reasons[0]?.message ?? '', why);
      assert.deepEqual(decision.facts['reviewed'], []);
    });
  }

  const counted: readonly (readonly [what: string, given: Partial<RangeFacts>])[] = [
    [
      'an approval after a request for changes',
      { pulls: [pull({ reviews: [review('ada', { state: 'CHANGES_REQUESTED', at: 1 }), review('ada')] })] },
    ],
    [
      'an approval that is told of before what it took back',
      { pulls: [pull({ reviews: [review('ada'), review('ada', { state: 'CHANGES_REQUESTED', at: 1 })] })] },
    ],
    ['an approval before a comment', { pulls: [pull({ reviews: [review('ada'), review('ada', { state: 'COMMENTED', at: 2 * DAY })] })] }],
    [
      'an approval in spite of what a bot asks for',
      {
        pulls: [pull({ reviews: [review('ada'), review('robot', { by: account('robot', { kind: 'bot' }), state: 'CHANGES_REQUESTED' })] })],
      },
    ],
    [
      'an approval in spite of what a read-only account asks for',
      { pulls: [pull({ reviews: [review('ada'), review('cleo', { state: 'CHANGES_REQUESTED', canWrite: false })] })] },
    ],
    ['nothing new', { head: HEAD, base: HEAD, commits: [], commitCount: 0, course: 'same', pulls: [] }],
  ];
  for (const [what, given] of counted) {
    it(`lets ${what} pass`, () => assert.equal(decideRange(one, given).verdict, 'allow', decideRange(one, given).reasons[0]?.message));
  }

  it('counts an approval that came before a request for changes for nothing', () => {
    const reviews = [review('ada'), review('ada', { state: 'CHANGES_REQUESTED', at: 2 * DAY })];
    for (const told of [reviews, reviews.toReversed()])
      assert.equal(decideRange(one, { pulls: [pull({ reviews: told })] }).reasons[0]?.code, 'changes-requested');
  });

  it('counts people, not accounts', () => {
    const two = { reviews: [{ required: 2 }] };
    const both = [review('ada'), review('ada-second')];
    const denied = decideRange(two, { pulls: [pull({ reviews: both })] });
    assert.match(denied.reasons[0]?.message ?? '', /those of 2 people must count, and only that of ada counts: there is no other/);
    assert.equal(decideRange(two, { pulls: [pull({ reviews: [...both, review('cleo')] })] }).verdict, 'allow');
  });

  it('wants every entry, and each from whom it names', () => {
    const from = (named: object) => ({ reviews: [{ required: 1 }, { required: 1, from: named }] });
    assert.equal(decideRange(from({ groups: ['sre'] })).verdict, 'allow');
    assert.equal(decideRange(from({ people: ['ada'] })).verdict, 'allow');
    assert.equal(decideRange(from({ groups: ['web'], people: ['ada'] })).verdict, 'allow');
    const denied = decideRange(from({ groups: ['web'], people: ['cleo'] }));
    assert.deepEqual([denied.verdict, denied.rule], ['deny', 'payments reviews[1]']);
    assert.match(denied.reasons[0]?.message ?? '', /ada is ada, who is not one of cleo or in web \(there is no group web\)/);
  });

  it('judges each pull request of a range by itself', () => {
    const second = pull({ number: 13, head: OTHER, reviews: [review('ada', { commit: OTHER })] });
    const commits = [commit(), commit({ id: OTHER, broughtBy: 13 })];
    assert.equal(decideRange(one, { commits, pulls: [pull(), second] }).verdict, 'allow');
    const own = { ...second, author: account('ada') };
    const denied = decideRange(one, { commits, pulls: [pull(), own] });
    assert.deepEqual(denied.reasons.length, 1);
    assert.match(denied.reasons[0]?.message ?? '', /commit dddddddddddd "Round up": of the reviews of pull request #13/);
  });

  describe('of owners', () => {
    const owned = { reviews: [{ from: { owners: true } }] };
    const owners = (text: string) => ({ owners: { path: 'CODEOWNERS', text }, files: ['web/a.yaml', 'api/b.yaml'] });

    it('count when they own every file that has owners', () => {
      assert.equal(decideRange(owned, owners('* @ada')).verdict, 'allow');
      assert.equal(decideRange(owned, owners('/web/ @ada')).verdict, 'allow', 'nobody owns the other one');
    });

    it('are wanted for each file, by the name of the account or the team', () => {
      const decision = decideRange(owned, owners('/web/ @cleo\n/api/ @ada'));
      assert.deepEqual([decision.verdict, decision.reasons[0]?.code], ['deny', 'unreviewed']);
      assert.match(decision.reasons[0]?.message ?? '', /no owner approved pull request #12 for "web\/a\.yaml" of @cleo \(CODEOWNERS:1\)/);
      assert.equal(decideRange(owned, owners('* @org/web')).verdict, 'deny');
      const people = { ...somebody, isIn: (_person: unknown, group: string) => group === 'hub:org/web' };
      const set = { ...withPeople(owned), people };
      assert.equal(decideRange(owned, owners('* @org/web'), { policies: set }).verdict, 'allow');
    });

    it('may be replaced by whoever else the rule names', () => {
      const either = { reviews: [{ from: { owners: true, groups: ['sre'] } }] };
      assert.equal(decideRange(either, owners('* @cleo')).verdict, 'allow');
    });

    it('deny without the file, and when the files or the owners are not known', () => {
      assert.match(decideRange(owned, { owners: null }).reasons[0]?.message ?? '', /no CODEOWNERS/);
      for (const lack of ['files', 'owners'] as const)
        assert.deepEqual(decideRange(owned, { ...owners('* @ada'), lacked: [lack] }).reasons[0]?.code, 'incomplete-range');
      const question = { ref: 'refs/heads/main', reviews: true, signatures: false, owners: false };
      assert.equal(decideRange(owned, { ...owners('* @ada'), question }).reasons[0]?.code, 'no-range');
    });
  });

  describe('distinctFrom', () => {
    const distinct = (...distinctFrom: string[]) => ({ reviews: [{ distinctFrom }] });
    const merged = { pulls: [pull({ mergedBy: account('ada') })] };

    it('tells from whoever pushed, and denies when nobody is known to have', () => {
      const pushed = { change: { ...push, actors: [{ role: 'pusher' as const, account: '1', name: 'ada', kind: 'human' as const }] } };
      assert.match(decideRange(distinct('pusher'), {}, pushed).reasons[0]?.message ?? '', /ada is ada, who pushed it/);
      assert.equal(decideRange(distinct('author'), {}, pushed).verdict, 'allow');
      const swept = { change: { ...push, actors: [] } };
      assert.deepEqual(
        decideRange(one, {}, swept).reasons.map(({ code }) => code),
        ['not-distinct'],
      );
      assert.match(decideRange(one, {}, swept).reasons[0]?.message ?? '', /its pusher: the change was found by looking/);
      assert.equal(decideRange(distinct('author'), {}, swept).verdict, 'allow');
      const nameless = { change: { ...push, actors: [{ role: 'pusher' as const, account: null, name: 'bob', kind: 'unknown' as const }] } };
      assert.equal(decideRange(one, {}, nameless).reasons[0]?.code, 'not-distinct');
    });

    it('tells from whoever merged', () => {
      assert.equal(decideRange(distinct('submitter'), merged).verdict, 'deny');
      assert.equal(decideRange(distinct(), merged).verdict, 'allow');
      assert.equal(decideRange(distinct('submitter'), { pulls: [pull({ mergedBy: null })] }).reasons[0]?.code, 'not-distinct');
    });

    it('tells from whoever asked, who is nobody for a push', () => {
      const asked = { ...push, action: 'requested' as const };
      const subject = (sub: string) => ({ ...asked, subject: { issuer: 'corp', iss: 'https://corp', sub, claims: {} } });
      assert.equal(decideRange(distinct('requester')).verdict, 'allow');
      assert.equal(decideRange(distinct('requester'), {}, { change: subject('cleo') }).verdict, 'allow');
      assert.match(
        decideRange(distinct('requester'), {}, { change: subject('ada') }).reasons[0]?.message ?? '',
        /ada is ada, who asked for it/,
      );
      assert.equal(decideRange(distinct('requester'), {}, { change: subject('eve') }).reasons[0]?.code, 'not-distinct');
      assert.match(
        decideRange(distinct('requester'), {}, { change: asked }).reasons[0]?.message ?? '',
        /the operator's token, which names nobody/,
      );
    });

    it('always tells from authors', () => {
      assert.equal(decideRange(distinct(), { pulls: [pull({ author: account('ada') })] }).verdict, 'deny');
      assert.equal(decideRange(distinct('pusher'), { commits: [commit({ hands: [account('ada')] })] }).verdict, 'deny');
    });
  });

  it('asks for documents about people where there are none', () => {
    const decision = decideSample({ ...withPeople(one), people: nobody }, { change: push, range: evidence(), now: DAY });
    assert.deepEqual(
      decision.reasons.map(({ code }) => code),
      ['no-people'],
    );
    assert.match(decision.reasons[0]?.message ?? '', /docs\/how-to\/people\.md/);
  });

  it('does not count reviews for a tag, which no pull request is merged into', () => {
    const tag = change({ ...push, ref: 'refs/tags/v1' });
    const spec = { ...one, changes: [{ source: 'hub', repositories: ['org/app'], refs: ['refs/tags/*'] }] };
    const asked = { question: { ref: 'refs/tags/v1', reviews: true, signatures: true, owners: true } };
    assert.equal(decideRange(spec, asked, { change: tag }).reasons[0]?.code, 'unreviewed');
  });

  const incomplete: readonly (readonly [what: string, given: Partial<RangeFacts>, code: string])[] = [
    ['the head is another one', { head: OTHER }, 'no-range'],
    ['reviews were not asked for', { question: { ref: 'refs/heads/main', reviews: false, signatures: true, owners: true } }, 'no-range'],
    ['another branch was asked about', { question: { ref: 'refs/heads/dev', reviews: true, signatures: true, owners: true } }, 'no-range'],
    ['nothing was asked', { question: null }, 'no-range'],
    ['commits are lacking', { lacked: ['commits'] }, 'incomplete-range'],
    ['pull requests are lacking', { lacked: ['pulls'] }, 'incomplete-range'],
    ['reviews are lacking', { lacked: ['reviews'] }, 'incomplete-range'],
    ['it is not known what brought each commit', { lacked: ['coverage'] }, 'incomplete-range'],
    ['there are more commits than are told', { commitCount: 2 }, 'incomplete-range'],
    ['nobody knows how many commits there are', { commitCount: null }, 'incomplete-range'],
    ['it goes back', { course: 'back' }, 'other-course'],
    ['it has diverged', { course: 'diverged' }, 'other-course'],
    ['nobody knows where it goes', { course: null }, 'other-course'],
    ['it is ahead by nothing', { commits: [], commitCount: 0 }, 'other-course'],
    ['it is the same and yet another', { course: 'same' }, 'other-course'],
  ];
  for (const [what, given, code] of incomplete) {
    it(`denies when ${what}`, () => {
      const decision = decideRange(one, given);
      assert.deepEqual([decision.verdict, decision.reasons.map((reason) => reason.code)], ['deny', [code]]);
    });
  }

  it('denies when there is no evidence, with its reason, and keeps the base', () => {
    const decision = decideRange(one, {}, { range: { missing: 'the source was not asked', base: BASE } });
    assert.deepEqual(
      decision.reasons.map(({ code }) => code),
      ['no-range'],
    );
    assert.match(decision.reasons[0]?.message ?? '', /is not known: the source was not asked/);
    assert.deepEqual([decision.facts['base'], decision.facts['evidence']], [BASE, null]);
  });

  it('is not asked for by policies without it', () => {
    const decision = decideRange({}, {}, { range: { missing: 'the source was not asked' } });
    assert.equal(decision.verdict, 'allow');
    assert.ok(!('reviewed' in decision.facts) && facts().commits.length === 1);
  });
});
