import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '#core/limits.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { answer, type ApiServer, apiServer, connectTo, kubeconfig, pki, pkiPath, refuse, until } from './api-server.ts';

describe('a connection to an API server', () => {
  const undo: (() => void | Promise<void>)[] = [];
  const started = async (handler: Parameters<typeof apiServer>[0], tls = false): Promise<ApiServer> => {
    const server = await apiServer(handler, tls);
    undo.push(() => server.close());
    return server;
  };
  const config = (...args: Parameters<typeof kubeconfig>): ReturnType<typeof kubeconfig> => {
    const made = kubeconfig(...args);
    undo.push(made.remove);
    return made;
  };
  const opened = (...args: Parameters<typeof connectTo>): ReturnType<typeof connectTo> => {
    const connection = connectTo(...args);
    undo.push(() => connection.close());
    return connection;
  };
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  it('keeps its TCP connections: 300 requests in turn use one', async () => {
    const server = await started((_, response) => answer(response, 200, {}));
    const connection = opened(config(server.url).path);
    for (let i = 0; i < 300; i++) await connection.send({ method: 'GET', path: `/${i}` });
    assert.equal(server.connections(), 1);
  });

  it('speaks to a plain http server without further ado', async () => {
    const server = await started((_, response) => answer(response, 200, { hello: 1 }));
    assert.deepEqual(await opened(config(server.url).path).send({ method: 'GET', path: '/x' }), { hello: 1 });
  });

  it('goes through the proxy of the kubeconfig', async () => {
    const proxy = await started((_, response) => answer(response, 200, {}));
    await opened(config('http://api.invalid', {}, { 'proxy-url': proxy.url }).path).send({ method: 'GET', path: '/version' });
    assert.equal(proxy.requests[0]?.headers.host, 'api.invalid');
  });

  it('keeps the path of a server that lies behind one', async () => {
    const server = await started((_, response) => answer(response, 200, {}));
    await opened(config(`${server.url}/clusters/7/`).path).send({ method: 'GET', path: '/version' });
    assert.equal(server.requests[0]?.path, '/clusters/7/version');
  });

  it('checks the server against the given authority and shows a client certificate', async () => {
    const server = await started((_, response) => answer(response, 200, {}), true);
    const user = { 'client-certificate': pkiPath('client.crt'), 'client-key-data': Buffer.from(pki('client.key')).toString('base64') };
    await opened(config(server.url, user, { 'certificate-authority': pkiPath('ca.crt') }).path).send({ method: 'GET', path: '/' });
    assert.equal(server.requests[0]?.peer, 'client');
  });

  it('refuses a server of an unknown authority', async () => {
    const server = await started((_, response) => answer(response, 200, {}), true);
    const sent = opened(config(server.url).path).send({ method: 'GET', path: '/' });
    await assert.rejects(sent, { code: 'CLUSTER_UNREACHABLE', message: /certificate/ });
  });

  for (const status of [401, 403, 404, 409, 422]) {
    it(`gives ${status} as CLUSTER_REFUSED in the words of the server`, async () => {
      const server = await started((_, response) => refuse(response, status, 'user "x" cannot do that'));
      const sent = opened(config(server.url).path).send({ method: 'GET', path: '/' });
      await assert.rejects(sent, { code: 'CLUSTER_REFUSED', httpStatus: status, message: 'prod: user "x" cannot do that' });
    });
  }

  for (const status of [429, 500, 503, 504]) {
    it(`gives ${status} as CLUSTER_UNREACHABLE`, async () => {
      const server = await started((_, response) => answer(response, status, '<html>a proxy</html>'));
      const sent = opened(config(server.url).path).send({ method: 'GET', path: '/' });
      await assert.rejects(sent, { code: 'CLUSTER_UNREACHABLE', message: `prod: HTTP ${status}` });
    });
  }

  it('gives up on a server that does not answer', async () => {
    const clock = new SimulatedClock();
    const server = await started(() => {});
    const sent = opened(config(server.url).path, clock).send({ method: 'GET', path: '/' });
    const checked = assert.rejects(sent, { code: 'CLUSTER_UNREACHABLE', message: /no answer within 10 s/ });
    await until(() => server.requests.length === 1, 'the request arrives');
    await clock.advance(limits.kube.requestTimeout);
    await checked;
  });

  it('gives up on a server that begins to answer and stops', async () => {
    const clock = new SimulatedClock();
    let begun = false;
    const server = await started((_, response) => {
      response.writeHead(200).write('{"half":', () => {
        begun = true;
      });
    });
    const sent = opened(config(server.url).path, clock).send({ method: 'GET', path: '/' });
    const checked = assert.rejects(sent, { code: 'CLUSTER_UNREACHABLE' });
    await until(() => begun, 'the answer begins');
    await clock.advance(limits.kube.requestTimeout);
    await checked;
  });

  it('gives a refused connection as CLUSTER_UNREACHABLE', async () => {
    const server = await started(() => {});
    const connection = opened(config(server.url).path);
    await server.close();
    await assert.rejects(connection.send({ method: 'GET', path: '/' }), { code: 'CLUSTER_UNREACHABLE', message: /ECONNREFUSED/ });
  });

  it('gives an answer that is cut off or is not JSON as CLUSTER_UNREACHABLE', async () => {
    const server = await started((_, response) =>
      response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
    );
    const connection = opened(config(server.url).path);
    await assert.rejects(connection.send({ method: 'GET', path: '/' }), { code: 'CLUSTER_UNREACHABLE' });
    server.handle((_, response) => answer(response, 200, 'hello'));
    await assert.rejects(connection.send({ method: 'GET', path: '/' }), { code: 'CLUSTER_UNREACHABLE', message: /not JSON/ });
  });

  it('sends again what a kept connection lost in the moment of its reuse', async () => {
    const server = await started((_, response) => answer(response, 200, {}));
    const connection = opened(config(server.url).path);
    await connection.send({ method: 'GET', path: '/first' });
    let resets = 0;
    server.handle((_, response) => {
      if (resets++ === 0) response.socket?.resetAndDestroy();
      else answer(response, 200, { second: true });
    });
    assert.deepEqual(await connection.send({ method: 'GET', path: '/second' }), { second: true });
    assert.equal(resets, 2);
  });

  it('counts each request with its verb and result', async () => {
    const counted: string[] = [];
    const server = await started((_, response) => answer(response, 200, {}));
    const connection = opened(config(server.url).path, undefined, (...labels) => counted.push(labels.join(' ')));
    await connection.send({ method: 'GET', path: '/' });
    server.handle((_, response) => refuse(response, 404, 'no'));
    await assert.rejects(connection.send({ method: 'PATCH', path: '/' }));
    assert.deepEqual(counted, ['prod GET ok', 'prod PATCH 404']);
  });

  describe('credentials', () => {
    it('sends a bearer token, and a name to act as with its groups', async () => {
      const server = await started((_, response) => answer(response, 200, {}));
      await opened(config(server.url, { token: 's3cret', as: 'ops', 'as-groups': ['a', 'b'] }).path).send({ method: 'GET', path: '/' });
      const [request] = server.requests;
      assert.equal(request?.headers.authorization, 'Bearer s3cret');
      assert.equal(request?.headers['impersonate-user'], 'ops');
      assert.equal(request?.headers['impersonate-group'], 'a, b');
    });

    it('sends a name and password', async () => {
      const server = await started((_, response) => answer(response, 200, {}));
      await opened(config(server.url, { username: 'a', password: 'b' }).path).send({ method: 'GET', path: '/' });
      assert.equal(server.requests[0]?.headers.authorization, `Basic ${Buffer.from('a:b').toString('base64')}`);
    });

    it('reads a token file again when it is old, and at once after a 401', async () => {
      const clock = new SimulatedClock();
      const server = await started((request, response) => {
        if (request.headers.authorization === 'Bearer revoked') refuse(response, 401, 'Unauthorized');
        else answer(response, 200, {});
      });
      const made = config(server.url, { tokenFile: 'token' });
      const file = join(made.folder, 'token');
      writeFileSync(file, 'one\n');
      const connection = opened(made.path, clock);
      const send = (): Promise<unknown> => connection.send({ method: 'GET', path: '/' });
      await send();
      writeFileSync(file, 'two\n');
      await send();
      await clock.advance(limits.kube.credentialRefresh);
      await send();
      writeFileSync(file, 'revoked');
      await clock.advance(limits.kube.credentialRefresh);
      const refused = assert.rejects(send(), { httpStatus: 401 });
      await refused;
      writeFileSync(file, 'three');
      await clock.advance(limits.kube.credentialRefresh);
      await send();
      const sent = server.requests.map((request) => request.headers.authorization);
      assert.deepEqual(sent, ['Bearer one', 'Bearer one', 'Bearer two', 'Bearer revoked', 'Bearer revoked', 'Bearer three']);
    });

    it('shows a client certificate that has been replaced on disk', async () => {
      const clock = new SimulatedClock();
      const server = await started((_, response) => answer(response, 200, {}), true);
      const made = config(
        server.url,
        { 'client-certificate': 'cert', 'client-key': 'key' },
        { 'certificate-authority': pkiPath('ca.crt') },
      );
      const write = (name: string): void => {
        for (const [file, source] of [
          ['cert', `${name}.crt`],
          ['key', `${name}.key`],
        ] as const)
          writeFileSync(join(made.folder, file), pki(source));
      };
      write('client');
      const connection = opened(made.path, clock);
      await connection.send({ method: 'GET', path: '/' });
      write('server');
      await clock.advance(limits.kube.credentialRefresh);
      await connection.send({ method: 'GET', path: '/' });
      await connection.send({ method: 'GET', path: '/' });
      assert.deepEqual(
        server.requests.map((request) => request.peer),
        ['client', 'server', 'server'],
      );
      assert.equal(server.connections(), 2);
    });

    it('runs an exec plugin once and again after a 401', async () => {
      const server = await started((_, response) => answer(response, 200, {}));
      const made = config(server.url, {
        exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin', args: ['x'], env: [{ name: 'GREETING', value: 'hi' }] },
      });
      const log = join(made.folder, 'runs');
      const script = `#!${process.execPath}
const fs = require('node:fs');
fs.appendFileSync(${JSON.stringify(log)}, process.env.GREETING + process.argv[2] + JSON.parse(process.env.KUBERNETES_EXEC_INFO).kind + '\\n');
const token = 'run' + fs.readFileSync(${JSON.stringify(log)}, 'utf8').trim().split('\\n').length;
console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } }));
`;
      writeFileSync(join(made.folder, 'plugin'), script);
      chmodSync(join(made.folder, 'plugin'), 0o755);
      const connection = opened(made.path);
      assert.equal(existsSync(log), false, 'nothing runs before it is needed');
      await Promise.all([1, 2, 3].map(() => connection.send({ method: 'GET', path: '/' })));
      assert.equal(readFileSync(log, 'utf8'), 'hixExecCredential\n');
      server.handle((request, response) => {
        if (request.headers.authorization === 'Bearer run1') refuse(response, 401, 'expired');
        else answer(response, 200, {});
      });
      await connection.send({ method: 'GET', path: '/' });
      assert.equal(server.requests.at(-1)?.headers.authorization, 'Bearer run2');
    });

    it('gives a plugin that fails as CLUSTER_UNREACHABLE', async () => {
      const server = await started((_, response) => answer(response, 200, {}));
      const connection = opened(config(server.url, { exec: { command: './missing' } }).path);
      await assert.rejects(connection.send({ method: 'GET', path: '/' }), {
        code: 'CLUSTER_UNREACHABLE',
        message: /no credentials.*ENOENT/,
      });
    });
  });
});
