import { z } from 'zod';
import type { Enforcement, Mode } from '#core/decision.ts';
import type { Glob } from '#core/glob.ts';
import { name } from '#config/name.ts';
import { documentSchema } from '#config/yaml-documents.ts';
import { globList, globText, refGlob, repositoryGlob } from '#policy/patterns.ts';

/** Every policy in force at one moment. */
export interface PolicySet {
  /** By name. */
  readonly policies: readonly Policy[];
  /** SHA-256 over the policies' names and hashes. */
  readonly hash: string;
  /** Why there are no policies although there should be; null when the set is what was loaded. */
  readonly unavailable: string | null;
}

/** A loaded GatePolicy. */
export interface Policy {
  readonly name: string;
  /** SHA-256 of the normalised document: defaults filled in, keys in one order, no comments. */
  readonly hash: string;
  readonly mode: Mode;
  readonly enforcement: Enforcement;
  readonly targets: readonly TargetSelector[];
  readonly changes: readonly ChangeRule[];
  /** `payments.yaml:3:1`: where it was read. */
  readonly place: string;
}

/** Selects namespaces of clusters. */
export interface TargetSelector {
  readonly clusters: readonly Glob[];
  readonly namespaces: readonly Glob[];
}

/** A change that fits every field of one rule is allowed by its policy. */
export interface ChangeRule {
  readonly source: Glob;
  readonly repositories: readonly Glob[];
  readonly refs: readonly Glob[];
  /** Only changes that the source itself has confirmed. */
  readonly confirmed: boolean;
}

const targetSelector = z.strictObject({
  clusters: globList(globText).describe('Names of clusters (`spec.clusters[].name` of the Config), or patterns.'),
  namespaces: globList(globText).describe(
    'Namespaces, or patterns. What counts is where objects are written, not where the Flux object lies.',
  ),
});

const changeRule = z.strictObject({
  source: globText.describe('Name of the source (`spec.sources[].name` of the Config), or a pattern.'),
  repositories: globList(repositoryGlob).describe('Full names of repositories on the source, or patterns: `org/app`, `org/*`.'),
  refs: globList(refGlob).describe('Full refs, or patterns: `refs/heads/main`, `refs/heads/release/**`, `refs/tags/v*`.'),
  confirmed: z
    .boolean()
    .default(true)
    .describe('Whether the source itself must have confirmed the change. `false` also takes what only a signed webhook says.'),
});

const laterEnforcement: readonly unknown[] = ['pinned', 'locked', 'signed'];

const spec = z.strictObject({
  mode: z
    .enum(['enforce', 'audit'])
    .default('enforce')
    .describe('`audit` allows everything and records what `enforce` would have decided. On one target the strictest mode wins.'),
  enforcement: z
    .literal('advisory', {
      error: ({ input }) =>
        laterEnforcement.includes(input) ? `\`${String(input)}\` comes with a later version; this one knows \`advisory\`` : undefined,
    })
    .default('advisory')
    .describe('How firmly decisions are held. `advisory`: Headgate triggers only what is allowed, but Flux still polls: it is not a gate.'),
  targets: z.array(targetSelector).min(1).describe('What the policy is about: every namespace that any of these selects.'),
  changes: z.array(changeRule).min(1).describe('What may come there: a change that fits any of these.'),
});

/** The schema of a GatePolicy document. */
export const gatePolicySchema = documentSchema('GatePolicy', spec.describe('What the policy says.'), {
  metadata: z.strictObject({ name: name.describe('Names the policy in decisions; unique.') }).describe('About the document.'),
});

/** A GatePolicy document as parsed. */
export type GatePolicyDocument = z.output<typeof gatePolicySchema>;
