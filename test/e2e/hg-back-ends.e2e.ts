import { createHgwebBackEnd } from '#adapters/hg/web/back-end.ts';
import { systemClock } from '#core/clock.ts';
import { hgBackEndConformance, type HgBackEndUnderTest } from '../conformance/hg-back-end.ts';
import { startHgWorker } from './mercurial/hands.ts';
import { startHgWsgi } from './mercurial/hgweb.ts';
import { installMercurials, type Mercurial } from './mercurial/install.ts';

const mercurials = await installMercurials();

// On today's Python the old ones make no archives.
for (const [which, mercurial] of Object.entries(mercurials) as [string, Mercurial][])
  hgBackEndConformance(`hgweb of Mercurial ${mercurial.version} (${which})`, () => overHgweb(mercurial), { archives: which !== 'old' });

/** hgweb that wants a user, and a back end that is one. */
async function overHgweb(mercurial: Mercurial): Promise<HgBackEndUnderTest> {
  const server = await startHgWsgi(mercurial, { users: { reader: 'correct' }, anonymousReads: false });
  const worker = startHgWorker(server);
  let password = 'correct';
  let isUp = true;
  const backEnd = createHgwebBackEnd({
    source: 'hg',
    url: server.url,
    user: 'reader',
    password: () => Buffer.from(password),
    clock: systemClock,
    env: {},
  });
  return {
    backEnd,
    createRepository: (name) => worker.createRepository(name),
    async trouble(kind) {
      password = kind === 'refused' ? 'wrong' : 'correct';
      if (kind === 'unreachable') await server.stop();
      else if (!isUp) await server.start();
      isUp = kind !== 'unreachable';
    },
    async stop() {
      await worker.stop();
      await server.close();
    },
  };
}
