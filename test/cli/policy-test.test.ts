import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyExample } from '../../docs/generate/policy-page.ts';
import { policyTestExample } from '../../docs/generate/policy-test-page.ts';
import { useTempDir } from '../config/temp-dir.ts';
import { runHeadgate, type Ran } from './run-headgate.ts';

describe('headgate policy test', () => {
  const directory = useTempDir();
  const write = (name: string, text: string): void => writeFileSync(join(directory(), name), text);
  const run = (...args: readonly string[]): Promise<Ran> => runHeadgate(['policy', 'test', ...args], { cwd: directory() });

  beforeEach(() => {
    for (const name of ['policies', 'tests']) mkdirSync(join(directory(), name), { recursive: true });
    write('policies/payments.yaml', policyExample);
    write('tests/payments.yaml', policyTestExample);
  });

  it('decides the example of the reference, and names the rule that no case is about', async () => {
    const { code, stdout, stderr } = await run('tests/payments.yaml');
    assert.equal(code, 0, stderr);
    assert.equal(
      stdout,
      '✔ main of org/payments comes to payments allow by payments changes[0]\n✔ nothing comes to a namespace that no policy is about deny by default\n',
    );
    assert.equal(stderr, '► no case is decided by payments changes[1]\n► as expected: all 2\n');
  });

  it('ends with 1 and says why when a case is not as expected', async () => {
    write('tests/payments.yaml', policyTestExample.replace('expect: allow', 'expect: deny'));
    const { code, stdout, stderr } = await run('tests/payments.yaml');
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^✗ main of org\/payments comes to payments tests\/payments\.yaml:6:7\n {4}expected deny, and it is allow\n {4}payments changes\[0\] allows .* \[allowed\]\n/,
    );
    assert.match(stderr, /^✗ not as expected: 1 of 2$/m);
  });

  it('prints JSON for programs', async () => {
    const { code, stdout } = await run('tests/payments.yaml', '-o', 'json');
    assert.equal(code, 0);
    const { groups } = JSON.parse(stdout);
    assert.equal(groups.length, 1);
    assert.equal(groups[0].policies, join(directory(), 'policies'));
    assert.deepEqual(groups[0].uncovered, ['payments changes[1]']);
    const [first] = groups[0].cases;
    assert.deepEqual([first.name, first.verdict, first.differences], ['main of org/payments comes to payments', 'allow', []]);
  });

  it('counts the cases of several files about the same policies together', async () => {
    const release = policyTestExample
      .replaceAll('refs/heads/main', 'refs/heads/release/1')
      .replaceAll('org/payments,', 'org/payments-api,');
    write(
      'tests/release.yaml',
      release.replace('payments changes[0]', 'payments changes[1]').replace('../policies', '../policies/payments.yaml'),
    );
    write('tests/same.yaml', release.replace('payments changes[0]', 'payments changes[1]'));
    assert.match((await run('tests/payments.yaml', 'tests/same.yaml')).stderr, /^► as expected: all 4\n$/);
    assert.match((await run('tests/payments.yaml', 'tests/release.yaml')).stderr, /no case is decided by payments changes\[1\]/);
  });

  const wrong: readonly (readonly [what: string, test: string, code: string, expected: RegExp])[] = [
    [
      'a test that does not parse',
      policyTestExample.replace('expect:', 'expct:'),
      'POLICY_TEST_INVALID',
      /tests\/payments\.yaml:\d+:7: unknown key `expct`/,
    ],
    ['a file without tests', '# nothing\n', 'POLICY_TEST_INVALID', /no document of kind PolicyTest/],
    ['policies that are not there', policyTestExample.replace('../policies', '../nowhere'), 'POLICY_MISSING', /cannot be read/],
    [
      'a file that is no policy',
      policyTestExample.replace('../policies', './payments.yaml'),
      'POLICY_INVALID',
      /a PolicyTest cannot be used here/,
    ],
  ];
  for (const [what, test, code, expected] of wrong) {
    it(`ends with 2 for ${what}`, async () => {
      write('tests/payments.yaml', test);
      const ran = await run('tests/payments.yaml');
      assert.equal(ran.code, 2, ran.stderr);
      assert.ok(ran.stderr.includes(`[${code}]`), ran.stderr);
      assert.match(ran.stderr, expected);
    });
  }

  it('ends with 2 for a file that is not there', async () => {
    const { code, stderr } = await run('tests/none.yaml');
    assert.equal(code, 2);
    assert.match(stderr, /cannot read tests\/none\.yaml/);
  });
});
