import assert from 'node:assert/strict';
import { byTarget } from '#core/by-target.ts';

describe('a story by target', () => {
  const target = (name: string) => ({ cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name });

  it('has each target once, with the newest decision and what came of it, oldest first', () => {
    const decisions = [
      { target: target('b'), id: 1 },
      { target: target('a'), id: 2 },
      { target: target('b'), id: 3 },
    ];
    const reconciles = [
      { target: target('b'), seq: 20 },
      { target: target('c'), seq: 5 },
      { target: target('b'), seq: 10 },
    ];
    assert.deepEqual(
      byTarget({ decisions, reconciles }).map((one) => [one.target.name, one.decision?.id, one.reconciles.map(({ seq }) => seq)]),
      [
        ['b', 3, [10, 20]],
        ['a', 2, []],
        ['c', undefined, [5]],
      ],
    );
  });
});
