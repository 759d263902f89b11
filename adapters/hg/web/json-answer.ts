import type { z } from 'zod';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import type { HgwebClient, Question } from './client.ts';
import { templateHint } from './refusals.ts';

/** What hgweb's json templates answer; undefined for 404. Where they are missing hgweb answers in HTML, with a 200. */
export async function jsonIn<T>(client: HgwebClient, repository: string, question: Question, schema: z.ZodType<T>): Promise<T | undefined> {
  const answer = await client.read(repository, question);
  if (answer === undefined) return undefined;
  const type = answer.headers.get('content-type') ?? 'nothing';
  if (!type.startsWith('application/json'))
    throw new HeadgateError('SOURCE_REFUSED', `hgweb answers ${question.command} of ${repository} with ${type.slice(0, 80)}, not in JSON`, {
      hint: templateHint,
    });
  const parsed = schema.safeParse(parsedJson(client, repository, question, answer.body));
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.slice(0, 5).map((issue) => issue.path.join('.') || 'the whole');
  throw new HeadgateError(
    'SOURCE_REFUSED',
    `hgweb answers ${question.command} of ${repository} otherwise than Mercurial does: ${fields.join(', ')}`,
    {
      hint: templateHint,
    },
  );
}

function parsedJson(client: HgwebClient, repository: string, question: Question, body: Buffer): unknown {
  try {
    return parseJson(body, limits.http.jsonDepth);
  } catch (error) {
    throw client.unusable(repository, question, messageOf(error), error);
  }
}
