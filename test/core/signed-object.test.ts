import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { limits } from '#core/limits.ts';
import { confirmSigned, signedCommit, signedTag, tagFault } from '#core/signed-object.ts';
import { samples } from '../identity/signatures/samples.ts';

const header = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +0000\ncommitter C <c@d> 1 +0000\n';
const armour = '-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----';
const sha1 = '0'.repeat(40);

function asHeader(name: string, value: string): string {
  return `${name} ${value.replaceAll('\n', '\n ')}\n`;
}

function idOf(kind: string, raw: string, hash = 'sha1'): string {
  const bytes = Buffer.from(raw, 'latin1');
  return createHash(hash).update(`${kind} ${bytes.length}\0`).update(bytes).digest('hex');
}

function utf8(payload: string): string {
  return Buffer.from(payload, 'latin1').toString('utf8');
}

describe('what git objects carry as their signature', () => {
  for (const { name, kind, raw, id } of samples.objects) {
    it(`is taken out of the ${name}, and put back gives the same object`, () => {
      const signed = (kind === 'commit' ? signedCommit(raw, id) : signedTag(raw)) ?? assert.fail();
      assert.match(signed.signature, /^-----BEGIN (PGP|SSH) SIGNATURE-----\n[^]*-----END (PGP|SSH) SIGNATURE-----\n?$/);
      assert.match(signed.payload, /gpgsig -----BEGIN PGP SIGNATURE-----\n$/); // the line of the message stays
      assert.notEqual(confirmSigned(kind, id, utf8(signed.payload), signed.signature.trim()), null);
      assert.equal(confirmSigned(kind, id, utf8(signed.payload).replace('Signed', 'signed'), signed.signature), null);
      assert.equal(confirmSigned(kind, id, utf8(signed.payload), signed.signature.replace('A', 'B')), null);
    });
  }

  it('is null for commits and tags without one', () => {
    assert.equal(signedCommit(`${header}\nA message\n\ngpgsig ${armour}\n`, sha1), null);
    assert.equal(signedCommit(header, sha1), null);
    assert.equal(
      signedTag(`object ${sha1}\ntype commit\ntag v1\ntagger C <c@d> 1 +0000\n\nA message\n -----BEGIN SSH SIGNATURE-----\n`),
      null,
    );
    assert.equal(signedTag('\n'), null);
  });

  it('is the header of the object’s own format; that of the other is not signed either', () => {
    const both = `${header}${asHeader('gpgsig', armour)}${asHeader('gpgsig-sha256', 'other')}encoding ISO-8859-1\n\nM\n`;
    const payload = `${header}encoding ISO-8859-1\n\nM\n`;
    assert.deepEqual(signedCommit(both, sha1), { payload, signature: `${armour}\n` });
    assert.deepEqual(signedCommit(both, '0'.repeat(64)), { payload, signature: 'other\n' });
    assert.equal(signedCommit(`${header}${asHeader('gpgsig-sha256', armour)}\nM\n`, sha1), null);
  });

  it('keeps lines of a merged tag, which has a signature of its own', () => {
    const merged = asHeader('mergetag', `object ${sha1}\ntype commit\n\nM\n${armour}`);
    const raw = `${header}${merged}${asHeader('gpgsig', armour)}\nM\n`;
    assert.deepEqual(signedCommit(raw, sha1), { payload: `${header}${merged}\nM\n`, signature: `${armour}\n` });
  });

  it('holds every signature where there are several, so that verifying sees them', () => {
    const twice = asHeader('gpgsig', armour).repeat(2);
    assert.equal(signedCommit(`${header}${twice}\nM\n`, sha1)?.signature, `${armour}\n${armour}\n`);
  });

  it('of a tag begins at the last line that could begin one, as for git', () => {
    const tag = `object ${sha1}\ntype commit\ntag v1\n\nM\n${armour}\n`;
    assert.deepEqual(signedTag(`${tag}-----BEGIN SIGNED MESSAGE-----\nx509\n`), {
      payload: tag,
      signature: '-----BEGIN SIGNED MESSAGE-----\nx509\n',
    });
    const headed = tag.replace('\n\n', `\n${asHeader('gpgsig-sha256', 'other')}\n`);
    assert.equal(signedTag(headed)?.payload, `object ${sha1}\ntype commit\ntag v1\n\nM\n`);
  });

  it('is confirmed wherever a program has put it among the headers, and in both object formats', () => {
    const message = '\nGrüße\n';
    const bytes = Buffer.from(message, 'utf8').toString('latin1');
    for (const [before, behind] of [
      [header, 'encoding UTF-8\n'],
      [header.replace(/committer.*\n/, ''), 'committer C <c@d> 1 +0000\n'],
      [`${header}encoding UTF-8\n`, ''],
    ] as const) {
      for (const [length, hash, name] of [
        [40, 'sha1', 'gpgsig'],
        [64, 'sha256', 'gpgsig-sha256'],
      ] as const) {
        const id = idOf('commit', `${before}${asHeader(name, `${armour}\n`)}${behind}${bytes}`, hash);
        assert.equal(id.length, length);
        assert.deepEqual(confirmSigned('commit', id, `${before}${behind}${message}`, armour), {
          payload: `${before}${behind}${bytes}`,
          signature: armour,
        });
      }
    }
  });

  it('is not put together again when it is larger than what is verified', () => {
    const tag = `object ${sha1}\ntype commit\ntag v1\n\n${'x'.repeat(limits.signatures.payloadBytes)}\n`;
    assert.equal(confirmSigned('tag', idOf('tag', `${tag}${armour}`), tag, armour), null);
    const short = tag.slice(0, 100);
    assert.notEqual(confirmSigned('tag', idOf('tag', `${short}${armour}`), short, armour), null);
    const long = `${armour}${'x'.repeat(limits.signatures.signatureChars)}`;
    assert.equal(confirmSigned('tag', idOf('tag', `${short}${long}`), short, long), null);
  });

  it('is read in one pass of any text', () => {
    const text = fc
      .array(fc.constantFrom('\n', ' ', 'gpgsig ', 'gpgsig-sha256 ', '-----BEGIN PGP SIGNATURE-----', 'x', 'object '))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (raw) => {
        for (const signed of [signedCommit(raw, sha1), signedTag(raw)]) {
          if (signed !== null) assert.ok(signed.payload.length + signed.signature.length <= raw.length);
        }
        confirmSigned('commit', sha1, raw, raw);
        confirmSigned('tag', sha1, raw, raw);
      }),
    );
  });
});

