// Stands for `hg serve --cmdserver pipe`: what it does is its argument.
const [mode] = process.argv.slice(2);

const frame = (channel, data) => {
  const bytes = Buffer.from(data);
  const head = Buffer.alloc(5, channel, 'latin1');
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
};
const result = (code) => {
  const data = Buffer.alloc(4);
  data.writeInt32BE(code);
  return frame('r', data);
};
const ask = (channel) => {
  const head = Buffer.alloc(5, channel, 'latin1');
  head.writeUInt32BE(4096, 1);
  return head;
};

if (mode === 'silent') setInterval(() => {}, 1_000);
else if (mode === 'stranger') process.stdout.write('abort: there is no Mercurial repository here\n');
else {
  const encoding = mode === 'ascii' ? 'ascii' : 'UTF-8';
  process.stdout.write(frame('o', `capabilities: getencoding runcommand\nencoding: ${encoding}\npid: ${process.pid}`));
}

let heard = Buffer.alloc(0);
process.stdin.on('end', () => process.exit());
process.stdin.on('data', (chunk) => {
  heard = Buffer.concat([heard, chunk]);
  const start = 'runcommand\n'.length + 4;
  if (heard.length < start || heard.length < start + heard.readUInt32BE(start - 4)) return;
  const end = start + heard.readUInt32BE(start - 4);
  const args = heard.subarray(start, end).toString().split('\0');
  const rest = heard.subarray(end);
  if (mode === 'asks' && rest.length < 4) return void process.stdout.write(rest.length === 0 ? ask('L') : '');
  heard = Buffer.alloc(0);
  answer(args);
});

function answer(args) {
  if (mode === 'hangs') return;
  if (mode === 'dies') process.exit(1);
  if (mode === 'shouts') return void process.stdout.write(frame('X', 'what?'));
  process.stdout.write(Buffer.concat([frame('d', 'noise'), frame('e', 'a warning\n'), frame('o', args.join('|')), result(args.length)]));
}
