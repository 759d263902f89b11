import { isMainThread, parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { systemClock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { Checkpointer } from '#journal/sqlite/checkpoint.ts';
import { commitBatch } from '#journal/sqlite/commit.ts';
import { openWriter } from '#journal/sqlite/connections.ts';
import { prepareOperations } from '#journal/sqlite/operations/all.ts';
import type { FromWriter, ToWriter, WriterSettings } from '#journal/sqlite/thread-messages.ts';

/** The writer's thread: commits one batch after another, so that fsync never stops the event loop that answers requests. */
function serve(port: MessagePort, settings: WriterSettings): void {
  const db = openWriter(settings);
  const operations = prepareOperations(db, settings);
  const post = (message: FromWriter): void => port.postMessage(message);
  const checkpointer = new Checkpointer(db, systemClock, (error) => post({ warning: `a checkpoint failed: ${messageOf(error)}` }));
  port.on('message', (message: ToWriter) => {
    if ('close' in message) {
      checkpointer.stop();
      db.close();
      port.close();
      return;
    }
    post({ replies: commitBatch(db, operations, message.batch) });
    checkpointer.afterBatch();
  });
  post({ ready: true });
}

if (!isMainThread && parentPort) serve(parentPort, workerData as WriterSettings);
