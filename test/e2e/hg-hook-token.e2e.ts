import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createAdapter, SourceConfig } from '#adapters/registry.ts';
import { identitySchema } from '#config/identity-schema.ts';
import { systemClock } from '#core/clock.ts';
import type { Hint, NewDelivery } from '#core/delivery.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import type { Subject } from '#core/subject.ts';
import { openIdentity } from '#identity/open-identity.ts';
import { buildWebhookApp } from '#server/app.ts';
import { clientAddressBehind } from '#server/client-address.ts';
import { openGuards } from '#server/intake/guards.ts';
import { preflightRoute } from '#server/routes/preflight.ts';
import { OidcIssuer } from '../identity/oidc-issuer.ts';
import { AUDIENCE } from '../identity/signer.ts';
import { hookFile, makeHookHost, run, type HookHost } from './mercurial/hook-host.ts';
import { installMercurials, type Mercurials } from './mercurial/install.ts';

let mercurials: Mercurials;
let issuer: OidcIssuer;
before(async function () {
  this.timeout(10 * 60_000); // the first time they are installed
  mercurials = await installMercurials();
  issuer = await OidcIssuer.start();
});
after(() => issuer.stop());

/** A server that takes the tokens of `ci` for `hg`, and those of somebody else for `other`; it keeps what it took. */
interface Taking {
  readonly url: string;
  readonly taken: NewDelivery[];
  readonly asked: { readonly subject?: Subject }[];
  close(): void;
}

for (const which of ['system', 'newest'] as const)
  describe(`the hook in the ${which} Mercurial, with a token`, function () {
    this.timeout(300_000);
    let server: Taking;
    let host: HookHost;
    let clone: string;
    beforeEach(async () => {
      server = await taking();
      host = await makeHookHost(mercurials[which], {
        url: `${server.url}/hooks/hg`,
        shows: 'token',
        secret: await issuer.token(),
        hooks: [`pretxnclose.gate = python:${hookFile}:pretxnclose`, `txnclose.headgate = python:${hookFile}:txnclose`],
        settings: ['timeout = 20', `gate-url = ${server.url}/v1/preflight`, 'gate-source = hg', 'gate-timeout = 20', 'gate = closed'],
      });
      clone = await host.repository('infra');
    });
    afterEach(async () => {
      server.close();
      await host.remove();
    });
    const push = async (...config: readonly string[]) =>
      (await run(mercurials[which].hg, ['push', ...config.map((one) => `--config=headgate.${one}`)], clone, host.env)).said;
    const hints = (): readonly Hint[] => server.taken.flatMap(({ reading }) => ('hint' in reading ? [reading.hint] : []));

    it('delivers and asks by what the file holds now, several times by one token, and the delivery says whose word it is', async () => {
      await host.commit(clone, 'one', 'web.yaml', 'kind: ConfigMap\n');
      assert.match(await push(), /^headgate: queued dlv_0$/m);
      await host.commit(clone, 'two');
      assert.match(await push(), /^headgate: queued dlv_1$/m);
      await issuer.rotate(`another of ${which}`);
      const [old, renewed] = [await readFile(host.secretFile), await issuer.token()];
      await writeFile(host.secretFile, renewed);
      await host.commit(clone, 'three');
      assert.match(await push(), /^headgate: queued dlv_2$/m);
      await writeFile(host.secretFile, old); // of a key that the issuer has withdrawn
      await host.commit(clone, 'four');
      assert.match(await push('gate=open'), /^headgate: answered 401 UNAUTHENTICATED, kept for later$/m);
      assert.equal((await host.flush()).said, 'headgate: answered 401 UNAUTHENTICATED\nheadgate: 0 sent, 1 left\n');
      await writeFile(host.secretFile, renewed);
      assert.equal((await host.flush()).said, 'headgate: 1 sent, 0 left\n');
      assert.equal(server.taken.length, 4);
      for (const { sender, actors } of hints()) {
        assert.deepEqual(sender, { issuer: 'corp', iss: issuer.url, sub: 'ci' });
        assert.deepEqual(
          actors.map(({ account, assertedBy }) => [account, assertedBy]),
          [[null, 'ci (corp)']],
        );
      }
      assert.deepEqual(
        server.asked.map(({ subject }) => subject),
        [undefined, undefined, undefined],
        'the gate asks for nobody',
      );
      assert.ok(!JSON.stringify(server.taken.map(({ headers }) => headers)).includes('earer'));
    });

    it('shows it to nobody who may not see it, and what is refused makes no push fail', async () => {
      await host.commit(clone, 'one');
      const kept = (why: RegExp, said: string): void => assert.match(said, new RegExp(`^headgate: ${why.source}, kept for later$`, 'm'));
      kept(/answered 403 SENDER_UNKNOWN/, await push('gate=open', `url=${server.url}/hooks/other`));
      await host.commit(clone, 'two');
      kept(
        /cannot be told: a token is not shown to 192\.0\.2\.1 without TLS[^,]*/,
        await push('gate=open', 'url=http://192.0.2.1/hooks/hg'),
      );
      await host.commit(clone, 'three');
      kept(/cannot be told: \[headgate\] has both secret-file and token-file/, await push('gate=open', `secret-file=${host.hgrc}`));
      await writeFile(host.secretFile, 'no token: it has\r\nX-Lines: in it');
      await host.commit(clone, 'four');
      kept(/cannot be told: .* holds no token/, await push('gate=open'));
      await host.commit(clone, 'five');
      assert.match(await push(), /^headgate: manifests were not looked at \(.* holds no token\): refused, because the gate is closed$/m);
      assert.equal(server.taken.length, 0);
      assert.equal((await host.spooled()).length, 4);
    });
  });

