import { messageOf } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { hasStatus } from '../api-error.ts';
import type { Connection } from '../connection.ts';
import { gateFindings } from './feature-gates.ts';
import type { ServedKind } from './flux-kinds.ts';
import { readControllers, type FluxController } from './read-controllers.ts';

/** Which controller makes the objects of a kind move. */
const controllers: Readonly<Record<string, string>> = {
  GitRepository: 'source-controller',
  Kustomization: 'kustomize-controller',
  HelmRelease: 'helm-controller',
};

/** Reads Flux's Deployments, which `flux install` and the Flux Operator label `app.kubernetes.io/part-of: flux`. */
export async function checkControllers(connection: Connection, about: string, kinds: readonly ServedKind[]): Promise<readonly Finding[]> {
  if (!kinds.some(({ served }) => served === true)) return [];
  try {
    const found = await readControllers(connection);
    return [...presence(about, kinds, found), ...gateFindings(about, kinds, found)];
  } catch (error) {
    if (!hasStatus(error, 401, 403))
      return [finding('FLUX_CONTROLLERS_READABLE', about, 'unknown', `Flux's Deployments: ${messageOf(error)}`)];
    return [finding('FLUX_CONTROLLERS_READABLE', about, 'unknown', 'may not list deployments.apps in flux-system')];
  }
}

function presence(about: string, kinds: readonly ServedKind[], found: readonly FluxController[]): readonly Finding[] {
  const needed = kinds.flatMap(({ kind, served }) => (served === true && controllers[kind] ? [controllers[kind]] : []));
  const absent = needed.filter((name) => !found.some((controller) => controller.name === name));
  const down = found.filter(({ ready }) => !ready);
  const up = found.filter(({ ready }) => ready).map(({ name, version }) => `${name} ${version ?? 'of unknown version'}`);
  return [
    ...(up.length === 0 ? [] : [finding('FLUX_CONTROLLER', about, 'good', `Flux: ${up.join(', ')}`)]),
    ...absent.map((name) =>
      finding('FLUX_CONTROLLER', about, 'warning', `no Deployment ${name} with the label app.kubernetes.io/part-of=flux is in sight`),
    ),
    ...down.map(({ name, namespace, replicas }) =>
      finding('FLUX_CONTROLLER', about, 'bad', `${namespace}/${name} is not ready${replicas === 0 ? ': it is scaled to 0' : ''}`, {
        mend: `\`kubectl -n ${namespace} ${replicas === 0 ? `scale deployment ${name} --replicas=1` : `logs deployment/${name}`}\``,
      }),
    ),
  ];
}
