import assert from 'node:assert/strict';
import { doubtfulLine, leadOf, linesOf, parseTagFile } from '#adapters/hg/tags/tag-file.ts';
import { limits } from '#core/limits.ts';

const a = 'a'.repeat(40);
const b = 'b'.repeat(40);
const none = '0'.repeat(40);

describe('.hgtags', () => {
  const read = (text: string | Uint8Array) => parseTagFile(Buffer.from(text));
  const lead = (text: string | Uint8Array, name = 'v1') => leadOf(read(text).entries.get(name));

  it('says of a tag what its last line says', () => {
    assert.equal(lead(`${a} v1\n${b} v2\n${b} v1\n`), b);
    assert.equal(lead(`${a} v1\n`, 'v2'), undefined);
    assert.deepEqual(read(`${a} v1\n${b} v1\n`).entries.get('v1'), { at: 1, course: [a, b] });
  });

  it('has no tag that is deleted, until it is made again', () => {
    assert.equal(lead(`${a} v1\n${none} v1\n`), undefined);
    assert.equal(lead(`${a} v1\n${none} v1\n${b} v1\n`), b);
  });

  it('takes names with spaces, white space at their ends, hex in capitals, ends of lines of Windows and a last line without any', () => {
    assert.equal(lead(`${a} release 1\n`, 'release 1'), a);
    assert.equal(lead(`${a}  \tv1\t \r\n`), a);
    assert.equal(lead(`${a.toUpperCase()} v1`), a);
    assert.equal(lead(`${a} vé\n`, 'vé'), a);
    assert.equal(lead(`${a} v1\u00a0\n`), undefined);
  });

  for (const [what, line] of [
    ['a short node', `${a.slice(1)} v1`],
    ['a node that is no hex', `${'g'.repeat(40)} v1`],
    ['a tab for the space', `${a}\tv1`],
    ['a space before the node', ` ${a} v1`],
    ['a byte order mark', `\ufeff${a} v1`],
    ['a carriage return within, which ends a line for Mercurial', `${a} v2\r${a} v1`],
    ['bytes that are no UTF-8', Buffer.from(`${a} \xe9v1`, 'latin1')],
    ['null bytes', `${a}\0v1`],
  ] as const) {
    it(`passes over a line with ${what}, and says that it may be meant`, () => {
      const file = read(Buffer.concat([Buffer.from(`${b} v1\n`), Buffer.from(line), Buffer.from('\n')]));
      const entry = file.entries.get('v1') ?? assert.fail();
      assert.equal(leadOf(entry), b);
      assert.ok(doubtfulLine(file, 'v1', entry));
      assert.equal(doubtfulLine(file, 'v3', entry), undefined);
      const repaired = read(Buffer.concat([Buffer.from(line), Buffer.from(`\n${b} v1\n`)]));
      assert.equal(doubtfulLine(repaired, 'v1', repaired.entries.get('v1') ?? assert.fail()), undefined);
    });
  }

  it('is refused where it is giant, and is quick until then', () => {
    const { fileBytes, lines } = limits.hgTags;
    assert.throws(() => linesOf(Buffer.alloc(fileBytes + 1)), { code: 'CONTENT_TOO_LARGE' });
    assert.throws(() => linesOf(Buffer.alloc(lines + 1, '\n')), { code: 'CONTENT_TOO_LARGE' });
    const spaces = read(`${a} v1\n${' '.repeat(fileBytes - 100)}x\n`);
    assert.equal(doubtfulLine(spaces, 'v1', { at: 0, course: [a] }), undefined);
    const many = read(`${a} v1\n`.repeat(Math.min(lines, Math.floor(fileBytes / 44))));
    assert.equal(many.entries.get('v1')?.course.length, many.lines);
  });
});
