/** One instruction, continued lines joined. */
export interface Instruction {
  /** `RUN` */
  readonly name: string;
  readonly text: string;
}

/** From one FROM to the next. */
export interface Stage {
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

export interface Copy {
  /** Null: from the build context. */
  readonly stage: string | null;
  readonly sources: readonly string[];
  readonly destination: string;
}

/** The instructions of a Dockerfile, those before the first FROM first, under an empty name. */
export function stagesOf(text: string): readonly Stage[] {
  const stages: { from: string; instructions: Instruction[] }[] = [{ from: '', instructions: [] }];
  for (const instruction of instructionsOf(text)) {
    if (instruction.name === 'FROM') stages.push({ from: instruction.text, instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

function instructionsOf(text: string): readonly Instruction[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  const joined = lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n');
  return joined.map((line) => {
    const [, name, rest] = /^([A-Z]+)\s+(.+)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) throw new Error(`not an instruction: ${line}`);
    return { name, text: rest };
  });
}

/** The values of all instructions of a name. */
export function valuesOf({ instructions }: Stage, name: string): readonly string[] {
  return instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);
}

export function copiesOf(stage: Stage): readonly Copy[] {
  return valuesOf(stage, 'COPY').map((text) => {
    const words = text.split(/\s+/);
    const [, from] = /^--from=(.+)$/.exec(words[0] ?? '') ?? [];
    const paths = from === undefined ? words : words.slice(1);
    if (paths.some((path) => path.startsWith('--'))) throw new Error(`an option that is not known: ${text}`);
    return { stage: from ?? null, sources: paths.slice(0, -1), destination: paths.at(-1) ?? '' };
  });
}

/** What is run without a shell. @throws Error for what would be run by one */
export function execForm(text: string): readonly string[] {
  const words: unknown = JSON.parse(text);
  if (!Array.isArray(words)) throw new Error(`not a list: ${text}`);
  return words.map(String);
}
