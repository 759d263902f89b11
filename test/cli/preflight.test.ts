import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configMap, startWorld, type World } from './world.ts';

describe('headgate preflight against a server', function () {
  this.timeout(20_000);
  let world: World;
  let directory: string;
  before(async () => {
    world = await startWorld();
    directory = join(world.directory, 'manifests');
    await mkdir(join(directory, '.hg'), { recursive: true });
    await writeFile(join(directory, 'web.yaml'), configMap('first'));
    await writeFile(join(directory, '.hg', 'hidden.yaml'), 'a: [');
  });
  after(() => world.stop());

  const main = ['preflight', 'manifests', '--repo', 'org/app', '--ref', 'refs/heads/main', '--at', 'deploy'];

  it('says that nothing is in the way, and what it could not look at', async () => {
    const { code, stdout, stderr } = await world.headgate(main);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^\? .*schemas of v1 of cluster prod cannot be read/m);
    assert.match(stdout, /^✔ nothing is in the way \(1 object, for cluster prod\)$/m);
  });

  it('names file and line of what is wrong, and ends with 1', async () => {
    const secret = join(directory, 'secret.yaml');
    await writeFile(secret, '# why\napiVersion: v1\nkind: Secret\nmetadata: { name: pay }\nstringData: { password: hunter2 }\n');
    const { code, stdout } = await world.headgate(main);
    assert.equal(code, 1);
    assert.match(stdout, /^✗ deploy\/secret\.yaml:2: Secret pay holds values in clear text/m);
    assert.match(stdout, /^✗ not like this/m);
    assert.ok(!stdout.includes('hunter2'));
    const { verdict, findings } = JSON.parse((await world.headgate([...main, '-o', 'json'])).stdout);
    assert.deepEqual([verdict, findings[0].code], ['refuse', 'secret-in-clear']);
  });

  it('leaves out what is no text, and says so', async () => {
    await writeFile(join(directory, 'logo.png'), Buffer.from([0x89, 0x50, 0x00]));
    const { stderr } = await world.headgate(main);
    assert.match(stderr, /^! deploy\/logo\.png is left out: it is no text$/m);
  });

  it('refuses a directory that is none, or empty', async () => {
    await mkdir(join(world.directory, 'empty'));
    for (const name of ['nowhere', 'empty']) {
      const { code, stderr } = await world.headgate(['preflight', name, '--repo', 'org/app', '--ref', 'refs/heads/main']);
      assert.equal(code, 2, stderr);
      assert.match(stderr, /\[USAGE\]/);
    }
  });
});
