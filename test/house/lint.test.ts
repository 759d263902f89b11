import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './house-files.ts';

describe('the lint rules', () => {
  let copy: string;
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'headgate-lint-'));
    for (const file of ['package.json', 'tsconfig.json', '.oxlintrc.json']) cpSync(join(root, file), join(copy, file));
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  });
  afterEach(() => rmSync(copy, { recursive: true, force: true }));

  const lint = (files: Readonly<Record<string, string>>): { readonly status: number | null; readonly output: string } => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      writeFileSync(join(copy, file), text);
    }
    const run = spawnSync(process.execPath, [join(root, 'node_modules/oxlint/bin/oxlint'), '--format=unix'], {
      cwd: copy,
      encoding: 'utf8',
    });
    return { status: run.status, output: run.stdout + run.stderr };
  };

  it('pass a file that breaks none of them', () => {
    const { status, output } = lint({ 'core/a.ts': 'export const a = (n: number): number => n + 1;\n' });
    assert.equal(status, 0, output);
  });

  const planted: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    [
      'a promise that nobody waits for',
      'no-floating-promises',
      { 'core/a.ts': 'export async function a(): Promise<void> {}\nexport function b(): void {\n  a();\n}\n' },
    ],
    [
      'a promise taken for a boolean',
      'no-misused-promises',
      { 'core/a.ts': 'export async function a(): Promise<boolean> {\n  return true;\n}\nexport const b = (): number => (a() ? 1 : 2);\n' },
    ],
    [
      'a cycle through subpath imports',
      'no-cycle',
      {
        'core/a.ts': "import { b } from '#core/b.ts';\nexport const a = (): number => b();\n",
        'core/b.ts': "import { a } from './a.ts';\nexport const b = (): number => a();\n",
      },
    ],
    [
      'a cycle of types alone',
      'no-cycle',
      {
        'core/a.ts': "import type { B } from '#core/b.ts';\nexport interface A {\n  readonly b: B | null;\n}\n",
        'core/b.ts': "import type { A } from '#core/a.ts';\nexport interface B {\n  readonly a: A | null;\n}\n",
      },
    ],
    ['any', 'no-explicit-any', { 'core/a.ts': 'export const a = (b: any): number => (b === 1 ? 1 : 2);\n' }],
    ['a default export', 'no-default-export', { 'core/a.ts': 'export default function a(): void {}\n' }],
    ['a god file', 'max-lines', { 'core/a.ts': 'export const a = 1;\n'.padEnd(400, '\n') }],
    ['reading the environment outside an entry', 'no-process-env', { 'core/a.ts': "export const a = (): unknown => process.env['A'];\n" }],
  ];
  for (const [what, rule, files] of planted) {
    it(`refuse ${what}`, () => {
      const { status, output } = lint(files);
      assert.notEqual(status, 0, output);
      assert.match(output, new RegExp(`\\(${rule}\\)`));
    });
  }
});
