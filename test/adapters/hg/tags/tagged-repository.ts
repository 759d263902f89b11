import { FakeBackEnd } from '#adapters/hg/fake-back-end.ts';
import type { FakeCommit } from '#adapters/hg/fake-repository.ts';
import type { TagRef } from '#adapters/hg/tags/allowed-heads.ts';
import { readTag } from '#adapters/hg/tags/read-tag.ts';
import { parseHgRef } from '#core/hg-ref.ts';
import type { RefHead } from '#core/ports/read-back.ts';

/** A repository `infra` in memory, in which people tag and sign. */
export class TaggedRepository {
  readonly host = new FakeBackEnd();
  #made = 0;

  commit(spec: FakeCommit = {}): string {
    return this.host.commit('infra', { files: { [`file-${(this.#made += 1)}`]: 'x' }, ...spec });
  }

  /** A changeset whose `.hgtags` is these lines. */
  tags(lines: readonly string[], spec: FakeCommit = {}): string {
    return this.host.commit('infra', { ...spec, files: { '.hgtags': lines.map((line) => `${line}\n`).join(''), ...spec.files } });
  }

  /** A changeset whose `.hgsigs` says that these are signed. */
  signs(nodes: readonly string[], spec: FakeCommit = {}): string {
    return this.host.commit('infra', { ...spec, files: { '.hgsigs': nodes.map((node) => `${node} 0 AAAA\n`).join(''), ...spec.files } });
  }

  read(ref = 'tag:v1@branch:default'): Promise<RefHead | null> {
    return readTag(this.host, 'infra', tagRef(ref));
  }

  /** Codes of what is doubted; undefined when there is no such tag. */
  async doubts(ref?: string): Promise<readonly string[] | undefined> {
    const head = await this.read(ref);
    return head === null ? undefined : (head.doubts ?? []).map(({ code }) => code);
  }
}

export function tagRef(text: string): TagRef {
  const ref = parseHgRef(text);
  if (ref?.kind !== 'tag') throw new Error(`${text} is no tag`);
  return ref;
}
