import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpPost } from '#adapters/http/post.ts';
import { bodyOf } from '#adapters/webhook/body.ts';
import { createWebhookSink } from '#adapters/webhook/sink.ts';
import { systemClock } from '#core/clock.ts';
import { denial } from '../adapters/news.ts';

const page = new URL('../../docs/how-to/tell.md', import.meta.url);
const secret = 'a secret that is long enough';

/** The block of that language on the page. */
async function block(language: string): Promise<string> {
  const [, text] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(await readFile(page, 'utf8')) ?? [];
  return text ?? assert.fail(`no ${language} block`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The keys of an object and of those in it. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shape);
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, shape(field)]));
}

describe('docs/how-to/tell.md', function () {
  this.timeout(60_000);

  it('shows a body with the fields that there are', async () => {
    assert.deepEqual(shape(JSON.parse(await block('json'))), shape(JSON.parse(JSON.stringify(bodyOf(denial(), 'https://x')))));
  });

  it('shows a receiver that takes what is genuine, once, and nothing else', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'headgate-docs-'));
    await writeFile(join(directory, 'receiver.mjs'), await block('js'));
    const port = await freePort();
    const receiver = spawn(process.execPath, [join(directory, 'receiver.mjs')], {
      env: { SECRET: secret, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let said = '';
      receiver.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const sinkWith = (key: string) =>
        createWebhookSink({
          name: 'audit',
          config: { url: `http://127.0.0.1:${port}/` },
          secrets: () => [Buffer.from('the one that came before it'), Buffer.from(key)],
          post: httpPost({ clock: systemClock, env: {} }),
          clock: systemClock,
          pageOf: () => null,
        });
      const untilItListens = async (): Promise<void> => {
        for (;;) {
          const status = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' }).then(
            (answer) => answer.status,
            () => 0,
          );
          if (status === 401) return;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      await untilItListens();
      for (let n = 0; n < 2; n++) await sinkWith(secret).tell(denial());
      await assert.rejects(sinkWith('another secret than that').tell(denial()), { code: 'SINK_REFUSED', message: /answers 401/ });
      while (!said.includes('\n')) await once(receiver.stdout, 'data');
      assert.equal(said, 'denied: org/app refs/heads/main bbbbbbbbbbbb by octocat: no policy covers the namespace apps (default)\n');
    } finally {
      receiver.kill();
      await once(receiver, 'exit');
      await rm(directory, { recursive: true });
    }
  });
});
