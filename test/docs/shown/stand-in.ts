import { createConnection } from 'node:net';

// A program of a page's PATH: hands its arguments to the test, which plays the program, and shows what comes of it.
const [socket = '', program = '', ...args] = process.argv.slice(2);
const connection = createConnection(socket, () => {
  connection.write(`${JSON.stringify({ program, args, cwd: process.cwd(), env: process.env })}\n`);
});
let unread = '';
connection.setEncoding('utf8').on('data', (chunk: string) => {
  const lines = (unread + chunk).split('\n');
  unread = lines.pop() ?? '';
  for (const line of lines) {
    const { fd, text, code } = JSON.parse(line) as { fd?: 1 | 2; text?: string; code?: number };
    if (text !== undefined) (fd === 2 ? process.stderr : process.stdout).write(text);
    if (code !== undefined) process.exitCode = code;
  }
});
