import assert from 'node:assert/strict';
import { unknownNames } from '#policy/names-of-config.ts';
import { policies } from './samples.ts';

describe('names in policies that the Config has not', () => {
  const rule = { repositories: ['org/app'], refs: ['refs/heads/main'] };
  const configured = {
    clusters: [{ name: 'prod' }, { name: 'lab' }],
    sources: [{ name: 'hub' }],
    identity: { issuers: [{ name: 'actions' }] },
  };
  const subject = (issuer: string) => ({ issuer, match: { repository_id: '1' } });

  it('are told for clusters, sources and issuers, each with what there is instead', () => {
    const set = policies({
      payments: {
        targets: [{ clusters: ['prd', 'prod'], namespaces: ['payments'] }],
        changes: [{ source: 'hup', ...rule }],
        subjects: [subject('acions')],
      },
    });
    assert.deepEqual(unknownNames(set, configured), [
      'policy payments is about cluster prd: the Config has prod, lab',
      'policy payments takes changes of source hup: the Config has hub',
      'policy payments takes subjects of issuer acions: the Config has actions',
    ]);
    assert.equal(unknownNames(set, { ...configured, clusters: [] }).length, 2);
    assert.match(unknownNames(set, { ...configured, identity: undefined }).join(), /issuer acions: the Config has none/);
  });

  it('are none where a pattern fits something', () => {
    const set = policies({
      payments: {
        targets: [{ clusters: ['p*'], namespaces: ['payments'] }],
        changes: [{ source: '*', ...rule }],
        subjects: [subject('actions')],
      },
    });
    assert.deepEqual(unknownNames(set, configured), []);
  });
});
