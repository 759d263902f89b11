import { formatAge, formatDuration } from '../duration.ts';
import { ChainRecord, Change, Decision, Delivery, Policy, Reconcile, SeenActor, Target, type TargetRef } from '../schema.ts';
import type { Style } from '../style.ts';
import type { Cell } from '../table.ts';
import { printable, shortRevision } from '../text.ts';
import { defineResource, type Resource } from './resource.ts';

const age = (at: number, now: number): string => formatAge(now - at);
const orDash = (text: string | null | undefined): string => (text === null || text === undefined || text === '' ? '-' : printable(text));
const keyOf = ({ cluster, kind, namespace, name }: TargetRef): string => printable(`${cluster}/${kind}/${namespace}/${name}`);

const looks: Readonly<Record<string, keyof Style>> = {
  done: 'good',
  allow: 'good',
  applied: 'good',
  pending: 'warn',
  hold: 'warn',
  queued: 'warn',
  observing: 'warn',
  dead: 'bad',
  deny: 'bad',
  failed: 'bad',
  stalled: 'bad',
  timed_out: 'bad',
};

function word(text: string | null): Cell {
  const look = looks[text ?? ''];
  return look === undefined ? { text: orDash(text) } : { text: orDash(text), look };
}

const deliveries = defineResource({
  name: 'deliveries',
  description: 'what was received, newest first',
  filters: {
    source: 'name of a source',
    state: 'pending, done, ignored or dead',
    event: "the source's word, for example push",
    repository: 'full name',
  },
  dated: true,
  paged: true,
  schema: Delivery,
  columns: [
    { header: 'AGE', cell: (item, now) => age(item.receivedAt, now) },
    { header: 'DELIVERY', cell: ({ id }) => id },
    { header: 'SOURCE', cell: ({ source }) => printable(source) },
    { header: 'EVENT', cell: ({ event }) => printable(event) },
    { header: 'STATE', cell: ({ state }) => word(state) },
    { header: 'REPOSITORY', cell: ({ hint }) => orDash(hint?.repository) },
    { header: 'REF', cell: ({ hint }) => orDash(hint?.ref) },
    { header: 'REVISION', cell: ({ hint }) => (hint === null ? '-' : shortRevision(hint.after)) },
    { header: 'KIND', wide: true, cell: ({ kind }) => printable(kind) },
    { header: 'SENDER-ID', wide: true, cell: ({ deliveryId }) => printable(deliveryId) },
    { header: 'REMOTE', wide: true, cell: ({ remote }) => printable(remote) },
    { header: 'TOOK', wide: true, cell: (item) => (item.settledAt === null ? '-' : formatDuration(item.settledAt - item.receivedAt)) },
    { header: 'REASON', cell: ({ reason }) => orDash(reason) },
  ],
});

const changes = defineResource({
  name: 'changes',
  description: 'what happened to refs, newest first',
  filters: {
    source: 'name of a source',
    repository: 'full name',
    ref: 'full ref',
    revision: 'at least four characters of a commit',
    brought: 'number of a change of Gerrit that came with it',
  },
  dated: true,
  paged: true,
  schema: Change,
  columns: [
    { header: 'AGE', cell: (item, now) => age(item.receivedAt, now) },
    { header: 'CHANGE', cell: ({ id }) => id },
    { header: 'SOURCE', cell: ({ source }) => printable(source) },
    { header: 'REPOSITORY', cell: ({ repository }) => printable(repository) },
    { header: 'REF', cell: ({ ref }) => printable(ref) },
    { header: 'ACTION', cell: ({ action }) => action },
    { header: 'REVISION', cell: ({ revision }) => shortRevision(revision) },
    { header: 'CONFIRMED', wide: true, cell: ({ confirmed }) => String(confirmed) },
    { header: 'DELIVERY', wide: true, cell: ({ delivery }) => delivery },
    { header: 'BY', cell: ({ actors }) => orDash(actors[0]?.name) },
  ],
});

const decisions = defineResource({
  name: 'decisions',
  description: 'what policy said, newest first',
  filters: {
    change: 'id of a change',
    target: 'cluster/Kind/namespace/name',
    verdict: 'allow, hold or deny',
    wouldBe: 'the verdict of enforce, in audit mode',
  },
  dated: true,
  paged: true,
  schema: Decision,
  columns: [
    { header: 'AGE', cell: (item, now) => age(item.at, now) },
    { header: 'DECISION', wide: true, cell: ({ id }) => id },
    { header: 'CHANGE', cell: ({ change }) => change },
    { header: 'TARGET', cell: ({ target }) => keyOf(target) },
    { header: 'VERDICT', cell: ({ verdict }) => word(verdict) },
    { header: 'RULE', cell: ({ rule }) => printable(rule) },
    { header: 'ENFORCEMENT', wide: true, cell: ({ enforcement }) => enforcement },
    { header: 'REASONS', cell: ({ reasons }) => orDash(reasons.map(({ message }) => message).join('; ')) },
  ],
});

