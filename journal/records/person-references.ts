import { createHmac } from 'node:crypto';
import { limits } from '#core/limits.ts';
import type { NewRecord } from '#core/ports/records.ts';

/** A person as records name one, and where the name is kept. */
export interface KeptName {
  readonly reference: string;
  readonly name: string;
  /** When it was last needed, milliseconds since the epoch. */
  readonly at: number;
}

type Facts = NewRecord['content'];
type Refer = (name: string) => string;

interface Naming {
  /** The fact that says under whom a name means somebody: the source of an account, the issuer of a subject. */
  readonly under: 'source' | 'subjectIssuer' | null;
  /** Refers to whoever is named in a text. What of the text is not understood counts as a name. */
  readonly inText: (text: string, refer: Refer) => string;
}

/** Facts that name people, by name of the fact. A new fact that names people goes here, and nowhere else. */
const naming: ReadonlyMap<string, Naming> = new Map<string, Naming>([
  ['subject', { under: 'subjectIssuer', inText: whole }],
  ['person', { under: null, inText: whole }],
  ['pusher', { under: null, inText: whole }],
  ['by', { under: null, inText: (text, refer) => (text === 'unattributed' ? text : refer(text)) }],
  ['actors', { under: 'source', inText: (text, refer) => around(/^([a-z]+ )(.+)()$/s, text, refer) }],
  ['reviewed', { under: 'source', inText: reviewed }],
]);

function reviewed(text: string, refer: Refer): string {
  return /^and \d+ more$/.test(text) ? text : around(/^(#\d+ by )(.+)( on [0-9a-f]{40,64} at .+)$/s, text, refer);
}

function whole(text: string, refer: Refer): string {
  return around(/^(unresolved: )(.+)()$/s, text, refer);
}

/** @param form what stands before the name, the name, and what stands behind it */
function around(form: RegExp, text: string, refer: Refer): string {
  const [, before, name, behind] = form.exec(text) ?? [];
  return name === undefined ? refer(text) : `${before}${refer(name)}${behind}`;
}

/**
 * Stands in for people in records: a name becomes `person:` and an HMAC-SHA-256 of it, 128 bits of it in hex. Who has the key can
 * tell whether a name he knows is meant; nobody can turn a reference into a name, but by the names that are kept beside the chain.
 */
export class PersonReferences {
  readonly #key: Uint8Array;
  readonly #keep: (name: KeptName) => void;
  /** By scope and name: as kept, and when. */
  readonly #known = new Map<string, KeptName>();

  /** @param keep writes down whom a reference means: for a new one, and again for one whose last use is long ago */
  constructor(key: Uint8Array, keep: (name: KeptName) => void) {
    this.#key = key;
    this.#keep = keep;
  }

  /** The same facts with references in place of people. @param at milliseconds since the epoch */
  inFacts(facts: Facts, at: number): Facts {
    const copy: Record<string, unknown> = { ...facts };
    for (const [name, { under, inText }] of naming) {
      if (!Object.hasOwn(facts, name)) continue;
      const scope = under === null ? '' : String(facts[under]);
      const refer: Refer = (person) => this.#refer(scope, person, at);
      copy[name] = replaced(facts[name], (text) => inText(text, refer));
    }
    return copy;
  }

  /** What was kept may have been rolled back, or erased. */
  forget(): void {
    this.#known.clear();
  }

  #refer(scope: string, name: string, at: number): string {
    const text = `${scope}\n${name}`;
    const known = this.#known.get(text);
    if (known && at - known.at < limits.records.personRefresh) return known.reference;
    const reference = `person:${createHmac('sha256', this.#key).update(text).digest('hex').slice(0, 32)}`;
    const kept = { reference, name, at };
    this.#keep(kept);
    if (this.#known.size >= limits.records.personsKnown) this.#known.clear();
    this.#known.set(text, kept);
    return reference;
  }
}

function replaced(value: unknown, refer: (text: string) => string): unknown {
  if (typeof value === 'string') return refer(value);
  const items: readonly unknown[] | undefined = Array.isArray(value) ? value : undefined;
  return items?.map((item) => (typeof item === 'string' ? refer(item) : item)) ?? value;
}
