import assert from 'node:assert/strict';
import { documentOf } from '#web/layout.ts';
import { peoplePage, type ShownActor } from '#web/people-page.ts';

const jane: ShownActor = {
  source: 'hub',
  issuer: null,
  account: '7',
  name: 'octocat',
  kind: 'human',
  roles: ['pusher', 'reviewer'],
  person: 'jane',
  unresolved: null,
  changes: 2,
  lastSeenAt: 1_000,
};
const shown = (...actors: readonly ShownActor[]): string =>
  documentOf(peoplePage({ actors, since: 0, now: 60_000 }), null)
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');

describe('the page of people', () => {
  it('begins with those whom nobody knows, and says why', () => {
    const evil = {
      ...jane,
      name: '<b>x',
      account: null,
      person: null,
      unresolved: 'no person has an account <i>x of hub',
      kind: 'unknown',
    };
    const text = shown(jane, evil);
    assert.match(
      text,
      /Not known to be anybody .*&lt;b&gt;x .*no person has an account &lt;i&gt;x of hub .*unknown .* Known .*jane octocat 7/,
    );
  });

  it('says where somebody was seen, as what, and how often', () => {
    assert.match(shown(jane), /Everybody is known\. .*pusher, reviewer hub 59s ago , in 2 changes/);
    assert.match(shown({ ...jane, source: null, issuer: 'corp', roles: ['subject'], changes: 1 }), /subject corp 59s ago , in 1 change /);
  });

  it('says how to make somebody known where nobody is', () => {
    assert.match(shown({ ...jane, person: null, unresolved: 'no' }), /Known Nobody\. Documents of kind Person/);
  });
});
