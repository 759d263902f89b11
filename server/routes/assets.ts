import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Router } from 'express';
import { browserHeaders } from '#server/page-answer.ts';

const types = {
  'headgate.css': 'text/css; charset=utf-8',
  'headgate.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;

/** `GET /assets/…`: the pages' style and script, from memory. They tell nothing, so everybody may have them. */
export function assetsRoutes(): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const [name, type] of Object.entries(types)) {
    const content = readFileSync(new URL(`../../web/assets/${name}`, import.meta.url));
    const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
    router.get(`/assets/${name}`, function asset(request, response) {
      // Asked for again each time, so that a page never runs with the script of another version.
      const headers = { ...browserHeaders, etag, 'cache-control': 'no-cache' };
      if (request.headers['if-none-match'] === etag) return void response.writeHead(304, headers).end();
      response.writeHead(200, { ...headers, 'content-type': type, 'content-length': content.length }).end(content);
    });
  }
  return router;
}
