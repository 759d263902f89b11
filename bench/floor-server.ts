import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

/**
 * The least that any receiver of signed webhooks does, and nothing else: node:http, HMAC over the body, JSON.parse, 202. Keeps nothing.
 * `floor-server.ts <port> <secret>`
 */
const [port = '0', secret = ''] = process.argv.slice(2);

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
    const given = Buffer.from(String(request.headers['x-hub-signature-256']));
    const genuine = given.length === expected.length && timingSafeEqual(given, expected);
    const status = genuine && typeof JSON.parse(body.toString('utf8')) === 'object' ? 202 : 401;
    response.writeHead(status).end();
  });
}).listen(Number(port), '127.0.0.1');
