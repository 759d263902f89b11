import assert from 'node:assert/strict';
import fc from 'fast-check';
import { between, id, questions } from '#adapters/hg/clone/questions.ts';
import { isPath } from '#adapters/hg/names.ts';

const node = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: 40, maxLength: 40 });
const path = fc
  .oneof(fc.string({ unit: 'binary' }), fc.constantFrom('--config=alias.log=!touch pwned', '-R', '--cwd', 'set:all()', '-', '-- x'))
  .filter((text) => text !== '' && isPath(text));

describe('what hg is asked', () => {
  it('has revisions and paths where hg can take them for nothing else', () => {
    fc.assert(
      fc.property(node, node, path, (one, other, file) => {
        const asked = [
          questions.known([one, other]),
          questions.changesets(id(one)),
          questions.changesets(between(one, other)),
          questions.count(between(one, other)),
          questions.drafts(between(one, other), [one]),
          questions.markers(one),
          questions.headsBesideTopics(one, [other, one]),
          questions.ancestor(one, other),
          questions.differing(one, other),
          questions.files(one, file),
          questions.filesThatAre('symlink', one, file),
          questions.filesThatAre('exec', one, file),
          questions.sizes(one, file),
          questions.changed(one, other, file),
          questions.archiveOf(one, [file, file]),
          questions.cat(one, file),
          questions.annotate(one, file),
          questions.archive(one, file),
        ];
        for (const [command, ...args] of asked) {
          assert.match(command ?? '', /^[a-z]+$/);
          for (const arg of args) if (arg !== `path:${file}` && arg !== `--include=path:${file}`) assert.match(arg, ours);
        }
      }),
    );
  });

  it('asks for all files without any pattern', () => {
    assert.ok(!questions.files('1'.repeat(40), '').some((arg) => arg.startsWith('path:')));
    assert.ok(!questions.filesThatAre('exec', '1'.repeat(40), '').some((arg) => arg.startsWith('--include')));
    assert.ok(!questions.archive('1'.repeat(40), '').some((arg) => arg.startsWith('--include')));
  });
});

/** Options that are written here, and revisions that name full ids alone. */
const ours =
  /^(--rev=(?:[a-z(),:+\s]| - |"topic"|id\("[0-9a-f]{40}"\))+|--template=[^-].*|--limit=\d+|--text|--type=tar|--prefix=\.|--print0|set:(?:symlink|exec)\(\)|-)$/s;
