import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { limits } from '#core/limits.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { listen, type Listener, type ListenOptions } from '#server/listen.ts';
import { recordingLog } from './fakes.ts';

const certificates = fileURLToPath(new URL('certificates/', import.meta.url));

describe('a listener with TLS', () => {
  let directory: string;
  let clock: SimulatedClock;
  let listener: Listener | undefined;

  async function start(over: Partial<ListenOptions> = {}): Promise<Listener> {
    const app: ListenOptions['app'] = (_request, response) => void response.end('ok');
    listener = await listen({
      app,
      host: '127.0.0.1',
      port: 0,
      configKey: 'spec.listen.webhook',
      clock,
      log: silentLog,
      tls: files(),
      ...over,
    });
    return listener;
  }

  const files = (): { cert: string; key: string } => ({ cert: join(directory, 'tls.crt'), key: join(directory, 'tls.key') });
  const install = (name: string): void => {
    copyFileSync(join(certificates, `${name}.key.pem`), files().key);
    copyFileSync(join(certificates, `${name}.cert.pem`), files().cert);
  };
  const nameShown = async ({ port }: Listener): Promise<string | undefined> => {
    const socket = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return String(subject.CN);
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-tls-'));
    install('one');
    clock = new SimulatedClock();
    listener = undefined;
  });
  afterEach(async () => {
    const closing = listener?.close(1);
    await clock.advance(1);
    await closing;
    rmSync(directory, { recursive: true, force: true });
  });

  it('serves https and takes a new certificate without a restart', async () => {
    const served = await start();
    assert.match(served.url, /^https:/);
    assert.equal(await nameShown(served), 'one.test');

    install('two');
    await clock.advance(limits.http.certificateRefresh);

    assert.equal(await nameShown(served), 'two.test');
  });

  it('keeps the certificate in use while the files are bad, and says so once', async () => {
    const { log, lines } = recordingLog();
    const served = await start({ log });

    copyFileSync(join(certificates, 'two.cert.pem'), files().cert);
    await clock.advance(3 * limits.http.certificateRefresh);
    assert.equal(await nameShown(served), 'one.test');
    rmSync(files().key);
    await clock.advance(limits.http.certificateRefresh);
    assert.equal(await nameShown(served), 'one.test');
    install('two');
    await clock.advance(limits.http.certificateRefresh);
    assert.equal(await nameShown(served), 'two.test');

    assert.deepEqual(
      lines.map(({ level }) => level),
      ['warn', 'warn', 'info'],
    );
  });

  it('does not start with a key that is not the certificate’s, or none at all', async () => {
    copyFileSync(join(certificates, 'two.key.pem'), files().key);
    await assert.rejects(start(), { code: 'SECRET_UNAVAILABLE' });
    writeFileSync(files().cert, 'nonsense');
    await assert.rejects(start(), { code: 'SECRET_UNAVAILABLE', message: /tls\.crt with key .*tls\.key/ });
  });
});
