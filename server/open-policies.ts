import { join } from 'node:path';
import { isReadBack, type SourceConfig } from '#adapters/registry.ts';
import type { DirectoryWatch } from '#config/directory-watch.ts';
import { policyOrigin } from '#config/policies-schema.ts';
import { systemClock, type Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { finding, type Check } from '#core/finding.ts';
import type { PolicyOrigin } from '#core/policy-origin.ts';
import type { Journal } from '#core/ports/journal.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { silentLog, type Log } from '#core/ports/telemetry.ts';
import type { PolicyChanges } from '#handlers/policies/policy-changes.ts';
import { readPolicyDocuments } from '#handlers/policies/policy-documents.ts';
import { RepositoryPolicies, type PolicyFlow } from '#handlers/policies/repository-policies.ts';
import { openPolicyCache } from '#journal/policy-cache.ts';
import type { PolicySet } from '#policy/documents.ts';
import { followTeams, type Followed } from '#policy/follow-teams.ts';
import { policiesIn, watchPolicies } from '#policy/watch-policies.ts';
import { changeableFindings } from '#server/checks/policies.ts';

/** The policies that a server decides by, wherever they come from. */
export interface Policies extends Pick<DirectoryWatch<PolicySet>, 'current' | 'status'> {
  /** Whether any of them is about the policies themselves; absent where they come from a directory, which anybody changes who can write there. */
  isChangeable?(): boolean;
  /** What takes changes of them into force; absent where they come from a directory. */
  readonly gate?: { readonly policyChanges: PolicyChanges };
  /** Runs a task as soon as there are policies: at once for those of a directory. */
  whenReady(task: () => void): void;
  start(flow: PolicyFlow): void;
  stop(): Promise<void>;
}

/**
 * Begins work as soon as there are policies that can decide it, unless the server stops before that: until then what comes in stays pending.
 * @param begin returns what ends it
 * @returns whether it has begun
 */
export function beginWithPolicies(policies: Policies, starting: AsyncDisposableStack, begin: () => () => Promise<void>): () => boolean {
  let state: 'waiting' | 'begun' | 'over' = 'waiting';
  let end = (): Promise<void> => Promise.resolve();
  starting.defer(() => {
    state = 'over';
    return end();
  });
  policies.whenReady(() => {
    if (state !== 'waiting') return;
    state = 'begun';
    end = begin();
  });
  return () => state === 'begun';
}

export interface PoliciesConfig {
  readonly policies: Parameters<typeof policyOrigin>[0];
  readonly sources: readonly SourceConfig[];
  readonly dataDirectory: string;
}

/**
 * The policies of a directory; null when they come from a repository, which is not asked.
 * @throws HeadgateError as openPolicies
 */
export function loadPolicies(config: PoliciesConfig): PolicySet | null {
  if (requireOrigin(config)) return null;
  const watch = watchPolicies(config.policies.path, systemClock, silentLog);
  watch.stop();
  return policiesIn(watch);
}

/**
 * Where policies come from when that is a repository.
 * @throws HeadgateError CONFIG_INVALID for a source that is not read back: what it says could not be confirmed
 */
function requireOrigin({ policies, sources }: Pick<PoliciesConfig, 'policies' | 'sources'>): PolicyOrigin | null {
  const origin = policyOrigin(policies);
  const source = sources.find(({ name }) => name === origin?.source);
  if (origin && (!source || !isReadBack(source))) throw new HeadgateError('CONFIG_INVALID', notReadBack(origin));
  return origin;
}

function notReadBack({ source }: PolicyOrigin): string {
  return `spec.policies: the source ${source} is not read back, and policies are taken from what is confirmed alone: give it \`api\` or \`git\``;
}

export interface PoliciesDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** What knows teams. */
  readonly adapters: readonly SourceAdapter[];
  /** Told of each attempt to load something new, for metrics. */
  readonly onReload: (ok: boolean) => void;
}

/** What policies of a repository need beside that. */
export interface PolicyParts {
  readonly journal: Journal;
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
}

