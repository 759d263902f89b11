import assert from 'node:assert/strict';
import { formatAge, formatDuration, readDuration, readSince } from '#cli/duration.ts';
import { styleFor } from '#cli/style.ts';
import { plainStyle, colourStyle } from '#cli/style.ts';
import { renderTable } from '#cli/table.ts';
import type { Sink } from '#cli/io.ts';
import { wrap } from '#cli/text.ts';

describe('durations', () => {
  const shown: readonly (readonly [number, string])[] = [
    [-5, '0 ms'],
    [4.4, '4 ms'],
    [999, '999 ms'],
    [1_310, '1.31 s'],
    [12_340, '12.3 s'],
    [59_960, '1m00s'],
    [125_000, '2m05s'],
    [12_000_000, '3h20m'],
    [3 * 86_400_000, '3d'],
  ];
  for (const [ms, text] of shown) it(`shows ${ms} ms as ${text}`, () => assert.equal(formatDuration(ms), text));

  it('shows ages as kubectl does', () => {
    assert.deepEqual([0, 119_000, 120_000, 7_200_000, 200_000_000].map(formatAge), ['0s', '119s', '2m', '2h', '2d']);
  });

  it('reads moments as durations before now, or as dates', () => {
    assert.equal(readSince('1h30m', 10_000_000), 10_000_000 - 5_400_000);
    assert.equal(readSince('2026-01-31T10:00:00Z', 0), Date.UTC(2026, 0, 31, 10));
  });

  for (const text of ['', 'soon', '5', '2026-99-99', '1h ago']) {
    it(`refuses ${JSON.stringify(text)} as a moment`, () => assert.throws(() => readSince(text, 0), { code: 'USAGE' }));
  }

  it('refuses what is no duration, with an example', () => {
    assert.throws(() => readDuration('a while'), { code: 'USAGE', hint: /90s/ });
  });
});

describe('a table', () => {
  const rows = [
    [{ text: 'a' }, { text: 'done', look: 'good' as const }, { text: 'the last column' }],
    [{ text: 'longer' }, { text: '-' }, { text: 'x' }],
  ];

  it('pads every column but the last to its widest cell', () => {
    assert.deepEqual(renderTable(['ID', 'STATE', 'WHY'], rows, plainStyle, null), [
      'ID      STATE  WHY',
      'a       done   the last column',
      'longer  -      x',
    ]);
  });

  it('cuts rows to the width of a terminal, never a colour in the middle', () => {
    const lines = renderTable(['ID', 'STATE', 'WHY'], rows, plainStyle, 20);
    assert.deepEqual(
      lines,
      ['ID      STATE  WHY', 'a       done   the…', 'longer  -      x'].map((line) => line.replace('the…', 'the …')),
    );
    assert.equal(renderTable(['ID', 'STATE', 'WHY'], rows, colourStyle, 20)[1], 'a       \u001b[32mdone\u001b[39m   the …');
  });

  it('leaves columns out that have no room', () => {
    assert.deepEqual(renderTable(['ID', 'STATE', 'WHY'], rows, plainStyle, 7), ['ID', 'a', 'longer']);
  });
});

describe('wrapping', () => {
  it('breaks at spaces and leaves long words whole', () => {
    assert.deepEqual(wrap('one two threefour five', 8), ['one two', 'threefour', 'five']);
  });
});

describe('colour', () => {
  const terminal = { isTTY: true } as Sink;
  it('is used on terminals', () => assert.equal(styleFor(terminal, {}), colourStyle));
  it('is not used in pipes', () => assert.equal(styleFor({} as Sink, {}), plainStyle));
  it('is not used with NO_COLOR', () => assert.equal(styleFor(terminal, { NO_COLOR: '1' }), plainStyle));
  it('is used when NO_COLOR is empty, as no-color.org says', () => assert.equal(styleFor(terminal, { NO_COLOR: '' }), colourStyle));
});
