import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Decision } from '#core/decision.ts';
import { stringify } from 'yaml';
import { History } from '../conformance/read-back/history.ts';
import { ed25519Signer, type SshSigner } from '../identity/signatures/ssh-signer.ts';
import { configMap, readBacks, REPOSITORY, startForgeWorld, type ForgeWorld } from './forge-world.ts';

const MAIN = 'refs/heads/main';
const of = (kind: string, name: string, spec: object): object => ({ apiVersion: 'headgate.dev/v1alpha1', kind, metadata: { name }, spec });
const jane = ed25519Signer();
const mallory = ed25519Signer();

function people(...keys: readonly SshSigner[]): object {
  return of('Person', 'jane', { accounts: [{ source: 'hub', account: 1, name: 'jane' }], keys: keys.map(({ line }) => ({ ssh: line })) });
}

const signedByJane = of('GatePolicy', 'signed', {
  targets: [{ clusters: ['prod'], namespaces: ['apps'] }],
  changes: [{ source: 'hub', repositories: [REPOSITORY], refs: [MAIN] }],
  signed: { by: { people: ['jane'] } },
});

for (const by of readBacks) {
  describe(`a server whose policy asks for signed commits, reading back by ${by}`, function () {
    this.timeout(90_000);
    let world: ForgeWorld;
    let history: History;
    before(async () => {
      world = await startForgeWorld({ by, sweep: '1s', documents: [signedByJane, people(jane)] });
      history = new History(world.gitDirectory);
    });
    after(() => world.stop());

    /** Puts a commit on the branch, signed or not. */
    async function commit(text: string, signer?: SshSigner): Promise<string> {
      const before = (await history.git('rev-parse', MAIN)).trim();
      const made = await history.one('refs/heads/draft', { 'deploy/webapp.yaml': configMap(text) }, before);
      const id = signer ? await signed(made, signer) : made;
      await history.git('update-ref', MAIN, id);
      return id;
    }

    async function signed(id: string, signer: SshSigner): Promise<string> {
      const raw = await history.git('cat-file', 'commit', id);
      const header = `gpgsig ${signer.sign(raw).trimEnd().replaceAll('\n', '\n ')}\n`;
      return history.store('commit', Buffer.from(raw.replace('\n\n', `\n${header}\n`), 'latin1'));
    }

    async function decided(id: string): Promise<Decision> {
      const { decisions } = await world.storyOf(id, (story) => story.decisions.length > 0);
      return decisions[0] ?? assert.fail('nothing was decided');
    }

    it('deploys what is signed by the key of whom it names', async () => {
      const id = await commit('signed', jane);
      await world.applied(id);
      assert.equal((await decided(id)).verdict, 'allow');
    });

    it('denies an unsigned commit, also under a signed one, and names it', async () => {
      const unsigned = await commit('not signed');
      const head = await commit('signed on top', jane);
      const { verdict, reasons } = await decided(head);
      assert.deepEqual([verdict, reasons.map(({ code }) => code)], ['deny', ['unsigned']]);
      assert.ok(reasons[0]?.message.includes(unsigned.slice(0, 7)), reasons[0]?.message);
      assert.match(reasons[0]?.message ?? '', /carries no signature/);
      await history.git('update-ref', MAIN, `${unsigned}~1`);
    });

    it('denies what somebody else signed, and names the key', async () => {
      const { verdict, reasons } = await decided(await commit('signed by a stranger', mallory));
      assert.deepEqual([verdict, reasons[0]?.code], ['deny', 'unsigned']);
      assert.match(reasons[0]?.message ?? '', /signed by a key that nobody lists: ssh:SHA256:/);
      await history.git('update-ref', MAIN, `${MAIN}~1`);
    });

    it('knows a key from when it is listed, without a restart', async () => {
      writeFileSync(
        join(world.directory, 'policies', 'people.yaml'),
        stringify(of('Person', 'joe', { accounts: [{ source: 'hub', account: 2, name: 'joe' }], keys: [{ ssh: mallory.line }] })),
      );
      const told = async (text: string): Promise<string> => {
        const { reasons } = await decided(await commit(text, mallory));
        await history.git('update-ref', MAIN, `${MAIN}~1`);
        return reasons[0]?.message ?? '';
      };
      for (let tries = 0; ; tries++) {
        const message = await told(`listed ${tries}`);
        if (/it is signed by joe, who is not/.test(message)) break;
        assert.match(message, /nobody lists/);
      }
    });
  });
}
