import { createGithubAdapter } from '#adapters/github/adapter.ts';
import type { Change } from '#core/change.ts';
import { systemClock } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { noAuthority } from '#core/ports/second-authority.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { matchAndDecide, type Deciding } from '#handlers/deciding.ts';
import { noRanges } from '#handlers/ranges.ts';
import { StoreInventory } from '#k8s/inventory.ts';
import type { FluxObject } from '#k8s/flux-object.ts';
import { parseFluxObject } from '#k8s/parse-flux-object.ts';
import { parsePolicies } from '#policy/parse-policies.ts';
import { gitRepository, kustomization } from '../../test/conformance/cluster/flux-objects.ts';
import type { Section } from '../figures.ts';
import type { Pace } from '../pace.ts';
import { pushTo } from '../push.ts';
import { percentile } from '../statistics.ts';

const SOURCES = 10_000;
/** Of one repository: as many environments follow it. */
const PER_REPOSITORY = 2;
const REPOSITORIES = SOURCES / PER_REPOSITORY;
const NAMESPACES = 200;
const CLUSTER = 'bench';

/** The live path from a change to its decisions, in process: sourcesAt, matchChange, footprint, decide. */
export function measureMatching(pace: Pace): Section {
  const deciding: Deciding = { clock: systemClock, inventory: fullInventory(), policies: policies(), authority: noAuthority };
  const adapter = createGithubAdapter(
    {
      name: 'hub',
      type: 'github',
      url: 'https://github.com',
      aliases: [],
      webhook: { secrets: [] },
      readBack: 'none',
      sweep: { interval: 300_000 },
    },
    () => [],
  );
  const time = (repository: string): number => {
    const change = changeOf(repository);
    const begun = performance.now();
    const { decisions } = matchAndDecide(
      deciding,
      change,
      adapter,
      { only: undefined, clusters: [CLUSTER] },
      noRanges('nothing is asked here'),
    );
    const took = performance.now() - begun;
    if (decisions.length !== PER_REPOSITORY || decisions.some(({ verdict }) => verdict !== 'allow'))
      throw new Error(`${repository} is not matched as it should be`);
    return took;
  };
  const repository = (): string => `org/app-${Math.floor(Math.random() * REPOSITORIES)}`;
  const samples = Array.from({ length: pace.matches }, () => time(repository()));
  return {
    title: `Match and decide, ${SOURCES.toLocaleString('en')} sources in the inventory`,
    method: [
      `one process, ${pace.matches} changes of random repositories, ${PER_REPOSITORY} matches each, cold start included; a Kustomization on each source, ${NAMESPACES} policies`,
    ],
    figures: [
      { name: 'match, p50', unit: 'ms', samples: [percentile(samples, 0.5)] },
      { name: 'match, p99', unit: 'ms', samples: [percentile(samples, 0.99)], goal: { below: 1 } },
      { name: 'match, max', unit: 'ms', samples: [Math.max(...samples)] },
    ],
  };
}

function fullInventory(): StoreInventory {
  const inventory = new StoreInventory(() => [], silentLog);
  const names = Array.from({ length: SOURCES }, (_, index) => ({ index, namespace: `team-${index % NAMESPACES}`, name: `app-${index}` }));
  const sources = names.map(({ index, namespace, name }) =>
    gitRepository(namespace, name, `https://github.com/org/app-${index % REPOSITORIES}.git`),
  );
  const consumers = names.map(({ namespace, name }) => kustomization(namespace, name, name));
  inventory.store.replace(
    CLUSTER,
    'GitRepository',
    sources.map((raw, index) => parsed('GitRepository', raw, index)),
  );
  inventory.store.replace(
    CLUSTER,
    'Kustomization',
    consumers.map((raw, index) => parsed('Kustomization', raw, index)),
  );
  return inventory;
}

function parsed(kind: string, raw: object, index: number): FluxObject {
  const { apiVersion, metadata } = raw as { readonly apiVersion: string; readonly metadata: object };
  const found = parseFluxObject(CLUSTER, kind, apiVersion, {
    ...raw,
    metadata: { ...metadata, uid: `${kind}-${index}`, resourceVersion: `${index + 1}`, generation: 1 },
  });
  if (found === undefined) throw new Error(`${kind} ${index} cannot be read`);
  return found.object;
}

/** One policy for each namespace. */
function policies(): Deciding['policies'] {
  const documents = Array.from(
    { length: NAMESPACES },
    (_, index) => `apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: team-${index} }
spec:
  targets: [{ clusters: [${CLUSTER}], namespaces: [team-${index}] }]
  changes: [{ source: hub, repositories: ["org/*"], refs: [refs/heads/main], confirmed: false }]
`,
  );
  const set = parsePolicies([{ name: 'policies.yaml', text: documents.join('---\n') }]);
  return () => set;
}

function changeOf(repository: string): Change {
  const { ref, before, after } = pushTo(repository);
  const now = Date.now();
  return {
    id: newId('chg', systemClock),
    delivery: newId('dlv', systemClock),
    source: 'hub',
    repository,
    ref,
    action: 'updated',
    before,
    after,
    revision: after,
    confirmed: false,
    occurredAt: now,
    receivedAt: now,
    at: now,
    actors: [],
    lateFor: null,
    readBack: null,
    owed: [],
  };
}
