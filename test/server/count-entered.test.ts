import assert from 'node:assert/strict';
import type { DeliveryKind } from '#core/delivery.ts';
import { countEntered } from '#server/count-entered.ts';
import { delivery } from '../conformance/journal/material.ts';
import { SqliteWorld } from '../journal/sqlite-world.ts';

describe('counting what enters otherwise than by a webhook', () => {
  let world: SqliteWorld;
  beforeEach(async () => {
    world = await SqliteWorld.open();
  });
  afterEach(() => world.destroy());

  it('counts each new delivery once, by its kind, and no webhook', async () => {
    const counted: string[] = [];
    const journal = countEntered(world.journal, { entered: (source, kind) => void counted.push(`${source} ${kind}`) });
    const kinds: readonly DeliveryKind[] = ['webhook', 'sweep', 'recovered', 'replay', 'request'];
    for (const [index, kind] of kinds.entries())
      for (let time = 0; time < 2; time++) {
        const { known } = await journal.append({ ...delivery(index), kind });
        assert.equal(known, time === 1);
      }
    assert.deepEqual(
      counted,
      kinds.slice(1).map((kind) => `${delivery(1).source} ${kind}`),
    );
  });

  it('counts nothing that could not be stored', async () => {
    const journal = countEntered(world.journal, { entered: () => assert.fail('it was not stored') });
    await world.journal.close();
    await assert.rejects(journal.append({ ...delivery(1), kind: 'sweep' }), { code: 'JOURNAL_UNAVAILABLE' });
    await world.reopen();
  });
});
