import { styleFor, type Style } from './style.ts';
import type { Io } from './io.ts';

/** How lines are laid out: colours, and the width to wrap at (null: never, for programs that read it). */
export interface View {
  readonly style: Style;
  readonly width: number | null;
}

export function viewOf(io: Pick<Io, 'stdout' | 'env'>): View {
  return { style: styleFor(io.stdout, io.env), width: io.stdout.columns ?? null };
}
