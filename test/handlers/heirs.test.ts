import assert from 'node:assert/strict';
import type { Change } from '#core/change.ts';
import { HeadgateError } from '#core/errors.ts';
import type { Inherited } from '#core/ports/sink.ts';
import { inheritedOf } from '#handlers/heirs.ts';
import type { Outcome } from '#core/reconcile.ts';
import { delivery, done } from '../conformance/journal/material.ts';
import { SqliteWorld } from '../journal/sqlite-world.ts';

const web = 'prod/GitRepository/apps/web';

/** A real journal, and a source whose history is a line of numbers unless a test says otherwise. */
class Line {
  readonly #world: SqliteWorld;
  readonly asked: string[] = [];
  /** Pairs that the source denies: `1 in 2`. */
  readonly denied = new Set<string>();
  holds = async (_repository: string, ancestor: string, descendant: string): Promise<boolean | undefined> => {
    const [older, newer] = [Number.parseInt(ancestor, 16), Number.parseInt(descendant, 16)];
    this.asked.push(`${older} in ${newer}`);
    return older <= newer && !this.denied.has(`${older} in ${newer}`);
  };

  constructor(world: SqliteWorld) {
    this.#world = world;
  }

  async allow(n: number, more: Partial<Change> = {}): Promise<void> {
    await this.#world.journal.append(delivery(n, { source: more.source ?? 'hub' }));
    await this.#world.journal.settle([done(n, ['web'], more)]);
  }

  async end(outcome: Outcome, reason: string | null = null): Promise<void> {
    const lease = (await this.#world.journal.take(web)) ?? assert.fail('nothing is queued');
    await this.#world.journal.release(lease, { state: 'ended', outcome, reason, endedAt: 9_000 });
  }

  /** What news of the n-th change brings, in words: `chg_1 applied by chg_3`. */
  async said(n: number): Promise<readonly string[]> {
    const { journal } = this.#world;
    const story = (await journal.story(`chg_${n}`)) ?? assert.fail('no such change');
    const [decision = assert.fail()] = story.decisions;
    const news = {
      id: 'x',
      kind: 'applied',
      at: 1,
      target: decision.target,
      decision,
      reconcile: story.reconciles[0] ?? null,
      story,
    } as const;
    const found: string[] = [];
    for await (const one of inheritedOf({ journal, inheritance: { source: 'hub', holds: this.holds } }, news)) found.push(inWords(one));
    return found;
  }
}

function inWords({ story, heirs }: Inherited): string {
  const heir = heirs.get(web);
  if (!heir) return story.change.id;
  const { change, reconcile, decision, holds } = heir;
  assert.deepEqual([reconcile.change, decision.change], [change.id, change.id]);
  return `${story.change.id} ${reconcile.outcome} ${holds ? 'by' : 'without it by'} ${change.id}`;
}

describe('what comes of changes by newer ones', () => {
  let world: SqliteWorld;
  let line: Line;
  beforeEach(async () => {
    world = await SqliteWorld.open();
    line = new Line(world);
  });
  afterEach(() => world.destroy());

  it('is told with the newer one, of all in a chain of those that were superseded', async () => {
    await line.allow(1);
    await line.allow(2);
    await line.end('failed');
    await line.allow(3);
    await line.allow(4);
    assert.deepEqual(await line.said(2), ['chg_2', 'chg_1 failed by chg_2']);
    await line.end('applied');
    assert.deepEqual(await line.said(4), ['chg_4', 'chg_3 applied by chg_4', 'chg_1 applied by chg_4']);
  });

  it('is told with the superseded one itself when the newer one came to an end before that was told', async () => {
    await line.allow(1);
    await line.allow(2);
    await line.end('applied');
    assert.deepEqual(await line.said(1), ['chg_1 applied by chg_2']);
  });

  it('stays what it first was when it ran, whatever comes after', async () => {
    await line.allow(1);
    await line.allow(2);
    await line.end('applied');
    await line.allow(3);
    await line.end('failed');
    assert.deepEqual(await line.said(3), ['chg_3']);
    assert.deepEqual(await line.said(1), ['chg_1 applied by chg_2']);
  });

  it('is that the newer one runs without it where it does not hold it', async () => {
    await line.allow(1);
    line.denied.add('1 in 2');
    await line.allow(2, { action: 'forced' });
    await line.end('applied');
    assert.deepEqual(await line.said(2), ['chg_2', 'chg_1 applied without it by chg_2']);
  });

  it('is nothing yet when what does not hold it failed', async () => {
    await line.allow(1);
    line.denied.add('1 in 2');
    await line.allow(2, { action: 'forced' });
    await line.end('failed');
    assert.deepEqual(await line.said(2), ['chg_2', 'chg_1']);
  });

  it('comes with the next that holds it when an older revision had been asked for in between', async () => {
    await line.allow(2);
    await line.allow(1, { action: 'requested' });
    await line.end('applied');
    assert.deepEqual(await line.said(1), ['chg_1', 'chg_2 applied without it by chg_1']);
    await line.allow(3);
    await line.end('applied');
    assert.deepEqual(await line.said(3), ['chg_3', 'chg_2 applied by chg_3']);
  });

  it('is told without asking the source where both are at one revision', async () => {
    await line.allow(1);
    await line.allow(2, { action: 'requested', revision: (await world.journal.change('chg_1'))?.revision ?? null });
    await line.end('skipped', 'current');
    assert.deepEqual(await line.said(2), ['chg_2', 'chg_1 skipped by chg_2']);
    assert.deepEqual(line.asked, []);
  });

  it('is nothing of other repositories, or where the head was asked for and nobody knows which that was', async () => {
    await line.allow(1);
    await line.allow(2, { repository: 'org/other' });
    await line.end('applied');
    assert.deepEqual(await line.said(2), ['chg_2', 'chg_1']);
    await line.allow(3);
    await line.allow(4, { action: 'requested', revision: null });
    await line.end('applied');
    assert.deepEqual(await line.said(4), ['chg_4', 'chg_3']);
  });

  it('is not told to changes of another source', async () => {
    await line.allow(1, { source: 'other' });
    await line.allow(2);
    await line.end('applied');
    assert.deepEqual(await line.said(2), ['chg_2']);
  });

  it('is not there for commits that the source knows no more', async () => {
    line.holds = async () => undefined;
    await line.allow(1);
    await line.allow(2);
    await line.end('applied');
    assert.deepEqual(await line.said(2), ['chg_2', 'chg_1 applied without it by chg_2']);
  });

  it('waits while the source is away', async () => {
    line.holds = () => Promise.reject(new HeadgateError('SOURCE_UNREACHABLE', 'away'));
    await line.allow(1);
    await line.allow(2);
    await line.end('applied');
    await assert.rejects(line.said(2), { code: 'SOURCE_UNREACHABLE' });
  });
});
