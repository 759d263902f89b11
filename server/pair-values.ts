/** A number for each pair of labels. Changing one allocates nothing once the pair is known: for what happens with every delivery or event. */
export class PairValues {
  readonly #byFirst = new Map<string, Map<string, number>>();

  add(first: string, second: string): void {
    const values = this.#of(first);
    values.set(second, (values.get(second) ?? 0) + 1);
  }

  set(first: string, second: string, value: number): void {
    this.#of(first).set(second, value);
  }

  remove(first: string, second: string): void {
    this.#byFirst.get(first)?.delete(second);
  }

  each(visit: (first: string, second: string, value: number) => void): void {
    for (const [first, values] of this.#byFirst) for (const [second, value] of values) visit(first, second, value);
  }

  #of(first: string): Map<string, number> {
    const known = this.#byFirst.get(first);
    if (known) return known;
    const values = new Map<string, number>();
    this.#byFirst.set(first, values);
    return values;
  }
}
