import assert from 'node:assert/strict';
import { systemClock } from '#core/clock.ts';
import { fluxKinds } from '#k8s/kinds.ts';
import { listedInventory } from '#k8s/listed-inventory.ts';
import { answer, apiServer, kubeconfig, refuse } from './api-server.ts';
import { before, gitRepository, kustomization } from './samples.ts';

type Handler = Parameters<typeof apiServer>[0];

describe('an inventory that is listed once', () => {
  const undo: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  const listed = async (handler: Handler) => {
    const server = await apiServer(handler);
    const file = kubeconfig(server.url);
    undo.push(() => server.close(), file.remove);
    return listedInventory({ name: 'prod', kubeconfig: { path: file.path } }, systemClock);
  };

  const content = new Map([
    ['gitrepositories', [gitRepository(before)]],
    ['kustomizations', [kustomization(before)]],
  ]);

  it('holds every kind that the cluster serves, by one list of each', async () => {
    const asked: string[] = [];
    const { inventory, notes } = await listed(({ path, query }, response) => {
      const plural = path.split('/').at(-1) ?? '';
      asked.push(plural);
      assert.notEqual(query.get('watch'), '1');
      if (plural === 'artifactgenerators') return refuse(response, 404, 'the server could not find the requested resource');
      answer(response, 200, { metadata: { resourceVersion: '5' }, items: (content.get(plural) ?? []).map(({ raw }) => raw) });
    });
    assert.deepEqual(asked.sort(), fluxKinds.map(({ plural }) => plural).sort());
    const [source] = inventory.sources();
    assert.ok(source);
    assert.equal(inventory.footprint(source).consumers.length, 1);
    assert.deepEqual(notes, []);
  });

  it('is none at all when a kind may not be listed', async () => {
    const forbidden: Handler = ({ path }, response) =>
      path.endsWith('kustomizations')
        ? refuse(response, 403, 'forbidden')
        : answer(response, 200, { metadata: { resourceVersion: '5' }, items: [] });
    await assert.rejects(listed(forbidden), { code: 'CLUSTER_REFUSED' });
  });

  it('is none when the kubeconfig or the cluster is not there', async () => {
    await assert.rejects(listedInventory({ name: 'prod', kubeconfig: { path: '/nonexistent/kubeconfig' } }, systemClock), {
      code: 'KUBECONFIG_INVALID',
    });
    const file = kubeconfig('http://127.0.0.1:1');
    undo.push(file.remove);
    await assert.rejects(listedInventory({ name: 'prod', kubeconfig: { path: file.path } }, systemClock), { code: 'CLUSTER_UNREACHABLE' });
  });
});
