import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { houseFiles, root } from './house-files.ts';
import { importTable } from './import-table.ts';
import { commandFault } from './known-command.ts';
import { anchorsOf, commandsOf, linksOf } from './markdown.ts';

const documents = houseFiles(root, '.md');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** What is wrong with a link, or undefined. Links to other sites are not looked at: a test must not depend on them. */
function linkFault(file: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = '', fragment] = link.split('#');
  const target = path === '' ? file : normalize(join(dirname(file), path));
  if (!existsSync(join(root, target))) return `${target} does not exist`;
  if (fragment === undefined || !target.endsWith('.md')) return undefined;
  return anchorsOf(read(target)).includes(fragment) ? undefined : `${target} has no heading #${fragment}`;
}

describe('the documents', () => {
  it('are found', () => {
    for (const file of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/concepts.md'])
      assert.ok(documents.includes(file), file);
  });

  it('have no link that leads nowhere', () => {
    const faults = documents.flatMap((file) =>
      linksOf(read(file)).flatMap(({ line, text }) => {
        const fault = linkFault(file, text);
        return fault === undefined ? [] : [`${file}:${line}: ${fault}`];
      }),
    );
    assert.deepEqual(faults, []);
  });

  it('are listed in the index, all that are read by kind', () => {
    const listed = linksOf(read('docs/README.md')).map(({ text }) => `docs/${text}`);
    const pages = documents.filter((file) => /^docs\/(tutorials|how-to|explanation|reference)\//.test(file));
    assert.ok(pages.length > 20);
    assert.deepEqual(
      pages.filter((page) => !listed.includes(page)),
      [],
    );
  });

  it('show no headgate command that the command line does not know', () => {
    const faults = documents.flatMap((file) =>
      commandsOf(read(file), ['headgate', 'bin/headgate']).flatMap(({ line, text }) => {
        const fault = commandFault(text);
        return fault === undefined ? [] : [`${file}:${line}: ${fault}`];
      }),
    );
    assert.deepEqual(faults, []);
  });

  it('show no make target that the Makefile does not have', () => {
    const targets = [...read('Makefile').matchAll(/^([a-z0-9-]+):/gm)].map((match) => match[1] ?? '');
    const faults = documents.flatMap((file) =>
      commandsOf(read(file), ['make']).flatMap(({ line, text }) => {
        const named = text.split(/\s+(?=[^']*(?:'[^']*'[^']*)*$)/).slice(1);
        return named.filter((word) => !word.includes('=') && !targets.includes(word)).map((word) => `${file}:${line}: make ${word}`);
      }),
    );
    assert.deepEqual(faults, []);
  });

  it('show the import table that is checked', () => {
    const rows = [...read('ARCHITECTURE.md').matchAll(/^\| `([^`]+)` \| (–|`.*`) \|$/gm)].map(([, row = '', cells = '']) => [
      row,
      [...cells.matchAll(/`([^`]+)`/g)].map((match) => match[1]),
    ]);
    assert.deepEqual(Object.fromEntries(rows), importTable);
  });
});

describe('messages and comments in the code', () => {
  it('name no headgate command that the command line does not know', () => {
    const rooms = new Set(Object.keys(importTable).map((row) => row.split('/')[0]));
    const faults = houseFiles(root, '.ts')
      .filter((file) => rooms.has(file.split('/')[0]))
      .flatMap((file) =>
        [...read(file).matchAll(/`((?:bin\/)?headgate [a-z][^`$]*)`/g)].flatMap((match) => {
          const fault = commandFault((match[1] ?? '').replaceAll('\\', ''));
          return fault === undefined ? [] : [`${file}: ${fault}`];
        }),
      );
    assert.deepEqual(faults, []);
  });
});

describe('the document checks', () => {
  it('tell a link that leads nowhere, and an anchor that is not there', () => {
    assert.match(linkFault('docs/README.md', 'nothing.md') ?? '', /docs\/nothing\.md does not exist/);
    assert.match(linkFault('docs/README.md', 'concepts.md#nothing') ?? '', /has no heading #nothing/);
    assert.equal(linkFault('docs/README.md', 'concepts.md#outcomes-in-plain-words'), undefined);
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['headgate fly', /no `headgate fly`/],
    ['headgate get secrets', /no `headgate get secrets`/],
    ['bin/headgate trace abc --loud', /no option --loud/],
  ];
  for (const [command, pattern] of wrong) it(`tell that ${command} is not known`, () => assert.match(commandFault(command) ?? '', pattern));

  for (const command of ['headgate <verb>', 'headgate --help', 'headgate trace <commit> -w', 'headgate get changes --since 1h -o json']) {
    it(`let ${command} pass`, () => assert.equal(commandFault(command), undefined));
  }

  it('read links outside code and commands inside it', () => {
    const text = [
      'See [a](a.md) and `[b](b.md)`; run `headgate check`.',
      '```sh',
      'headgate serve && headgate check # [c](c.md)',
      '```',
    ].join('\n');
    assert.deepEqual(linksOf(text), [{ line: 1, text: 'a.md' }]);
    assert.deepEqual(
      commandsOf(text, ['headgate']).map((found) => found.text),
      ['headgate check', 'headgate serve', 'headgate check'],
    );
  });
});