/** Policies that are being opened. */
export interface OpeningPolicies {
  /** Those that have to be put on record by whoever keeps records; null where they see to that themselves. */
  readonly unrecorded: (() => PolicySet) | null;
  finish(parts: PolicyParts): Policies;
  stop(): void;
}

/**
 * Those of a directory are read at once, so that a start without any fails early; those of a repository need the journal.
 * @throws HeadgateError POLICY_MISSING, POLICY_INVALID, CONFIG_INVALID
 */
export async function openPolicies(config: PoliciesConfig, deps: PoliciesDeps): Promise<OpeningPolicies> {
  const origin = requireOrigin(config);
  if (origin) return { unrecorded: null, finish: (parts) => repositoryPolicies(origin, config, deps, parts), stop: () => {} };
  const folder = await followTeams(watchPolicies(config.policies.path, deps.clock, deps.log, deps.onReload), deps);
  const policies: Policies = {
    current: () => folder.current(),
    status: () => folder.status(),
    whenReady: (task) => task(),
    start: () => {},
    stop: () => Promise.resolve(),
  };
  return { unrecorded: () => policiesIn(folder), finish: () => policies, stop: () => folder.stop() };
}

/** Their people know of teams as soon as there are any policies that name some. */
function repositoryPolicies(
  origin: PolicyOrigin,
  config: PoliciesConfig,
  deps: PoliciesDeps,
  { journal, adapters }: PolicyParts,
): Policies {
  const adapter = adapters.get(origin.source);
  if (!adapter?.readBack || !adapter.content) throw new HeadgateError('CONFIG_INVALID', notReadBack(origin));
  const interval = config.sources.find(({ name }) => name === origin.source)?.sweep.interval ?? 0;
  let withTeams: Followed | undefined;
  const policies = new RepositoryPolicies({
    ...{ ...deps, journal, records: journal, origin, interval },
    readBack: adapter.readBack,
    content: adapter.content,
    cache: openPolicyCache(join(config.dataDirectory, 'policies-in-force')),
    caseSensitive: adapter.repositoryKeys(origin.repository).caseSensitive,
    votes: adapter.votes === true,
    completed: () => withTeams?.current(),
  });
  const own: Followed = { current: () => policies.current(), status: () => policies.status(), stop: () => {} };
  const ready = policies.ready.then(async () => {
    withTeams = await followTeams(own, deps);
  });
  return {
    current: () => (withTeams ?? own).current(),
    status: own.status,
    isChangeable: () => isChangeable(policies.current()),
    gate: { policyChanges: policies },
    whenReady: (task) => void ready.then(task),
    start: (flow) => policies.start(flow),
    async stop() {
      withTeams?.stop();
      await policies.stop();
    },
  };
}

/** What those of a repository hold at the revision that a first start would take. */
export function originCheck(origin: PolicyOrigin, adapters: readonly SourceAdapter[]): Check {
  const about = 'policies';
  return {
    about,
    async run() {
      const { readBack, content } = adapters.find(({ name }) => name === origin.source) ?? {};
      if (!readBack || !content) return [finding('POLICIES_VALID', about, 'bad', notReadBack(origin))];
      const head = (await readBack.heads(origin.repository, [origin.ref])).get(origin.ref);
      if (!head) return [finding('POLICIES_VALID', about, 'bad', `${origin.repository} has no ${origin.ref}`)];
      const { set, revision } = await readPolicyDocuments(content, origin, origin.pinned ?? head.commit);
      const where = `${origin.repository} at ${revision}, ${origin.path === '' ? 'the root' : origin.path}`;
      if ('problem' in set) return [finding('POLICIES_VALID', about, 'bad', `${where}: ${set.problem}`)];
      const names = set.policies.map(({ name }) => name).join(', ');
      return [finding('POLICIES_VALID', about, 'good', `${where}: ${names}`), ...changeableFindings(isChangeable(set))];
    },
  };
}

function isChangeable(set: PolicySet | undefined): boolean {
  return set?.policies.some(({ targets }) => targets.some(({ policies }) => policies)) ?? false;
}
