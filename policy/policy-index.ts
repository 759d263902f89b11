import type { Policy, PolicyLookup } from '#policy/documents.ts';

/** Finds the policies that may be about a namespace without asking each of a thousand: most name their namespaces in full. */
export class PolicyIndex implements PolicyLookup {
  readonly #named = new Map<string, Policy[]>();
  readonly #patterned: Policy[] = [];

  constructor(policies: readonly Policy[]) {
    for (const policy of inOrder(policies)) this.#add(policy);
  }

  /** Every policy that could select one of the namespaces, by name; of some of them it turns out that they do not. */
  candidates(namespaces: readonly string[]): readonly Policy[] {
    const [first, ...others] = namespaces;
    // Most targets move one namespace, and most policies name theirs: what was put in order once is the answer.
    if (first !== undefined && others.length === 0 && this.#patterned.length === 0) return this.#named.get(first) ?? [];
    const found = new Set([...this.#patterned, ...namespaces.flatMap((namespace) => this.#named.get(namespace) ?? [])]);
    return inOrder([...found]);
  }

  #add(policy: Policy): void {
    const patterns = policy.targets.flatMap(({ namespaces }) => namespaces.map(({ pattern }) => pattern));
    if (patterns.some((pattern) => !isName.test(pattern))) {
      this.#patterned.push(policy);
      return;
    }
    for (const namespace of new Set(patterns)) this.#named.set(namespace, [...(this.#named.get(namespace) ?? []), policy]);
  }
}

function inOrder(policies: readonly Policy[]): readonly Policy[] {
  return policies.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What means nothing but itself in a pattern (core/glob.ts). */
const isName = /^[A-Za-z0-9._-]+$/;
