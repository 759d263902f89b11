import { sortedFields } from '#journal/records/canonical-json.ts';
import { draftOf, genesis, nextLink, type ChainLink } from '#journal/records/chain.ts';
import { decidedDraft, outcomeDraft, triggeredDraft } from '#journal/records/drafts.ts';
import { verifyChain } from '#journal/records/verify-chain.ts';
import type { Decision } from '#core/decision.ts';
import type { Section } from '../figures.ts';
import type { Pace } from '../pace.ts';

const target = { cluster: 'prod', kind: 'GitRepository', namespace: 'payments', name: 'payments' };
const commit = (n: number): string => n.toString(16).padStart(40, '0');
const policyHash = 'a3'.repeat(32);
const reference = `person:${'5e'.repeat(16)}`;

/** How fast a chain is written and verified, in process and without a disk: three records for each push, as the flow makes them. */
export function measureVerifying(pace: Pace): Section {
  const pushes = pace.matches;
  const writing = performance.now();
  const chain = chainOf(pushes);
  const written = chain.length / ((performance.now() - writing) / 1_000);
  const samples = Array.from({ length: 3 }, () => rateOf(chain));
  const bytes = chain.reduce((sum, { document }) => sum + document.length, 0) / chain.length;
  return {
    title: 'Records',
    method: [`one process, a chain of ${chain.length.toLocaleString('en')} records of ${Math.round(bytes)} bytes on average, in memory`],
    figures: [
      { name: 'verified', unit: '/s', samples, goal: { atLeast: 50_000 } },
      { name: 'serialised and hashed', unit: '/s', samples: [written] },
    ],
  };
}

function rateOf(chain: readonly ChainLink[]): number {
  const begun = performance.now();
  const { fault, records } = verifyChain({ seq: 0, hash: genesis }, chain, []);
  if (fault !== null || records !== chain.length) throw new Error('the chain is not verified as it should be');
  return records / ((performance.now() - begun) / 1_000);
}

function chainOf(pushes: number): readonly ChainLink[] {
  const chain: ChainLink[] = [];
  const add = (kind: Parameters<typeof nextLink>[1], draft: Parameters<typeof nextLink>[3]): void => {
    const head = chain.at(-1) ?? { seq: 0, hash: genesis };
    chain.push(nextLink(head, kind, 1_700_000_000_000 + head.seq, draft));
  };
  add('started', draftOf({ version: 'bench' }));
  for (let n = 1; n <= pushes; n++) {
    const decision = decisionOf(n);
    const attempt = {
      reconcile: `rec_${n}`,
      change: `chg_${n}`,
      decision: decision.id,
      target: 'prod/GitRepository/payments/payments',
      revision: commit(n),
    };
    const change = { readBack: null, delivery: `dlv_${n}`, before: commit(n - 1), after: commit(n) };
    add(
      'decided',
      decidedDraft(decision, sortedFields(decision.facts), change, {
        reconcile: attempt.reconcile,
        again: false,
        readBack: `sha256:${policyHash}`,
      }),
    );
    add('triggered', triggeredDraft(attempt, '2026-01-01T00:00:00.000000000Z'));
    add('outcome', outcomeDraft(attempt, { outcome: 'applied', reason: null, final: true }));
  }
  return chain;
}

function decisionOf(n: number): Decision {
  return {
    ...{
      id: `dec_${n}`,
      change: `chg_${n}`,
      target,
      verdict: 'allow',
      wouldBe: null,
      enforcement: 'advisory',
      rule: 'payments changes[0]',
    },
    reasons: [{ code: 'allowed', message: 'payments changes[0] allows refs/heads/main of hub org/payments' }],
    policies: [{ name: 'payments', hash: policyHash, verdict: 'allow' }],
    facts: {
      ...{ source: 'hub', repository: 'org/payments', repositoryCaseSensitive: false, ref: 'refs/heads/main', action: 'updated' },
      ...{ revision: commit(n), confirmed: true, subject: null, subjectIssuer: null, actors: [`pusher ${reference}`] },
      ...{ namespaces: ['payments'], unbounded: [], remote: [], policySet: policyHash },
    },
    lacked: ['subject'],
    at: 1_700_000_000_000 + n,
  };
}
