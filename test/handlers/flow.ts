import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Announcer } from '#core/announcements.ts';
import { systemClock, type Clock } from '#core/clock.ts';
import type { Hint } from '#core/delivery.ts';
import { newId } from '#core/ids.ts';
import { FakeClusters } from '#core/ports/fake-clusters.ts';
import type { Journal, Match } from '#core/ports/journal.ts';
import { noAuthority } from '#core/ports/second-authority.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { repositoryKey } from '#core/urls.ts';
import type { DeliveryHandling } from '#handlers/delivery-handling.ts';
import { DeliveryHandler } from '#handlers/delivery.ts';
import { SeenHeads } from '#handlers/seen-heads.ts';
import { openSqliteJournal } from '#journal/sqlite/open.ts';
import { parsePolicies } from '#policy/parse-policies.ts';

/** Lets changes of org/* on hub into the namespace apps of every cluster. */
const OPEN_POLICY = `
apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: apps }
spec:
  targets: [ { clusters: [ "*" ], namespaces: [ apps ] } ]
  changes: [ { source: hub, repositories: [ "org/*" ], refs: [ "refs/heads/**", "refs/tags/**" ], confirmed: false } ]
`;

const hub: SourceAdapter = {
  name: 'hub',
  type: 'github',
  readBack: null,
  receive: () => {
    throw new Error('nothing is received here');
  },
  read: (_event, body) => ({ hint: JSON.parse(Buffer.from(body).toString()) as Hint }),
  repositoryKeys: (repository) => ({ keys: [`github.com/${repository}`], caseSensitive: false }),
  repositoryAt: (url) => repositoryKey(url)?.replace(/^github\.com\//, ''),
};

/** A journal on disk, clusters in memory, and the delivery handler over them. */
export class Flow {
  readonly clusters = new FakeClusters();
  readonly announcer = new Announcer();
  readonly enqueued: string[] = [];
  readonly decided: Match[] = [];
  /** What was counted of changes and decisions. */
  readonly counted: string[] = [];
  readonly journal: Journal;
  readonly deps: DeliveryHandling;
  readonly deliveries: DeliveryHandler;
  readonly clock: Clock;
  policy = OPEN_POLICY;
  readonly #directory: string;

  private constructor(journal: Journal, directory: string, clock: Clock, readBack: ReadBack | null) {
    this.journal = journal;
    this.clock = clock;
    this.#directory = directory;
    this.deps = {
      clock,
      journal,
      inventory: this.clusters,
      policies: () => parsePolicies([{ name: 'policy.yaml', text: this.policy }]),
      authority: noAuthority,
      queue: { enqueue: (keys) => Promise.resolve(void this.enqueued.push(...keys)) },
      adapters: new Map([[hub.name, { ...hub, readBack }]]),
      seen: new SeenHeads(clock),
      announcer: this.announcer,
      log: silentLog,
      metrics: {
        ...silentMetrics,
        matched: (source, result, targets) => void this.counted.push(`${source} ${result} ${targets}`),
        decided: (verdict, reason) => void this.counted.push(`${verdict} ${reason}`),
      },
      onDecided: (match) => this.decided.push(match),
    };
    this.deliveries = new DeliveryHandler(this.deps);
  }

  static async open(clock: Clock = systemClock, readBack: ReadBack | null = null): Promise<Flow> {
    const directory = mkdtempSync(join(tmpdir(), 'headgate-flow-'));
    const journal = await openSqliteJournal({ path: join(directory, 'journal.db'), clock, log: silentLog });
    return new Flow(journal, directory, clock, readBack);
  }

  async close(): Promise<void> {
    await this.journal.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Journals a delivery with this hint. @returns its id */
  async deliver(hint: Hint, source = 'hub', deliveryId?: string): Promise<string> {
    const id = newId('dlv', this.clock);
    await this.journal.append({
      id,
      source,
      deliveryId: deliveryId ?? id,
      kind: 'webhook',
      event: 'push',
      receivedAt: this.clock.now(),
      remote: '127.0.0.1',
      headers: {},
      body: Buffer.from('{}'),
      reading: { hint },
    });
    return id;
  }

  /** Handles what is pending and due. */
  async handle(): Promise<void> {
    await this.deliveries.round();
    await this.deliveries.idle();
  }

  /** Delivers, handles, and answers with the story of the change that came of it. */
  async settle(hint: Hint): Promise<NonNullable<Awaited<ReturnType<Journal['story']>>>> {
    const delivery = await this.deliver(hint);
    await this.handle();
    const change = (await this.journal.changes({ delivery }, { limit: 1, cursor: null })).items[0];
    const story = change && (await this.journal.story(change.id));
    if (!story) throw new Error(`delivery ${delivery} came to no change`);
    return story;
  }
}
