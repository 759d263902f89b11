import { Redis } from 'ioredis';
import { keepRunning, systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { openBullQueue } from '#queue/bullmq.ts';

/** A process that takes a key, says so in Redis, and never has done its work: `node holder.ts <url> <prefix>`. */
const [url = '', prefix = ''] = process.argv.slice(2);
keepRunning();
const redis = new Redis(url);
const times = { lock: 3_000, stalled: 500, poll: 500, idle: 60_000, stuck: 60_000 };
const queue = await openBullQueue({ clock: systemClock, log: silentLog, url, prefix, rescan: async () => [], times });
queue.start(async (key) => {
  await redis.set(`${prefix}:held`, key);
  await new Promise<void>(() => {});
});
