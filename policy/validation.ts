import type { Expression } from '#policy/cel/compile.ts';

/** An expression that later ones read as `variables.name`. */
export interface Variable {
  readonly name: string;
  readonly expression: Expression;
}

/** An expression that must be true. */
export interface Validation {
  readonly expression: Expression;
  /** What a denial says. */
  readonly message: string;
}
