import type { RightAnswer } from '#core/ports/source-rights.ts';

// Kleene's logic of three values: what is not known stays so unless the rest settles it.

/** Yes when all are, no when one is not. */
export function every(answers: readonly RightAnswer[]): RightAnswer {
  if (answers.includes('no')) return 'no';
  return answers.includes('unknown') ? 'unknown' : 'yes';
}

/** Yes when one is, no when none is. */
export function some(answers: readonly RightAnswer[]): RightAnswer {
  return not(every(answers.map(not)));
}

export function not(answer: RightAnswer): RightAnswer {
  if (answer === 'unknown') return 'unknown';
  return answer === 'yes' ? 'no' : 'yes';
}

export function known(is: boolean): RightAnswer {
  return is ? 'yes' : 'no';
}
