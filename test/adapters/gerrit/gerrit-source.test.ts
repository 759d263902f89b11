import assert from 'node:assert/strict';
import { z } from 'zod';
import { gerritAdapter, gerritClient } from '#adapters/gerrit-source.ts';
import { GerritSource } from '#adapters/gerrit/schema.ts';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startReplay } from './rest/replay.ts';

describe('a source of type gerrit', () => {
  it('asks its REST API with the credentials of the config, and tells of the answers', async () => {
    const gerrit = await startReplay();
    try {
      gerrit.on('GET /a/config/server/version', 'version');
      const http = { user: 'headgate', token: { env: 'TOKEN' } };
      const config = GerritSource.parse({ name: 'review', type: 'gerrit', url: `${gerrit.url}/`, http });
      const codes: string[] = [];
      const deps = {
        secrets: () => [],
        secret: ({ env }: { readonly env?: string | undefined }) => Buffer.from(`value of ${env}`),
        clock: systemClock,
        log: silentLog,
        dataDirectory: '/nonexistent',
        env: {},
        pagesUrl: undefined,
        onAnswer: (code: string) => void codes.push(code),
      };
      const client = gerritClient(config, config.http ?? assert.fail('no credentials'), deps);
      assert.deepEqual(await client.get(z.string(), '/config/server/version'), { data: '3.14.2' });
      assert.equal(gerrit.asked[0]?.authorization, `Basic ${btoa('headgate:value of TOKEN')}`);
      assert.deepEqual(codes, ['200']);
    } finally {
      await gerrit.stop();
    }
  });

  it('tells changes what became of them where the config asks for that', () => {
    const http = { user: 'headgate', token: { env: 'TOKEN' } };
    const deps = {
      secrets: () => [],
      secret: () => Buffer.from('t'),
      clock: systemClock,
      log: silentLog,
      dataDirectory: '/nonexistent',
      env: {},
    };
    const feedbackOf = (feedback: object) =>
      gerritAdapter(GerritSource.parse({ name: 'review', type: 'gerrit', url: 'https://review.example.com/', http, ...feedback }), {
        ...deps,
        pagesUrl: undefined,
      }).feedback?.name;
    assert.equal(feedbackOf({ feedback: { messages: true } }), 'gerrit-messages/review');
    assert.equal(feedbackOf({}), undefined);
  });
});
