import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { SeenHeads } from '#handlers/seen-heads.ts';
import { sha } from './samples.ts';

const head = { object: sha('a'), commit: sha('a') };

describe('heads that a look has seen', () => {
  it('are known for a moment', async () => {
    const clock = new SimulatedClock();
    const seen = new SeenHeads(clock);
    seen.keep('dlv_1', head);
    assert.equal(seen.of('dlv_1'), head);
    assert.equal(seen.of('dlv_2'), undefined);
    await clock.advance(limits.readBack.seenFor);
    assert.equal(seen.of('dlv_1'), undefined);
  });

  it('are held in a bounded number, the newest of them', () => {
    const seen = new SeenHeads(new SimulatedClock());
    for (let n = 0; n <= limits.readBack.seen; n++) seen.keep(`dlv_${n}`, head);
    assert.equal(seen.of('dlv_0'), undefined);
    assert.equal(seen.of(`dlv_${limits.readBack.seen}`), head);
  });
});
