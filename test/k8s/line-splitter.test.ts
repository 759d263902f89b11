import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LineSplitter } from '#k8s/line-splitter.ts';

describe('the line splitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\n', ' '));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (lines, sizes) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const splitter = new LineSplitter(1_000);
        const seen: string[] = [];
        for (let start = 0, turn = 0; start < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          seen.push(...splitter.push(bytes.subarray(start, start + size)));
          start += size;
        }
        const expected = lines.map((line) => Buffer.from(line).toString('utf8')).filter((line) => line.trim() !== '');
        assert.deepEqual(seen, expected);
      }),
    );
  });

  it('keeps an unfinished line to itself', () => {
    const splitter = new LineSplitter(100);
    assert.deepEqual(splitter.push(Buffer.from('half')), []);
    assert.deepEqual(splitter.push(Buffer.from(' line\nnext')), ['half line']);
  });

  it('refuses a line that is longer than the bound, finished or not', () => {
    assert.throws(() => new LineSplitter(4).push(Buffer.from('12345\n')), /longer than 4 bytes/);
    const slow = new LineSplitter(4);
    slow.push(Buffer.from('123'));
    assert.throws(() => slow.push(Buffer.from('45')), /longer than 4 bytes/);
    assert.deepEqual(new LineSplitter(4).push(Buffer.from('1234\n1234\n')), ['1234', '1234']);
  });
});
