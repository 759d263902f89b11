import { givesRights, knownPlurals, usualKinds } from './known-kinds.ts';

/** A kind that something has applied. */
export interface Applied {
  /** Empty for cluster-wide objects. */
  readonly namespace: string;
  readonly group: string;
  readonly kind: string;
}

/** What a Flux object that writes to the namespace has applied there; null when that is not known. */
export interface Writer {
  /** `Kustomization/pay` */
  readonly name: string;
  readonly applies: readonly Applied[] | null;
}

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Rules of a Role, and whatever is to be said of them. */
export interface SuggestedRules {
  readonly rules: readonly PolicyRule[];
  /** Each a sentence: what is a guess, and what is left out. */
  readonly notes: readonly string[];
}

/** What Flux's controllers do with what they apply: server-side apply, health, drift, pruning (fluxcd.io/flux/components/kustomize). */
const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** The least rights for what these have applied so far; where that is not known, for what a namespace of workloads mostly holds. */
export function suggestRules(writers: readonly Writer[]): SuggestedRules {
  const applied = writers.flatMap(({ applies }) => applies ?? []);
  const inside = distinct(applied.filter(({ namespace }) => namespace !== ''));
  const kinds = inside.length > 0 ? inside : usualKinds;
  const granting = kinds.filter((one) => givesRights.includes(keyOf(one)));
  const granted = kinds.filter((one) => !granting.includes(one));
  return {
    rules: [...Map.groupBy(granted, ({ group }) => group)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([group, own]) => ({ apiGroups: [group], resources: own.map(pluralOf).toSorted(), verbs })),
    notes: [
      ...originNotes(writers, inside.length > 0),
      ...guessNotes(granted),
      ...leftOutNotes(granting, applied),
      ...secretNotes(granted),
    ],
  };
}

function originNotes(writers: readonly Writer[], isKnown: boolean): readonly string[] {
  const unknown = writers.filter(({ applies }) => applies === null).map(({ name }) => name);
  if (!isKnown)
    return [
      'GUESS: nothing is known of what is applied there, so that these are the usual kinds of workloads; take out what is not needed.',
    ];
  const from = writers.filter(({ applies }) => applies !== null).map(({ name }) => name);
  return [
    `The kinds are those in the inventories of ${from.join(', ')} now; a kind that comes later needs a line more.`,
    ...(unknown.length === 0
      ? []
      : [`GUESS: what ${unknown.join(', ')} applies is not known (a HelmRelease also keeps its releases in Secrets); it may need more.`]),
  ];
}

function guessNotes(kinds: readonly Omit<Applied, 'namespace'>[]): readonly string[] {
  const guessed = kinds.filter((one) => knownPlurals[keyOf(one)] === undefined);
  const names = guessed.map((one) => `${pluralOf(one)}.${one.group}`);
  return names.length === 0 ? [] : [`GUESS: the plural of ${names.join(', ')}; \`kubectl api-resources\` tells.`];
}

function leftOutNotes(granting: readonly Omit<Applied, 'namespace'>[], applied: readonly Applied[]): readonly string[] {
  const wide = distinct(applied.filter(({ namespace }) => namespace === '')).map(({ kind }) => kind);
  return [
    ...(granting.length === 0
      ? []
      : [
          `LEFT OUT: ${granting.map(({ kind }) => kind).join(', ')}, which give rights; whoever may write them may give itself any right that it has. Let the platform's Kustomization apply them.`,
        ]),
    ...(wide.length === 0
      ? []
      : [`LEFT OUT: the cluster-wide ${wide.join(', ')}, which no Role can give. Let the platform's Kustomization apply them.`]),
  ];
}

function secretNotes(kinds: readonly Omit<Applied, 'namespace'>[]): readonly string[] {
  if (!kinds.some(({ group, kind }) => group === '' && kind === 'Secret')) return [];
  return ['NOTE: with Secrets it may read every Secret of the namespace.'];
}

function pluralOf({ group, kind }: Omit<Applied, 'namespace'>): string {
  return knownPlurals[`${group}/${kind}`] ?? regularPlural(kind.toLowerCase());
}

/** As client-go guesses it (apimachinery, UnsafeGuessKindToResource). */
function regularPlural(kind: string): string {
  if (/(s|x|ch|sh)$/.test(kind)) return `${kind}es`;
  return /[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}

function distinct(applied: readonly Applied[]): readonly Applied[] {
  return [...new Map(applied.map((one) => [keyOf(one), one])).values()];
}

function keyOf({ group, kind }: Omit<Applied, 'namespace'>): string {
  return `${group}/${kind}`;
}
