import assert from 'node:assert/strict';
import { GerritFlowWorld } from './gerrit-flow-world.ts';

describe('headgate get access of a namespace that follows a Gerrit', function () {
  this.timeout(60_000);
  let world: GerritFlowWorld;
  before(async () => {
    const spec = { reviews: [{ from: { people: ['lead'] } }] };
    world = await GerritFlowWorld.start({ leads: ['lead'], persons: ['dev', 'lead'], spec });
  });
  after(() => world.stop());

  const rows = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { code, stdout, stderr } = await world.headgate(['get', 'access', '--namespace', 'apps', ...args]);
    assert.equal(code, 0, stderr);
    const table = stdout.split('\n');
    return table.slice(table.findIndex((line) => line.startsWith('  ACCOUNT AT REVIEW ')) + 1).filter((line) => line !== '');
  };

  it('takes a right that is out of sight for none', async () => {
    const [row = '', why = ''] = await rows('--account', 'dev');
    assert.match(row, /^ {2}dev \(\d+\) +demo\/app refs\/heads\/main +yes +no +unknown$/);
    assert.match(why, /► dev submit refs\/heads\/main: unknown, /);
  });

  it('tells what Gerrit lets whoever policies name do, and whoever is asked about', async () => {
    const { gerrit } = world;
    const { uuid } = gerrit.createGroup({ name: 'submitters', members: ['dev'] });
    const bot = gerrit.group('Service Users').uuid;
    const read = { read: { rules: { [bot]: {} } } };
    const { access } = gerrit.project('All-Projects');
    await gerrit.setAccess('All-Projects', { ...access, 'refs/meta/config': { permissions: read } });
    const submit = { exclusive: true, rules: { [uuid]: { action: 'ALLOW' as const } } };
    await gerrit.setAccess('demo/app', { 'refs/meta/config': { permissions: read }, 'refs/heads/*': { permissions: { submit } } });
    const [lead, ...others] = await rows();
    assert.match(lead ?? '', /^ {2}lead \(\d+\) = lead +demo\/app refs\/heads\/main +yes +yes +no$/);
    assert.deepEqual(others, []);
    const [dev = '', admin = '', ...more] = await rows('--account', 'dev', 'admin');
    assert.match(dev, /^ {2}dev \(\d+\) +demo\/app refs\/heads\/main +yes +no +yes$/);
    assert.match(admin, /^ {2}admin \(\d+\) +demo\/app refs\/heads\/main +yes +yes +no$/);
    assert.deepEqual(more, []);
  });
});
