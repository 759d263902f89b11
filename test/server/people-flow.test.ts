import assert from 'node:assert/strict';
import type { Decision } from '#core/decision.ts';
import { stableId } from '#sandbox/github/account.ts';
import { configMap, REPOSITORY, startForgeWorld, type ForgeWorld } from './forge-world.ts';

const of = (kind: string, name: string, spec: object): object => ({ apiVersion: 'headgate.dev/v1alpha1', kind, metadata: { name }, spec });
const person = (name: string, login: string): object => of('Person', name, { accounts: [{ source: 'hub', account: stableId(login) }] });

describe('a server that knows people and teams', function () {
  this.timeout(60_000);
  let world: ForgeWorld;
  before(async () => {
    world = await startForgeWorld({
      by: 'api',
      pushers: { groups: ['deployers'] },
      documents: [
        person('jane', 'jane-doe'),
        person('joe', 'joe'),
        of('Group', 'deployers', { teams: [{ source: 'hub', team: 'org/deployers' }] }),
      ],
      teams: { 'org/deployers': ['jane-doe', 'mallory'] },
    });
  });
  after(() => world.stop());

  let pushes = 0;
  const decided = async (by: string): Promise<Decision> => {
    pushes += 1;
    const { after } = await world.github.push({ repository: REPOSITORY, by, files: { 'deploy/webapp.yaml': configMap(`push ${pushes}`) } });
    const { decisions } = await world.storyOf(after ?? '', (story) => story.decisions.length > 0);
    return decisions[0] ?? assert.fail('nothing was decided');
  };

  it('lets somebody of the team deploy, from the first push on', async () => {
    const { verdict, facts } = await decided('jane-doe');
    assert.deepEqual([verdict, facts['pusher']], ['allow', 'jane']);
  });

  it('denies somebody who is not in the team', async () => {
    const { verdict, reasons, facts } = await decided('joe');
    assert.deepEqual([verdict, reasons[0]?.code, facts['pusher']], ['deny', 'other-pusher', 'joe']);
    assert.match(reasons[0]?.message ?? '', /pusher joe: joe is none of group deployers$/);
  });

  it('denies an account of the team that nobody is known for', async () => {
    const { verdict, reasons, facts } = await decided('mallory');
    assert.deepEqual([verdict, reasons[0]?.code], ['deny', 'unresolved-pusher']);
    assert.match(String(facts['pusher']), /^unresolved: no document names account mallory \(\d+\) of hub$/);
  });

  it('lists who was seen, and who of them is not known to be anybody', async () => {
    const { code, stdout } = await world.headgate(['get', 'actors', '--unresolved', '-o', 'wide']);
    assert.equal(code, 0);
    assert.match(stdout, /hub +\d+ +mallory +human +- +pusher,sender +1 +no document names account mallory/);
    assert.doesNotMatch(stdout, /jane/);
    const all = await world.headgate(['get', 'actors', '--source', 'hub']);
    assert.match(all.stdout, /jane-doe +human +jane /);
    const none = await world.headgate(['get', 'actors', '--source', 'other']);
    assert.match(none.stdout + none.stderr, /no actors that fit/);
  });

  it('decides what was asked for by who pushed it, not by who asked', async () => {
    const { code, stdout, stderr } = await world.headgate([
      'reconcile',
      'GitRepository/webapp',
      '--cluster',
      'prod',
      '--namespace',
      'apps',
    ]);
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /apps changes\[0\] does not fit: pusher mallory: it is not known who it is/);
  });
});
