import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { houseFiles, root } from '../house/house-files.ts';
import { blocksOf } from './shown/page-blocks.ts';
import { yamlFault } from './yaml-fault.ts';

describe('the YAML that is shown', () => {
  it('loads', () => {
    const faults = houseFiles(root, '.md').flatMap((page) =>
      blocksOf(readFileSync(join(root, page), 'utf8'))
        .filter(({ kind, attributes }) => kind === 'yaml' && !attributes.has('not-checked'))
        .flatMap(({ line, text }) => {
          const fault = yamlFault(text);
          return fault === undefined ? [] : [`${page}:${line}: ${fault}`];
        }),
    );
    assert.deepEqual(faults, []);
  });

  const right: readonly (readonly [string, string])[] = [
    ['a part of the spec of a Config', '  trustedProxies: [ 127.0.0.1 ]'],
    ['a part of a source', '      git: {}'],
    ['a part of a GatePolicy', 'mode: audit'],
    ['an object of Kubernetes', 'apiVersion: v1\nkind: Namespace\nmetadata: { name: apps }'],
  ];
  for (const [what, text] of right) it(`may be ${what}`, () => assert.equal(yamlFault(text), undefined));

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['a key that nothing knows', 'webhok: {}', /no part of/],
    ['a value that does not fit', 'trustedProxies: [ nonsense ]', /no part of/],
    ['a policy without targets', 'apiVersion: headgate.dev/v1alpha1\nkind: GatePolicy\nmetadata: { name: x }\nspec: {}', /targets/],
    ['an object without a name', 'apiVersion: v1\nkind: Namespace', /without kind or name/],
    ['what does not parse', 'a: [', /./],
  ];
  for (const [what, text, pattern] of wrong) it(`is refused with ${what}`, () => assert.match(yamlFault(text) ?? '', pattern));
});
