import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { streamCommand } from '#adapters/gerrit/stream/stream.ts';
import { HeadgateError } from '#core/errors.ts';
import { listenTo, type Listening } from './listening.ts';
import { privateKeyIn, publicKey } from './ssh-fixtures.ts';
import { startPeer, startWire, type Peer, type PeerOptions, type PeerSession, type Wire } from './ssh-peer.ts';

const line = (id: string, more = ''): string => `{"id":"${id}","more":"${more}"}\n`;
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => String(from + i));

describe('listening to a stream of events over SSH', function () {
  this.timeout(60_000);
  let peer: Peer;
  let wire: Wire | undefined;
  let on: Listening | undefined;

  const begin = async (options: PeerOptions = {}, listening: Parameters<typeof listenTo>[1] = {}): Promise<Listening> => {
    peer = await startPeer(options);
    on = await listenTo(peer.port, listening);
    on.start();
    return on;
  };
  /** Begins, and is streaming. */
  const streaming = async (options: PeerOptions = {}, listening: Parameters<typeof listenTo>[1] = {}): Promise<Listening> => {
    const stream = await begin(options, listening);
    await stream.until(() => stream.stream.health().state === 'streaming');
    return stream;
  };
  const session = (index = -1): PeerSession => {
    const found = peer.sessions.at(index);
    assert.ok(found);
    return found;
  };
  afterEach(async () => {
    await on?.end();
    await wire?.stop();
    await peer.stop();
    [on, wire] = [undefined, undefined];
  });

  it('asks for the types that it knows and no others, because a server is silent about those that it does not know', async () => {
    await streaming();
    assert.equal(session().command, 'gerrit stream-events -s ref-updated -s change-merged');
    assert.equal(session().command, streamCommand);
  });

  it('hears each event once, in order, and who told it when', async () => {
    const { stream, ids, until, events } = await streaming();
    session().channel.write(
      numbers(0, 500)
        .map((id) => line(id))
        .join(''),
    );
    await until(() => events.length === 500);
    assert.deepEqual(ids(), numbers(0, 500));
    assert.equal(events[0]?.remote, `127.0.0.1:${peer.port}`);
    assert.equal(Buffer.from(events[0]?.body ?? []).toString(), line('0').trimEnd());
    assert.equal(stream.health().heardAt, events.at(-1)?.receivedAt);
  });

  it('tells of a gap when it has connected: nobody knows what happened before', async () => {
    assert.deepEqual((await streaming()).gaps, ['connected']);
  });

  it('is connecting, then streaming, then stopped', async () => {
    const { changes, stream, until } = await streaming();
    const stopped = stream.stop();
    await until(() => peer.counts.open === 0);
    await stopped;
    assert.deepEqual(
      changes.map(({ state, message }) => [state, message]),
      [
        ['connecting', null],
        ['streaming', null],
        ['stopped', null],
      ],
    );
  });

  describe('failure modes', () => {
    it('queue overflow: dropped-output is a gap', async () => {
      const { gaps, until, events } = await streaming();
      session().channel.write(`{"type":"dropped-output","eventCreatedOn":1700000000}\n${line('after')}`);
      await until(() => events.length === 1);
      assert.deepEqual(gaps.slice(1), ['dropped-output: the source has left out events']);
    });

    it('slow reader: what the journal does not take is bounded, and the server is never made to wait', async () => {
      const listening = await streaming();
      listening.heard = () => Promise.reject(new HeadgateError('JOURNAL_UNAVAILABLE', 'the disk is full'));
      const count = 3_000; // more than may wait
      const { channel } = session();
      for (const id of numbers(0, count)) if (!channel.write(line(id, 'x'.repeat(200)))) await once(channel, 'drain');
      await listening.until(() => listening.gaps.length === 2);
      assert.equal(listening.gaps[1], 'more events came than could be kept until the journal takes them');
      listening.heard = async (event) => void listening.events.push(event);
      await listening.until(() => listening.gaps.length === 3);
      assert.equal(listening.gaps[2], 'events were dropped while the journal did not take them');
      assert.deepEqual(listening.ids(), numbers(0, 1_000));
    });

    it('journal away for a while: nothing is lost, and the order stays', async () => {
      const listening = await streaming();
      let isAway = true;
      listening.heard = async (event) => {
        if (isAway && event.deliveryId !== '0') throw new HeadgateError('JOURNAL_UNAVAILABLE', 'the disk is full');
        listening.events.push(event);
      };
      session().channel.write(
        numbers(0, 100)
          .map((id) => line(id))
          .join(''),
      );
      await listening.until(() => listening.events.length >= 1);
      await listening.clock.advance(60_000);
      isAway = false;
      await listening.until(() => new Set(listening.ids()).size === 100);
      assert.deepEqual([...new Set(listening.ids())], numbers(0, 100));
      assert.equal(listening.gaps.length, 1);
    });

    it('Gerrit restart: it connects anew when Gerrit is back, and looks at what happened meanwhile', async () => {
      const { until, gaps, stream, clock, changes } = await streaming();
      const { port } = peer;
      await peer.stop();
      await until(() => stream.health().state === 'waiting');
      await clock.advance(5 * 60_000);
      peer = await startPeer({ port });
      await until(() => stream.health().state === 'streaming');
      assert.deepEqual(gaps, ['connected', 'connected']);
      assert.ok(changes.length <= 6, 'one line of log for one piece of news');
    });

    it('network cut: half a line is not taken for a whole one', async () => {
      const { until, ids, events } = await streaming();
      session().channel.write(`${line('whole')}{"id":"ha`);
      await until(() => events.length === 1);
      session().connection.end();
      await until(() => peer.sessions.length === 2);
      session().channel.write(line('next'));
      await until(() => events.length === 2);
      assert.deepEqual(ids(), ['whole', 'next']);
    });

    it('silent dead TCP: keepalives that nobody answers end the connection', async () => {
      peer = await startPeer();
      wire = await startWire(peer.port);
      on = await listenTo(wire.port, { keepaliveInterval: 50 });
      const { until, stream, start } = on;
      start();
      await until(() => stream.health().state === 'streaming');
      wire.freeze();
      await until(() => stream.health().retryAt !== null);
      assert.match(on.changes.at(-1)?.message ?? '', /Keepalive timeout/);
    });

    it('connected but mute: it connects anew at once, and is mute until an event comes', async () => {
      const { stream, until, gaps, events } = await streaming();
      stream.suspectMute('refs/heads/main of app');
      assert.equal(stream.health().state, 'mute');
      await until(() => peer.sessions.length === 2);
      await until(() => gaps.length === 2);
      assert.equal(stream.health().state, 'mute');
      assert.match(stream.health().message ?? '', /^connected, and no event told of refs\/heads\/main of app:/);
      assert.deepEqual(gaps, ['connected', 'connected']);
      session().channel.write(line('a'));
      await until(() => events.length === 1);
      assert.deepEqual([stream.health().state, stream.health().message], ['streaming', null]);
    });

    it('channel ends but connection stays up: exit 0 is the end of the stream, and the connection is closed', async () => {
      const { until, gaps, stream, changes } = await streaming();
      const { channel } = session();
      leave(channel);
      await until(() => peer.sessions.length === 2);
      await until(() => peer.counts.open === 1);
      await until(() => stream.health().state === 'streaming');
      assert.deepEqual(gaps, ['connected', 'connected']);
      assert.match(changes[2]?.message ?? '', /ended stream-events with exit code 0$/);
    });

    it('capability missing: a state of its own with what Gerrit says, tried again slowly', async () => {
      const { until, stream, clock, changes } = await begin({ onExec: refuse });
      await until(() => stream.health().state === 'not-permitted');
      assert.match(
        stream.health().message ?? '',
        /^the account headgate may not listen \("stream events not permitted"\): give it .* Stream Events/,
      );
      const began = clock.now();
      await until(() => clock.now() - began > 30 * 60_000);
      assert.ok(peer.counts.came >= 4 && peer.counts.came <= 31, `${peer.counts.came} connections in half an hour`);
      assert.equal(changes.filter(({ state }) => state === 'not-permitted').length, 1, 'one line of log');
      assert.ok(!changes.some(({ state }) => state === 'streaming'));
    });

    it('capability given: it is noticed by itself', async () => {
      let isPermitted = false;
      const { until, stream } = await begin({ onExec: (asked) => void (!isPermitted && refuse(asked)) });
      await until(() => stream.health().state === 'not-permitted');
      isPermitted = true;
      await until(() => stream.health().state === 'streaming');
    });

    it('key wrong: a state of its own, tried again slowly, with the key as it is then', async () => {
      const { until, stream, folder } = await begin({ userKey: 'other-client' });
      await until(() => stream.health().state === 'wrong-key' && stream.health().retryAt !== null);
      assert.match(stream.health().message ?? '', /does not let headgate in with the key \S+client: add \S+client\.pub to that account/);
      assert.ok((stream.health().retryAt ?? 0) >= 30_000);
      await rename(await privateKeyIn(folder, 'other-client'), join(folder, 'client'));
      await until(() => stream.health().state === 'streaming');
    });

    it('host key changed: a state of its own with both fingerprints, and nothing is sent', async () => {
      const { until, stream } = await begin({ hostKey: 'other-host' });
      await until(() => stream.health().state === 'host-key-changed');
      assert.match(
        stream.health().message ?? '',
        /shows the host key SHA256:\S+; \S+known_hosts has SHA256:\S+; if its administrator has replaced it/,
      );
      assert.equal(peer.sessions.length, 0);
    });

    it('host key of another type only: the same state', async () => {
      peer = await startPeer();
      on = await listenTo(peer.port, { hosts: `[127.0.0.1]:${peer.port} ssh-rsa AAAA\n` });
      on.start();
      const { until, stream } = on;
      await until(() => stream.health().state === 'host-key-changed');
      assert.match(stream.health().message ?? '', /has no host key of a type that \S+known_hosts has/);
    });

    it('known_hosts mended: it is noticed by itself', async () => {
      const { until, stream, folder } = await begin({ hostKey: 'other-host' });
      await until(() => stream.health().state === 'host-key-changed');
      await writeFile(join(folder, 'known_hosts'), `[127.0.0.1]:${peer.port} ${publicKey('other-host')}\n`);
      await until(() => stream.health().state === 'streaming');
    });

    it('files that cannot be used: a state of its own, without a connection, mended while it runs', async () => {
      const { until, stream, folder } = await begin({}, { hosts: '' });
      await until(() => stream.health().state === 'misconfigured');
      assert.match(stream.health().message ?? '', /known_hosts: it has no key of 127\.0\.0\.1:\d+\. `ssh-keyscan -p \d+ 127\.0\.0\.1 >>/);
      await writeFile(join(folder, 'known_hosts'), `[127.0.0.1]:${peer.port} ${publicKey('host')}\n`);
      await chmod(join(folder, 'client'), 0o644);
      await until(() => /others may read it/.test(stream.health().message ?? ''));
      await chmod(join(folder, 'client'), 0o600);
      await rm(join(folder, 'known_hosts'));
      await until(() => /known_hosts cannot be read|cannot be read: ENOENT/.test(stream.health().message ?? ''));
      assert.equal(peer.counts.came, 0);
    });

    it('leaked connections: one at a time, whatever happens, and none is left', async () => {
      const { until, stream, gaps } = await streaming();
      for (let round = 1; round <= 12; round += 1) {
        const { channel, connection } = session();
        if (round % 3 === 0) connection.end();
        else if (round % 3 === 1) leave(channel);
        else stream.suspectMute('a ref');
        stream.suspectMute('another');
        await until(() => gaps.length === round + 1);
      }
      await until(() => peer.counts.open === 1);
      assert.ok(peer.counts.most <= 2, `${peer.counts.most} at once: the one that is going, and the one that comes`);
    });

    it('leaked connections: a peer that does not say goodbye loses its socket after a moment', async () => {
      peer = await startPeer();
      wire = await startWire(peer.port);
      on = await listenTo(wire.port);
      const { until, stream, start } = on;
      start();
      await until(() => stream.health().state === 'streaming');
      wire.freeze();
      stream.suspectMute('a ref');
      await until(() => stream.health().retryAt !== null); // which nothing but a closed socket leads to
    });

    it('no answer at all: the try ends, and the next one comes', async () => {
      const silent = createServer((socket) => void socket.on('error', () => {})).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as { readonly port: number };
      peer = await startPeer();
      on = await listenTo(port);
      on.start();
      const { until, stream } = on;
      await until(() => stream.health().state === 'waiting', 1_000);
      assert.equal(stream.health().message, 'no answer for 30 s');
      silent.close();
    });

    it('huge lines: one is left out and told as a gap, and reading goes on', async () => {
      const { until, gaps, ids, events } = await streaming();
      const { channel } = session();
      const block = 'x'.repeat(1024 * 1024);
      channel.write('{"id":"huge","more":"');
      for (let mib = 0; mib < 9; mib += 1) if (!channel.write(block)) await once(channel, 'drain');
      channel.write(`"}\n${line('next')}`);
      await until(() => events.length === 1);
      assert.deepEqual(ids(), ['next']);
      assert.deepEqual(gaps.slice(1), ['an event was longer than is read']);
    });

    it('poison event: one that can never be taken is given up and told as a gap, and those behind it go on', async () => {
      const listening = await streaming();
      listening.heard = async (event) => {
        if (event.deliveryId === '1') throw new TypeError('a defect');
        listening.events.push(event);
      };
      session().channel.write(
        numbers(0, 4)
          .map((id) => line(id))
          .join(''),
      );
      await listening.until(() => listening.ids().includes('3') && listening.gaps.length === 2);
      assert.deepEqual([...new Set(listening.ids())], ['0', '2', '3']);
      assert.equal(listening.gaps[1], 'an event could not be handed over');
    });

    it('a line that is no event: a gap, and reading goes on', async () => {
      const { until, gaps, events } = await streaming();
      session().channel.write(`what?\n${line('next')}`);
      await until(() => events.length === 1);
      assert.deepEqual(gaps.slice(1), ['a line could not be read']);
    });
  });

  describe('loss on the stream, as a real Gerrit does it', () => {
    it('17 forced rekeys within a burst: everything arrives', async () => {
      const { until, ids, events } = await streaming();
      const { channel, connection } = session();
      for (let round = 0; round < 17; round += 1) {
        channel.write(
          numbers(round * 100, round * 100 + 100)
            .map((id) => line(id))
            .join(''),
        );
        await new Promise<void>((resolve) => connection.rekey(() => resolve()));
      }
      await until(() => events.length === 1_700);
      assert.deepEqual(ids(), numbers(0, 1_700));
    });

    it('server gone without a word (SIGTERM, SIGKILL, idle timeout): the same as any loss', async () => {
      const { until, stream } = await streaming();
      session().connection.end();
      await until(() => stream.health().state === 'waiting');
      assert.match(stream.health().message ?? '', /closed the connection$/);
      await until(() => peer.sessions.length === 2);
    });

    it('too many connections of one user (code 12): tried again slowly', async () => {
      const { until, stream, clock } = await begin({ onConnection: (connection) => disconnectWith(connection, 12) });
      await until(() => stream.health().state === 'waiting');
      assert.ok((stream.health().retryAt ?? 0) - clock.now() >= 30_000);
      assert.match(stream.health().message ?? '', /TOO_MANY_CONNECTIONS|Too many/);
    });

    it('connects that last no time: the back-off grows all the same', async () => {
      const { until, clock } = await begin({ onExec: ({ channel }) => leave(channel) });
      await until(() => peer.counts.came > 0);
      for (let second = 0; second < 300; second += 1)
        await clock.advance(1_000).then(() => new Promise((resolve) => setTimeout(resolve, 2)));
      await until(() => peer.counts.open === 0);
      assert.ok(peer.counts.came < 60, `${peer.counts.came} connections in five minutes`);
    });
  });
});

/** As Gerrit leaves a reader that was too slow: the connection stays. */
function leave(channel: PeerSession['channel']): void {
  channel.exit(0);
  channel.end();
}

function refuse({ channel }: PeerSession): void {
  channel.stderr.write('stream events not permitted\n');
  channel.exit(1);
  channel.end();
}

/** ssh2's server says goodbye with one reason only. */
function disconnectWith(connection: object, reason: number): void {
  const { _protocol: protocol } = connection as { readonly _protocol: { disconnect(reason: number): void } };
  (connection as NodeJS.EventEmitter).once('handshake', () => protocol.disconnect(reason));
}
