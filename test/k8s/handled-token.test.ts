import assert from 'node:assert/strict';
import { hasHandled } from '#k8s/handled-token.ts';

const ours = '2026-01-01T00:00:10.000000016Z';
const cases: readonly (readonly [string, { tokens: readonly string[]; handled: string | null }, boolean])[] = [
  ['our own token', { tokens: [ours], handled: ours }, true],
  ['no token yet', { tokens: [ours], handled: null }, false],
  ['the token from before ours', { tokens: ['old', ours], handled: 'old' }, false],
  ['a token written over ours', { tokens: ['old', ours, 'by-hand'], handled: 'by-hand' }, true],
  ['a token written over ours whose clock is behind', { tokens: [ours, '2025-01-01T00:00:00Z'], handled: '2025-01-01T00:00:00Z' }, true],
  ['a token from before ours whose clock is ahead', { tokens: ['2027-01-01T00:00:00Z', ours], handled: '2027-01-01T00:00:00Z' }, false],
  ['a later time that was not seen being written', { tokens: ['x'], handled: '2026-01-01T00:00:11Z' }, true],
  ['a later time in another zone', { tokens: ['x'], handled: '2026-01-01T02:00:11+02:00' }, true],
  ['an earlier time that was not seen being written', { tokens: ['x'], handled: '2026-01-01T00:00:09Z' }, false],
  ['the next ask of the same millisecond', { tokens: ['x'], handled: '2026-01-01T00:00:10.000000017Z' }, true],
  ['the ask before of the same millisecond', { tokens: ['x'], handled: '2026-01-01T00:00:10.000000015Z' }, false],
  ['something that is no time and was not seen being written', { tokens: ['x'], handled: 'x' }, false],
];

describe('whether our token has been handled', () => {
  for (const [what, object, expected] of cases)
    it(`is ${expected ? 'yes' : 'no'} for ${what}`, () => assert.equal(hasHandled(object, ours), expected));

  it('is yes when nothing was written', () => assert.equal(hasHandled({ tokens: [], handled: null }, null), true));
});
