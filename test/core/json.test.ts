import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isDeeperThan, parseJson } from '#core/json.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('parseJson', () => {
  it('parses what JSON.parse parses', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        assert.deepEqual(parseJson(bytes(JSON.stringify(value)), 64), JSON.parse(JSON.stringify(value))),
      ),
    );
  });

  it('refuses what is not JSON, not UTF-8 or too deep, without quoting it', () => {
    for (const bad of [bytes(''), bytes('{'), bytes('canary'), Buffer.from([0x22, 0xc3, 0x22]), bytes('[[[]]]')]) {
      assert.throws(
        () => parseJson(bad, 2),
        (error: Error & { code?: string }) => error.code === 'PAYLOAD_INVALID' && !error.message.includes('canary'),
      );
    }
  });
});

describe('the bound of parseJson', () => {
  it('holds for any JSON, whatever its strings hold and however many brackets it has', () => {
    const text = fc.string({ unit: fc.constantFrom('[', '{', '{/', '"', '\\\\', 'a') });
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'large' },
        text,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(text, tie('tree'), { maxKeys: 2 }),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.nat({ max: 6 }), (value, max) => {
        const parse = (): unknown => parseJson(bytes(JSON.stringify(value)), max);
        if (depthOf(value) > max) assert.throws(parse, { code: 'PAYLOAD_INVALID' });
        else assert.doesNotThrow(parse);
      }),
    );
  });
});

describe('isDeeperThan', () => {
  it('counts the nesting of any JSON, whatever its strings hold', () => {
    const text = fc.string({ unit: fc.constantFrom('[', '{', '"', '\\', ']', 'a') });
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'large' },
        text,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(text, tie('tree'), { maxKeys: 2 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const json = JSON.stringify(value);
        const depth = depthOf(value);
        assert.equal(isDeeperThan(json, depth), false);
        if (depth > 0) assert.equal(isDeeperThan(json, depth - 1), true);
      }),
    );
  });

  it('takes linear time over hostile input', () => {
    for (const hostile of ['['.repeat(300_000), '"'.repeat(300_000), `"${'\\"'.repeat(100_000)}`, '\\'.repeat(300_000)]) {
      const start = performance.now();
      isDeeperThan(hostile, 64);
      assert.ok(performance.now() - start < 2_000); // quadratic time would be most of a minute;
    }
  });
});
