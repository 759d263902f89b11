import { z } from 'zod';
import { fullCommitId } from '#core/commit-id.ts';
import type { PolicyOrigin } from '#core/policy-origin.ts';
import { isSourceRef } from '#core/refs.ts';

/** `spec.policies`: a directory here, or one of a repository. */
export const policiesSchema = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .describe(
        'Directory of the policy documents, `*.yaml` and `*.yml`; read again when they change. With `repository`: within it, `.` for its root.',
      ),
    source: z
      .string()
      .min(1)
      .exactOptional()
      .describe('Name of the source that has `repository`; it must be read back (`api` or `git`). Absent = a directory of this machine.'),
    repository: z.string().min(1).exactOptional().describe('Full name of the repository whose policies are in force.'),
    ref: z
      .string()
      .refine(isSourceRef, { error: 'is no full ref', params: { hint: 'write it like refs/heads/main, or branch:default' } })
      .exactOptional()
      .describe(
        'Full ref whose revisions are taken into force, each after the policies before it have allowed that: `refs/heads/main`, of Mercurial `branch:default`.',
      ),
    revision: z
      .string()
      .regex(fullCommitId, { error: 'is no full commit id' })
      .exactOptional()
      .describe('The commit that is trusted without a decision. Absent = what `ref` leads to at the first start.'),
  })
  .superRefine(({ path, source, repository, ref, revision }, context) => {
    const refuse = (key: string, message: string, hint: string): void =>
      context.addIssue({ code: 'custom', path: [key], message, params: { hint } });
    const given = [source, repository, ref].filter((field) => field !== undefined).length;
    const hint = 'policies: { source: …, repository: org/platform, ref: refs/heads/main, path: policies }';
    if (given === 1 || given === 2) refuse('path', 'needs all of `source`, `repository` and `ref`, or none of them', hint);
    if (given === 0 && revision !== undefined) refuse('revision', 'is for policies of a repository', hint);
    if (given === 3 && isOutside(path))
      refuse('path', `cannot be \`${path}\``, 'a directory from the root of the repository, for example policies');
  });

type Policies = z.output<typeof policiesSchema>;

/** Where policies come from when it is a repository; null for a directory of this machine. */
export function policyOrigin({ path, source, repository, ref, revision }: Policies): PolicyOrigin | null {
  if (source === undefined || repository === undefined || ref === undefined) return null;
  return { source, repository, ref, path: segmentsOf(path).join('/'), pinned: revision ?? null };
}

/** The policies of a repository are those of one of the sources. */
export function knownPolicySource(
  { policies: { source }, sources }: { readonly policies: Policies; readonly sources: readonly { readonly name: string }[] },
  context: z.core.$RefinementCtx,
): void {
  const known = sources.map(({ name }) => name);
  if (source === undefined || known.includes(source)) return;
  const hint = `one of: ${known.join(', ')}`;
  context.addIssue({ code: 'custom', path: ['policies', 'source'], message: `\`${source}\` is no configured source`, params: { hint } });
}

function isOutside(path: string): boolean {
  return path.startsWith('/') || segmentsOf(path).includes('..');
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}
