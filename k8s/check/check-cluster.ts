import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { clockFinding } from '#core/clock-skew.ts';
import { messageOf } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import type { Connection } from '../connection.ts';
import { hasStatus } from '../api-error.ts';
import type { ClusterAccess } from '../credentials.ts';
import { credentialFindings } from './credential.ts';
import { checkControllers } from './check-controllers.ts';
import { kindsFinding, servedKinds } from './flux-kinds.ts';
import { checkImpersonated } from './impersonated.ts';
import { checkRights, type Right } from './rights.ts';

const version = z.object({ gitVersion: z.string() });

/**
 * Asks one API server what it is, what it serves, what we may do there and how Flux runs. Does not reject when it is away.
 * @param more rights that are needed beside those on Flux's objects
 */
export async function checkCluster(
  connection: Connection,
  access: ClusterAccess,
  clock: Clock,
  more: readonly Right[],
): Promise<readonly Finding[]> {
  const about = `cluster ${connection.cluster}`;
  let reached: readonly Finding[];
  try {
    reached = await reach(connection, about, clock);
  } catch (error) {
    const refused = hasStatus(error, 401, 403);
    const own = refused ? { mend: 'Give the kubeconfig a valid token: `kubectl create token headgate -n headgate --duration=24h`.' } : {};
    const first = finding('CLUSTER_REACHABLE', about, 'bad', `${refused ? 'refused' : 'no answer'}: ${messageOf(error)}`, own);
    // A credential that cannot be had is what was said already.
    return [first, ...(await credentialFindings(access, about, clock.now()).catch(() => []))];
  }
  const kinds = await servedKinds(connection);
  const [credential, rights, controllers, accounts] = await Promise.all([
    credentialFindings(access, about, clock.now()),
    checkRights(connection, about, kinds, more),
    checkControllers(connection, about, kinds),
    checkImpersonated(connection, about, kinds),
  ]);
  return [...reached, ...credential, kindsFinding(about, kinds), ...rights, ...controllers, ...accounts];
}

async function reach(connection: Connection, about: string, clock: Clock): Promise<readonly Finding[]> {
  let date: string | undefined;
  const askedAt = clock.now();
  const onHeaders = (headers: { readonly date?: string | undefined }): void => void (date = headers.date);
  const { gitVersion } = version.parse(await connection.send({ method: 'GET', path: '/version', onHeaders }));
  return [
    finding('CLUSTER_REACHABLE', about, 'good', 'the API server answers'),
    versionFinding(about, gitVersion),
    clockFinding('CLUSTER_CLOCK', about, { askedAt, answeredAt: clock.now(), date }),
  ];
}

/** Flux 2.7 is the oldest whose objects are read, and 1.32 the oldest Kubernetes that it supports (fluxcd.io/flux/installation/#prerequisites). */
function versionFinding(about: string, gitVersion: string): Finding {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  if (major === undefined || minor === undefined)
    return finding('CLUSTER_VERSION', about, 'unknown', `Kubernetes of the unknown version ${gitVersion}`);
  if (Number(major) === 1 && Number(minor) < limits.check.kubernetesMinor)
    return finding('CLUSTER_VERSION', about, 'warning', `Kubernetes ${gitVersion} is older than 1.${limits.check.kubernetesMinor}`);
  return finding('CLUSTER_VERSION', about, 'good', `Kubernetes ${gitVersion}`);
}
