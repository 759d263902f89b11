import { z } from 'zod';
import type { TextFile } from '#config/yaml-documents.ts';
import { name } from '#config/name.ts';
import { Problems } from '#config/problems.ts';
import { documentSchema, readYamlDocuments, type Kinds } from '#config/yaml-documents.ts';
import { fullCommitId } from '#core/commit-id.ts';
import { limits } from '#core/limits.ts';
import { isSourceRef } from '#core/refs.ts';
import { caseRange } from '#policy/policy-case-range.ts';
import { reasonCodes, type ReasonCode } from '#policy/reason-codes.ts';

/** A table of cases for one set of policies. */
export interface PolicyTest {
  /** The file that it was read from. */
  readonly file: string;
  /** File or directory of the policies, as written: relative to `file`. */
  readonly policies: string;
  readonly cases: readonly (PolicyCase & { readonly place: string })[];
}

export type PolicyCase = z.output<typeof policyCase>;

const text = z.string().min(1).max(limits.glob.subjectChars);
const commit = z.string().regex(fullCommitId, 'must be a full commit id');

const actor = z.strictObject({
  role: z.enum(['pusher', 'sender', 'requester']).describe('What they did.'),
  name: text.describe('As the source shows it.'),
  account: text.nullable().default(null).describe('Id of the account on the source.'),
  kind: z.enum(['human', 'bot', 'agent', 'unknown']).default('human').describe('What it is.'),
  groups: z.array(text).max(limits.cel.items).default([]).describe('Groups of the source that it was seen in, by UUID (Gerrit).'),
});

const change = z.strictObject({
  source: text.describe('Name of the source.'),
  repository: text.describe('Full name on the source.'),
  ref: z.string().refine(isSourceRef, 'must be a full ref such as refs/heads/main, or branch:default').describe('Full ref.'),
  action: z.enum(['created', 'updated', 'forced', 'deleted', 'requested']).default('updated').describe('What happened to the ref.'),
  before: commit.nullable().default(null).describe('The commit that the ref led to.'),
  revision: commit.nullable().default('1'.repeat(40)).describe('The commit to deploy.'),
  confirmed: z.boolean().default(true).describe('Whether the source itself has confirmed it.'),
  caseSensitive: z
    .boolean()
    .default(true)
    .describe('Whether repositories of the source whose names differ in case only are different ones.'),
  votes: z.boolean().default(false).describe('Whether the source has votes and submit requirements, as Gerrit has.'),
  occurredAt: z.iso.datetime().nullable().default(null).describe("When it happened by the source's clock."),
  actors: z.array(actor).max(limits.cel.items).default([]).describe('Who the source says took part.'),
});

const target = z.strictObject({
  cluster: text.describe('Name of the cluster.'),
  namespaces: z.array(text).min(1).max(limits.cel.items).describe('Every namespace that would be written to.'),
  kind: text.default('GitRepository').describe('Kind of the Flux source object.'),
  namespace: text.default('flux-system').describe('Namespace of that object.'),
  name: text.default('app').describe('Its name.'),
});

const subject = z.strictObject({
  issuer: name.describe('Name of the issuer in the Config.'),
  claims: z
    .looseObject({ sub: text.describe('Subject of the token.'), iss: z.string().default('').describe('Issuer, as in the token.') })
    .describe('Everything that the token claims.'),
});

const policyCase = z.strictObject({
  name: z.string().min(1).max(limits.cel.saidChars).describe('What the case is about.'),
  change: change.describe('The change that is decided.'),
  target: target.describe('Where it would come to.'),
  subject: subject.nullable().default(null).describe('Who stands behind it with a token; none as for a push.'),
  range: caseRange.exactOptional().describe('What came since the last allowed revision, by the source. Absent: it was not asked.'),
  now: z.iso
    .datetime()
    .default('2026-01-01T00:00:00Z')
    .describe('When it is decided. A fixed moment, so that the day of the test changes nothing.'),
  expect: z.enum(['allow', 'deny']).describe('The verdict; of policies in audit mode what `enforce` would decide.'),
  rule: z.string().min(1).exactOptional().describe('The rule that decides, for example `payments changes[0]`, `payments` or `default`.'),
  reason: z
    .enum(Object.keys(reasonCodes) as ReasonCode[])
    .exactOptional()
    .describe('The code of one of the reasons: see [Reasons](policy.md#reasons).'),
});

const spec = z.strictObject({
  policies: z.string().min(1).describe('File or directory of the policies, relative to the file of the test.'),
  cases: z.array(policyCase).min(1).max(limits.policyTest.cases).describe('The table.'),
});

/** The schema of a PolicyTest document. */
export const policyTestSchema = documentSchema('PolicyTest', spec.describe('What is tested.'), {});

const kinds: Kinds = {
  known: { PolicyTest: { schema: policyTestSchema } },
  refused: { GatePolicy: 'it is no test; name its file or directory as `spec.policies` of a PolicyTest' },
};

/** @throws HeadgateError POLICY_TEST_INVALID with a line for each problem of any file */
export function parsePolicyTests(files: readonly TextFile[]): readonly PolicyTest[] {
  const problems = new Problems();
  const documents = files.flatMap((file) => readYamlDocuments(file, kinds, problems));
  problems.throwIfAny('POLICY_TEST_INVALID');
  return documents.map((document) => {
    const { policies, cases } = (document.value as z.output<typeof policyTestSchema>).spec;
    const placed = cases.map((each, index) => ({ ...each, place: document.place(['spec', 'cases', index]) }));
    return { file: document.file, policies, cases: placed };
  });
}
