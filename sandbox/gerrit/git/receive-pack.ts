import type { GerritAccount } from '#sandbox/gerrit/account.ts';
import { FLUSH, pkt, readPkts } from '#sandbox/gerrit/git/pkt-line.ts';
import type { RefMove } from '#sandbox/gerrit/git/project-git.ts';
import type { GerritProject } from '#sandbox/gerrit/project.ts';
import { type Pushed, takePush } from '#sandbox/gerrit/push.ts';
import type { Site } from '#sandbox/gerrit/site.ts';

/** Bytes of one side-band packet (gitprotocol-capabilities(5), side-band-64k). */
const BAND = 65_515;

/**
 * Answers `git-receive-pack` (gitprotocol-pack(5), "Pushing Data To a Server"): the pack goes into the repository, the commands
 * go through Gerrit instead of straight to refs.
 */
export async function receivePack(site: Site, project: GerritProject, body: Buffer, by: GerritAccount): Promise<Buffer> {
  const { lines, end } = readPkts(body);
  if (lines.length === 0) return Buffer.alloc(0); // git asks whether it may
  const [first = ''] = lines.map((line) => line.toString('utf8'));
  const capabilities = new Set((first.split('\0')[1] ?? '').trim().split(' '));
  const options = capabilities.has('push-options') ? readPkts(body, end) : { lines: [], end };
  const commands = lines.map((line) => withOptions(commandOf(line), options.lines.map(String)));
  const pack = body.subarray(options.end);
  if (pack.byteLength > 0) await indexed(project, pack);
  const results = await site.write(() => takePush(site, project, commands, by));
  return reply(results, capabilities);
}

function commandOf(line: Buffer): RefMove {
  const [before = '', after = '', ...ref] = (line.toString('utf8').split('\0')[0] ?? '').trimEnd().split(' ');
  return { before, after, ref: ref.join(' ') };
}

/** `git push -o topic=t` says the same as `%topic=t`. */
function withOptions(command: RefMove, options: readonly string[]): RefMove {
  if (options.length === 0 || !command.ref.startsWith('refs/for/')) return command;
  return { ...command, ref: `${command.ref}${command.ref.includes('%') ? ',' : '%'}${options.join(',')}` };
}

/** Into `objects/pack`; a pack that leaves objects out is completed. */
async function indexed({ git }: GerritProject, pack: Buffer): Promise<void> {
  if (pack.readUInt32BE(8) === 0) return; // a pack without objects
  await git.text(['index-pack', '--stdin', '--fix-thin'], pack);
}

function reply(results: readonly Pushed[], capabilities: ReadonlySet<string>): Buffer {
  const lines = results.map(({ ref, refused }) => (refused === undefined ? `ok ${ref}\n` : `ng ${ref} ${refused.split('\n')[0]}\n`));
  const report = Buffer.concat([pkt('unpack ok\n'), ...lines.map((line) => pkt(line)), FLUSH]);
  const wants = capabilities.has('report-status') || capabilities.has('report-status-v2');
  if (!capabilities.has('side-band-64k')) return wants ? report : Buffer.alloc(0);
  const says = results.flatMap(({ says: each }) => each).map((line) => band(2, Buffer.from(`${line}\n`)));
  return Buffer.concat([...says, ...(wants ? [band(1, report)] : []), FLUSH]);
}

function band(number: number, bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.byteLength; at += BAND) parts.push(pkt(Buffer.concat([Buffer.of(number), bytes.subarray(at, at + BAND)])));
  return Buffer.concat(parts);
}
