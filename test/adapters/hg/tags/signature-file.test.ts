import assert from 'node:assert/strict';
import { parseSignatureFile } from '#adapters/hg/tags/signature-file.ts';
import { openArmour } from '#core/keys/armour.ts';
import { limits } from '#core/limits.ts';

const a = 'a'.repeat(40);
const b = 'b'.repeat(40);
const data = Buffer.alloc(119, 7);
const base64 = data.toString('base64');

describe('.hgsigs', () => {
  const read = (text: string) => parseSignatureFile(Buffer.from(text));

  it('says of a changeset what was signed of it: the node and a line feed', () => {
    const { payload, signature, others } = read(`${b} 0 AAAA\n${a} 0 ${base64}\n`).get(a) ?? assert.fail();
    assert.equal(payload, `${a}\n`);
    assert.deepEqual(openArmour(signature), { label: 'PGP SIGNATURE', data });
    assert.equal(others, undefined);
  });

  it('keeps what several people signed, each once, and a few of them where they are many', () => {
    const both = read(`${a} 0 AAAA\n${a} 0 BBBB\n${a} 0 AAAA\n`).get(a) ?? assert.fail();
    assert.deepEqual(
      [both, ...(both.others ?? [])].map(({ signature }) => openArmour(signature).data.toString('base64')),
      ['AAAA', 'BBBB'],
    );
    const many = Array.from({ length: 100 }, (_, index) => `${a} 0 ${String(index).padStart(4, '0')}\n`).join('');
    assert.equal(read(many).get(a)?.others?.length, limits.hgTags.signatures - 1);
  });

  it('takes what gpg was told to armour, and ends of lines of Windows', () => {
    const armour = '-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n';
    assert.equal(read(`${a} 0 ${Buffer.from(armour).toString('base64')}\r\n`).get(a)?.signature, armour);
  });

  it('passes over lines that are none', () => {
    const lines = [
      `${a} 1 AAAA`,
      `${a.toUpperCase()} 0 AAAA`,
      `${a} 0  AAAA`,
      ` ${a} 0 AAAA`,
      `${a} 0 AA*A`,
      `${a} 0`,
      `${a}0 0 AAAA`,
      '',
      '\u0000',
    ];
    assert.equal(read(lines.join('\n')).size, 0);
  });
});
