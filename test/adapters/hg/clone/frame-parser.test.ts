import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FrameParser, commandRequest, type Frame } from '#adapters/hg/clone/frame-parser.ts';

describe('what a command server says', () => {
  it('is understood wherever it is cut', () => {
    const whole = Buffer.concat([frame('o', 'hello'), frame('d', 'debug'), frame('e', 'oh'), head('I', 4096), frame('o', ''), result(-7)]);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.byteLength), { maxLength: 12 }), (cuts) => {
        const parser = new FrameParser();
        const edges = [0, ...cuts.toSorted((a, b) => a - b), whole.byteLength];
        const frames = edges.slice(1).flatMap((end, index) => parser.push(whole.subarray(edges[index], end)));
        assert.equal(text(frames, 'output'), 'hello');
        assert.equal(text(frames, 'error'), 'oh');
        assert.deepEqual(frames.slice(-3), [
          { kind: 'input' },
          { kind: 'output', data: Buffer.alloc(0), last: true },
          { kind: 'result', code: -7 },
        ]);
      }),
    );
  });

  it('passes on what is large in pieces', () => {
    const parser = new FrameParser();
    parser.push(head('o', 2 ** 30));
    const [piece] = parser.push(Buffer.alloc(10));
    assert.deepEqual(piece, { kind: 'output', data: Buffer.alloc(10), last: false });
  });

  it('says where a frame ends', () => {
    const parser = new FrameParser();
    const frames = [...parser.push(Buffer.concat([head('o', 3), Buffer.from('ab')])), ...parser.push(Buffer.from('c'))];
    assert.deepEqual(
      frames.map((one) => one.kind === 'output' && one.last),
      [false, true],
    );
  });

  it('on an unknown channel is left out where that may be, and refused where it may not', () => {
    assert.deepEqual(new FrameParser().push(frame('z', 'whatever')), []);
    assert.throws(() => new FrameParser().push(frame('Z', 'whatever')), /channel "Z"/);
    assert.throws(() => new FrameParser().push(Buffer.from('abort: no repository\n')), /no command server/);
    assert.throws(() => new FrameParser().push(frame('r', 'five!')), /result of 5 bytes/);
  });

  it('is asked with arguments of which none can be two', () => {
    assert.deepEqual(commandRequest(['log', 'ü']), Buffer.from('runcommand\n\0\0\0\u0006log\0ü', 'utf8'));
    assert.throws(() => commandRequest(['log', 'a\0--config=x']), /NUL/);
  });
});

function head(channel: string, length: number): Buffer {
  const bytes = Buffer.alloc(5, channel, 'latin1');
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

function frame(channel: string, data: string): Buffer {
  return Buffer.concat([head(channel, Buffer.byteLength(data)), Buffer.from(data)]);
}

function result(code: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeInt32BE(code);
  return Buffer.concat([head('r', 4), data]);
}

function text(frames: readonly Frame[], kind: 'output' | 'error'): string {
  return Buffer.concat(frames.flatMap((one) => (one.kind === kind ? [one.data] : []))).toString('utf8');
}
