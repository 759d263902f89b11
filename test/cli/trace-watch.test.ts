import assert from 'node:assert/strict';
import { push } from '../adapters/github/deliveries.ts';
import { startWorld, type World } from './world.ts';

describe('headgate trace --watch', function () {
  this.timeout(20_000);
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.stop());

  it('waits for the news of a push that has not arrived yet', async () => {
    const commit = 'c'.repeat(40);
    const sent: Promise<string>[] = [];
    const { code, stdout, stderr } = await world.headgate(['trace', commit, '--watch'], {
      fetch: async (...asked) => {
        const answer = await fetch(...asked);
        if (sent.length === 0) sent.push(world.send('push', push({ ref: 'refs/heads/next', after: commit })));
        return answer;
      },
    });
    await Promise.all(sent);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /► nothing is known of c{40} yet; waiting up to 1m00s for it/);
    assert.match(stdout, /✗ prod: GitRepository\/webapp-next in apps: denied/);
  });
});
