import assert from 'node:assert/strict';
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fluxKinds } from '#k8s/kinds.ts';
import { push } from '../adapters/github/deliveries.ts';
import { configMap, startWorld, type World } from '../cli/world.ts';
import { runHeadgate } from '../cli/run-headgate.ts';

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The id of the change of a commit, once Headgate has seen it applied. */
async function appliedChange(world: World, commit: string): Promise<string> {
  for (;;) {
    const { code, stdout } = await world.headgate(['trace', commit, '-o', 'json']);
    const [story] = code === 0 ? JSON.parse(stdout).stories : [];
    if (story?.reconciles[0]?.outcome === 'applied') return story.change.id;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('docs/how-to/explain.md', function () {
  this.timeout(60_000);
  let world: World;
  let folder: string;
  let change: string;
  let text: string;
  before(async () => {
    text = await readFile(file('docs/how-to/explain.md'), 'utf8');
    world = await startWorld();
    const { commit } = await world.push({ 'deploy/webapp.yaml': configMap('second') });
    change = await appliedChange(world, commit);
    folder = await mkdtemp(join(tmpdir(), 'headgate-docs-'));
    const policies = (await readFile(join(world.directory, 'policies/apps.yaml'), 'utf8')).replace(
      '[ apps ] }',
      '[ apps, shared-config ] }',
    );
    await cp(join(world.directory, 'policies'), join(folder, 'policies'), { recursive: true });
    await writeFile(join(folder, 'policies/apps.yaml'), policies);
    await copyFile(join(world.directory, 'kubeconfig'), join(folder, 'kubeconfig'));
    await copyFile(file('test/k8s/saved/objects.yaml'), join(folder, 'objects.yaml'));
    for (const directory of [folder, world.directory]) await writeFile(join(directory, 'push.json'), JSON.stringify(push()));
    const [, claims = ''] = /```json file=claims\.json\n([^]*?)```/.exec(text) ?? [];
    await writeFile(join(folder, 'claims.json'), claims);
  });
  after(async () => {
    await world.stop();
    await rm(folder, { recursive: true });
  });

  const commands = (): readonly string[] =>
    [...text.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, block = '']) => block.split('\n').filter((line) => line !== ''));

  it('shows commands that end as it says', async () => {
    const own = commands().filter((line) => line.startsWith('bin/headgate explain '));
    assert.ok(own.length >= 10);
    for (const line of own) {
      const [command = '', expected] = line.split(/ {2}# exits with /);
      const args = command.replace('chg_<id>', change).split(' ').slice(1);
      const offline = /--inventory|--kubeconfig/.test(command);
      const { code, stdout, stderr } = offline ? await runHeadgate(args, { cwd: folder }) : await world.headgate(args);
      assert.equal(code, expected === undefined ? 7 : Number(expected), `${line}\n${stdout}\n${stderr}`);
    }
  });

  it('saves kinds that the inventory knows, and leaves out none but those that it names', () => {
    const [, saved = ''] = /kubectl get (\S+) -A -o yaml > objects\.yaml/.exec(text) ?? [];
    const [, optional = ''] = /add `(\S+)` where they are used/.exec(text) ?? [];
    assert.deepEqual([...saved.split(','), ...optional.split(',')].sort(), fluxKinds.map(({ plural }) => plural).sort());
  });

  it('shows no other commands', () => {
    assert.deepEqual(
      commands().filter((line) => !/^(bin\/headgate explain|kubectl get) /.test(line)),
      [],
    );
  });
});
