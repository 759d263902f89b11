import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configMap, startWorld, type World } from './world.ts';

describe('headgate replay against a server', function () {
  this.timeout(60_000);
  let world: World;
  beforeEach(async () => {
    world = await startWorld();
  });
  afterEach(() => world.stop());

  const list = async (): Promise<readonly { readonly id: string; readonly kind: string; readonly replayOf: string | null }[]> =>
    JSON.parse((await world.headgate(['get', 'deliveries', '-o', 'json'])).stdout).items;
  const over = async (name: string): Promise<{ readonly change: { readonly id: string }; readonly delivery: { readonly id: string } }> => {
    assert.equal((await world.headgate(['trace', name, '--watch'])).code, 0);
    const [story] = JSON.parse((await world.headgate(['trace', name, '-o', 'json'])).stdout).stories;
    return story;
  };
  const atNext = (commit: string) =>
    world.cluster.waitFor('GitRepository', 'apps', 'webapp-next', (object) => JSON.stringify(object).includes(commit), 30_000);
  /** Lets the policy allow refs/heads/next too, and waits until it is in force. */
  const allowNext = async (): Promise<void> => {
    const file = join(world.directory, 'policies/apps.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('[ refs/heads/main ]', '[ refs/heads/main, refs/heads/next ]'));
    while ((await world.headgate(['explain', '--repo', 'org/app', '--ref', 'refs/heads/next'])).code !== 0)
      await new Promise((resolve) => setTimeout(resolve, 100));
  };

  it('deploys what policy denied, once it allows it', async () => {
    const first = await world.push({ 'deploy/webapp.yaml': configMap('first') }, 'next');
    await atNext(first.commit); // Flux has been looking for the branch, and looks again in an hour
    const { commit, guid } = await world.push({ 'deploy/webapp.yaml': configMap('next') }, 'next');
    const { delivery } = await over(guid);
    const denied = await world.headgate(['replay', guid, '--dry-run']);
    assert.deepEqual([denied.code, /would be denied/.test(denied.stdout)], [8, true], denied.stdout + denied.stderr);
    await allowNext();
    const before = await list();
    const dry = await world.headgate(['replay', delivery.id, '--dry-run']);
    assert.deepEqual([dry.code, /GitRepository\/webapp-next in apps: would move/.test(dry.stdout)], [0, true], dry.stdout + dry.stderr);
    assert.deepEqual(await list(), before);

    const { code, stdout, stderr } = await world.headgate(['replay', delivery.id, '--wait', '30s']);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`^✔ ${delivery.id} \\(org/app refs/heads/next\\): replayed as dlv_`));
    assert.match(stdout, new RegExp(`replay of ${delivery.id} \\(push from hub\\), asked for by 127\\.0\\.0\\.1, delivery dlv_`));
    assert.match(stdout, /webapp-next in apps: applied/);
    await atNext(commit);
    const traced = await world.headgate(['trace', guid]);
    assert.match(traced.stdout, new RegExp(`replayed\\n {2}dlv_\\w+, received .*, replays ${delivery.id}: done`));
  });

  it('deploys nothing of an old push after a newer one', async () => {
    const old = await world.push({ 'deploy/webapp.yaml': configMap('old') });
    await over(old.guid);
    const { commit, guid } = await world.push({ 'deploy/webapp.yaml': configMap('new') });
    await over(guid);
    const late = await world.headgate(['replay', old.guid, '--wait', '30s']);
    assert.deepEqual([late.code, /GitRepository\/webapp in apps: late/.test(late.stdout)], [0, true], late.stdout + late.stderr);
    const current = await world.headgate(['replay', guid, '--wait', '30s', '-o', 'json']);
    const { items, stories } = JSON.parse(current.stdout);
    assert.equal(current.code, 0, current.stderr);
    assert.deepEqual([items.length, stories[0].reconciles[0].outcome, stories[0].reconciles[0].reason], [1, 'skipped', 'current']);
    assert.match(JSON.stringify(world.cluster.get('Kustomization', 'apps', 'webapp')), new RegExp(commit));
  });

  it('replays a span of time oldest first, and under one key once', async () => {
    const first = await world.push({ 'deploy/webapp.yaml': configMap('one') });
    const { delivery } = await over(first.guid);
    await world.send('ping', { zen: 'keep it simple' });
    const range = ['replay', '--since', '1h', '--repository', 'org/app', '--state', 'done', '--key', 'ci-1', '-o', 'yaml'];
    const one = await world.headgate(range);
    assert.deepEqual([one.code, /known: false/.test(one.stdout)], [0, true], one.stdout + one.stderr);
    const again = await world.headgate(range);
    assert.deepEqual([again.code, /known: true/.test(again.stdout)], [0, true], again.stdout);
    assert.deepEqual(
      (await list()).filter(({ kind }) => kind === 'replay').map(({ replayOf }) => replayOf),
      [delivery.id],
    );
    const ignored = await world.headgate(['replay', '--since', '1h', '--state', 'ignored']);
    assert.deepEqual([ignored.code, /nothing will come of it: ping/.test(ignored.stdout)], [0, true], ignored.stdout);
  });

  it('ends with what the answer was', async () => {
    const { guid } = await world.push({ 'deploy/webapp.yaml': configMap('one') });
    await over(guid);
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['none'], 3, /✗ none: there is no delivery none \[NOT_FOUND\]/],
      [['none', guid], 1, /\[NOT_FOUND\]/],
      [['--since', '1h', '--state', 'dead'], 7, /^$/],
      [[guid, '--dry-run'], 7, /would be skipped \(current\)/],
      [[], 2, /^$/],
      [[guid, '--since', '1h'], 2, /^$/],
      [['--since', 'yesterday'], 2, /^$/],
      [['--since', '1h', '--until', '2h'], 2, /^$/],
      [['--since', '1h', '--state', 'pending'], 2, /^$/],
    ];
    for (const [args, expected, shown] of cases) {
      const { code, stdout, stderr } = await world.headgate(['replay', ...args]);
      assert.equal(code, expected, `${args.join(' ')}\n${stdout}${stderr}`);
      assert.match(stdout, shown, args.join(' '));
    }
  });
});
