import { Option, type Command } from 'commander';
import { pause } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { formatDuration } from '#core/format-duration.ts';
import { limits } from '#core/limits.ts';
import { stringify } from 'yaml';
import { apiClient, type ApiClient } from './api-client.ts';
import { findReplays, renderReplaysOf } from './find-replays.ts';
import { findServer, type ServerOptions } from './find-server.ts';
import { findStories, type Found } from './find-stories.ts';
import { print, tell, type Io } from './io.ts';
import type { Delivery } from './schema.ts';
import { addServerOptions } from './server-options.ts';
import { isStoryOver } from './story-lines.ts';
import { renderDelivery, renderStory } from './story.ts';
import { viewOf } from './view.ts';

interface TraceOptions extends ServerOptions {
  readonly output: 'text' | 'json' | 'yaml';
  readonly watch?: true;
}

/** `headgate trace <what>`: the whole story of a change. */
export function addTrace(program: Command, io: Io): void {
  const command = program
    .command('trace')
    .description('tell what became of a change: received, matched, decided, triggered, applied')
    .argument(
      '<what>',
      'commit (four characters are enough); number, project~number or address of a change of Gerrit; id of a change, delivery, decision or reconcile; or the id that the forge gave its delivery',
    )
    .option('-w, --watch', 'wait until every outcome is known, then tell it; what has not arrived yet is waited for up to a minute')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json', 'yaml']).default('text'));
  addServerOptions(command).action(async (what: string, options: TraceOptions) => {
    const client = apiClient(io, await findServer(io, options));
    const found = options.watch === true ? await settled(io, client, what) : await findStories(client, what);
    print(io, renderFound(io, found, options.output, await findReplays(client, found)));
    if (found.more) tell(io, `► ${what} fits more changes than are shown; \`headgate get changes --revision ${what}\` lists them`);
  });
}

async function settled(io: Io, client: ApiClient, what: string): Promise<Found> {
  let found = await arrived(io, client, what);
  if (!isFoundOver(found)) tell(io, '► waiting for the outcome');
  while (!io.signal.aborted && !isFoundOver(found)) {
    await pause(io.clock, limits.cli.watchInterval, io.signal);
    if (!io.signal.aborted) found = await findStories(client, what);
  }
  return found;
}

/** Whether nothing more is going to happen by itself. */
export function isFoundOver({ stories, deliveries }: Found): boolean {
  return stories.every(isStoryOver) && deliveries.every(({ state }) => state !== 'pending');
}

/** Whoever has just pushed asks before the news of it is here: the sender takes a moment, and so does handling it. */
async function arrived(io: Io, client: ApiClient, what: string): Promise<Found> {
  const latest = io.clock.monotonic() + limits.cli.arrival;
  for (let told = false; ; told = true) {
    try {
      return await findStories(client, what);
    } catch (error) {
      const unknown = error instanceof HeadgateError && error.code === 'NOT_FOUND';
      if (!unknown || io.signal.aborted || io.clock.monotonic() >= latest) throw error;
    }
    if (!told) tell(io, `► nothing is known of ${what} yet; waiting up to ${formatDuration(limits.cli.arrival)} for it`);
    await pause(io.clock, limits.cli.watchInterval, io.signal);
  }
}

/** Stories and deliveries, one after the other, and what replays them. */
export function renderFound(
  io: Io,
  { stories, deliveries }: Found,
  output: TraceOptions['output'],
  replays: readonly Delivery[] = [],
): readonly string[] {
  if (output === 'json') return [JSON.stringify({ stories, deliveries, replays }, null, 2)];
  if (output === 'yaml') return [stringify({ stories, deliveries, replays }).trimEnd()];
  const view = viewOf(io);
  const parts = [...stories.map((story) => renderStory(story, view)), ...deliveries.map((delivery) => renderDelivery(delivery, view))];
  return [...parts.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines])), ...renderReplaysOf(replays, view)];
}
