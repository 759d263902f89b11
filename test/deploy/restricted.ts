import type { PodTemplate } from './manifests.ts';

/**
 * What keeps a pod from the level `restricted` (kubernetes.io, "Pod Security Standards"), and from a root file system that is read-only,
 * which that level does not ask for.
 */
export function unrestricted({ spec }: PodTemplate): readonly string[] {
  const pod = fields(spec.securityContext);
  return [
    ...(pod['runAsNonRoot'] === true ? [] : ['runAsNonRoot']),
    ...(typeof pod['runAsUser'] === 'number' && pod['runAsUser'] > 0 ? [] : ['runAsUser']),
    ...(fields(pod['seccompProfile'])['type'] === 'RuntimeDefault' ? [] : ['seccompProfile']),
    ...(['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((key) => key in spec),
    ...spec.volumes.filter((volume) => 'hostPath' in volume).map(({ name }) => `volume ${name}`),
    ...spec.containers.flatMap((container) => unrestrictedContainer(container.name, fields(container.securityContext))),
  ];
}

function unrestrictedContainer(name: string, context: Readonly<Record<string, unknown>>): readonly string[] {
  return [
    ...(context['allowPrivilegeEscalation'] === false ? [] : [`${name}: allowPrivilegeEscalation`]),
    ...(context['readOnlyRootFilesystem'] === true ? [] : [`${name}: readOnlyRootFilesystem`]),
    ...(JSON.stringify(context['capabilities']) === '{"drop":["ALL"]}' ? [] : [`${name}: capabilities`]),
    ...(context['privileged'] === undefined ? [] : [`${name}: privileged`]),
  ];
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
