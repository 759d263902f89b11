import { z } from 'zod';
import type { Faults } from '#sandbox/cluster/faults.ts';
import type { ObjectStore } from '#sandbox/cluster/object-store.ts';
import { badRequest } from '#sandbox/cluster/status-error.ts';

const reviewShape = z.looseObject({
  spec: z.looseObject({
    resourceAttributes: z.looseObject({ verb: z.string(), group: z.string().default(''), resource: z.string() }),
  }),
});

/** Answers a SelfSubjectAccessReview: whatever no fault refuses is allowed. @throws StatusError BadRequest */
export function accessReview(parts: { readonly store: ObjectStore; readonly faults: Faults }, body: unknown): object {
  const review = reviewShape.safeParse(body);
  if (!review.success) throw badRequest('SelfSubjectAccessReview: spec.resourceAttributes with verb and resource is needed');
  const { verb, group, resource } = review.data.spec.resourceAttributes;
  const kind = parts.store.kinds.all().find((known) => known.group === group && known.plural === resource);
  return { ...review.data, status: { allowed: !parts.faults.refuses(verb, kind) } };
}
