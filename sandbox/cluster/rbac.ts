import { z } from 'zod';
import type { KubeObject } from '#sandbox/cluster/kube-object.ts';
import type { ObjectStore } from '#sandbox/cluster/object-store.ts';

/** Who asks to do what. */
export interface Attributes {
  readonly user: string;
  readonly groups: readonly string[];
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

const texts = z.array(z.string()).default([]);
const roleShape = z.looseObject({
  rules: z.array(z.looseObject({ apiGroups: texts, resources: texts, resourceNames: texts, verbs: texts })).nullish(),
});
const subjectShape = z.looseObject({ kind: z.string(), name: z.string(), namespace: z.string().optional() });
const bindingShape = z.looseObject({
  subjects: z.array(subjectShape).nullish(),
  roleRef: z.looseObject({ kind: z.enum(['Role', 'ClusterRole']), name: z.string() }),
});

/** By which binding RBAC allows it, in the API server's words; undefined when none does. */
export function allowedBy(store: ObjectStore, asked: Attributes): string | undefined {
  const inNamespace = asked.namespace === '' ? [] : listOf(store, 'RoleBinding', asked.namespace);
  for (const binding of [...listOf(store, 'ClusterRoleBinding'), ...inNamespace]) {
    const { subjects, roleRef } = bindingShape.parse(binding);
    const subject = (subjects ?? []).find((one) => isMeant(one, asked));
    if (subject && rulesOf(store, roleRef, binding.metadata.namespace).some((rule) => covers(rule, asked)))
      return `RBAC: allowed by ${binding.kind} "${nameOf(binding)}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${shown(subject)}"`;
  }
  return undefined;
}

function listOf(store: ObjectStore, kindName: string, namespace?: string): readonly KubeObject[] {
  const kind = store.kinds.byKind(kindName);
  return kind ? store.list(kind, namespace) : [];
}

function isMeant({ kind, name, namespace = '' }: z.output<typeof subjectShape>, { user, groups }: Attributes): boolean {
  if (kind === 'User') return user === name;
  if (kind === 'Group') return groups.includes(name);
  return kind === 'ServiceAccount' && user === `system:serviceaccount:${namespace}:${name}`;
}

type Rule = NonNullable<z.output<typeof roleShape>['rules']>[number];

function rulesOf(store: ObjectStore, ref: z.output<typeof bindingShape>['roleRef'], namespace: string | undefined): readonly Rule[] {
  const kind = store.kinds.byKind(ref.kind);
  const role = kind && store.get({ kind, namespace: ref.kind === 'Role' ? namespace : undefined, name: ref.name });
  return role ? (roleShape.parse(role).rules ?? []) : [];
}

function covers({ apiGroups, resources, resourceNames, verbs }: Rule, asked: Attributes): boolean {
  const has = (list: readonly string[], value: string): boolean => list.includes('*') || list.includes(value);
  const named = resourceNames.length === 0 || resourceNames.includes(asked.name);
  return named && has(verbs, asked.verb) && has(apiGroups, asked.group) && has(resources, asked.resource);
}

function nameOf({ metadata: { name, namespace } }: KubeObject): string {
  return namespace === undefined ? name : `${name}/${namespace}`;
}

function shown({ name, namespace }: z.output<typeof subjectShape>): string {
  return namespace === undefined ? name : `${name}/${namespace}`;
}
