/** Something on a page that the reader does or sees. */
export interface Block {
  /** Language of the fence (`sh`, `text`, `yaml`, …), or `world` and `do` for directives in comments. */
  readonly kind: string;
  /** Of the fence or comment, from 1. */
  readonly line: number;
  /** What stands after the language: `foreground`, `not-run="why"`, `file=headgate.yaml`. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Content without the indentation of the fence; of a directive, what it says. */
  readonly text: string;
}

/** What may stand after the language of a fence, for the languages that the tests look at. */
const known: Readonly<Record<string, readonly string[]>> = {
  sh: ['not-run', 'foreground', 'exit'],
  text: ['not-compared', 'foreground'],
  yaml: ['file', 'not-checked'],
};

const DIRECTIVE = /^\s*<!-- (world|do): (.*?) -->$/;
const FENCE = /^(\s*)```(\w*)\s*(.*)$/;

/** The fenced blocks and the directives of a page, in order. @throws Error for an attribute that means nothing */
export function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = page.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const [, kind, text] = DIRECTIVE.exec(lines[index] ?? '') ?? [];
    if (kind !== undefined) blocks.push({ kind, line: index + 1, attributes: new Map(), text: text ?? '' });
    const fence = FENCE.exec(lines[index] ?? '');
    if (!fence) continue;
    const line = index + 1;
    const end = lines.findIndex((each, at) => at > index && /^\s*```\s*$/.test(each));
    if (end === -1) throw new Error(`line ${line}: the block does not end`);
    blocks.push(fenced(fence, line, lines.slice(index + 1, end)));
    index = end;
  }
  return blocks;
}

function fenced([, indent = '', kind = '', info = '']: RegExpExecArray, line: number, content: readonly string[]): Block {
  const attributes = new Map(
    [...info.matchAll(/([\w-]+)(?:=(?:"([^"]*)"|(\S+)))?/g)].map(([, name = '', quoted, bare]) => [name, quoted ?? bare ?? '']),
  );
  const strange = [...attributes.keys()].find((name) => kind in known && !known[kind]?.includes(name));
  if (strange !== undefined) throw new Error(`line ${line}: \`${kind}\` blocks know no attribute ${strange}`);
  const text = content.map((each) => (each.startsWith(indent) ? each.slice(indent.length) : each)).join('\n');
  return { kind, line, attributes, text };
}

/** One command of a block, with what it is expected to exit with. */
export interface ShownCommand {
  readonly text: string;
  readonly line: number;
  readonly exit: number;
}

/** The commands of an `sh` block: a line each, with its continuation lines and here-documents. Comments and blank lines are left out. */
export function commandsIn(block: Block): readonly ShownCommand[] {
  const commands: ShownCommand[] = [];
  const lines = block.text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = block.line + 1 + index;
    let text = lines[index] ?? '';
    while (text.endsWith('\\') && index + 1 < lines.length) text += `\n${lines[(index += 1)]}`;
    const [, marker] = /<<-?'?(\w+)'?/.exec(text) ?? [];
    while (marker !== undefined && lines[index] !== marker && index + 1 < lines.length) text += `\n${lines[(index += 1)]}`;
    if (/^\s*(#|$)/.test(text)) continue;
    const exit = / # exits with (\d+)$/.exec(text)?.[1] ?? block.attributes.get('exit') ?? '0';
    commands.push({ text, line, exit: Number(exit) });
  }
  return commands;
}
