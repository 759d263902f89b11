import assert from 'node:assert/strict';
import type { Decision } from '#core/decision.ts';
import { limits } from '#core/limits.ts';
import { auditPolicies } from '#server/audit-policies.ts';
import { decision, delivery, match, targetOf } from '../conformance/journal/material.ts';
import { ApiWorld } from './api-world.ts';

const facts = { source: 'hub', repository: 'org/app', ref: 'refs/heads/main' };

/** A decision in audit mode that one policy would have denied, or not. */
function audited(id: string, wouldBe: 'allow' | 'deny', more: Partial<Decision> = {}): Decision {
  const reasons =
    wouldBe === 'allow'
      ? [{ code: 'allowed', message: 'web changes[0] allows it' }]
      : [
          { code: 'other-ref', message: 'web changes[0] does not fit' },
          { code: 'audit', message: 'allowed because every policy concerned is in audit mode: web' },
        ];
  const policies = [{ name: 'web', hash: 'h', verdict: wouldBe }];
  return decision(id, 'chg_1', targetOf('web'), 'allow', { wouldBe, reasons, policies, facts, ...more });
}

describe('what enforce would have come to', () => {
  it('is told by policy and reason, with targets, refs and the last example', () => {
    const [report] = auditPolicies(
      [
        audited('d3', 'deny', { at: 30, change: 'chg_3', target: targetOf('api') }),
        audited('d2', 'deny', { at: 20, facts: { ...facts, ref: 'refs/heads/dev' } }),
        audited('d1', 'allow', { at: 10 }),
      ],
      [{ name: 'web', mode: 'audit' }],
    );
    assert.deepEqual([report?.policy, report?.mode, report?.observedAt, report?.decisions, report?.passed], ['web', 'audit', 10, 3, 1]);
    const [reason] = report?.reasons ?? [];
    assert.deepEqual([report?.reasons.length, reason?.code, reason?.decisions], [1, 'other-ref', 2]);
    assert.deepEqual(
      reason?.targets.first.map(({ name }) => name),
      ['api', 'web'],
    );
    assert.deepEqual(
      reason?.refs.first.map(({ ref }) => ref),
      ['refs/heads/main', 'refs/heads/dev'],
    );
    assert.deepEqual(reason?.example, { decision: 'd3', change: 'chg_3', at: 30, message: 'web changes[0] does not fit' });
  });

  it('leaves out what was enforced, whatever came of it', () => {
    const enforced = decision('d1', 'chg_1', targetOf('web'), 'deny', { policies: [{ name: 'web', hash: 'h', verdict: 'deny' }] });
    assert.deepEqual(auditPolicies([enforced], [{ name: 'web', mode: 'enforce' }]), []);
  });

  it('blames each policy for its own reasons only', () => {
    const both = audited('d1', 'deny', {
      reasons: [
        { code: 'other-ref', message: 'web changes[0] does not fit' },
        { code: 'no-subject', message: 'ops needs a subject' },
        { code: 'audit', message: 'allowed because every policy concerned is in audit mode: ops, quiet, web' },
      ],
      policies: [
        { name: 'ops', hash: 'h', verdict: 'deny' },
        { name: 'quiet', hash: 'h', verdict: 'allow' },
        { name: 'web', hash: 'h', verdict: 'deny' },
      ],
    });
    const told = auditPolicies([both], []).map(({ policy, mode, passed, reasons }) => [
      policy,
      mode,
      passed,
      reasons.map(({ code }) => code),
    ]);
    assert.deepEqual(told, [
      ['ops', null, 0, ['no-subject']],
      ['quiet', null, 1, []],
      ['web', null, 0, ['other-ref']],
    ]);
  });

  it('tells of a policy in audit mode that nothing was decided by', () => {
    const [report] = auditPolicies([], [{ name: 'web', mode: 'audit' }]);
    assert.deepEqual(report, { policy: 'web', mode: 'audit', observedAt: null, decisions: 0, passed: 0, reasons: [] });
  });

  it('names a few of many targets and counts all', () => {
    const many = Array.from({ length: limits.policyReport.named + 5 }, (_, n) => audited(`d${n}`, 'deny', { target: targetOf(`t${n}`) }));
    const [reason] = auditPolicies(many, [])[0]?.reasons ?? [];
    assert.deepEqual([reason?.targets.count, reason?.targets.first.length], [many.length, limits.policyReport.named]);
  });
});

describe('GET /v1/policy-report', () => {
  let world: ApiWorld;
  beforeEach(async () => {
    world = await ApiWorld.open();
    const { journal, clock } = world.sqlite;
    for (const [n, wouldBe] of [
      [1, 'allow'],
      [2, 'deny'],
    ] as const) {
      await journal.append(delivery(n));
      const at = clock.now() - (3 - n) * 86_400_000;
      const decided = audited(`dec_${n}`, wouldBe, { change: `chg_${n}`, at });
      await journal.settle([{ delivery: `dlv_${n}`, state: 'done', reason: null, match: { ...match(n, []), decisions: [decided] } }]);
    }
  });
  afterEach(() => world.close());

  it('reads what was decided since then', async () => {
    const { body } = await world.get('/v1/policy-report').expect(200);
    const [policy] = body.policies;
    assert.deepEqual([body.complete, body.policies.length, policy.policy, policy.decisions, policy.passed], [true, 1, 'web', 2, 1]);
    assert.equal(policy.observedAt, new Date(world.sqlite.clock.now() - 2 * 86_400_000).toISOString());
    const later = await world.get('/v1/policy-report?since=36h').expect(200);
    assert.deepEqual([later.body.policies[0].decisions, later.body.policies[0].passed], [1, 0]);
  });

  it('tells of one policy, and refuses one that there is not', async () => {
    assert.deepEqual((await world.get('/v1/policy-report?policy=payments').expect(200)).body.policies, []);
    await world.get('/v1/policy-report?policy=nobody').expect(404);
    await world.get('/v1/policy-report?polcy=web').expect(400);
  });

  it('has its decisions one by one in the list', async () => {
    const { body } = await world.get('/v1/decisions?wouldBe=deny').expect(200);
    assert.deepEqual(
      body.items.map(({ id }: { id: string }) => id),
      ['dec_2'],
    );
  });

  it('asks for the token like everything else', async () => {
    await world.get('/v1/policy-report').set('authorization', 'Bearer wrong').expect(401);
  });
});
