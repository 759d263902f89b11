import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { push } from '../adapters/github/deliveries.ts';
import { configMap, startWorld, type World } from './world.ts';

describe('headgate explain against a server', function () {
  this.timeout(20_000);
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.stop());

  const main = ['--repo', 'org/app', '--ref', 'refs/heads/main'];

  it('tells what would come of a push, and nothing comes of it', async () => {
    const before = (await world.headgate(['get', 'deliveries', '-o', 'json'])).stdout;
    const { code, stdout, stderr } = await world.headgate(['explain', ...main]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^✔ prod: GitRepository\/webapp in apps: would move$/m);
    assert.match(stdout, /^– prod: GitRepository\/webapp-next in apps: other-ref$/m);
    assert.equal((await world.headgate(['get', 'deliveries', '-o', 'json'])).stdout, before);
  });

  it('ends with 8 when policy does not allow it, and with 7 when nothing follows it', async () => {
    const denied = await world.headgate(['explain', '--repo', 'org/app', '--ref', 'refs/heads/next']);
    assert.deepEqual(
      [denied.code, /✗ prod: GitRepository\/webapp-next in apps: would be denied/.test(denied.stdout)],
      [8, true],
      denied.stdout,
    );
    assert.equal((await world.headgate(['explain', '--repo', 'org/app', '--ref', 'refs/heads/none'])).code, 7);
    assert.equal((await world.headgate(['explain', '--repo', 'org/none', '--ref', 'refs/heads/main'])).code, 7);
  });

  it('reads an event without its signature', async () => {
    const file = join(world.directory, 'push.json');
    await writeFile(file, JSON.stringify(push()));
    const { code, stdout, stderr } = await world.headgate(['explain', '--event', 'push.json', '-o', 'json']);
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).change.revision, 'b'.repeat(40));
    await writeFile(file, '{}');
    const broken = await world.headgate(['explain', '--event', 'push.json']);
    assert.deepEqual([broken.code, /not a push: .*\[PAYLOAD_INVALID\]\n {2}Give the body/.test(broken.stderr)], [2, true], broken.stderr);
  });

  it('decides a recorded change again, under what holds now', async () => {
    const { commit } = await world.push({ 'deploy/webapp.yaml': configMap('second') });
    assert.equal((await world.headgate(['trace', commit, '--watch'])).code, 0);
    const [story] = JSON.parse((await world.headgate(['trace', commit, '-o', 'json'])).stdout).stories;
    const { code, stdout } = await world.headgate(['explain', '--change', story.change.id]);
    assert.deepEqual([code, /allowed, but would be skipped \(current\)/.test(stdout)], [7, true], stdout);
    assert.equal((await world.headgate(['explain', '--change', 'chg_none'])).code, 3);
  });
});
