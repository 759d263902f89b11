import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { readLine, type StreamLine } from '#adapters/gerrit/read-line.ts';
import { LineSplitter } from '#adapters/gerrit/stream/lines.ts';

const captured = (name: string): Buffer => readFileSync(new URL(`../../../fixtures/gerrit/stream/${name}`, import.meta.url));

function readIn(bytes: Buffer, sizes: Iterable<number>): StreamLine[] {
  const lines: StreamLine[] = [];
  const splitter = new LineSplitter({ line: (line) => void lines.push(readLine(line)), tooLong: () => assert.fail('too long') });
  let at = 0;
  for (const size of sizes) {
    splitter.push(bytes.subarray(at, at + size));
    at += size;
    if (at >= bytes.length) break;
  }
  splitter.push(bytes.subarray(at));
  return lines;
}

describe('streams captured from a real Gerrit, in odd chunks', () => {
  for (const name of ['run2/admin-all.raw', 'dropped-output.raw'])
    it(`say the same however ${name} is cut`, () => {
      const bytes = captured(name);
      const whole = readIn(bytes, []);
      assert.equal(whole.length, bytes.toString('latin1').split('\n').length - 1);
      assert.ok(whole.every(({ kind }) => kind !== 'unreadable'));
      for (const size of [1, 7, 1_023, 32_768])
        assert.deepEqual(
          readIn(
            bytes,
            Array.from({ length: bytes.length }, () => size),
          ),
          whole,
        );
      const sizes = fc.array(fc.integer({ min: 1, max: 2_000 }), { maxLength: 100 });
      fc.assert(
        fc.property(sizes, (chunks) => assert.deepEqual(readIn(bytes, chunks), whole)),
        { numRuns: 30 },
      );
    });
});
