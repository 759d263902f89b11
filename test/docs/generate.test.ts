import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adapterSchemas } from '#adapters/registry.ts';
import { errorCodes } from '#core/error-codes.ts';
import { parseConfig } from '#config/load-config.ts';
import { parsePolicies } from '#policy/parse-policies.ts';
import { configExample, configJsonSchema, configPage } from '../../docs/generate/config-page.ts';
import { fieldRows } from '../../docs/generate/field-rows.ts';
import { generators } from '../../docs/generate/generators.ts';
import { jsonText } from '../../docs/generate/json-text.ts';
import { table } from '../../docs/generate/markdown.ts';
import { policyExample, policyJsonSchema, policyPage } from '../../docs/generate/policy-page.ts';
import { staleDocuments, writeDocuments } from '../../docs/generate/write-documents.ts';
import { useTempDir } from '../config/temp-dir.ts';

describe('docs/generate', () => {
  const directory = useTempDir();

  it('finds every reference page in step with the code', () => {
    const reference = fileURLToPath(new URL('../../docs/reference', import.meta.url));
    assert.deepEqual(staleDocuments(reference, generators), [], 'run: node docs/generate.ts');
  });

  it('writes what is missing or changed, and nothing else', () => {
    assert.equal(writeDocuments(directory(), generators).length, generators.length);
    assert.deepEqual(staleDocuments(directory(), generators), []);
    writeFileSync(join(directory(), 'errors.md'), 'old');
    assert.deepEqual(staleDocuments(directory(), generators), ['errors.md']);
    assert.deepEqual(writeDocuments(directory(), generators), ['errors.md']);
    assert.deepEqual(readdirSync(directory()).sort(), generators.map(({ file }) => file).sort());
  });

  it('exits with 0 from --check when all is in step', () => {
    const script = fileURLToPath(new URL('../../docs/generate.ts', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', script, '--check'], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  });

  it('describes every field', () => {
    for (const schema of [configJsonSchema(), policyJsonSchema()]) {
      const silent = fieldRows(schema, '').filter(([, , , meaning]) => meaning === '');
      assert.deepEqual(
        silent.map(([path]) => path),
        [],
      );
    }
  });

  it('shows examples that load', () => {
    assert.ok(configPage().includes(configExample.trimEnd()));
    assert.ok(policyPage().includes(policyExample.trimEnd()));
    const config = parseConfig({ name: 'example', text: configExample }, adapterSchemas, '/etc/headgate.yaml');
    assert.deepEqual(
      config.sources.map(({ name }) => name),
      ['hub'],
    );
    assert.equal(parsePolicies([{ name: 'example', text: policyExample }]).policies.length, 1);
  });

  it('lists every error code', () => {
    const page = generators.find(({ file }) => file === 'errors.md')?.render() ?? '';
    for (const code of Object.keys(errorCodes)) assert.ok(page.includes(`\`${code}\``), code);
  });

  it('shows the help of every command', () => {
    const page = generators.find(({ file }) => file === 'cli.md')?.render() ?? '';
    for (const command of ['serve', 'sandbox', 'init', 'config validate', 'check', 'get', 'trace', 'reconcile', 'version']) {
      assert.match(page, new RegExp(`^## headgate ${command}\\n\\n\`\`\`text\\nUsage: headgate ${command}`, 'm'));
    }
  });

  it('names every path that is served, with the filters of each list', () => {
    const page = generators.find(({ file }) => file === 'api.md')?.render() ?? '';
    const routes = new URL('../../server/routes/', import.meta.url);
    const source = readdirSync(routes)
      .map((name) => readFileSync(new URL(name, routes), 'utf8'))
      .join('\n');
    const served = [...source.matchAll(/\.(?:get|post)\(\s*'(\/[a-z0-9/]+)/g), ...source.matchAll(/path: '([a-z]+)'/g)].map(
      ([, path]) => path ?? '',
    );
    assert.ok(served.length >= 9, served.join());
    for (const path of served) assert.ok(page.includes(path.replace(/\/$/, '')), path);
    assert.match(page, /`deliveries` +\| `source`, `state` \(pending, done, ignored, dead\), `event`/);
  });

  it('writes JSON that means the same', () => {
    const value = { a: [1, 'x', null], b: [], c: {}, d: [{ e: ['y'.repeat(200), 'z'] }], f: undefined };
    assert.deepEqual(JSON.parse(jsonText(value)), JSON.parse(JSON.stringify(value)));
    assert.equal(jsonText({ required: ['a', 'b'] }), '{\n  "required": ["a", "b"]\n}\n');
  });

  it('keeps bars and line breaks out of table cells', () => {
    assert.equal(table(['a'], [['x|y\n z']]), '| a      |\n| ------ |\n| x\\|y z |');
  });
});
