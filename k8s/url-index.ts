import type { RepositoryKeys } from '#core/ports/source-adapter.ts';
import { repositoryKey } from '#core/urls.ts';
import type { ObjectKey } from './flux-object.ts';

/** Finds source objects by the repository that their URL names. */
export class UrlIndex {
  /** Lower-cased repository key → object → exact repository key. */
  readonly #objects = new Map<string, Map<ObjectKey, string>>();
  readonly #indexed = new Map<ObjectKey, string>();

  set(object: ObjectKey, url: string): void {
    const exact = repositoryKey(url);
    if (exact === this.#indexed.get(object)) return;
    this.delete(object);
    if (exact === undefined) return;
    this.#indexed.set(object, exact);
    const folded = exact.toLowerCase();
    const objects = this.#objects.get(folded) ?? new Map<ObjectKey, string>();
    this.#objects.set(folded, objects.set(object, exact));
  }

  delete(object: ObjectKey): void {
    const folded = this.#indexed.get(object)?.toLowerCase();
    if (folded === undefined) return;
    this.#indexed.delete(object);
    const objects = this.#objects.get(folded);
    objects?.delete(object);
    if (objects?.size === 0) this.#objects.delete(folded);
  }

  /** Objects whose repository is one of these, each once. */
  find({ keys, caseSensitive }: RepositoryKeys): readonly ObjectKey[] {
    const found = new Set<ObjectKey>();
    for (const key of keys) {
      for (const [object, exact] of this.#objects.get(key.toLowerCase()) ?? []) if (!caseSensitive || exact === key) found.add(object);
    }
    return [...found];
  }
}
