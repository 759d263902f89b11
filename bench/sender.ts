import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { pushHeaders, signature } from './push.ts';

/** Sends pushes over kept connections, as a forge does. */
export interface Sender {
  /**
   * @param body signed with the sender's secret
   * @returns when it was handed to the connection, milliseconds of performance.now(); the answer is awaited apart
   */
  send(url: string, body: Buffer): { readonly at: number; readonly answered: Promise<void> };
  close(): void;
}

/** @param secret signs every push @param localAddress from which it sends; undefined = any */
export function openSender(secret: string, connections: number, localAddress?: string): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, ...(localAddress === undefined ? {} : { localAddress }) });
  return {
    send(url, body) {
      const headers = { ...pushHeaders(randomUUID(), signature(body, secret)), 'Content-Length': body.length };
      const at = performance.now();
      return { at, answered: post(agent, url, headers, body) };
    },
    close: () => agent.destroy(),
  };
}

function post(agent: Agent, url: string, headers: Readonly<Record<string, string | number>>, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      const { statusCode = 0 } = response;
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => (statusCode < 300 ? resolve() : reject(new Error(`${url} answers ${statusCode}: ${text}`))));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
