import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LineSplitter } from '#adapters/gerrit/stream/lines.ts';

interface Seen {
  readonly lines: readonly string[];
  readonly tooLong: number;
}

function split(chunks: readonly Uint8Array[], maxBytes?: number): Seen {
  const lines: string[] = [];
  let tooLong = 0;
  const taker = { line: (bytes: Buffer) => void lines.push(bytes.toString('latin1')), tooLong: () => void (tooLong += 1) };
  const splitter = new LineSplitter(taker, maxBytes);
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  return { lines, tooLong };
}

/** Bytes, cut at any places. */
const cut = fc
  .tuple(fc.array(fc.constantFrom(0x0a, 0x0d, 0x61, 0xc3, 0xa4, 0xf0), { maxLength: 60 }), fc.array(fc.nat(60), { maxLength: 8 }))
  .map(([bytes, places]) => {
    const whole = Uint8Array.from(bytes);
    const at = [0, ...places.map((place) => place % (whole.length + 1)).toSorted((a, b) => a - b), whole.length];
    return { whole, chunks: at.slice(1).map((end, i) => whole.subarray(at[i], end)) };
  });

describe('lines of a stream', () => {
  it('are the same wherever the bytes are cut', () => {
    fc.assert(fc.property(cut, ({ whole, chunks }) => assert.deepEqual(split(chunks), split([whole]))));
  });

  it('are the same wherever the bytes are cut, those that are too long included', () => {
    fc.assert(
      fc.property(cut, fc.integer({ min: 1, max: 6 }), ({ whole, chunks }, max) =>
        assert.deepEqual(split(chunks, max), split([whole], max)),
      ),
    );
  });

  it('are what a plain reading of the whole finds', () => {
    fc.assert(
      fc.property(cut, ({ whole, chunks }) => {
        const plain = Buffer.from(whole).toString('latin1').split('\n').slice(0, -1);
        assert.deepEqual(
          split(chunks).lines,
          plain.map((line) => line.replace(/\r$/, '')).filter((line) => line !== ''),
        );
      }),
    );
  });

  it('keep characters of several bytes, byte by byte', () => {
    const text = '{"name":"Åsa 🦫"}';
    const chunks = [...Buffer.from(`${text}\n`)].map((byte) => Uint8Array.of(byte));
    assert.deepEqual(split(chunks).lines, [Buffer.from(text).toString('latin1')]);
  });

  it('begin again after one that is too long, which is told once', () => {
    const seen = split([Buffer.from('12345'), Buffer.from('678'), Buffer.from('9\nok\n')], 6);
    assert.deepEqual(seen, { lines: ['ok'], tooLong: 1 });
  });

  it('may be as long as allowed', () => {
    assert.deepEqual(split([Buffer.from('123456\n')], 6), { lines: ['123456'], tooLong: 0 });
  });

  it('do not keep the chunk that they came in', () => {
    const lines: Buffer[] = [];
    const chunk = Buffer.from('one\ntwo\n');
    new LineSplitter({ line: (bytes) => void lines.push(bytes), tooLong: () => {} }).push(chunk);
    chunk.fill(0);
    assert.deepEqual(lines.map(String), ['one', 'two']);
  });
});
