import { createHgwebBackEnd } from '#adapters/hg/web/back-end.ts';
import { systemClock } from '#core/clock.ts';
import { FakeHgHost } from '#sandbox/hg/fake-hg-host.ts';
import { hgBackEndConformance, type HgBackEndUnderTest, type HgCommitSpec, type HgHands } from '../conformance/hg-back-end.ts';

hgBackEndConformance('the simulated hgweb', overSimulation);

async function overSimulation(): Promise<HgBackEndUnderTest> {
  const host = await new FakeHgHost({ clock: systemClock, users: { reader: 'correct' } }).start();
  let password = 'correct';
  let isUp = true;
  const backEnd = createHgwebBackEnd({
    source: 'hg',
    url: host.url,
    user: 'reader',
    password: () => Buffer.from(password),
    clock: systemClock,
    env: {},
  });
  return {
    backEnd,
    createRepository: async (name) => handsOn(host, name),
    async trouble(kind) {
      password = kind === 'refused' ? 'wrong' : 'correct';
      if (kind === 'unreachable') await host.stop();
      else if (!isUp) await host.start();
      isUp = kind !== 'unreachable';
    },
    stop: () => host.stop(),
  };
}

function handsOn(host: FakeHgHost, name: string): HgHands {
  const repository = host.repository(name);
  return {
    commit: async ({ title, date, close, ...spec }: HgCommitSpec) =>
      repository.commit({
        ...spec,
        ...(title === undefined ? {} : { description: title }),
        ...(date === undefined ? {} : { date: date / 1_000 }),
        closes: close ?? false,
      }),
    bookmark: async (bookmark, node) => {
      if (node === null) repository.bookmarks.delete(bookmark);
      else repository.bookmarks.set(bookmark, node);
    },
    prune: async (node) => repository.obsolete(node),
  };
}
