import assert from 'node:assert/strict';
import fc from 'fast-check';
import { html } from '#web/html.ts';

describe('the html template', () => {
  it('escapes what is put in, as content and as a quoted attribute', () => {
    const text = `<script>alert("1")</script> & 'more'`;
    assert.equal(
      html`<p title="${text}">${text}</p>`.toString(),
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;</p>',
    );
  });

  it('takes pieces of HTML as they are, and lists of them', () => {
    const items = ['a', '<b>'].map((text) => html`<li>${text}</li>`);
    assert.equal(html`<ul>${items}</ul>`.toString(), '<ul><li>a</li><li>&lt;b&gt;</li></ul>');
  });

  it('does not take an object for HTML because it has the look of it', () => {
    const imitation = { toString: () => '<script>' };
    assert.throws(() => html`${imitation as unknown as string}`);
  });

  it('writes nothing for null, undefined and false, and numbers as they are', () => {
    assert.equal(html`[${null}${undefined}${false}${0}${12.5}${''}]`.toString(), '[012.5]');
  });

  it('replaces control characters and text-direction overrides, not line breaks', () => {
    assert.equal(html`${'a\u0000b\u202ec\u001b[31m\n\td\u2066'}`.toString(), 'a\ufffdb\ufffdc\ufffd[31m\n\td\ufffd');
  });

  it('replaces half a surrogate pair, so that the answer is valid UTF-8', () => {
    assert.equal(html`${'a\ud800b'}`.toString(), 'a\ufffdb');
  });

  const hostile = fc.string({
    unit: fc.oneof(fc.constantFrom('<', '>', '"', "'", '&', '`', '=', '\0', '\n', ';', '#', '/'), fc.string({ unit: 'binary' })),
  });

  it('lets no text open or close an element or an attribute', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        assert.doesNotMatch(html`${text}`.toString(), /[<>"']/);
      }),
    );
  });

  it('keeps every printable text readable: unescaping gives it back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        assert.equal(unescape(html`${text}`.toString()), text);
      }),
    );
  });

  it('leaves no bare ampersand: what is escaped twice is shown as it was', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        assert.doesNotMatch(html`${text}`.toString(), /&(?!(amp|lt|gt|quot|#39);)/);
      }),
    );
  });
});

function unescape(text: string): string {
  const chars: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => chars[name] ?? '');
}
