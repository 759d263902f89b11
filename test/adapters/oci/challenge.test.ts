import assert from 'node:assert/strict';
import { challengesOf } from '#adapters/oci/registry/challenge.ts';

describe('what a registry asks for', () => {
  const read = (header: string) => challengesOf(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

  it('is read as distribution writes it', () => {
    assert.deepEqual(read('Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"'), [
      ['bearer', { realm: 'https://auth.example/token', service: 'registry.example', scope: 'repository:a/b:pull,push' }],
    ]);
  });

  it('may be several, joined, with spaces and escapes', () => {
    assert.deepEqual(read('Basic realm="a \\"b\\", c" ,  BEARER Realm = x , service=y'), [
      ['basic', { realm: 'a "b", c' }],
      ['bearer', { realm: 'x', service: 'y' }],
    ]);
    assert.deepEqual(read('Negotiate, Basic realm=x'), [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ]);
  });

  it('ends where it cannot be read, and is bounded', () => {
    assert.deepEqual(read(''), []);
    assert.deepEqual(read('Bearer realm="never ends'), [['bearer', {}]]);
    assert.deepEqual(read(`Bearer realm="${'x'.repeat(10_000)}"`), []);
  });
});
