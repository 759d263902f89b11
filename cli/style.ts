import type { Sink } from './io.ts';

/** How text is set off. The plain style leaves it as it is. */
export interface Style {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
}

const same = (text: string): string => text;
export const plainStyle: Style = { good: same, bad: same, warn: same, dim: same, bold: same };

const ansi =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`;
export const colourStyle: Style = { good: ansi(32, 39), bad: ansi(31, 39), warn: ansi(33, 39), dim: ansi(2, 22), bold: ansi(1, 22) };

/** Colours on a terminal only, and never with NO_COLOR (https://no-color.org). */
export function styleFor(sink: Sink, env: Readonly<NodeJS.ProcessEnv>): Style {
  const plain = sink.isTTY !== true || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return plain ? plainStyle : colourStyle;
}
