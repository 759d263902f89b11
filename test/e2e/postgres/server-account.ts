import { readFile } from 'node:fs/promises';

/** Whom a server runs as that refuses to run as root; undefined when this process is not root's. */
export async function serverAccount(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const [, , uid, gid] = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('there is neither an account postgres nor one nobody to run Postgres as');
  return { uid: Number(uid), gid: Number(gid) };
}
