import { FakeBackEnd } from '#adapters/hg/fake-back-end.ts';
import { HeadgateError } from '#core/errors.ts';
import { hgBackEndConformance, type HgHands } from '../../conformance/hg-back-end.ts';

hgBackEndConformance('in memory', async () => {
  const backEnd = new FakeBackEnd();
  const codes = { unreachable: 'SOURCE_UNREACHABLE', refused: 'SOURCE_REFUSED' } as const;
  return {
    backEnd,
    createRepository: async (name) => handsOn(backEnd, name),
    trouble: async (kind) => {
      backEnd.failure = kind === 'none' ? undefined : new HeadgateError(codes[kind], `the host is ${kind}`);
    },
    stop: async () => {},
  };
});

function handsOn(backEnd: FakeBackEnd, repository: string): HgHands {
  backEnd.create(repository);
  return {
    commit: async ({ title = 'A change', ...spec }) => backEnd.commit(repository, { ...spec, title: title.split('\n')[0] ?? '' }),
    bookmark: async (name, node) => backEnd.bookmark(repository, name, node),
    prune: async (node) => backEnd.mark(repository, node, { obsolete: true }),
  };
}
