import type { Sink } from './io.ts';

type Paint = (text: string) => string;

/** How text is set off. The plain style leaves it as it is. */
export interface Style {
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly dim: Paint;
  readonly bold: Paint;
}

const same: Paint = (text) => text;
export const plainStyle: Style = { good: same, bad: same, warn: same, dim: same, bold: same };

const ansi =
  (on: number, off: number): Paint =>
  (text) =>
    `\u001b[${on}m${text}\u001b[${off}m`;
export const colourStyle: Style = { good: ansi(32, 39), bad: ansi(31, 39), warn: ansi(33, 39), dim: ansi(2, 22), bold: ansi(1, 22) };

/** Colours on a terminal only, and never with NO_COLOR (https://no-color.org). */
export function styleFor(sink: Sink, env: Readonly<NodeJS.ProcessEnv>): Style {
  const plain = sink.isTTY !== true || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return plain ? plainStyle : colourStyle;
}
