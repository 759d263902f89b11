import assert from 'node:assert/strict';
import { blocksOf, commandsIn } from './shown/page-blocks.ts';
import { runPage } from './shown/run-page.ts';
import { masked, outputFault } from './shown/shown-output.ts';

const page = (...lines: readonly string[]): string => lines.join('\n');
const sh = (...lines: readonly string[]): string => page('```sh', ...lines, '```');

describe('reading a page', () => {
  it('finds blocks with their attributes, and directives', () => {
    const text = page(
      '<!-- world: checkout -->',
      '1. Do:',
      '   ```sh not-run="needs a moon" exit=1',
      '   a',
      '     b',
      '   ```',
      '<!-- do: stop -->',
    );
    const blocks = blocksOf(text).map(({ kind, line, text: content }) => [kind, line, content]);
    assert.deepEqual(blocks, [
      ['world', 1, 'checkout'],
      ['sh', 3, 'a\n  b'],
      ['do', 7, 'stop'],
    ]);
    assert.deepEqual(
      blocksOf(text)[1]?.attributes,
      new Map([
        ['not-run', 'needs a moon'],
        ['exit', '1'],
      ]),
    );
  });

  it('refuses attributes that mean nothing, and a block that does not end', () => {
    assert.throws(() => blocksOf('```sh not-ran="x"\n```'), /know no attribute not-ran/);
    assert.throws(() => blocksOf('```sh\nls'), /does not end/);
  });

  it('splits a block into commands, with what each exits with', () => {
    const [block] = blocksOf(sh('# first', 'ls \\', '  -l', 'cat <<EOF', 'x', 'EOF', '', 'false  # exits with 1'));
    assert.ok(block);
    assert.deepEqual(
      commandsIn(block).map(({ text, line, exit }) => [text, line, exit]),
      [
        ['ls \\\n  -l', 3, 0],
        ['cat <<EOF\nx\nEOF', 5, 0],
        ['false  # exits with 1', 9, 1],
      ],
    );
  });
});

describe('comparing what is shown with what came', () => {
  it('masks ids, commits, times, ports and widths', () => {
    const line = (id: string, commit: string, at: string, span: string, port: number, gap: string): string =>
      `dlv_${id}${gap}${commit} ${at} +${span} http://127.0.0.1:${port}/`;
    assert.equal(
      masked(line('01ABCDEF', '3f2a9c17c5f5', '2026-01-31T10:00:00.123Z', '12 ms', 41234, '  ')),
      masked(line('99ZYXWVU', 'ab12c34', '2027-02-01T11:11:11Z', '1.5 s', 35999, '     ')),
    );
  });

  const cases: readonly (readonly [string, string, string, RegExp | undefined])[] = [
    ['equal text', 'a\nb', 'a\nb\n', undefined],
    ['a missing line', 'a\nb\nc', 'a\nc', /b/],
    ['a line that is not shown', 'a', 'a\nb', /more in the output/],
    ['other words', 'a b', 'a c', /a b/],
    ['lines left out', 'a\n…\nd', 'a\nb\nc\nd', undefined],
    ['an end left out', 'a\n…', 'a\nb', undefined],
    ['a part of a line left out', 'a … d', 'a b c d', undefined],
    ['a part left out that is not there', 'a … d', 'a b c', /a … d/],
    ['lines in another order', '…\nb\n…\na', 'a\nb', /a$/],
  ];
  for (const [what, shown, real, pattern] of cases) {
    it(`tells ${what}`, () => {
      const fault = outputFault(shown, real);
      if (pattern === undefined) assert.equal(fault, undefined);
      else assert.match(fault ?? '', pattern);
    });
  }
});

describe('following a page', function () {
  this.timeout(60_000);

  it('keeps directory and variables, and compares what is shown', () =>
    runPage(
      page(
        '<!-- world: fresh -->',
        sh('mkdir sub && cd sub', 'export WORD=hello'),
        sh('echo "$WORD" && basename "$PWD"'),
        '```text',
        'hello',
        'sub',
        '```',
      ),
    ));

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    [
      'an exit code that is not expected',
      sh('bin/headgate trace 0123456789  # exits with 0'),
      /line 2: [^]*\(line 3\) exits with 2, not 0/,
    ],
    ['output that is not what is shown', page(sh('echo one'), '```text', 'two', '```'), /line 5: .*two/],
    ['a placeholder that nobody can fill in', sh('echo <colour>'), /<colour>/],
    ['a verb that kubectl is not played with', sh('kubectl drain node'), /no kubectl drain/],
    ['an action that nobody knows', page(sh('true'), '<!-- do: dance -->'), /no action dance/],
  ];
  for (const [what, text, pattern] of wrong) {
    it(`stops at ${what}`, () => assert.rejects(runPage(page('<!-- world: fresh -->', text)), pattern));
  }

  it('runs nothing of a page without commands', () => runPage('# Only words'));
});
