import assert from 'node:assert/strict';
import { lockFaults } from './check-lock.ts';

const manifest = { name: 'x', dependencies: { zod: '4.6.7' }, devDependencies: { mocha: '12.0.3' } };
const lock = (root: object, resolved = {}): string =>
  JSON.stringify({ packages: { '': root, 'node_modules/zod': { version: '4.6.7', ...resolved } } });

describe('the lock file check', () => {
  it('passes a lock file that fits its package.json', () => {
    assert.deepEqual(lockFaults(manifest, lock(manifest)), []);
  });

  it('refuses a dependency that was not locked', () => {
    const [fault] = lockFaults({ ...manifest, dependencies: { zod: '4.6.7', yaml: '2.9.1' } }, lock(manifest));
    assert.match(fault ?? '', /differs from package\.json/);
  });

  it('refuses download addresses, which differ from machine to machine', () => {
    const [fault] = lockFaults(manifest, lock(manifest, { resolved: 'https://registry.example.com/zod.tgz' }));
    assert.match(fault ?? '', /download addresses/);
  });
});
