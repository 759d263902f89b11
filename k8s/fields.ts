import { isObject } from '#core/json.ts';
/**
 * Reads an object that an API server sent, field by field. A field of an unexpected type is left out and noted in `oddities`
 * instead of spoiling the object: one odd object must not stop a watch.
 */
export class Fields {
  readonly oddities: string[];
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: unknown, path = '', oddities: string[] = []) {
    this.#value = isObject(value) ? value : {};
    this.#path = path;
    this.oddities = oddities;
    if (value !== undefined && value !== null && !isObject(value)) oddities.push(path);
  }

  has(name: string): boolean {
    return this.#value[name] !== undefined && this.#value[name] !== null;
  }

  text(name: string): string | undefined {
    const value = this.#value[name];
    return typeof value === 'string' ? value : this.#odd(name);
  }

  number(name: string): number | undefined {
    const value = this.#value[name];
    return typeof value === 'number' ? value : this.#odd(name);
  }

  flag(name: string): boolean {
    const value = this.#value[name];
    return typeof value === 'boolean' ? value : (this.#odd(name) ?? false);
  }

  at(name: string): Fields {
    return new Fields(this.#value[name], this.#pathOf(name), this.oddities);
  }

  list(name: string): readonly Fields[] {
    const value = this.#value[name];
    if (!Array.isArray(value)) return this.#odd(name) ?? [];
    return value.map((item: unknown, index) => new Fields(item, `${this.#pathOf(name)}[${index}]`, this.oddities));
  }

  #odd(name: string): undefined {
    if (this.has(name)) this.oddities.push(this.#pathOf(name));
    return undefined;
  }

  #pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}
