import type { CelEnv, CelInput, parse } from '@bufbuild/cel';
import type { RE2JS } from '@bufbuild/re2';
import { limits } from '#core/limits.ts';
import { loadCel, type CelLibrary } from '#policy/cel/library.ts';

/** A parsed expression or a part of one. */
export type Expr = NonNullable<ReturnType<typeof parse>['expr']>;

/** What names in an expression stand for. Give it no prototype, or names such as `constructor` stand for something. */
export type Bindings = Readonly<Record<string, CelInput>>;

/** Runs one expression to its value or a Problem. Nothing is thrown. */
export type Evaluate = (bindings: Bindings) => unknown;

/** Why an expression has no value. */
export interface Problem {
  readonly problem: string;
}

/** Values of CEL are no objects of this kind: mappings are Maps. */
export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}

/** Evaluates within bounds that the library does not have: turns of macros, and the size of what `+` makes. */
export class CelEngine {
  #loaded: CelLibrary | undefined;
  #made: CelEnv | undefined;
  readonly #patterns = new Map<string, RE2JS>();
  #turns = 0;

  /** Whether an expression may call it. */
  knows(name: string): boolean {
    return planned.includes(name) || this.#env.funcs.find(name) !== undefined;
  }

  /**
   * A regular expression, compiled once: that takes twenty times as long as to match. Those of policies alone, so there are few.
   * @throws Error when it is none
   */
  pattern(text: string): RE2JS {
    const compiled = this.#patterns.get(text) ?? this.#library.RE2JS.compile(text);
    this.#patterns.set(text, compiled);
    return compiled;
  }

  /** @returns undefined for an empty text. @throws Error when it is no expression; its message begins with `<input>:LINE:COLUMN: ` */
  parse(text: string): Expr | undefined {
    return this.#library.parse(text).expr;
  }

  /** @throws Error when the expression means nothing to the library */
  plan(expr: Expr): Evaluate {
    const { isCelError } = this.#library;
    const run = this.#library.plan(this.#env, expr);
    return (bindings) => {
      this.#turns = 0;
      const result = run(bindings);
      return isCelError(result) ? { problem: result.message.slice(0, limits.cel.saidChars) } : result;
    };
  }

  get #library(): CelLibrary {
    return (this.#loaded ??= loadCel());
  }

  /** Made when the first expression asks for it: it takes longer than to read a policy that has none. */
  get #env(): CelEnv {
    const { celEnv, celFunc, CelScalar } = this.#library;
    return (this.#made ??= celEnv({
      re2: { compile: (text) => this.pattern(text) },
      funcs: [...boundedSums(this.#library), secondsToTimestamp(this.#library), celFunc(TURN, [], CelScalar.BOOL, () => this.#turn())],
    }));
  }

  #turn(): boolean {
    this.#turns += 1;
    if (this.#turns > limits.cel.turns) throw new Error(`its macros take more than ${limits.cel.turns} turns`);
    return true;
  }
}

/** No name that an expression can write. */
const TURN = '@turn';

/** Operators that the library plans by itself, so that no function of theirs is found. */
const planned: readonly string[] = ['_[_]', '_?_:_', '_&&_', '_||_', '@not_strictly_false'];

/** The condition of a macro's loop, asked together with whether there is a turn left; an error of the latter ends all. */
export function countedCondition(condition: Expr): Expr {
  return call('_&&_', [call(TURN, []), condition]);
}

function call(name: string, args: Expr[]): Expr {
  return {
    $typeName: 'cel.expr.Expr',
    id: 0n,
    exprKind: { case: 'callExpr', value: { $typeName: 'cel.expr.Expr.Call', function: name, args } },
  };
}

/** Variables that double each other would otherwise grow without end. */
function boundedSums({ celFunc, celListConcat, CelScalar, listType }: CelLibrary) {
  const list = listType(CelScalar.DYN);
  return [
    celFunc('_+_', [list, list], list, (left, right) => {
      if (left.size + right.size > limits.cel.items) throw new Error(`a list of more than ${limits.cel.items} entries`);
      return celListConcat(left, right);
    }),
    celFunc('_+_', [CelScalar.STRING, CelScalar.STRING], CelScalar.STRING, (left, right) => {
      if (left.length + right.length > limits.cel.textChars) throw new Error(`a text of more than ${limits.cel.textChars} characters`);
      return left + right;
    }),
    celFunc('_+_', [CelScalar.BYTES, CelScalar.BYTES], CelScalar.BYTES, (left, right) => {
      if (left.length + right.length > limits.cel.textChars) throw new Error(`more than ${limits.cel.textChars} bytes`);
      return Uint8Array.from([...left, ...right]);
    }),
  ];
}

/** CEL counts in seconds (cel-spec, "Timestamps": `timestamp(int)`); the library takes milliseconds. */
function secondsToTimestamp({ celFunc, CelScalar, objectType, timestampFromMs, TimestampSchema }: CelLibrary) {
  return celFunc('timestamp', [CelScalar.INT], objectType(TimestampSchema), (seconds) => timestampFromMs(Number(seconds) * 1_000));
}
