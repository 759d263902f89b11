import { accessOff } from '#core/access.ts';
import { unasked } from '#core/range-evidence.ts';
import type { Subject } from '#core/subject.ts';
import { decide } from '#policy/decide.ts';
import type { PolicySet } from '#policy/documents.ts';
import { parsePolicies } from '#policy/parse-policies.ts';
import { change, footprint } from '../../test/policy/samples.ts';
import type { Figure, Section } from '../figures.ts';
import type { Pace } from '../pace.ts';
import { percentile } from '../statistics.ts';

const POLICIES = 1_000;
const TARGETS = 10_000;

const expressions = [
  { expression: 'claims.environment == "production" && claims.ref == change.ref', message: 'production only' },
  { expression: '!("guests" in claims.groups) && claims.sub.matches("^repo:org/[a-z-]+:environment:production$")', message: 'no guests' },
];

/** What one decision takes, in process: exact matchers alone, and with two CEL expressions. */
export function measureDeciding(pace: Pace): Section {
  return {
    title: `Decide, ${POLICIES.toLocaleString('en')} policies with subjects`,
    method: [
      `one process, ${pace.decisions.toLocaleString('en')} decisions about ${TARGETS.toLocaleString('en')} targets, one policy each; cold start included`,
    ],
    figures: [
      figure('exact matchers, p50', timesOf(pace.decisions, policies([])), 20),
      figure('two CEL expressions, p50', timesOf(pace.decisions, policies(expressions)), 150),
    ],
  };
}

function figure(name: string, samples: readonly number[], below: number): Figure {
  return { name, unit: 'µs', samples: [percentile(samples, 0.5)], goal: { below } };
}

function timesOf(count: number, set: PolicySet): readonly number[] {
  const footprints = Array.from({ length: TARGETS }, (_, index) => footprint([`team-${index % POLICIES}`]));
  return Array.from({ length: count }, (_, index) => {
    const input = {
      change: change(),
      footprint: footprints[(index * 7_919) % TARGETS] ?? footprint(),
      identities: { subject },
      policies: set,
      range: unasked,
      access: accessOff,
      caseSensitive: true,
      votes: false,
      now: 2_000,
      id: 'bench',
    };
    const begun = performance.now();
    const { verdict } = decide(input);
    const took = (performance.now() - begun) * 1_000;
    if (verdict !== 'allow') throw new Error('it is not decided as it should be');
    return took;
  });
}

const subject: Subject = {
  issuer: 'actions',
  iss: 'https://token.actions.githubusercontent.com',
  sub: 'repo:org/app:environment:production',
  claims: {
    ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`claim_${index}`, `value ${index}`])),
    sub: 'repo:org/app:environment:production',
    repository_id: '456789',
    environment: 'production',
    ref: 'refs/heads/main',
    groups: Array.from({ length: 10 }, (_, index) => `group-${index}`),
  },
};

function policies(validations: readonly object[]): PolicySet {
  const documents = Array.from({ length: POLICIES }, (_, index) =>
    JSON.stringify({
      apiVersion: 'headgate.dev/v1alpha1',
      kind: 'GatePolicy',
      metadata: { name: `team-${index}` },
      spec: {
        targets: [{ clusters: ['prod'], namespaces: [`team-${index}`] }],
        changes: [{ source: 'hub', repositories: ['org/app'], refs: ['refs/heads/main'], confirmed: false }],
        subjects: [{ issuer: 'actions', match: { repository_id: '456789' }, validations }],
      },
    }),
  );
  return parsePolicies([{ name: 'policies.yaml', text: documents.join('\n---\n') }]);
}
