import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createWebhookAnchor } from '#adapters/webhook/anchor.ts';
import type { Posting } from '#core/ports/json-post.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';

describe('a webhook that keeps checkpoints', () => {
  const secret = Buffer.from('a secret that is long enough');
  const checkpoint = { origin: 'headgate/records/abc', size: 7, hash: 'f'.repeat(64), note: 'a note\n' };

  it('gets them signed as Standard Webhooks says, and the same one under the same id', async () => {
    const clock = new SimulatedClock();
    const sent: Posting[] = [];
    const post = async (posting: Posting): Promise<void> => void sent.push(posting);
    const anchor = createWebhookAnchor({ name: 'vault', url: 'https://vault.example.com/', secrets: () => [secret], post, clock });
    await anchor.publish(checkpoint);
    await clock.advance(60_000);
    await anchor.publish(checkpoint);
    await anchor.publish({ ...checkpoint, size: 8 });
    const ids = sent.map(({ headers }) => headers['webhook-id']);
    assert.deepEqual([ids[0] === ids[1], ids[1] === ids[2]], [true, false]);
    for (const { url, headers, body } of sent) {
      const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
      assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', secret).update(text).digest('base64')}`);
      assert.equal(url, 'https://vault.example.com/');
    }
    assert.deepEqual(JSON.parse(sent[0]?.body ?? ''), {
      type: 'headgate.records.checkpoint',
      timestamp: '2026-01-01T00:00:00.000Z',
      data: checkpoint,
    });
  });
});
