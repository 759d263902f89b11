import type { Manifest } from '#sandbox/cluster/kube-object.ts';
import { isFields, mergePatch } from '#sandbox/cluster/merge-patch.ts';

/** Who writes, as `metadata.managedFields` remembers it. */
export interface Writer {
  readonly manager: string;
  readonly subresource?: 'status';
}

/** Adds the fields of one write to the writer's entry; fields that others wrote before stay with them too. */
export function withManagedFields(object: Manifest, written: unknown, writer: Writer, time: string): Manifest['metadata'] {
  const entries = object.metadata.managedFields ?? [];
  const own = entries.find((entry) => entry['manager'] === writer.manager && entry['subresource'] === writer.subresource);
  const entry = {
    manager: writer.manager,
    operation: 'Update',
    apiVersion: object.apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: mergePatch(own?.['fieldsV1'], fieldsOf(written)),
    ...(writer.subresource === undefined ? {} : { subresource: writer.subresource }),
  };
  return { ...object.metadata, managedFields: [...entries.filter((other) => other !== own), entry] };
}

/** `{metadata: {annotations: {a: 1}}}` → `{f:metadata: {f:annotations: {f:a: {}}}}`. */
function fieldsOf(value: unknown): unknown {
  if (!isFields(value)) return {};
  return Object.fromEntries(Object.entries(value).flatMap(([key, field]) => (isIdentity(key) ? [] : [[`f:${key}`, fieldsOf(field)]])));
}

function isIdentity(key: string): boolean {
  return ['apiVersion', 'kind', 'name', 'namespace', 'resourceVersion', 'uid', 'managedFields', 'creationTimestamp'].includes(key);
}
