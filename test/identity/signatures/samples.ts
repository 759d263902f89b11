import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const Samples = z.object({
  at: z.number(),
  keys: z.record(z.string(), z.object({ text: z.string(), fingerprint: z.string() })),
  objects: z.array(z.object({ name: z.string(), kind: z.enum(['commit', 'tag']), id: z.string(), raw: z.string(), key: z.string() })),
});

/** What real git, gpg and ssh-keygen signed: `node test/e2e/signing/make-samples.ts` writes it anew. */
export const samples = Samples.parse(JSON.parse(readFileSync(join(import.meta.dirname, 'samples.json'), 'utf8')));

/** A public key of the samples as people list it. */
export function keyText(name: string): string {
  const key = samples.keys[name];
  if (!key) throw new Error(`no sample of a key is called ${name}`);
  return key.text;
}
