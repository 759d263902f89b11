import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './house-files.ts';

describe('.ci/run', () => {
  let clone: string;
  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'headgate-ci-'));
    mkdirSync(join(clone, '.ci'));
    mkdirSync(join(clone, 'bin/runtime'), { recursive: true });
    cpSync(join(root, '.ci/run'), join(clone, '.ci/run'));
    for (const file of ['package-lock.json', 'bin/runtime/package-lock.json']) writeFileSync(join(clone, file), '{}\n');
    const git = (...args: string[]): void =>
      void execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: clone });
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '-m', 'a clone');
  });
  afterEach(() => rmSync(clone, { recursive: true, force: true }));

  /** Runs it with a `make` that does what a case of a shell script says for each target. */
  const run = (cases: string): { readonly status: number | null; readonly lines: readonly string[] } => {
    const tools = mkdtempSync(join(tmpdir(), 'headgate-ci-tools-'));
    writeFileSync(join(tools, 'make'), `#!/bin/sh\ncase $1 in\n${cases}\nesac\n`);
    chmodSync(join(tools, 'make'), 0o755);
    const { status, stdout } = spawnSync(join(clone, '.ci/run'), {
      cwd: clone,
      encoding: 'utf8',
      env: { PATH: `${tools}:${process.env['PATH'] ?? ''}` },
    });
    rmSync(tools, { recursive: true });
    return { status, lines: stdout.trimEnd().split('\n') };
  };
  const passing = "check) echo '✔ check passed' ;;\ntest) echo '  12 passing (3s)' ;;\ne2e) echo '  3 passing (1m)' ;;";

  it('runs check, test and e2e, and ends with the sum of their tests', () => {
    const { status, lines } = run(passing);
    assert.equal(status, 0, lines.join('\n'));
    assert.deepEqual(lines.slice(-2), ['✔ all steps passed', '15 passed, 0 failed']);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('►')),
      ['► clean', '► check', '► test', '► e2e', '► lockfile', '► untouched'],
    );
  });

  it('goes on after a step that fails, counts its failures, and fails', () => {
    const { status, lines } = run(passing.replace("echo '  12 passing (3s)'", "printf '  10 passing (3s)\\n  2 failing\\n'; exit 2"));
    assert.equal(status, 1);
    assert.deepEqual(lines.slice(-2), ['✗ failed: test', '13 passed, 2 failed']);
  });

  it('never says "0 failed" about a step that failed without a test', () => {
    const { status, lines } = run(passing.replace("echo '✔ check passed'", 'exit 2'));
    assert.equal(status, 1);
    assert.deepEqual(lines.slice(-2), ['✗ failed: check', '15 passed, 1 failed']);
  });

  it('fails when a step has changed package-lock.json', () => {
    const { status, lines } = run(passing.replace("echo '✔ check passed'", 'echo changed > package-lock.json'));
    assert.equal(status, 1);
    assert.equal(lines.at(-2), '✗ failed: lockfile untouched');
  });

  it('fails when a step leaves a file behind', () => {
    const { status, lines } = run(passing.replace("echo '  3 passing (1m)'", "echo '  3 passing'; echo > left-behind"));
    assert.equal(status, 1);
    assert.equal(lines.at(-2), '✗ failed: untouched');
  });

  it('asks nobody: steps have no standard input, and know that this is CI', () => {
    const { status, lines } = run(passing.replace("echo '✔ check passed'", '[ "$CI" = true ] && ! read -r answer'));
    assert.equal(status, 0, lines.join('\n'));
  });
});
