import type { TargetRef } from '#core/target.ts';

/** Flux's own words for its kinds (fluxcd/flux2 cmd/flux, `flux resume --help`); the others are called by their kind. */
const fluxNames: Readonly<Record<string, string>> = {
  GitRepository: 'source git',
  OCIRepository: 'source oci',
  Bucket: 'source bucket',
  HelmRepository: 'source helm',
  HelmChart: 'source chart',
};

/** The command that resumes a suspended object. */
export function resumeCommand({ kind, name, namespace }: Pick<TargetRef, 'kind' | 'name' | 'namespace'>): string {
  return `flux resume ${fluxNames[kind] ?? kind.toLowerCase()} ${name} -n ${namespace}`;
}
