import { isSourceRef } from '#core/refs.ts';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import type { Io } from './io.ts';

/** What is asked about: one of `event`, `repo`, `change`. */
export interface QuestionOptions {
  readonly repo?: string;
  readonly ref?: string;
  readonly rev?: string;
  readonly paths?: readonly string[];
  readonly event?: string;
  readonly eventName: string;
  readonly change?: string;
  readonly source?: string;
  readonly confirmed?: boolean;
  readonly subjectIssuer?: string;
  readonly claims?: string;
}

/** The body of `POST /v1/explain`. @throws HeadgateError USAGE, PAYLOAD_INVALID */
export async function explainBody(io: Pick<Io, 'cwd'>, options: QuestionOptions): Promise<object> {
  const { repo, ref, rev, paths, event, eventName, change, source, confirmed } = options;
  if ([repo, event, change].filter((one) => one !== undefined).length !== 1) throw usage('name one of --repo, --event and --change');
  requireMeaning(options);
  const common = {
    ...(source === undefined ? {} : { source }),
    ...(confirmed === undefined ? {} : { confirmed }),
    ...(paths === undefined ? {} : { paths }),
    ...(await subjectOf(io, options)),
  };
  if (change !== undefined) return { change };
  if (event !== undefined)
    return { ...common, event: eventName, payload: await readJsonFile(resolve(io.cwd, event), 'the body of a webhook') };
  if (ref === undefined) throw usage('--repo needs --ref');
  if (!isSourceRef(ref)) throw usage(`${ref} is no full ref; did you mean refs/heads/${ref}?`);
  return { ...common, repository: repo, ref, ...(rev === undefined ? {} : { revision: rev }) };
}

/** An option that would be passed over in silence must not look as if it counted. */
function requireMeaning({ change, event, ...flags }: QuestionOptions): void {
  const names =
    change !== undefined ? (['ref', 'rev', 'paths', 'source', 'confirmed', 'subjectIssuer', 'claims'] as const) : (['ref', 'rev'] as const);
  const what = change !== undefined ? '--change is on record with all of it' : '--event says it by itself';
  const lost = change === undefined && event === undefined ? undefined : names.find((name) => flags[name] !== undefined);
  if (lost !== undefined) throw usage(`${what}: leave out --${lost === 'subjectIssuer' ? 'subject-issuer' : lost}`);
}

/** Whoever would ask for it. */
async function subjectOf({ cwd }: Pick<Io, 'cwd'>, { subjectIssuer: issuer, claims }: QuestionOptions): Promise<object> {
  if (issuer === undefined && claims === undefined) return {};
  if (issuer === undefined || claims === undefined) throw usage('--subject-issuer and --claims belong together');
  return { subject: { issuer, claims: await readJsonFile(resolve(cwd, claims), 'the claims of a token as JSON') } };
}

async function readJsonFile(file: string, what: string): Promise<unknown> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new HeadgateError('USAGE', `cannot read ${file}: ${messageOf(cause)}`, {
      hint: `Name a file with ${what}.`,
      cause,
    });
  });
  if (bytes.byteLength > limits.http.bodyBytes)
    throw new HeadgateError('BODY_TOO_LARGE', `${file} is larger than ${limits.http.bodyBytes} bytes`);
  return parseJson(bytes, limits.http.jsonDepth);
}

function usage(message: string): HeadgateError {
  return new HeadgateError('USAGE', message, { hint: 'For example `headgate explain --repo org/app --ref refs/heads/main`.' });
}
