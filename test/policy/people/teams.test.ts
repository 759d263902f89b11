import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import type { Person } from '#core/person.ts';
import type { TeamMembers, TeamReader } from '#core/ports/team-reader.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { followTeams } from '#policy/follow-teams.ts';
import { parsePolicies } from '#policy/parse-policies.ts';
import type { PolicySet } from '#policy/documents.ts';
import { DocumentedPeople } from '#policy/people/documented-people.ts';
import { TeamDirectory, type TeamRef } from '#policy/people/team-directory.ts';
import { accountOf, shown, written } from './samples.ts';

const sre: TeamRef = { source: 'hub', team: 'org/sre' };
const documents = written({
  Person: {
    jane: {
      accounts: [
        { source: 'hub', account: 5 },
        { source: 'review', account: 6 },
      ],
    },
    max: { accounts: [{ source: 'hub', account: 7 }], leftAt: '1970-01-01' },
  },
  Group: { ops: { teams: [sre, { source: 'hub', team: 'org/db' }] } },
});

function setOf(text = documents): PolicySet {
  return parsePolicies([{ name: 'p', text }]);
}

function peopleWith(...read: readonly TeamMembers[]): DocumentedPeople {
  const { people } = setOf();
  assert.ok(people instanceof DocumentedPeople);
  return people.withTeams(read);
}

function members(team: string, accounts: readonly string[], readAt = 1_000): TeamMembers {
  return { source: 'hub', team, accounts: new Set(accounts), readAt };
}

function personOf(people: DocumentedPeople, account: string): Person {
  const found = people.ofAccount('hub', accountOf(account));
  return 'person' in found ? found.person : assert.fail(shown(found));
}

/** A reader that answers what is set, and counts. */
class FakeTeams implements TeamReader {
  asked: string[] = [];
  answer: readonly string[] | Error = [];

  members(team: string): Promise<readonly string[]> {
    this.asked.push(team);
    return this.answer instanceof Error ? Promise.reject(this.answer) : Promise.resolve(this.answer);
  }
}

describe('policy/people: teams of sources', () => {
  it('put whoever has an account in them into the group, and into the team by its own name', () => {
    const people = peopleWith(members('org/sre', ['5']), members('org/db', ['9']));
    const jane = personOf(people, '5');
    assert.equal(people.isIn(jane, 'ops', 1_000), true);
    assert.equal(people.isIn(jane, 'hub:org/sre', 1_000), true);
    assert.equal(people.isIn(jane, 'hub:org/db', 1_000), false);
    assert.deepEqual(people.groupsOf(jane, 1_000), ['ops']);
    assert.equal(people.doubt('ops', 1_000), null);
    assert.equal(people.doubt('hub:org/sre', 1_000), null);
  });

  it('hold nobody by the id of an account on another source', () => {
    const people = peopleWith(members('org/sre', ['6']), members('org/db', []));
    assert.equal(people.isIn(personOf(people, '5'), 'ops', 1_000), false);
  });

  it('hold nobody who has left', () => {
    const people = peopleWith(members('org/sre', ['7']), members('org/db', []));
    assert.equal(people.isIn(personOf(people, '7'), 'ops', 1_000), false);
  });

  it('hold nobody when they were never read, or too long ago, and say so', () => {
    const never = peopleWith(members('org/db', []));
    assert.equal(never.isIn(personOf(never, '5'), 'ops', 1_000), false);
    assert.equal(never.doubt('ops', 1_000), 'team hub:org/sre has not been read');
    const people = peopleWith(members('org/sre', ['5']), members('org/db', []));
    const late = 1_000 + limits.people.teamAge;
    assert.equal(people.isIn(personOf(people, '5'), 'ops', late - 1), true);
    assert.equal(people.isIn(personOf(people, '5'), 'ops', late), false);
    assert.equal(people.doubt('hub:org/sre', late), 'team hub:org/sre was last read 60m ago');
    assert.match(people.doubt('ops', late) ?? '', /org\/sre .*; team hub:org\/db/);
  });

  it('count only where a group names them', () => {
    const people = peopleWith(members('org/other', ['5']));
    assert.equal(people.isIn(personOf(people, '5'), 'hub:org/other', 1_000), false);
    assert.equal(people.doubt('hub:org/other', 1_000), 'there is no group hub:org/other');
  });

  it('change the hash with their members, not with when they were read or in which order', () => {
    const hash = (...read: readonly TeamMembers[]): string => peopleWith(...read).hash;
    const [one, two] = [members('org/sre', ['5', '6']), members('org/db', ['1'])];
    assert.equal(hash(one, two), hash(two, members('org/sre', ['6', '5'], 9_000)));
    assert.notEqual(hash(one, two), hash(one));
    assert.notEqual(hash(one), hash(members('org/sre', ['5'])));
  });
});

