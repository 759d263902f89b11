import type { CelInput } from '@bufbuild/cel';
import type { Reason } from '#core/decision.ts';
import { isProblem, type Bindings } from '#policy/cel/engine.ts';
import type { Expression } from '#policy/cel/compile.ts';
import type { Evidence } from '#policy/evidence.ts';
import type { ReasonCode } from '#policy/reason-codes.ts';
import type { Validation, Variable } from '#policy/validation.ts';

/** The variables and validations of one policy over the evidence of one decision. A variable is evaluated when it is first read. */
export class Conditions {
  readonly #variables: readonly Variable[];
  readonly #evidence: Evidence;
  #read: Map<string, CelInput> | undefined;

  constructor(variables: readonly Variable[], evidence: Evidence) {
    this.#variables = variables;
    this.#evidence = evidence;
  }

  /** Why a validation does not hold: whatever is not `true` denies, also an error or a value of another type. */
  failure({ expression, message }: Validation, rule: string): Reason | undefined {
    const code: ReasonCode = 'validation-error';
    const { bindings } = this.#evidence;
    if (typeof bindings === 'string') return { code, message: `${rule}: ${message} (${bindings})` };
    const result = this.#evaluate(expression, bindings);
    if (result === true) return undefined;
    if (result === false) return { code: 'validation-failed', message: `${rule}: ${message}` };
    const why = isProblem(result) ? result.problem : 'it is neither true nor false';
    return { code, message: `${rule}: ${message} (${why})` };
  }

  get #values(): Map<string, CelInput> {
    return (this.#read ??= new Map());
  }

  #evaluate(expression: Expression, bindings: Bindings): unknown {
    for (const name of expression.variables) {
      const problem = this.#resolve(name, bindings);
      if (problem !== undefined) return { problem };
    }
    const value = expression.evaluate({ __proto__: null, ...bindings, variables: this.#values });
    return isProblem(value) ? { problem: [value.problem, ...this.#absences(expression)].join('; ') } : value;
  }

  /** What an error may well come from: somebody whom it asks about is not there, or not known. */
  #absences({ names }: Expression): readonly string[] {
    return names.flatMap((name) => {
      const why = this.#evidence.absent(name);
      return why === undefined ? [] : [`no \`${name}\`: ${why}`];
    });
  }

  #resolve(name: string, bindings: Bindings): string | undefined {
    const expression = this.#variables.find((variable) => variable.name === name)?.expression;
    if (expression === undefined) return `there is no variable ${name}`;
    if (this.#values.has(name)) return undefined;
    const value = this.#evaluate(expression, bindings);
    if (isProblem(value)) return `variable ${name}: ${value.problem}`;
    this.#values.set(name, value as CelInput);
    return undefined;
  }
}
