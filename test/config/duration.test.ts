import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseDuration } from '#config/duration.ts';

describe('config/duration', () => {
  it('reads what Flux reads, and days', () => {
    const table: readonly (readonly [string, number])[] = [
      ['30d', 30 * 86_400_000],
      ['10m', 600_000],
      ['1h30m', 5_400_000],
      ['1.5s', 1_500],
      ['250ms', 250],
      ['1m5s', 65_000],
      ['0s', 0],
    ];
    for (const [text, ms] of table) assert.equal(parseDuration(text), ms, text);
  });

  it('refuses everything else', () => {
    for (const text of ['', '10', '10 m', '-1h', '1w', 'm', '1h 30m', '1M', '٣s', `${'9'.repeat(10)}s`, '1e3s', '5m!']) {
      assert.equal(parseDuration(text), undefined, text);
    }
  });

  it('answers a finite number or nothing for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) =>
        [undefined, true].includes(parseDuration(text) === undefined ? undefined : Number.isFinite(parseDuration(text))),
      ),
    );
  });
});
