import { z } from 'zod';
import { Explanation } from './explanation-schema.ts';

const text = z.string();
const maybe = text.nullable();

const Item = z.object({
  delivery: text,
  source: maybe,
  repository: maybe,
  ref: maybe,
  replay: maybe,
  known: z.boolean(),
  ignored: maybe,
  explanation: Explanation.nullable(),
  error: z.object({ code: text, detail: text, hint: text }).nullable(),
});
export type ReplayItem = z.infer<typeof Item>;

/** What the command line reads of the answer of `POST /v1/replays`. */
export const Replays = z.object({ dryRun: z.boolean(), items: z.array(Item) });

/** All of it, as it is printed for programs. */
export const WholeAnswer = z.looseObject({});
