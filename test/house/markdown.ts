/** A link of a Markdown document, or a command that it shows, with its line. */
export interface Found {
  readonly line: number;
  readonly text: string;
}

/** Targets of `[text](target)` outside code. */
export function linksOf(markdown: string): readonly Found[] {
  return proseLines(markdown).flatMap(({ line, text }) =>
    [...text.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map((match) => ({ line, text: match[1] ?? '' })),
  );
}

/** The anchors that GitHub makes of headings. */
export function anchorsOf(markdown: string): readonly string[] {
  return proseLines(markdown).flatMap(({ text }) => {
    const heading = /^#+ (.*)$/.exec(text)?.[1];
    return heading === undefined ? [] : [anchor(heading)];
  });
}

function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Command lines that begin with one of `programs`: in shell blocks, and between backticks. */
export function commandsOf(markdown: string, programs: readonly string[]): readonly Found[] {
  const lines = markdown.split('\n');
  let block: string | undefined;
  return lines.flatMap((text, index) => {
    const fence = /^\s*```(\w*)/.exec(text);
    if (fence) {
      block = block === undefined ? (fence[1] ?? '') : undefined;
      return [];
    }
    const candidates =
      block === undefined ? [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '') : block === 'sh' ? text.split('&&') : [];
    const commands = candidates.map((candidate) => candidate.replace(/\s+#.*$/, '').trim());
    return commands
      .filter((command) => programs.includes(command.split(' ')[0] ?? ''))
      .map((command) => ({ line: index + 1, text: command }));
  });
}

function proseLines(markdown: string): readonly Found[] {
  let inBlock = false;
  return markdown.split('\n').flatMap((text, index) => {
    if (/^\s*```/.test(text)) {
      inBlock = !inBlock;
      return [];
    }
    return inBlock ? [] : [{ line: index + 1, text }];
  });
}
