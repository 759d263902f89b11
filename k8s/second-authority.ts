import { createHash } from 'node:crypto';
import { z } from 'zod';
import { accessOff, type Access } from '#core/access.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { SecondAuthority } from '#core/ports/second-authority.ts';
import { Slots } from '#core/slots.ts';
import type { Subject } from '#core/subject.ts';
import { targetKey, type TargetRef } from '#core/target.ts';
import { kubeUserOf, type AccessConfig, type KubeUser } from './access-user.ts';
import type { Connection } from './connection.ts';
import { fluxKinds } from './kinds.ts';

export interface SecondAuthorityOptions {
  /** By cluster; one that is not there has no second authority. */
  readonly access: ReadonlyMap<string, AccessConfig>;
  /** Issuer of the config → the cluster whose service accounts it stands for. */
  readonly issuers: ReadonlyMap<string, string>;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** `status` of a SubjectAccessReview (authorization.k8s.io/v1). */
const Reviewed = z.object({
  status: z.object({ allowed: z.boolean().default(false), denied: z.boolean().default(false), reason: z.string().default('') }),
});

/** The verb of the Flux Operator's roles for whoever may ask for a reconcile (fluxcd.control-plane.io, "Web UI user management"). */
const VERB = 'reconcile';

const { reviewTimeout, reviewBytes, accessAtOnce, accessKept, accessRemembered, accessReasonChars } = limits.kube;

/** SubjectAccessReviews. What is allowed is remembered for a few seconds, what is not never. */
export class KubeSecondAuthority implements SecondAuthority {
  readonly #options: SecondAuthorityOptions;
  readonly #slots: ReadonlyMap<string, Slots>;
  readonly #allowed = new Map<string, { readonly access: Access; readonly until: number }>();

  constructor(options: SecondAuthorityOptions) {
    this.#options = options;
    this.#slots = new Map([...options.access.keys()].map((cluster) => [cluster, new Slots(accessAtOnce)]));
  }

  known(cluster: string, subject: Subject | null): Access | null {
    const access = this.#options.access.get(cluster);
    if (!access) return accessOff;
    return subject === null ? { answer: 'nobody', allowed: access.pushers === 'allow' } : null;
  }

  async ask(subject: Subject, target: TargetRef, epoch: string): Promise<Access> {
    const { access, issuers } = this.#options;
    const config = access.get(target.cluster);
    if (!config) return accessOff;
    const user = kubeUserOf(subject, issuers.get(subject.issuer) === target.cluster, config.subjects);
    if (typeof user === 'string') return { answer: 'unmapped', why: user };
    const key = keyOf(user, target, epoch);
    return this.#remembered(key) ?? this.#remember(key, await this.#review(user, target));
  }

  async #review(user: KubeUser, target: TargetRef): Promise<Access> {
    const connection = this.#options.connections.get(target.cluster);
    const slots = this.#slots.get(target.cluster);
    if (!connection || !slots) return unavailable(`cluster ${target.cluster} is not connected`, false);
    try {
      return await slots.run(() => review(connection, user, target));
    } catch (error) {
      return unavailable(messageOf(error), error instanceof HeadgateError && error.code === 'CLUSTER_UNREACHABLE');
    }
  }

  #remembered(key: string): Access | undefined {
    const known = this.#allowed.get(key);
    return known && known.until > this.#options.clock.monotonic() ? known.access : undefined;
  }

  #remember(key: string, access: Access): Access {
    this.#allowed.delete(key);
    if (access.answer !== 'asked' || !access.allowed) return access;
    const [oldest] = this.#allowed.keys();
    if (oldest !== undefined && this.#allowed.size >= accessRemembered) this.#allowed.delete(oldest);
    this.#allowed.set(key, { access, until: this.#options.clock.monotonic() + accessKept });
    return access;
  }
}

function keyOf({ user, groups }: KubeUser, target: TargetRef, epoch: string): string {
  const parts = [user, groups.toSorted(), VERB, targetKey(target), epoch];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}

async function review(connection: Connection, { user, groups }: KubeUser, target: TargetRef): Promise<Access> {
  const kind = fluxKinds.find((one) => one.kind === target.kind);
  if (!kind) return unavailable(`${target.kind} is no kind of Flux`, false);
  const { group, version, plural: resource } = kind;
  const { namespace, name } = target;
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user, groups, resourceAttributes: { group, version, resource, namespace, name, verb: VERB } },
  };
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  const parsed = Reviewed.safeParse(await connection.send({ method: 'POST', path, body, timeout: reviewTimeout, maxBytes: reviewBytes }));
  if (!parsed.success) return unavailable(`${connection.cluster}: the answer is no SubjectAccessReview`, true);
  const { allowed, denied, reason } = parsed.data.status;
  return { answer: 'asked', allowed: allowed && !denied, user, reason: reason === '' ? null : reason.slice(0, accessReasonChars) };
}

function unavailable(why: string, passing: boolean): Access {
  return { answer: 'unavailable', why, passing };
}
