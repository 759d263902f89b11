import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { pushBody, sendPush, signedHeaders } from './headgate/forge.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { startHeadgate, type Headgate } from './headgate/serve.ts';

describe('clients that are slow on purpose', function () {
  this.timeout(60_000);
  let headgate: Headgate;
  before(async () => {
    headgate = await startHeadgate({ clusters: [], sourceUrl: 'https://git.example.com' });
  });
  after(async function () {
    await headgate?.stop(hasFailed(this));
  });

  it('lose their connection when headers or body do not arrive in time, while others are served at once', async () => {
    const dripping = Array.from({ length: 100 }, () => drip(headgate, 'POST /hooks/hub HTTP/1.1\r\nHost: localhost\r\n', 'X-Drip: 1\r\n'));
    const body = pushBody({ repository: 'org/app', after: 'b'.repeat(40) });
    const headers = Object.entries({ ...signedHeaders(headgate.secret, body, 'slow-body'), 'content-length': '100000', host: 'localhost' });
    const head = `POST /hooks/hub HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
    const trickling = Array.from({ length: 100 }, () => drip(headgate, head, ' '));

    const begun = performance.now();
    assert.equal((await sendPush(headgate, { repository: 'org/app', after: 'c'.repeat(40) })).status, 202);
    assert.ok(performance.now() - begun < 1_000, 'an honest push had to wait');

    for (const lasted of await Promise.all(dripping)) assert.ok(lasted < 8_000, `unfinished headers were borne for ${lasted} ms`);
    for (const lasted of await Promise.all(trickling)) assert.ok(lasted < 13_000, `an unfinished body was borne for ${lasted} ms`);
    assert.equal((await sendPush(headgate, { repository: 'org/app', after: 'd'.repeat(40) })).status, 202);
    assert.deepEqual(await headgate.api.deliveries({ deliveryId: 'slow-body' }), []);
  });
});

/** Sends a beginning, then a little every 500 ms. Resolves with the milliseconds until the server hangs up. */
function drip(headgate: Headgate, beginning: string, drop: string): Promise<number> {
  const begun = Date.now();
  const socket: Socket = connect(headgate.webhookPort, '127.0.0.1', () => socket.write(beginning));
  const timer = setInterval(() => socket.write(drop), 500);
  socket.on('error', () => {}); // being hung up on is the point
  socket.resume();
  return new Promise((resolve) => {
    socket.on('close', () => {
      clearInterval(timer);
      resolve(Date.now() - begun);
    });
  });
}
