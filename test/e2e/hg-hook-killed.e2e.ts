import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAdapter, SourceConfig } from '#adapters/registry.ts';
import { systemClock } from '#core/clock.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { sweepSource } from '#handlers/sweep.ts';
import { Flow } from '../handlers/flow.ts';
import { sampleSource, target } from '../handlers/samples.ts';
import { hookFile } from './mercurial/hook-host.ts';
import { startHookReceiver, type HookReceiver } from './mercurial/hook-receiver.ts';
import { startHgServe, type HgWebServer } from './mercurial/hgweb.ts';
import { installMercurials, type Mercurials } from './mercurial/install.ts';
import { cloneHgRepository, createHgRepository } from './mercurial/repository.ts';

/** A hook that runs first, and in which hg is killed: the transaction has closed, and no other hook will run. */
const killer = 'import os, signal\n\ndef txnclose(**kw):\n    os.kill(os.getpid(), signal.SIGKILL)\n';

let mercurials: Mercurials;
before(async function () {
  this.timeout(10 * 60_000); // the first time they are installed
  mercurials = await installMercurials();
});

for (const which of ['system', 'newest'] as const)
  describe(`the ${which} Mercurial, killed between a push and its hook`, function () {
    this.timeout(300_000);
    let receiver: HookReceiver;
    let server: HgWebServer;
    let flow: Flow;
    beforeEach(async () => {
      receiver = await startHookReceiver('the-secret-of-the-hg-host');
      server = await startHgServe(mercurials[which]);
      flow = await Flow.open();
    });
    afterEach(async () => {
      await flow.close();
      await server.close();
      await receiver.close();
    });

    it('leaves a push that nobody was told of, and a sweep finds it', async () => {
      const served = await createHgRepository(server.account, join(server.root, 'infra'));
      const clone = await cloneHgRepository(server.account, `${server.url}/infra`, join(server.account.home, 'work'));
      const files = join(server.account.home, 'hooks');
      await mkdir(files);
      await writeFile(join(files, 'killer.py'), killer);
      await writeFile(join(files, 'secret'), 'the-secret-of-the-hg-host\n', { mode: 0o600 });
      const hgrc = join(served.path, '.hg', 'hgrc');
      await writeFile(hgrc, hookLines(files, receiver.url, server.root));
      const node = await clone.commit({ 'apps/web.yaml': 'kind: ConfigMap\n' });

      await assert.rejects(clone.hg('push'), 'the server that was pushed to is gone');
      await rm(hgrc);
      await server.stop();
      await server.start();

      assert.deepEqual([await served.node('tip'), receiver.taken], [node, []]);
      assert.deepEqual(await swept(), [['branch:default', node]]);
    });

    /** What a sweep enters of an OCIRepository that follows what is published of the branch. */
    async function swept(): Promise<readonly (readonly [string | undefined, string | null | undefined])[]> {
      flow.clusters.put(
        sampleSource({ tag: 'default' }, { target: { ...target, kind: 'OCIRepository' }, url: 'oci://registry.example.com/infra' }),
      );
      const publish = [{ repository: 'infra', ref: 'branch:default', path: 'apps', oci: 'oci://registry.example.com/infra:default' }];
      const config = SourceConfig.parse({ name: 'hg', type: 'hg', url: server.url, web: {}, publish });
      const nothing = { log: silentLog, dataDirectory: server.account.home, env: {}, pagesUrl: undefined };
      const secret = () => assert.fail('no secret is asked for');
      const adapter = createAdapter(config, { ...nothing, clock: systemClock, secrets: () => [], secret });
      const { journal, clusters: inventory } = flow;
      const deps = { clock: systemClock, log: silentLog, metrics: silentMetrics, journal, inventory, onAccepted: () => {} };
      assert.ok(adapter.readBack);
      await sweepSource(deps, adapter, adapter.readBack, 'test');
      const { items } = await journal.deliveries({}, { limit: 10, cursor: null });
      return items.map(({ hint }) => [hint?.ref, hint?.commit]);
    }
  });

function hookLines(files: string, url: string, root: string): string {
  return [
    '[hooks]',
    `txnclose.first = python:${join(files, 'killer.py')}:txnclose`,
    `txnclose.headgate = python:${hookFile}:txnclose`,
    '[headgate]',
    `url = ${url}`,
    `secret-file = ${join(files, 'secret')}`,
    'base = https://hg.example.com',
    `root = ${root}`,
    '',
  ].join('\n');
}