describe('what a signed tag says', () => {
  const tag = `object ${sha1}\ntype commit\ntag v1\ntagger C <c@d> 1 +0000\n\nM\n`;
  const of = { ref: 'refs/tags/v1', object: sha1, commit: sha1 };

  it('must be its own name, and the very commit', () => {
    assert.equal(tagFault(tag, of), null);
    assert.match(tagFault(tag, { ...of, ref: 'refs/tags/v2' }) ?? '', /is called refs\/tags\/v1, not refs\/tags\/v2/);
    assert.match(tagFault(tag, { ...of, ref: 'refs/heads/v1' }) ?? '', /is called/);
    assert.match(tagFault(tag, { ...of, commit: '1'.repeat(40) }) ?? '', /stands for 0+, not for 1+/);
  });

  it('must be of a commit, and a tag at all', () => {
    assert.match(tagFault(tag.replace('type commit', 'type tag'), of) ?? '', /one of a tag, not of a commit/);
    assert.match(tagFault(`${header}\ntag v1\n`, of) ?? '', /no tag/);
  });

  it('must be the changeset that brought it, of Mercurial', () => {
    const brought = { ref: 'tag:v1@branch:default', object: '1'.repeat(40), commit: sha1 };
    assert.equal(tagFault(`${'1'.repeat(40)}\n`, brought), null);
    for (const payload of [`${sha1}\n`, `${'1'.repeat(40)}`, `${'1'.repeat(40)}\r\n`, tag])
      assert.match(tagFault(payload, brought) ?? '', /is not 1+, the changeset that brought the tag/);
  });

  it('is compared as the text that its bytes are', () => {
    const named = tag.replace('v1', Buffer.from('größe', 'utf8').toString('latin1'));
    assert.equal(tagFault(named, { ...of, ref: 'refs/tags/größe' }), null);
  });
});
