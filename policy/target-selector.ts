import { z } from 'zod';
import { compileGlob, type Glob } from '#core/glob.ts';
import { policiesTarget } from '#core/policies-target.ts';
import { globList, globText } from '#policy/patterns.ts';

/** Selects namespaces of clusters, or the policies themselves. */
export interface TargetSelector {
  readonly clusters: readonly Glob[];
  readonly namespaces: readonly Glob[];
  /** Whether it is about the policies themselves; they are selected by nothing else, whatever patterns would match. */
  readonly policies: boolean;
}

const ofPolicies: TargetSelector = {
  clusters: [compileGlob(policiesTarget.cluster)],
  namespaces: [compileGlob(policiesTarget.namespace)],
  policies: true,
};

/** One entry of `spec.targets`. */
export const targetSelector = z
  .strictObject({
    clusters: globList(globText)
      .exactOptional()
      .describe('Names of clusters (`spec.clusters[].name` of the Config), or patterns. Required, unless it is about `policies`.'),
    namespaces: globList(globText)
      .exactOptional()
      .describe(
        'Namespaces, or patterns. What counts is where objects are written, not where the Flux object lies. Required, unless it is about `policies`.',
      ),
    policies: z
      .literal(true)
      .exactOptional()
      .describe('Instead of both: the policies themselves, where they come from a repository. No pattern reaches them.'),
  })
  .meta({ oneOf: [{ required: ['clusters', 'namespaces'] }, { required: ['policies'] }] })
  .transform(({ clusters, namespaces, policies }, context): TargetSelector => {
    const refuse = (key: string, message: string, hint: string): void =>
      context.addIssue({ code: 'custom', path: [key], message, params: { hint } });
    if (policies) {
      if (clusters || namespaces) refuse('policies', 'stands alone', 'the policies are in no cluster: write another entry of `targets`');
      return ofPolicies;
    }
    if (!clusters) refuse('clusters', 'is missing', 'name the clusters, for example `clusters: [ prod ]`');
    if (!namespaces) refuse('namespaces', 'is missing', 'name the namespaces, for example `namespaces: [ apps ]`');
    return { clusters: clusters ?? [], namespaces: namespaces ?? [], policies: false };
  });
