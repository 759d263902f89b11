import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new empty directory for each test of the enclosing `describe`, removed after it. */
export function useTempDir(): () => string {
  let path = '';
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'headgate-test-'));
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));
  return () => path;
}
