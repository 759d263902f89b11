import assert from 'node:assert/strict';
import type { Change } from '#core/change.ts';
import type { Account } from '#core/account.ts';
import { seenActors } from '#server/seen-actors.ts';
import { peopleOf } from '../policy/people/samples.ts';
import { change } from '../policy/samples.ts';
import { changeReview, vote } from '../policy/vote-samples.ts';

const people = peopleOf({
  Person: {
    jane: { accounts: [{ source: 'hub', account: 5 }], subjects: [{ issuer: 'corp', sub: 'u-1' }] },
    robot: { kind: 'bot', accounts: [{ source: 'hub', account: 6 }] },
  },
});

function account(id: string, name: string): Account {
  return { account: id, name, kind: 'human' };
}

/** Of a change that a pull request brought. */
function readBack(author: Account, reviewer: Account): Change['readBack'] {
  const review = { by: reviewer, state: 'APPROVED', commit: null, at: null, canWrite: null };
  const pull = { number: 1, title: 't', author, mergedBy: author, base: null, head: 'a', reviews: [review, { ...review, by: null }] };
  const range = { base: 'a', commits: 1, files: 0, firstFiles: [], pulls: [pull], checks: [], lacked: [] };
  return { by: 'api', at: 1, head: 'b', standing: 'head', range };
}

describe('actors that were seen', () => {
  it('are listed once each, with what they did and who they are', () => {
    const subject = { issuer: 'corp', iss: 'https://corp.example', sub: 'u-1', claims: {} };
    const seen = seenActors(
      [
        change({ id: 'c3', at: 30, actors: [], subject }),
        change({
          id: 'c2',
          at: 20,
          actors: [{ role: 'pusher', ...account('6', 'deployer') }],
          readBack: readBack(account('5', 'jane'), account('9', 'ann')),
        }),
        change({
          id: 'c1',
          at: 10,
          actors: [
            { role: 'pusher', ...account('5', 'jane') },
            { role: 'sender', ...account('5', 'jane') },
          ],
        }),
      ],
      people,
    );
    const no = { source: 'hub', issuer: null };
    assert.deepEqual(seen, [
      {
        source: null,
        issuer: 'corp',
        account: 'u-1',
        name: 'u-1',
        kind: 'human',
        person: 'jane',
        unresolved: null,
        lastSeenAt: 30,
        roles: ['subject'],
        changes: 1,
      },
      {
        ...no,
        account: '6',
        name: 'deployer',
        kind: 'bot',
        person: 'robot',
        unresolved: null,
        lastSeenAt: 20,
        roles: ['pusher'],
        changes: 1,
      },
      {
        ...no,
        account: '5',
        name: 'jane',
        kind: 'human',
        person: 'jane',
        unresolved: null,
        lastSeenAt: 20,
        roles: ['author', 'merger', 'pusher', 'sender'],
        changes: 2,
      },
      {
        ...no,
        account: '9',
        name: 'ann',
        kind: 'human',
        person: null,
        unresolved: 'no document names account ann (9) of hub',
        lastSeenAt: 20,
        roles: ['reviewer'],
        changes: 1,
      },
    ]);
  });

  it('are told apart where the source names no id', () => {
    const actors = ['a', 'b', '5'].map((name) => ({ role: 'pusher' as const, account: null, name, kind: 'unknown' as const }));
    const seen = seenActors([change({ actors: [...actors, { role: 'sender', ...account('5', 'jane') }] })], people);
    assert.deepEqual(
      seen.map(({ account: id, name, person }) => [id, name, person]),
      [
        [null, 'a', null],
        [null, 'b', null],
        [null, '5', null],
        ['5', 'jane', 'jane'],
      ],
    );
  });

  it('are unknown where an older version wrote nothing of what they are', () => {
    const { kind: _, ...older } = account('9', 'ann');
    const seen = seenActors([change({ actors: [], readBack: readBack(older as Account, older as Account) })], people);
    assert.deepEqual(
      seen.map(({ kind }) => kind),
      ['unknown'],
    );
  });

  it('are also those who uploaded a change, and who voted on it', () => {
    const told = readBack(account('5', 'jane'), account('9', 'ann'));
    const range = told?.range ?? assert.fail();
    const review = changeReview({ uploader: account('7', 'eve'), votes: [vote({ by: account('8', 'zoe') }), vote({ by: null })] });
    const pulls = range.pulls.map((pull) => ({ ...pull, reviews: [], review }));
    const seen = seenActors([change({ actors: [], readBack: told && { ...told, range: { ...range, pulls } } })], people);
    assert.deepEqual(
      seen.map(({ name, roles }) => [name, ...roles]),
      [
        ['jane', 'author', 'merger'],
        ['eve', 'uploader'],
        ['zoe', 'reviewer'],
      ],
    );
  });
});
