import { z } from 'zod';
import type { Faults } from '#sandbox/cluster/faults.ts';
import { reviewKinds } from '#sandbox/cluster/kinds.ts';
import type { ObjectStore } from '#sandbox/cluster/object-store.ts';
import { allowedBy } from '#sandbox/cluster/rbac.ts';
import { badRequest, invalid } from '#sandbox/cluster/status-error.ts';

const attributes = z.looseObject({
  verb: z.string(),
  group: z.string().default(''),
  resource: z.string(),
  namespace: z.string().default(''),
  name: z.string().default(''),
});
const selfShape = z.looseObject({ spec: z.looseObject({ resourceAttributes: attributes }) });
const subjectShape = z.looseObject({
  spec: z.looseObject({ user: z.string().default(''), groups: z.array(z.string()).default([]), resourceAttributes: attributes }),
});

interface Parts {
  readonly store: ObjectStore;
  readonly faults: Faults;
}

/** Answers a SelfSubjectAccessReview: whatever no fault refuses is allowed. @throws StatusError BadRequest */
export function selfAccessReview({ store, faults }: Parts, body: unknown): object {
  const review = selfShape.safeParse(body);
  if (!review.success) throw badRequest('SelfSubjectAccessReview: spec.resourceAttributes with verb and resource is needed');
  const { verb, group, resource } = review.data.spec.resourceAttributes;
  const kind = [...store.kinds.all(), ...reviewKinds].find((known) => known.group === group && known.plural === resource);
  return { ...review.data, status: { allowed: !faults.refuses(verb, kind) } };
}

/** Answers a SubjectAccessReview by the roles and bindings of the cluster. @throws StatusError BadRequest, Invalid */
export function subjectAccessReview({ store }: Parts, body: unknown): object {
  const review = subjectShape.safeParse(body);
  if (!review.success) throw badRequest('SubjectAccessReview: spec.resourceAttributes with verb and resource is needed');
  const { user, groups, resourceAttributes } = review.data.spec;
  if (user === '' && groups.length === 0)
    throw invalid(
      { group: 'authorization.k8s.io', kind: 'SubjectAccessReview', plural: 'subjectaccessreviews' },
      '',
      'spec.user',
      'Invalid value: "": at least one of user or group must be specified',
    );
  const reason = groups.includes('system:masters') ? '' : allowedBy(store, { user, groups, ...resourceAttributes });
  return { ...review.data, status: reason === undefined ? { allowed: false } : { allowed: true, ...(reason === '' ? {} : { reason }) } };
}
