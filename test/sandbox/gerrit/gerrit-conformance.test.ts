import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeGerrit } from '#sandbox/gerrit/fake-gerrit.ts';
import { gerritConformance } from '../../conformance/gerrit.ts';

gerritConformance('the sandbox', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-gerrit-'));
  const gerrit = await startFakeGerrit({ clock: systemClock, log: silentLog, directory });
  return {
    url: gerrit.http.url,
    ssh: { host: '127.0.0.1', port: gerrit.ssh.port },
    admin: { user: 'admin', password: gerrit.account('admin').password },
    async stop() {
      await gerrit.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
});