describe('policy/people/team-directory', () => {
  function directory(wanted: () => readonly TeamRef[] = () => [sre]) {
    const clock = new SimulatedClock();
    const teams = new FakeTeams();
    const made = new TeamDirectory({ clock, log: silentLog, readers: new Map([['hub', teams]]), wanted });
    return { clock, teams, directory: made };
  }

  it('reads a team at once, and again when it is due', async () => {
    const { clock, teams, directory: made } = directory();
    teams.answer = ['5'];
    await made.refresh();
    assert.deepEqual(made.read, [{ ...sre, accounts: new Set(['5']), readAt: clock.now() }]);
    await clock.advance(limits.people.teamRefresh - 1);
    await made.refresh();
    assert.equal(teams.asked.length, 1);
    await clock.advance(1);
    teams.answer = ['6'];
    await made.refresh();
    assert.deepEqual(made.read, [{ ...sre, accounts: new Set(['6']), readAt: clock.now() }]);
  });

  it('keeps what was read, with its age, while the source cannot be asked', async () => {
    const { clock, teams, directory: made } = directory();
    teams.answer = ['5'];
    await made.refresh();
    const before = made.read;
    await clock.advance(limits.people.teamRefresh);
    teams.answer = new Error('away');
    await made.refresh();
    assert.equal(teams.asked.length, 2);
    assert.equal(made.read, before);
  });

  it('asks again later where it never got an answer, and not at every look', async () => {
    const { clock, teams, directory: made } = directory();
    teams.answer = new Error('away');
    await made.refresh();
    await made.refresh();
    assert.deepEqual([teams.asked.length, made.read.length], [1, 0]);
    await clock.advance(limits.people.teamRefresh);
    teams.answer = ['5'];
    await made.refresh();
    assert.equal(made.read.length, 1);
  });

  it('forgets teams that nobody names any more', async () => {
    let wanted: readonly TeamRef[] = [sre];
    const { teams, directory: made } = directory(() => wanted);
    await made.refresh();
    wanted = [];
    await made.refresh();
    assert.deepEqual(made.read, []);
    wanted = [sre];
    await made.refresh();
    assert.equal(teams.asked.length, 2);
  });

  it('reads nothing of a source that cannot be asked', async () => {
    const { teams, directory: made } = directory(() => [{ source: 'review', team: 'org/sre' }]);
    await made.refresh();
    assert.deepEqual([made.read, teams.asked], [[], []]);
  });
});

describe('policy/follow-teams', () => {
  it('lets policies know of teams from the first moment, and of changes after that', async () => {
    const clock = new SimulatedClock();
    const teams = new FakeTeams();
    teams.answer = ['5'];
    const set = setOf();
    let stopped = 0;
    const watch = {
      current: () => set,
      status: () => ({ hash: 'h', loadedAt: 1, problem: null }),
      refresh: () => undefined,
      stop: () => void (stopped += 1),
    };
    const followed = await followTeams(watch, { clock, log: silentLog, adapters: [{ name: 'hub', teams }] });
    const isIn = (): boolean => {
      const people = followed.current()?.people;
      assert.ok(people instanceof DocumentedPeople);
      return people.isIn(personOf(people, '5'), 'ops', clock.now());
    };
    assert.equal(isIn(), true);
    assert.equal(followed.current(), followed.current(), 'it is made once');
    const { hash } = followed.current() ?? {};
    assert.notEqual(hash, set.hash);
    teams.answer = [];
    await clock.advance(limits.people.teamRefresh + limits.config.policyRefresh);
    assert.equal(isIn(), false);
    assert.notEqual(followed.current()?.hash, hash);
    followed.stop();
    assert.equal(stopped, 1);
  });

  it('leaves policies without teams as they are, and does not wait', async () => {
    const set = setOf(written({ Person: { jane: {} } }));
    const watch = { current: () => set, status: () => ({ hash: '', loadedAt: 0, problem: null }), refresh() {}, stop() {} };
    const followed = await followTeams(watch, { clock: new SimulatedClock(), log: silentLog, adapters: [] });
    assert.equal(followed.current(), set);
    followed.stop();
  });

  it('goes on without teams that are not read in time', async () => {
    const clock = new SimulatedClock();
    const watch = { current: () => setOf(), status: () => ({ hash: '', loadedAt: 0, problem: null }), refresh() {}, stop() {} };
    const never: TeamReader = { members: () => new Promise(() => undefined) };
    const following = followTeams(watch, { clock, log: silentLog, adapters: [{ name: 'hub', teams: never }] });
    await clock.advance(limits.people.teamsFirst);
    const followed = await following;
    assert.match(followed.current()?.people.doubt('ops', clock.now()) ?? '', /has not been read/);
    followed.stop();
  });
});