const reconciles = defineResource({
  name: 'reconciles',
  description: 'attempts to bring targets to a revision, newest first',
  filters: {
    change: 'id of a change',
    target: 'cluster/Kind/namespace/name',
    state: 'queued, observing or ended',
    outcome: 'applied, failed, …',
  },
  dated: true,
  paged: true,
  schema: Reconcile,
  columns: [
    { header: 'AGE', cell: (item, now) => age(item.createdAt, now) },
    { header: 'RECONCILE', wide: true, cell: ({ id }) => id },
    { header: 'CHANGE', wide: true, cell: ({ change }) => change },
    { header: 'TARGET', cell: ({ target }) => keyOf(target) },
    { header: 'REVISION', cell: ({ revision }) => shortRevision(revision) },
    { header: 'STATE', cell: ({ state }) => word(state) },
    { header: 'OUTCOME', cell: ({ outcome }) => word(outcome) },
    { header: 'TOOK', cell: (item) => (item.endedAt === null ? '-' : formatDuration(item.endedAt - item.receivedAt)) },
    { header: 'REASON', cell: ({ reason }) => orDash(reason) },
    { header: 'MESSAGE', cell: ({ message }) => orDash(message) },
  ],
});

function describeRef({ commit, name, tag, semver, branch }: Target['ref']): string {
  if (commit !== undefined) return `commit ${shortRevision(commit)}`;
  if (name !== undefined) return printable(name);
  if (tag !== undefined) return printable(`refs/tags/${tag}`);
  return printable(semver === undefined ? `refs/heads/${branch ?? 'master'}` : `tags ${semver}`);
}

const targets = defineResource({
  name: 'targets',
  description: 'Flux source objects of all clusters, and what follows them',
  filters: { cluster: 'name of a cluster', namespace: 'of the object', kind: 'for example GitRepository' },
  dated: false,
  paged: true,
  schema: Target,
  columns: [
    { header: 'TARGET', cell: ({ target }) => keyOf(target) },
    { header: 'FOLLOWS', cell: ({ ref }) => describeRef(ref) },
    { header: 'REVISION', cell: ({ artifactRevision, artifactOrigin }) => orDash(artifactOrigin ?? artifactRevision) },
    { header: 'LATEST', cell: ({ latest }) => word(latest === null ? null : (latest.outcome ?? latest.state)) },
    { header: 'SUSPENDED', cell: ({ suspended }) => (suspended ? { text: 'true', look: 'warn' } : 'false') },
    { header: 'CONSUMERS', cell: ({ consumers }) => orDash(consumers.map(({ object }) => `${object.kind}/${object.name}`).join(',')) },
    { header: 'WRITES-TO', wide: true, cell: ({ namespaces }) => orDash(namespaces.join(',')) },
    { header: 'URL', cell: ({ url }) => printable(url) },
  ],
});

const actors = defineResource({
  name: 'actors',
  description: 'who took part in the newest changes, and which person that is',
  filters: { source: 'name of a source' },
  flags: { unresolved: 'only those who are not known to be any person' },
  dated: true,
  paged: false,
  schema: SeenActor,
  columns: [
    { header: 'SEEN', cell: (item, now) => age(item.lastSeenAt, now) },
    { header: 'AT', cell: ({ source, issuer }) => orDash(source ?? issuer) },
    { header: 'ACCOUNT', cell: ({ account }) => orDash(account) },
    { header: 'NAME', cell: ({ name }) => printable(name) },
    { header: 'KIND', cell: ({ kind }) => printable(kind) },
    { header: 'PERSON', cell: ({ person }) => (person === null ? { text: '-', look: 'warn' } : printable(person)) },
    { header: 'DID', cell: ({ roles }) => orDash(roles.join(',')) },
    { header: 'CHANGES', cell: ({ changes: count }) => String(count) },
    { header: 'WHY', wide: true, cell: ({ unresolved }) => orDash(unresolved) },
  ],
});

const policies = defineResource({
  name: 'policies',
  description: 'the policies that are loaded',
  filters: {},
  dated: false,
  paged: false,
  schema: Policy,
  columns: [
    { header: 'POLICY', cell: ({ name }) => printable(name) },
    { header: 'MODE', cell: ({ mode }) => (mode === 'audit' ? { text: mode, look: 'warn' } : mode) },
    { header: 'ENFORCEMENT', cell: ({ enforcement }) => enforcement },
    { header: 'PLACE', cell: ({ place }) => orDash(place) },
    { header: 'HASH', wide: true, cell: ({ hash }) => hash },
  ],
});

const records = defineResource({
  name: 'records',
  description: 'the evidence chain, newest first',
  filters: {
    kind: 'decided, published, triggered, outcome, applied, unobserved, …',
    change: 'id of a change',
    decision: 'id of a decision',
    target: 'cluster/Kind/namespace/name',
  },
  dated: true,
  paged: true,
  schema: ChainRecord,
  columns: [
    { header: 'AGE', cell: ({ record }, now) => age(record.at, now) },
    { header: 'RECORD', cell: ({ id }) => id },
    { header: 'KIND', cell: ({ record }) => printable(record.kind) },
    { header: 'TARGET', cell: ({ record }) => orDash(record.target ?? record.cluster) },
    { header: 'SAID', cell: ({ record }) => word(record.verdict ?? record.outcome ?? null) },
    { header: 'REVISION', cell: ({ record }) => orDash(record.revision ?? record.after) },
    { header: 'WHY', cell: ({ record }) => orDash(record.rule ?? record.reason) },
    { header: 'CHANGE', wide: true, cell: ({ record }) => orDash(record.change) },
    { header: 'DECISION', wide: true, cell: ({ record }) => orDash(record.decision) },
    { header: 'HASH', wide: true, cell: ({ hash }) => hash },
  ],
});

/** Everything that `headgate get` lists. */
export const resources: readonly Resource[] = [deliveries, changes, targets, decisions, policies, reconciles, records, actors];
