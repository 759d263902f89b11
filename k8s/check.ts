import { z } from 'zod';
import { messageOf } from '#core/errors.ts';
import { hasStatus } from './api-error.ts';
import type { Connection } from './connection.ts';
import { collectionPath, type FluxKind, fluxKinds } from './kinds.ts';

/** What `headgate check` tells about one cluster. */
export interface ClusterCheck {
  readonly cluster: string;
  readonly reachable: boolean;
  /** Why it is not reachable, null when it is. */
  readonly message: string | null;
  /** The API server's version, for example `v1.36.3`. */
  readonly version: string | null;
  /** The Flux kinds, and whether the API server serves them; null when it does not let us see. */
  readonly kinds: readonly { readonly kind: string; readonly served: boolean | null }[];
  /** What our account may do, in every namespace. */
  readonly access: readonly AccessCheck[];
}

export interface AccessCheck {
  readonly verb: string;
  /** `gitrepositories.source.toolkit.fluxcd.io`, or `events`. */
  readonly resource: string;
  /** null when the question could not be asked. */
  readonly allowed: boolean | null;
}

const version = z.object({ gitVersion: z.string() });
const review = z.object({ status: z.object({ allowed: z.boolean() }) });
const sourceVerbs = ['list', 'watch', 'patch'];

/** Asks one API server what it is, what it serves and what we may do. Does not reject. */
export async function checkCluster(connection: Connection): Promise<ClusterCheck> {
  const { cluster } = connection;
  try {
    const { gitVersion } = version.parse(await connection.send({ method: 'GET', path: '/version' }));
    const [kinds, access] = await Promise.all([checkKinds(connection), checkAccess(connection)]);
    return { cluster, reachable: true, message: null, version: gitVersion, kinds, access };
  } catch (error) {
    return { cluster, reachable: false, message: messageOf(error), version: null, kinds: [], access: [] };
  }
}

function checkKinds(connection: Connection): Promise<ClusterCheck['kinds']> {
  return Promise.all(fluxKinds.map(async (kind) => ({ kind: kind.kind, served: await isServed(connection, kind) })));
}

async function isServed(connection: Connection, kind: FluxKind): Promise<boolean | null> {
  try {
    await connection.send({ method: 'GET', path: `${collectionPath(kind)}?limit=1` });
    return true;
  } catch (error) {
    return hasStatus(error, 404) ? false : null;
  }
}

function checkAccess(connection: Connection): Promise<readonly AccessCheck[]> {
  const questions = fluxKinds.flatMap(({ group, plural, kind }) =>
    sourceVerbs.filter((verb) => verb !== 'patch' || isTriggered(kind)).map((verb) => ({ verb, group, resource: plural })),
  );
  return Promise.all([...questions, { verb: 'create', group: '', resource: 'events' }].map((question) => ask(connection, question)));
}

/** Sources are triggered; consumers follow them and are never patched. */
function isTriggered(kind: string): boolean {
  return ['GitRepository', 'OCIRepository', 'Bucket', 'HelmRepository'].includes(kind);
}

/** SelfSubjectAccessReview, which every authenticated account may create. */
async function ask(connection: Connection, question: { verb: string; group: string; resource: string }): Promise<AccessCheck> {
  const { verb, group, resource } = question;
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb, group, resource } },
  };
  const answer = { verb, resource: group === '' ? resource : `${resource}.${group}` };
  try {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const { status } = review.parse(await connection.send({ method: 'POST', path, body }));
    return { ...answer, allowed: status.allowed };
  } catch {
    return { ...answer, allowed: null };
  }
}
