import assert from 'node:assert/strict';
import { runHeadgate, type Ran } from './run-headgate.ts';

const day = 86_400_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

const reason = {
  code: 'other-ref',
  decisions: 2,
  targets: { count: 21, first: [{ cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name: 'web' }] },
  refs: { count: 1, first: [{ source: 'hub', repository: 'org/app', ref: 'refs/heads/\u001bdev' }] },
  example: { decision: 'dec_1', change: 'chg_1', at: '2026-03-04T16:20:11.000Z', message: 'web changes[0] does not fit' },
};
const web = { policy: 'web', mode: 'audit', observedAt: ago(6 * day), decisions: 43, passed: 41, reasons: [reason] };

interface Asked {
  url?: URL;
}

function report(answer: object, args: readonly string[] = [], asked: Asked = {}): Promise<Ran> {
  return runHeadgate(['policy', 'report', '--server', 'http://127.0.0.1:1', ...args], {
    fetch: (input) => {
      asked.url = new URL(input instanceof Request ? input.url : input);
      return Promise.resolve(Response.json(answer));
    },
  });
}

const whole = { sinceAt: ago(7 * day), untilAt: ago(0), complete: true, policies: [web] };

describe('headgate policy report', () => {
  it('says how long, which share, and why the rest would have been denied', async () => {
    const { stdout, stderr, code } = await report(whole);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^► web \(audit\): observed for 6d, would have allowed 41 of 43 \(95\.3 %\), denied 2$/m);
    assert.match(
      stdout,
      /^ {4}2 other-ref\n {8}targets: prod: GitRepository\/web in apps; and 20 more\n {8}from: hub org\/app refs\/heads\/\ufffddev$/m,
    );
    assert.match(stdout, /^ {8}last: web changes\[0\] does not fit \(change chg_1, 2026-03-04T16:20:11\.000Z\)$/m);
    assert.match(stderr, /Flux polls whatever policy says/);
  });

  it('asks for the time and the policy that were named', async () => {
    const asked: Asked = {};
    await report(whole, ['--since', '2026-01-31T10:00:00Z', '--policy', 'web'], asked);
    assert.equal(asked.url?.pathname, '/v1/policy-report');
    assert.deepEqual(Object.fromEntries(asked.url?.searchParams ?? []), { since: '2026-01-31T10:00:00.000Z', policy: 'web' });
  });

  it('never rounds up to all of them', async () => {
    const { stdout } = await report({ ...whole, policies: [{ ...web, decisions: 10_000, passed: 9_999 }] });
    assert.match(stdout, /9999 of 10000 \(99\.9 %\)/);
  });

  it('says what it does not know', async () => {
    const nothing = { ...web, policy: 'new', observedAt: null, decisions: 0, passed: 0, reasons: [] };
    const { stdout, stderr } = await report({
      ...whole,
      complete: false,
      policies: [nothing, { ...web, mode: 'enforce' }, { ...web, mode: null }],
    });
    assert.match(stdout, /^► new \(audit\): nothing was decided in audit mode$/m);
    assert.match(stdout, /^► web \(enforce now\)/m);
    assert.match(stdout, /^► web \(not loaded any more\)/m);
    assert.match(stderr, /there are more decisions than one report reads/);
    assert.match((await report({ ...whole, policies: [] })).stderr, /no policy is in audit mode/);
  });

  it('prints the answer for programs', async () => {
    assert.deepEqual(JSON.parse((await report(whole, ['-o', 'json'])).stdout), whole);
    assert.match((await report(whole, ['-o', 'yaml'])).stdout, /^policies:\n {2}- policy: web$/m);
  });
});
