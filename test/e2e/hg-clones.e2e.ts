import { hgBackEndConformance, type HgBackEndUnderTest } from '../conformance/hg-back-end.ts';
import { openCloning } from './mercurial/cloning.ts';
import { startHgWorker } from './mercurial/hands.ts';
import { startHgWsgi } from './mercurial/hgweb.ts';
import { installMercurials, type Mercurial } from './mercurial/install.ts';

const { system, newest } = await installMercurials();

for (const mercurial of [system, newest])
  hgBackEndConformance(`clones by Mercurial ${mercurial.version}, over HTTP`, () => overHttp(mercurial));

async function overHttp(mercurial: Mercurial): Promise<HgBackEndUnderTest> {
  const server = await startHgWsgi(mercurial, { users: { reader: 'correct' }, anonymousReads: false });
  const worker = startHgWorker(server);
  let password = 'correct';
  let isUp = true;
  const credentials = { kind: 'password', username: 'reader', password: () => password } as const;
  const cloning = await openCloning(mercurial, server.url, credentials);
  return {
    backEnd: cloning.backEnd,
    createRepository: (name) => worker.createRepository(name),
    async trouble(kind) {
      password = kind === 'refused' ? 'wrong' : 'correct';
      if (kind === 'unreachable') await server.stop();
      else if (!isUp) await server.start();
      isUp = kind !== 'unreachable';
    },
    async stop() {
      await cloning.close();
      await worker.stop();
      await server.close();
    },
  };
}
