import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { HgCommitSpec, HgContent, HgHands } from '../../conformance/hg-back-end.ts';
import type { HgWebServer } from './hgweb.ts';

const Result = z.object({ result: z.string().nullish(), error: z.string().optional() });

/** Works in the repositories of a server, on its machine. */
export interface HgWorker {
  createRepository(name: string): Promise<HgHands>;
  stop(): Promise<void>;
}

/** Starts the Mercurial that serves them (hands.py), which does one task after the other. */
export function startHgWorker({ account, root }: Pick<HgWebServer, 'account' | 'root'>): HgWorker {
  const script = join(import.meta.dirname, 'hands.py');
  const env = { ...account.environment, PYTHONIOENCODING: 'utf-8' };
  const child = spawn(account.mercurial.python, [script, root], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const results = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  const perform = (task: object): Promise<string> => {
    const done = last.then(async () => {
      child.stdin.write(`${JSON.stringify(task)}\n`);
      const { value } = await results.next();
      const { result, error } = Result.parse(value === undefined ? { error: 'it has ended' } : JSON.parse(String(value)));
      if (error !== undefined) throw new Error(`hands.py: ${error}`);
      return result ?? '';
    });
    last = done.catch(() => {});
    return done;
  };
  return {
    async createRepository(repository) {
      await perform({ do: 'create', repository });
      return handsOn(repository, perform);
    },
    async stop() {
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
    },
  };
}

function handsOn(repository: string, perform: (task: object) => Promise<string>): HgHands {
  let isEmpty = true;
  return {
    commit: async ({ files = {}, ...spec }: HgCommitSpec) => {
      const first = isEmpty ? { parents: [] } : {};
      isEmpty = false;
      const packed = Object.entries(files).map(([path, content]) => [path, packedContent(content)]);
      return perform({ do: 'commit', repository, phase: 'public', ...first, ...spec, files: Object.fromEntries(packed) });
    },
    bookmark: async (name, node) => void (await perform({ do: 'bookmark', repository, name, node })),
    prune: async (node) => void (await perform({ do: 'prune', repository, node })),
  };
}

function packedContent(content: HgContent | string | null): object | null {
  if (content === null) return null;
  const { bytes, kind } = typeof content === 'string' ? { bytes: content, kind: 'file' } : content;
  return { bytes: Buffer.from(bytes).toString('base64'), kind };
}
