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
  readonly under: 'source' | 'subjectIssuer' | 'accessUser' | null;
  /** Refers to whoever is named in a text. What of the text is not understood counts as a name. */
  readonly inText: (text: string, refer: Refer, under: string) => string;
}

/** Facts that name people, by name of the fact. A new fact that names people goes here, and nowhere else. */
const naming: ReadonlyMap<string, Naming> = new Map<string, Naming>([
  ['subject', { under: 'subjectIssuer', inText: whole }],
  ['person', { under: null, inText: whole }],
  ['pusher', { under: null, inText: whole }],
  ['by', { under: null, inText: (text, refer) => (text === 'unattributed' ? text : refer(text)) }],
  // A cluster's reason may name the user that it was asked about.
  ['accessReason', { under: 'accessUser', inText: (text, refer, user) => text.replaceAll(user, () => refer(user)) }],
  ['accessUser', { under: 'accessUser', inText: whole }],
  ['access', { under: null, inText: access }],
  ['actors', { under: 'source', inText: (text, refer) => around(/^([a-z]+ )(.+)()$/s, text, refer) }],
  ['assertedBy', { under: null, inText: (text, refer) => around(/^()(.+)( \([^()]*\))$/s, text, refer) }],
  ['reviewed', { under: 'source', inText: reviewed }],
  ['submitted', { under: 'source', inText: submitted }],
]);

function access(text: string, refer: Refer): string {
  return /^(?:allowed|denied|nobody to ask about)$/.test(text) ? text : around(/^((?:unmapped|unavailable): )(.+)()$/s, text, refer);
}

/** With the rule before it: `payments reviews[0]: #12 by …`. */
function reviewed(text: string, refer: Refer): string {
  return isCount(text)
    ? text
    : around(/^((?:[a-z0-9.-]+ [a-z]+(?:\[\d+\])?: )?#\d+ by )(.+)( on [0-9a-f]{40,64} at (?:an unknown time|[-0-9T:.Z]+))$/s, text, refer);
}

function submitted(text: string, refer: Refer): string {
  return isCount(text) ? text : around(/^(#\d+ by )(.+)( at (?:an unknown time|[-0-9T:.Z]+))$/s, text, refer);
}

function isCount(text: string): boolean {
  return /^and \d+ more$/.test(text);
}

function whole(text: string, refer: Refer): string {
  return around(/^(unresolved: )(.+)()$/s, text, refer);
}

/** @param form what stands before the name, the name, and what stands behind it */
function around(form: RegExp, text: string, refer: Refer): string {
  const [, before, name, behind] = form.exec(text) ?? [];
  return name === undefined ? refer(text) : `${before}${refer(name)}${behind}`;
}

/** A text of a fact under its source or issuer, and when its names were kept. */
interface Made {
  readonly scope: string;
  readonly text: string;
  readonly at: number;
}

/**
 * Stands in for people in records: a name becomes `person:` and an HMAC-SHA-256 of it, 128 bits of it in hex. Who has the key can
 * tell whether a name he knows is meant; nobody can turn a reference into a name, but by the names that are kept beside the chain.
 */
export class PersonReferences {
  readonly #key: Uint8Array;
  readonly #keep: (name: KeptName) => void;
  /** By fact and text: what the text became. Most texts come again and again. */
  readonly #known = new Map<string, Map<string, Made>>();
  #size = 0;

  /** @param keep writes down whom a reference means: for a new one, and again for one whose last use is long ago */
  constructor(key: Uint8Array, keep: (name: KeptName) => void) {
    this.#key = key;
    this.#keep = keep;
  }

  /** The same facts with references in place of people. @param at milliseconds since the epoch */
  inFacts(facts: Facts, at: number): Facts {
    return this.putIn({ ...facts }, at);
  }

  /** Likewise, in place. */
  putIn(facts: Record<string, unknown>, at: number): Facts {
    for (const [name, { under, inText }] of naming) {
      const value = facts[name];
      if (typeof value !== 'string' && !Array.isArray(value)) continue;
      const scope = under === null ? '' : String(facts[under]);
      const replace = (text: string): string => this.#textOf(name, { scope, text, at }, inText);
      facts[name] = typeof value === 'string' ? replace(value) : replaced(value, replace);
    }
    return facts;
  }

  /** What was kept may have been rolled back, or erased. */
  forget(): void {
    this.#known.clear();
    this.#size = 0;
  }

  #textOf(fact: string, { scope, text, at }: Made, inText: Naming['inText']): string {
    const known = this.#known.get(fact)?.get(text);
    if (known?.scope === scope && at - known.at < limits.records.personRefresh) return known.text;
    const made = inText(text, (name) => this.#refer(scope, name, at), scope);
    this.#remember(fact, text, { scope, text: made, at });
    return made;
  }

  #remember(fact: string, text: string, made: Made): void {
    if (this.#size >= limits.records.personsKnown) this.forget();
    const ofFact = this.#known.get(fact) ?? new Map<string, Made>();
    this.#known.set(fact, ofFact.set(text, made));
    this.#size++;
  }

  #refer(scope: string, name: string, at: number): string {
    const mac = createHmac('sha256', this.#key).update(`${scope}\n${name}`).digest('hex');
    const reference = `person:${mac.slice(0, 32)}`;
    this.#keep({ reference, name, at });
    return reference;
  }
}

function replaced(items: readonly unknown[], refer: (text: string) => string): readonly unknown[] {
  return items.map((item) => (typeof item === 'string' ? refer(item) : item));
}
