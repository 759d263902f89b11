import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter, type Node, type Pair } from 'yaml';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export type Path = readonly PropertyKey[];

/** Finds where in the text the parts of one YAML document stand. */
export class SourceMap {
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  /** Where the value at a path begins; the nearest thing around it when there is none. */
  value(path: Path): Place {
    const { pair, node } = this.#descend(path);
    return this.at(node?.range?.[0] ?? keyOffset(pair) ?? this.#start());
  }

  /** Where the key of the value at a path begins; for an item of a list, and for the document, the value itself. */
  key(path: Path): Place {
    const { pair, node } = this.#descend(path);
    return this.at(keyOffset(pair) ?? node?.range?.[0] ?? this.#start());
  }

  /** Turns an offset in the text into a place. */
  at(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  #start(): number {
    return this.#document.range?.[0] ?? 0;
  }

  #descend(path: Path): { pair: Pair | undefined; node: Node | undefined } {
    let node: Node | undefined = this.#document.contents ?? undefined;
    let pair: Pair | undefined;
    for (const step of path) {
      const inside = this.#resolved(node);
      if (isMap(inside)) {
        const found = inside.items.find((item) => keyText(item) === String(step));
        if (found === undefined) break;
        pair = found;
        node = asNode(found.value);
      } else if (isSeq(inside) && typeof step === 'number' && step < inside.items.length) {
        pair = undefined;
        node = asNode(inside.items[step]);
      } else break;
    }
    return { pair, node };
  }

  #resolved(node: Node | undefined): Node | undefined {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function keyOffset(pair: Pair | undefined): number | undefined {
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}

function asNode(value: unknown): Node | undefined {
  return isMap(value) || isSeq(value) || isScalar(value) || isAlias(value) ? value : undefined;
}
