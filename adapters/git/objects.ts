import { HeadgateError } from '#core/errors.ts';
import type { Mirror } from './mirror.ts';

/** A mirror, as far as objects are read from it. */
export type StoredObjects = Pick<Mirror, 'ask' | 'remote'>;

type ObjectType = 'commit' | 'tag' | 'blob';

/**
 * Objects of a mirror as they are stored, by id: one process for all. Those behind the bound are left out.
 * @param ids of objects that are there, each once
 * @throws HeadgateError SOURCE_UNREACHABLE when the mirror lacks one of them
 */
export async function readObjects(
  mirror: StoredObjects,
  type: ObjectType,
  ids: readonly string[],
  outputBytes: number,
): Promise<ReadonlyMap<string, Buffer>> {
  if (ids.length === 0) return new Map();
  const { stdout, ended } = await mirror.ask(['cat-file', '--batch'], { input: ids.map((id) => `${id}\n`).join(''), outputBytes });
  const objects = new Map<string, Buffer>();
  let at = 0;
  for (const id of ids) {
    const found = objectAt(stdout, at, `${id} ${type} `);
    if (found === undefined && ended === 'output') break;
    if (found === undefined)
      throw new HeadgateError('SOURCE_UNREACHABLE', `${mirror.remote.repository}: its mirror lacks what was fetched`);
    objects.set(id, found.content);
    at = found.next;
  }
  return objects;
}

/** `<id> <type> <size>\n<content>\n` (git-cat-file(1), "BATCH OUTPUT"); undefined where there is another one, or not all of it. */
function objectAt(output: Buffer, at: number, head: string): { readonly content: Buffer; readonly next: number } | undefined {
  const end = output.indexOf('\n', at);
  const line = output.toString('latin1', at, Math.max(at, end));
  const size = line.startsWith(head) ? Number(line.slice(head.length)) : Number.NaN;
  const next = end + 1 + size + 1;
  return end < 0 || !Number.isSafeInteger(size) || next > output.length ? undefined : { content: output.subarray(end + 1, next - 1), next };
}
