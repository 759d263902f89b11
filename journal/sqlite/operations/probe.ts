import type { DatabaseSync } from 'node:sqlite';
import type { Request } from '#journal/protocol.ts';

/** Writes as much as a delivery may need. The ballast stays until the commit: freed pages would never reach the disk. */
export function probeOperation(db: DatabaseSync): (request: Request<'probe'>) => null {
  const insert = db.prepare('INSERT INTO probe (ballast) VALUES (zeroblob(?))');
  return ({ bytes }) => {
    insert.run(bytes);
    return null;
  };
}

export function unprobeOperation(db: DatabaseSync): () => null {
  const clear = db.prepare('DELETE FROM probe');
  return () => {
    clear.run();
    return null;
  };
}
