import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pushBody, pushHeaders, signature, type Push } from './push.ts';

const run = promisify(execFile);

/** A signed push and the path that takes it. */
export interface Shot {
  readonly path: string;
  readonly push: Push;
}

export interface LoadOptions {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Sent in turn, each time under a delivery id of its own. */
  readonly shots: readonly Shot[];
  readonly secret: string;
  readonly connections: number;
  readonly seconds: number;
  /** The core that the generator runs on. */
  readonly core: number;
  /** For the script and the bodies. */
  readonly directory: string;
}

/** What wrk saw. Times in milliseconds. */
export interface LoadResult {
  /** Answers with a status below 400. */
  readonly accepted: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Answers with a status of 400 and more, and broken connections. */
  readonly errors: number;
}

/** Closed loop: every connection sends its next push when the last one is answered. */
export async function shoot(options: LoadOptions): Promise<LoadResult> {
  const bodies = join(options.directory, 'shots.tsv');
  const script = join(options.directory, 'shots.lua');
  writeFileSync(bodies, options.shots.map((shot) => line(shot, options.secret)).join(''));
  writeFileSync(script, scriptText());
  const wrk = [
    'wrk',
    '-t1',
    `-c${options.connections}`,
    `-d${options.seconds}s`,
    '--timeout',
    '60s',
    '--latency',
    '-s',
    script,
    options.url,
  ];
  const args = ['-c', String(options.core), ...wrk, '--', bodies, randomUUID().slice(0, 24)];
  const { stdout } = await run('taskset', args, { maxBuffer: 1024 * 1024 });
  return parse(stdout);
}

function line({ path, push }: Shot, secret: string): string {
  const body = pushBody(push);
  return `${path}\t${signature(body, secret)}\t${body.toString('utf8')}\n`;
}

/** The header values are those of pushHeaders; the two that differ between requests are filled in by wrk. */
function scriptText(): string {
  const fixed = Object.entries(pushHeaders('', '')).filter(([, value]) => value !== '');
  const headers = fixed.map(([name, value]) => `["${name}"] = "${value}"`).join(', ');
  return `local shots, run, sent = {}, "", 0

function init(args)
  for line in io.lines(args[1]) do
    local path, signature, body = line:match("^(%S+)\\t(%S+)\\t(.*)$")
    shots[#shots + 1] = { path = path, body = body, headers = { ["X-Hub-Signature-256"] = signature, ${headers} } }
  end
  run = args[2]
end

function request()
  sent = sent + 1
  local shot = shots[(sent - 1) % #shots + 1]
  shot.headers["X-GitHub-Delivery"] = string.format("%s%012x", run, sent)
  return wrk.format("POST", shot.path, shot.headers, shot.body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\\nresult {"answers":%d,"microseconds":%d,"refused":%d,"broken":%d,"p50":%f,"p99":%f,"max":%f}\\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
`;
}

type Summary = Readonly<Record<'answers' | 'microseconds' | 'refused' | 'broken' | 'p50' | 'p99' | 'max', number>>;

function parse(output: string): LoadResult {
  const [, json] = /^result (\{.*\})$/m.exec(output) ?? [];
  if (json === undefined) throw new Error(`wrk printed no result:\n${output}`);
  const summary = JSON.parse(json) as Summary;
  const accepted = summary.answers - summary.refused;
  return {
    accepted,
    perSecond: accepted / (summary.microseconds / 1_000_000),
    p50: summary.p50 / 1_000,
    p99: summary.p99 / 1_000,
    max: summary.max / 1_000,
    errors: summary.refused + summary.broken,
  };
}
