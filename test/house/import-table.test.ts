import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { importViolations } from './check-imports.ts';
import { root } from './house-files.ts';
import { judgeImport } from './import-table.ts';
import { readImports } from './read-imports.ts';

const packages = { production: ['zod', '@kubernetes/client-node'], development: ['mocha'] };

describe('the import table', () => {
  const allowed: readonly (readonly [string, string])[] = [
    ['journal/sqlite/writer.ts', '#core/limits.ts'],
    ['journal/sqlite/writer.ts', '../rows.ts'],
    ['policy/load.ts', '#config/yaml.ts'],
    ['adapters/github/receive.ts', './schema.ts'],
    ['adapters/github/receive.ts', '#config/secrets.ts'],
    ['adapters/registry.ts', './github/adapter.ts'],
    ['server/routes/hooks.ts', '../problem.ts'],
    ['server/main.ts', '#adapters/registry.ts'],
    ['server/main.ts', './app.ts'],
    ['cli/serve.ts', '#server/main.ts'],
    ['cli/explain.ts', '#server/explain-offline.ts'],
    ['server/explain-offline.ts', '#k8s/saved-inventory.ts'],
    ['server/explain-offline.ts', '#server/query.ts'],
    ['cli/program.ts', './sandbox.ts'],
    ['cli/sandbox.ts', '#sandbox/world.ts'],
    ['cli/sandbox.ts', './output.ts'],
    ['k8s/client.ts', '@kubernetes/client-node/dist/config.js'],
    ['k8s/client.ts', 'node:https'],
    ['test/k8s/client.test.ts', '#sandbox/world.ts'],
  ];
  for (const [file, specifier] of allowed) {
    it(`lets ${file} import ${specifier}`, () => assert.equal(judgeImport(file, specifier, packages), undefined));
  }

  const refused: readonly (readonly [string, string, string])[] = [
    ['core/clock.ts', '#config/yaml.ts', 'core may not import config'],
    ['journal/sqlite/writer.ts', '#queue/embedded.ts', 'journal may not import queue'],
    ['policy/decide.ts', '#journal/rows.ts', 'policy may not import journal'],
    ['handlers/match.ts', '#k8s/inventory.ts', 'handlers may not import k8s'],
    ['handlers/match.ts', '#config/schema.ts', 'handlers may not import config'],
    ['adapters/github/receive.ts', '#adapters/gerrit/schema.ts', 'adapters/github may not import adapters/gerrit'],
    ['adapters/github/receive.ts', '../registry.ts', 'adapters/github may not import adapters/registry.ts'],
    ['server/routes/hooks.ts', '#journal/rows.ts', 'server may not import journal'],
    ['server/routes/hooks.ts', '../main.ts', 'server may not import server/main.ts'],
    ['server/routes/hooks.ts', '../explain-offline.ts', 'server may not import server/explain-offline.ts'],
    ['server/explain-offline.ts', '#journal/rows.ts', 'server/explain-offline.ts may not import journal'],
    ['server/main.ts', '#sandbox/world.ts', 'server/main.ts may not import sandbox'],
    ['server/main.ts', '#cli/serve.ts', 'server/main.ts may not import cli'],
    ['cli/serve.ts', '#server/app.ts', 'cli may not import server'],
    ['cli/serve.ts', '#sandbox/world.ts', 'cli may not import sandbox'],
    ['sandbox/world.ts', '#k8s/paths.ts', 'sandbox may not import k8s'],
    ['core/clock.ts', '#test/house/house-files.ts', 'core may not import test'],
    ['core/clock.ts', '../config/yaml.ts', 'leaves its room by a relative path; write #config/yaml.ts'],
    ['core/clock.ts', './limits', 'names no file: imports end in .ts'],
    ['core/clock.ts', 'mocha', 'mocha is a development dependency'],
    ['core/clock.ts', 'left-pad', 'left-pad is not in package.json'],
    ['core/clock.ts', 'fs', 'write node:fs'],
    ['shed/tool.ts', 'node:fs', 'shed is not a room of the import table'],
  ];
  for (const [file, specifier, fault] of refused) {
    it(`refuses ${specifier} in ${file}`, () => assert.equal(judgeImport(file, specifier, packages), fault));
  }
});

describe('reading imports', () => {
  it('sees every form in which TypeScript names a module, types included', () => {
    const text = [
      "import { a } from 'one';",
      "import type { B } from 'two';",
      "import 'three';",
      "export { c } from 'four';",
      "export type * from 'five';",
      "const d = await import('six');",
      "type E = import('seven').E;",
      "// import { f } from 'not-this';",
      'const g = "import { h } from \'nor-this\'";',
    ].join('\n');
    const seen = readImports('x.ts', text).toSorted((left, right) => left.line - right.line);
    assert.deepEqual(
      seen.map(({ line, specifier }) => [line, specifier]),
      [
        [1, 'one'],
        [2, 'two'],
        [3, 'three'],
        [4, 'four'],
        [5, 'five'],
        [6, 'six'],
        [7, 'seven'],
      ],
    );
  });

  it('refuses an import() that only the running program could resolve', () => {
    assert.throws(() => readImports('x.ts', 'const a = "b";\nawait import(a);'), /x\.ts:2: import\(\) of something computed/);
  });

  it('refuses text that it cannot parse', () => {
    assert.throws(() => readImports('x.ts', 'import {'), /x\.ts: /);
  });
});

describe('the import check', () => {
  let copy: string;
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'headgate-house-'));
    cpSync(join(root, 'package.json'), join(copy, 'package.json'));
    execFileSync('git', ['init', '--quiet'], { cwd: copy });
  });
  afterEach(() => rmSync(copy, { recursive: true, force: true }));

  const plant = (file: string, text: string): void => {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), text);
  };

  it('finds a planted violation, also when only a type crosses the wall', () => {
    plant('core/clock.ts', 'export const now = 1;\n');
    plant(
      'policy/decide.ts',
      "import { now } from '#core/clock.ts';\nimport type { Row } from '#journal/rows.ts';\nexport const at: Row = now;\n",
    );
    assert.deepEqual(importViolations(copy), ['policy/decide.ts:2: #journal/rows.ts: policy may not import journal']);
  });

  it('has nothing to say about this repository', () => {
    assert.deepEqual(importViolations(root), []);
  });
});
