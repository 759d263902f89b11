import assert from 'node:assert/strict';
import fc from 'fast-check';
import { limits } from '#core/limits.ts';
import { replayedBy, replayId, replayPrefix } from '#core/replay-id.ts';

const delivery = 'dlv_01kag3v7y2r0d4m8q1x5z9w7tb';

describe("a replay's id", () => {
  it('names the delivery, is the same for the same key, and fits where ids of senders do', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (key, other) => {
        const id = replayId(delivery, key);
        assert.equal(replayedBy({ kind: 'replay', deliveryId: id }), delivery);
        assert.ok(id.startsWith(replayPrefix(delivery)) && id.length <= limits.hint.deliveryIdChars);
        assert.equal(id === replayId(delivery, other), key === other);
      }),
    );
  });

  it('cannot be had by two pairs of delivery and key', () => {
    assert.notEqual(replayId('dlv_1', '2'), replayId('dlv_', '12'));
  });

  it('means nothing on what is no replay, and no other form of it means anything', () => {
    assert.equal(replayedBy({ kind: 'webhook', deliveryId: replayId(delivery, 'key') }), null);
    for (const deliveryId of ['', 'replay-', `replay-${delivery}`, `replay-${delivery}-xyz`, `${replayId(delivery, 'key')}0`])
      assert.equal(replayedBy({ kind: 'replay', deliveryId }), null);
  });
});
