import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKustomize } from '#adapters/kustomize/renderer.ts';

const files = [
  { path: 'kustomization.yaml', text: 'resources: [ a.yaml ]\n' },
  { path: 'base/kustomization.yaml', text: 'resources: [ a.yaml ]\n' },
];

describe('createKustomize', () => {
  let bin: string;
  beforeEach(async () => {
    bin = await mkdtemp(join(tmpdir(), 'headgate-bin-'));
  });
  afterEach(() => rm(bin, { recursive: true, force: true }));

  /** Builtins of sh alone: there is nothing else on its PATH. */
  async function program(name: string, script: string): Promise<void> {
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }

  const render = (directories: readonly string[], signal = new AbortController().signal) =>
    createKustomize({ env: { PATH: `:${bin}`, SECRET: 'x' } }).render(files, directories, signal);

  it('builds each directory where the files lie, with nothing of our environment', async () => {
    await program(
      'kustomize',
      'printf "%s %s %s %s" "$1" "$2" "$PATH" "${SECRET-none}"; read -r line < "$2/kustomization.yaml"; printf " %s" "$line"',
    );
    assert.deepEqual(await render(['', 'base']), [
      { directory: '', yaml: 'build ./  none resources: [ a.yaml ]' },
      { directory: 'base', yaml: 'build ./base  none resources: [ a.yaml ]' },
    ]);
  });

  it('takes the kustomize that is in kubectl', async () => {
    await program('kubectl', 'printf "%s" "$1"');
    assert.deepEqual(await render(['base']), [{ directory: 'base', yaml: 'kustomize' }]);
  });

  it('says in the words of kustomize what is wrong, without the place on our disk', async () => {
    await program('kustomize', 'echo "Error: accumulating resources: $PWD/base: no such file" >&2; exit 1');
    const [answer] = await render(['base']);
    assert.deepEqual(answer, { directory: 'base', unbuilt: 'kustomize: accumulating resources: /base: no such file', isWrong: true });
  });

  it('does not call wrong what may be read by Flux and not here', async () => {
    await program('kustomize', "echo \"Error: security; file '/x' is not in or below '/y'\" >&2; exit 1");
    const [answer] = await render(['base']);
    assert.equal(answer && 'isWrong' in answer && answer.isWrong, false);
  });

  it('ends what takes too long, and says that it is not to blame', async () => {
    await program('kustomize', 'while :; do :; done');
    const controller = new AbortController();
    const rendering = render(['base'], controller.signal);
    setImmediate(() => controller.abort());
    const [answer] = await rendering;
    assert.equal(answer && 'isWrong' in answer && answer.isWrong, false);
  });

  it('says that there is neither', async () => {
    await assert.rejects(render(['base']), { code: 'TOOL_MISSING' });
  });

  it('leaves nothing behind, whatever happens', async () => {
    await program('kustomize', 'exit 1');
    const before = await leftovers();
    await render(['base']);
    await assert.rejects(createKustomize({ env: { PATH: bin } }).render([{ path: '../x', text: '' }], [''], new AbortController().signal), {
      code: 'REQUEST_INVALID',
    });
    assert.deepEqual(await leftovers(), before);
  });
});

async function leftovers(): Promise<readonly string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('headgate-preflight-'));
}
