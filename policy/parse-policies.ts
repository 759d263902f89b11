import { createHash } from 'node:crypto';
import { HeadgateError } from '#core/errors.ts';
import type { People } from '#core/person.ts';
import { Problems } from '#config/problems.ts';
import { readYamlDocuments, type Kinds, type TextFile, type YamlDocument } from '#config/yaml-documents.ts';
import { ClaimViews } from '#policy/claim-views.ts';
import { CelEngine } from '#policy/cel/engine.ts';
import { gatePolicySchema, type GatePolicyDocument, type Policy, type PolicySet } from '#policy/documents.ts';
import { parseConditions } from '#policy/parse-conditions.ts';
import { DocumentedPeople } from '#policy/people/documented-people.ts';
import { groupSchema, personRuleSchema, personSchema } from '#policy/people/documents.ts';
import { gatherPeople } from '#policy/people/gather-people.ts';
import { nobody } from '#policy/people/nobody.ts';
import { PolicyIndex } from '#policy/policy-index.ts';
import { showRules } from '#policy/show-policy.ts';

/**
 * Reads the policy documents of all files.
 * @throws HeadgateError POLICY_INVALID with a line for each problem of any file
 */
export function parsePolicies(files: readonly TextFile[]): PolicySet {
  const problems = new Problems();
  const all = files.flatMap((file) => readYamlDocuments(file, kinds, problems));
  const people = new DocumentedPeople(gatherPeople(all));
  const documents = all.filter(({ kind }) => kind === 'GatePolicy');
  const engine = new CelEngine();
  const policies = documents.map((document) => toPolicy(document, engine));
  refuseTwins(documents, policies);
  problems.throwIfAny('POLICY_INVALID');
  return policySet(policies, people);
}

/** Refuses to start without any policy: nothing could ever be allowed. @throws HeadgateError POLICY_MISSING */
export function requirePolicies(set: PolicySet, path: string): void {
  if (set.policies.length === 0) throw new HeadgateError('POLICY_MISSING', `${path} holds no GatePolicy document`);
}

/** The set that allows nothing, with the reason that decisions shall give. */
export function noPolicies(unavailable: string): PolicySet {
  return { ...policySet([], nobody), unavailable };
}

/** What GatePolicy documents of this version must not contain, because ignoring it would weaken them. */
const later = 'it comes with a later version (docs/roadmap.md), and a policy that needs it cannot be loaded without it';

const kinds: Kinds = {
  known: {
    GatePolicy: {
      schema: gatePolicySchema,
      later: Object.fromEntries(
        [
          ...['approvals', 'windows', 'breakGlass'].map((key) => `spec.${key}`),
          ...['paths', 'reviews', 'subjects', 'validations'].map((key) => `spec.changes.${key}`),
          'spec.targets.kinds',
        ].map((key) => [key, later]),
      ),
    },
    Person: { schema: personSchema },
    Group: { schema: groupSchema },
    PersonRule: { schema: personRuleSchema },
  },
  refused: {
    Freeze: 'freezes come with a later version (docs/roadmap.md); move the document out of the policy directory',
    PolicyTest: 'tests decide nothing; move the document out of the policy directory',
    Config: 'the Config is not a policy; move it out of the policy directory',
  },
};

function policySet(policies: readonly Policy[], people: People): PolicySet {
  const sorted = policies.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    policies: sorted,
    index: new PolicyIndex(sorted),
    hash: hashOf(sorted, people),
    claims: new ClaimViews(),
    people,
    revision: null,
    unavailable: null,
  };
}

/** The same policies with other people. */
export function withPeople(set: PolicySet, people: People): PolicySet {
  return { ...set, people, hash: hashOf(set.policies, people) };
}

/** A set without people has the hash that it had before there were any. */
function hashOf(policies: readonly Policy[], { hash: people }: People): string {
  const own = policies.map(({ name, hash }) => [name, hash]);
  return sha256(people === '' ? own : [own, people]);
}

function toPolicy(document: YamlDocument, engine: CelEngine): Policy {
  const { metadata, spec } = document.value as GatePolicyDocument;
  const { mode, enforcement, targets, changes, reviews = [], checks = [], signed = null } = spec;
  const rules = { targets, changes, reviews, checks, signed, ...parseConditions(document, spec, engine) };
  const hash = sha256({ mode, enforcement, ...showRules(rules) });
  return { name: metadata.name, hash, mode, enforcement, ...rules, place: document.place([]) };
}

/** Two policies of one name could not be told apart in a decision. */
function refuseTwins(documents: readonly YamlDocument[], policies: readonly Policy[]): void {
  const first = new Map<string, string>();
  policies.forEach(({ name, place }, index) => {
    const other = first.get(name);
    if (other === undefined) first.set(name, place);
    else documents[index]?.report(['metadata', 'name'], `the name \`${name}\` is taken`, `by the policy at ${other}`);
  });
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
