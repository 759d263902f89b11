import { compileGlob } from '#core/glob.ts';
import { hgRefText, parseHgRef } from '#core/hg-ref.ts';

/** Which typed tags are meant: those on one branch or bookmark whose names fit. */
export interface TagPattern {
  /** Where the tags are read: `branch:default`. */
  readonly on: string;
  /** Whether the tag of this full ref (`tag:v1@branch:default`) is one of them. */
  matches(ref: string): boolean;
}

/**
 * Reads `tag:v*@branch:default`: wildcards (core/glob.ts) in the name of the tag, none in where it is read. Undefined when it is no typed tag.
 * @throws HeadgateError CONFIG_INVALID naming what is wrong with the wildcards
 */
export function parseTagPattern(text: string): TagPattern | undefined {
  const pattern = parseHgRef(text);
  if (pattern?.kind !== 'tag') return undefined;
  const glob = compileGlob(pattern.name);
  const on = hgRefText(pattern.on);
  return {
    on,
    matches(ref) {
      const tag = parseHgRef(ref);
      return tag?.kind === 'tag' && hgRefText(tag.on) === on && glob.matches(tag.name);
    },
  };
}