async function taking(): Promise<Taking> {
  const issuers = [{ name: 'corp', url: issuer.url, tokens: 'access' }];
  const identity = await openIdentity(identitySchema.parse({ audience: AUDIENCE, issuers }), {
    ...{ clock: systemClock, log: silentLog, metrics: silentMetrics, env: {} },
    reviews: { review: () => assert.fail('a cluster is asked') },
    secret: () => assert.fail('a secret is asked for'),
  });
  const [taken, asked]: [NewDelivery[], Taking['asked']] = [[], []];
  const sources = new Map([sourceOf('hg', 'ci'), sourceOf('other', 'somebody-else')]);
  const around = { sources, tokens: identity.tokens, clientAddress: clientAddressBehind([]) };
  const webhook = buildWebhookApp({
    ...around,
    accept(delivery) {
      taken.push(delivery);
      return Promise.resolve({ id: `dlv_${taken.length - 1}`, known: false });
    },
    ...{ clock: systemClock, log: silentLog, metrics: silentMetrics, onAccepted: () => {}, onGap: () => {} },
    guards: openGuards({ clock: systemClock, log: silentLog, sources: [] }),
  });
  const web = express().use(
    preflightRoute({
      ...{ ...around, operatorToken: { accepts: () => false }, logins: null, openReading: false },
      preflight(question) {
        asked.push(question);
        return Promise.resolve({ verdict: 'pass', findings: [] });
      },
    }),
  );
  const server = createServer((request, response) => (request.url?.startsWith('/v1/') ? web : webhook)(request, response));
  return { url: await listening(server), taken, asked, close: () => server.close().closeAllConnections() };
}

function sourceOf(name: string, sub: string): readonly [string, SourceAdapter] {
  const webhook = { tokens: [{ issuer: 'corp', match: { sub } }] };
  const config = SourceConfig.parse({ name, type: 'hg', url: 'https://hg.example.com', web: {}, webhook });
  const deps = { clock: systemClock, log: silentLog, dataDirectory: '/nowhere', env: {}, pagesUrl: undefined };
  return [name, createAdapter(config, { ...deps, secrets: () => [], secret: () => assert.fail('a secret is asked for') })];
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
