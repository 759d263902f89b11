import assert from 'node:assert/strict';
import { isHere, kindOf, type ActorKind, type Person, type Resolved } from '#core/person.ts';

const jane: Person = { name: 'jane', kind: 'human', groups: [], leftAt: null };

describe('person', () => {
  const cases: readonly (readonly [said: ActorKind, documented: Person['kind'] | null, is: ActorKind])[] = [
    ['human', 'human', 'human'],
    ['unknown', 'human', 'human'],
    ['human', 'bot', 'bot'],
    ['human', 'agent', 'agent'],
    ['bot', 'human', 'bot'],
    ['bot', 'agent', 'agent'],
    ['unknown', null, 'unknown'],
    ['human', null, 'human'],
    ['bot', null, 'bot'],
  ];
  for (const [said, documented, is] of cases)
    it(`what the source calls ${said} and documents call ${documented ?? 'nothing'} is ${is}`, () => {
      const resolved: Resolved = documented === null ? { unresolved: 'nobody' } : { person: { ...jane, kind: documented } };
      assert.equal(kindOf(said, resolved), is);
    });

  it('counts as here until the moment of leaving', () => {
    assert.equal(isHere(jane, 5), true);
    assert.equal(isHere({ ...jane, leftAt: 6 }, 5), true);
    assert.equal(isHere({ ...jane, leftAt: 5 }, 5), false);
  });
});
