import type { CelInput } from '@bufbuild/cel';
import type { Change } from '#core/change.ts';
import { isHere, kindOf, type People, type Resolved } from '#core/person.ts';
import type { Subject } from '#core/subject.ts';
import type { Bindings } from '#policy/cel/engine.ts';
import { celTimestamp } from '#policy/cel/library.ts';
import { reviewFields, whyNoReview } from '#policy/review-fields.ts';
import { signatureFields, whyUnlooked } from '#policy/signature-fields.ts';
import { plainValue, type PlainMap } from '#policy/plain-value.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import { allPushers, nameOf, pusherOf, subjectPersonOf, whyNoPusher, type Pusher } from '#policy/standing.ts';

/** The fields of names that expressions know. `claims` are whatever the issuer says. */
export const evidenceFields = {
  subject: ['issuer', 'iss', 'sub'],
  person: ['name', 'kind', 'groups'],
  actor: ['source', 'account', 'name', 'kind', 'person'],
  change: [
    'source',
    'repository',
    'ref',
    'action',
    'before',
    'after',
    'revision',
    'confirmed',
    'occurredAt',
    'receivedAt',
    'actors',
    'signedBy',
    'tag',
    'review',
  ],
  review: ['changes', 'labels', 'approvers', 'submitter', 'requirements', 'rulesRevision'],
  target: ['cluster', 'kind', 'namespace', 'name', 'namespaces'],
} as const;

/** What one decision shows to subject rules and expressions; made when first asked for. */
export class Evidence {
  readonly subject: Subject | null;
  readonly people: People;
  readonly change: Change;
  readonly now: number;
  readonly #input: DecisionInput;
  readonly #namespaces: readonly string[];
  #claims: PlainMap | string | undefined;
  #bindings: Bindings | string | undefined;
  #pusher: Pusher | null | undefined;
  #pushers: readonly Pusher[] | string | undefined;
  #subjectPerson: Resolved | null | undefined;

  constructor(input: DecisionInput, namespaces: readonly string[]) {
    this.#input = input;
    this.#namespaces = namespaces;
    this.subject = input.identities.subject;
    this.people = input.policies.people;
    this.change = input.change;
    this.now = input.now;
  }

  /** Who pushed; null when nobody is known to have. */
  get pusher(): Pusher | null {
    return (this.#pusher ??= pusherOf(this.#input));
  }

  /** Everybody whom rules about pushers are about, or in words why nobody is known. */
  get pushers(): readonly Pusher[] | string {
    return (this.#pushers ??= allPushers(this.#input));
  }

  /** Who the subject is; null when there is none. */
  get subjectPerson(): Resolved | null {
    return (this.#subjectPerson ??= subjectPersonOf(this.#input));
  }

  /** Why a name of expressions stands for nothing; undefined when it does. */
  absent(name: string): string | undefined {
    if (name === 'actor' && this.pusher === null) return whyNoPusher(this.change);
    if (name === 'change.signedBy' || name === 'change.tag') return whyUnlooked(name, this.#input);
    if (name === 'change.review') return whyNoReview(this.#input);
    if (name !== 'person' || this.subjectPerson === null) return undefined;
    const named = nameOf(this.subjectPerson, this.now);
    return 'unresolved' in named ? named.unresolved : undefined;
  }

  /** The claims of the subject, or in words why they are not looked at. */
  get claims(): PlainMap | string {
    return (this.#claims ??= this.subject === null ? 'there is no subject' : this.#input.policies.claims.of(this.subject));
  }

  /** All that expressions may name but `variables`, or in words why there is none. */
  get bindings(): Bindings | string {
    return (this.#bindings ??= this.#bind());
  }

  #bind(): Bindings | string {
    const { change, footprint, now } = this.#input;
    const fields = plainValue(changeFields(change));
    const target = plainValue({ ...footprint.source.target, namespaces: this.#namespaces });
    const own = this.subject === null ? {} : this.#subjectBindings(this.subject);
    if (typeof fields === 'string') return fields;
    if (typeof target === 'string') return target;
    if (typeof own === 'string') return own;
    return {
      ...own,
      ...this.#people(),
      change: new Map<string, CelInput>([...fields, ...changeTimes(change), ...signatureFields(this.#input), ...reviewFields(this.#input)]),
      target,
      now: celTimestamp(now),
    };
  }

  /** Only of whoever is known and here: an expression about anybody else has no value, which denies. */
  #people(): Record<string, CelInput> {
    const { pusher, subjectPerson, now } = this;
    const bound: Record<string, CelInput> = {};
    if (pusher) bound['actor'] = new Map(Object.entries(actorFields(this.change.source, pusher, now)));
    if (subjectPerson && 'person' in subjectPerson && isHere(subjectPerson.person, now)) {
      const { name, kind } = subjectPerson.person;
      bound['person'] = new Map<string, CelInput>(Object.entries({ name, kind, groups: this.people.groupsOf(subjectPerson.person, now) }));
    }
    return bound;
  }

  #subjectBindings({ issuer, iss, sub }: Subject): Record<string, CelInput> | string {
    const { claims } = this;
    return typeof claims === 'string' ? claims : { claims, subject: new Map(Object.entries({ issuer, iss, sub })) };
  }
}

function actorFields(source: string, { actor, resolved }: Pusher, now: number): Readonly<Record<string, string | null>> {
  const named = nameOf(resolved, now);
  const { account, name, kind } = actor;
  return { source, account, name, kind: kindOf(kind, resolved), person: 'name' in named ? named.name : null };
}

function changeFields(change: Change): object {
  const { source, repository, ref, action, before, after, revision, confirmed } = change;
  const actors = change.actors.map(({ role, name, account, kind }) => ({ role, name, account, kind }));
  return { source, repository, ref, action, before, after, revision, confirmed, actors };
}

function changeTimes({ occurredAt, receivedAt }: Change): readonly (readonly [string, CelInput])[] {
  return [
    ['occurredAt', occurredAt === null ? null : celTimestamp(occurredAt)],
    ['receivedAt', celTimestamp(receivedAt)],
  ];
}
