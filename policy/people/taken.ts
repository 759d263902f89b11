import type { YamlDocument } from '#config/yaml-documents.ts';

type Path = Parameters<YamlDocument['report']>[0];

/** Notes who says what first, so that a second one is refused with both places. */
export class Taken {
  readonly #first = new Map<string, string>();

  /**
   * @param key what must be said only once, in parts
   * @param what the same in words: `account 5 of hub`
   */
  take(document: YamlDocument, path: Path, key: readonly string[], what: string): void {
    const written = JSON.stringify(key);
    const other = this.#first.get(written);
    if (other === undefined) this.#first.set(written, document.place(path));
    else document.report(path, `${what} is taken`, `by ${other}`);
  }
}
