import type { Enforcement, Mode } from '#core/decision.ts';
import type { ClaimMatcher } from '#policy/claim-matchers.ts';
import type { Policy, PolicySet, SubjectRule } from '#policy/documents.ts';
import { showMatcher, type PeopleMatcher } from '#policy/people/matcher.ts';
import type { ReviewRule, SignedRule } from '#policy/range-rules.ts';
import type { Validation } from '#policy/validation.ts';

/** A policy as the API shows it: its rules as written. */
export interface PolicyView extends Rules {
  readonly name: string;
  readonly hash: string;
  readonly mode: Mode;
  readonly enforcement: Enforcement;
  readonly place: string;
}

/** What a policy selects and asks for, in plain data with one order of keys; nothing of what it does not have. */
export interface Rules {
  readonly targets: readonly (
    | { readonly clusters: readonly string[]; readonly namespaces: readonly string[] }
    | { readonly policies: true }
  )[];
  readonly changes: readonly {
    readonly source: string;
    readonly repositories: readonly string[];
    readonly refs: readonly string[];
    readonly confirmed: boolean;
    readonly pushers?: Partial<PeopleMatcher>;
    readonly reviewed?: boolean;
    readonly requirements?: readonly string[];
  }[];
  readonly subjects?: readonly {
    readonly issuer: string;
    readonly match: readonly ClaimMatcher[];
    readonly people?: readonly string[];
    readonly groups?: readonly string[];
    readonly validations: readonly ExpressionView[];
  }[];
  readonly reviews?: readonly ReviewRule[];
  readonly checks?: readonly string[];
  readonly signed?: SignedRule;
  readonly variables?: readonly { readonly name: string; readonly expression: string }[];
  readonly validations?: readonly ExpressionView[];
}

interface ExpressionView {
  readonly expression: string;
  readonly message: string;
}

/** All of them, each with the commit that it was read at. */
export function showPolicies({ policies, revision }: PolicySet): readonly (PolicyView & { readonly revision: string | null })[] {
  return policies.map((policy) => ({ ...showPolicy(policy), revision }));
}

/** Plain data of a loaded policy. */
export function showPolicy(policy: Policy): PolicyView {
  const { name, hash, mode, enforcement, place } = policy;
  return { name, hash, mode, enforcement, place, ...showRules(policy) };
}

type RulesOf = Pick<Policy, 'targets' | 'changes' | 'reviews' | 'checks' | 'signed' | 'subjects' | 'variables' | 'validations'>;

export function showRules({ targets, changes, reviews, checks, signed, ...conditions }: RulesOf): Rules {
  const patterns = (globs: readonly { readonly pattern: string }[]): readonly string[] => globs.map(({ pattern }) => pattern);
  return {
    targets: targets.map(({ clusters, namespaces, policies }) =>
      policies ? { policies } : { clusters: patterns(clusters), namespaces: patterns(namespaces) },
    ),
    changes: changes.map(({ source, repositories, refs, confirmed, pushers, reviewed, requirements }) => ({
      source: source.pattern,
      repositories: patterns(repositories),
      refs: patterns(refs),
      confirmed,
      ...(pushers === null ? {} : { pushers: showMatcher(pushers) }),
      ...(reviewed === null ? {} : { reviewed }),
      ...(requirements.length === 0 ? {} : { requirements }),
    })),
    ...(reviews.length === 0 ? {} : { reviews }),
    ...(checks.length === 0 ? {} : { checks: patterns(checks) }),
    ...(signed === null ? {} : { signed }),
    ...showConditions(conditions),
  };
}

function showConditions({ subjects, variables, validations }: Pick<RulesOf, 'subjects' | 'variables' | 'validations'>) {
  return {
    ...(subjects === null ? {} : { subjects: subjects.map(showSubject) }),
    ...(variables.length === 0 ? {} : { variables: variables.map(({ name, expression: { text } }) => ({ name, expression: text })) }),
    ...(validations.length === 0 ? {} : { validations: validations.map(showValidation) }),
  };
}

function showSubject({ issuer, match, persons, validations }: SubjectRule) {
  return { issuer, match, ...(persons === null ? {} : showMatcher(persons)), validations: validations.map(showValidation) };
}

function showValidation({ expression, message }: Validation): ExpressionView {
  return { expression: expression.text, message };
}
