import assert from 'node:assert/strict';
import { createTeamReader } from '#adapters/github/read-team.ts';
import { systemClock } from '#core/clock.ts';
import type { TeamReader } from '#core/ports/team-reader.ts';
import { stableId } from '#sandbox/github/account.ts';
import { startApiWorld, type ApiWorld } from './api-world.ts';

describe('adapters/github/read-team', function () {
  this.timeout(30_000);
  let world: ApiWorld;
  let teams: TeamReader;
  beforeEach(async () => {
    world = await startApiWorld();
    teams = createTeamReader(world.access().client, systemClock);
  });
  afterEach(() => world.stop());

  it('lists the ids of all members, page by page', async () => {
    const logins = Array.from({ length: 230 }, (_, index) => `user-${index}`);
    world.github.rest.setTeam('org/sre', logins);
    assert.deepEqual(
      await teams.members('org/sre'),
      logins.map((login) => String(stableId(login))),
    );
    assert.equal(world.asked().length, 3);
  });

  it('lists nobody of an empty team', async () => {
    world.github.rest.setTeam('org/empty', []);
    assert.deepEqual(await teams.members('org/empty'), []);
  });

  it('says so when there is no such team, or the credentials may not see it', async () => {
    world.github.rest.setTeam('org/sre', ['jane']);
    for (const team of ['org/ops', 'other/sre', 'org/..'])
      await assert.rejects(teams.members(team), { code: 'SOURCE_REFUSED', message: /team .*: GitHub answers 404/ }, team);
  });

  it('says so when GitHub cannot answer', async () => {
    world.github.rest.setTeam('org/sre', ['jane']);
    world.token = 'ghp_anotherTokenThatIsNotKnown';
    await assert.rejects(teams.members('org/sre'), { code: 'SOURCE_REFUSED' });
  });
});
