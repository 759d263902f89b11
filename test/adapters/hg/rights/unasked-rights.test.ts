import assert from 'node:assert/strict';
import { createHgAdapter } from '#adapters/hg/adapter.ts';
import { FakeBackEnd } from '#adapters/hg/fake-back-end.ts';
import { createHgReadBack } from '#adapters/hg/read-back.ts';
import { HgSource } from '#adapters/hg/schema.ts';

const rightsAt = (type: string, more: object = {}) => {
  const config = HgSource.parse({ name: 'host', type, url: 'https://hg.example.com', clone: {}, ...more });
  const readBack = createHgReadBack(new FakeBackEnd());
  return createHgAdapter(config, () => [], { clock: { now: () => 0 }, readBack, content: readBack }).rights;
};
const asked = { refs: [{ repository: 'infra', ref: 'branch:default' }], accounts: ['ada'] };

describe('who may push at hosts that keep it for themselves', () => {
  for (const [type, where] of [
    ['heptapod', /^Heptapod is not asked who may push: .*Members and Protected branches$/],
    ['rhodecode', /^RhodeCode is not asked who may push: .*Permissions$/],
  ] as const)
    it(`is not known of ${type}, and says where it stands`, async () => {
      await assert.rejects(async () => rightsAt(type)?.rights(asked), { code: 'SOURCE_REFUSED', message: where });
    });

  it('is read from the files of hgweb where the config names them, and not spoken of where it names none', async () => {
    assert.equal(rightsAt('hg'), undefined);
    const [only] = (await rightsAt('heptapod', { rights: { repositories: '/nonexistent' } })?.rights(asked)) ?? [];
    assert.equal(only?.push.answer, 'unknown');
  });
});
