/**
 * Starts Firefox on an office's machine: in a network namespace, with the certificates of the machine's user.
 * Whoever drives it does so over a port of that machine's own loopback; a port here carries it there.
 *
 *     node start-firefox.mjs NAMESPACE STORE PROGRAM ARGUMENT…
 */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';

const [namespace, store, program, ...words] = process.argv.slice(2);
const there = (words, stdio) => spawn('ip', ['netns', 'exec', namespace, ...words], { stdio });

const profile = words[words.indexOf('--profile') + 1];
for (const file of existsSync(store) ? readdirSync(store) : []) copyFileSync(join(store, file), join(profile, file));

const firefox = there([program, ...words], ['ignore', 'ignore', 'pipe']);
firefox.on('exit', (code) => {
  for (const helper of helpers) helper.kill();
  process.exit(code ?? 1);
});
process.on('SIGTERM', () => firefox.kill('SIGTERM'));

const helpers = [];
let said = '';
firefox.stderr.setEncoding('utf8').on('data', (text) => {
  said += text;
  const lines = said.split('\n');
  said = lines.pop();
  for (const line of lines) {
    const port = /listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port === undefined) process.stderr.write(`${line}\n`);
    else serve(port, (own) => process.stderr.write(`${line.replace(port, own)}\n`));
  }
});

/** What comes to this socket, a file, goes to a port of that machine. */
function carry(socket, port, then) {
  const script = `const net = require('net');
    net.createServer((near) => near.pipe(net.connect(${port}, '127.0.0.1')).pipe(near))
      .listen(${JSON.stringify(socket)}, () => console.log('ready'))`;
  const helper = there([process.execPath, '-e', script], ['ignore', 'pipe', 'inherit']);
  helpers.push(helper);
  helper.stdout.once('data', then);
}

function serve(port, then) {
  const socket = join(profile, 'bidi');
  const server = createServer((near) => {
    const far = connect(socket);
    // One end closes, and so does the other: nothing is wrong with that.
    const end = () => [near, far].forEach((stream) => stream.destroy());
    pipeline(near, (sent) => asked(sent, port), far, end);
    pipeline(far, answered, near, end);
  });
  server.listen(0, '127.0.0.1', () => carry(socket, port, () => then(String(server.address().port))));
}

/**
 * The request for a WebSocket as it would be made there, or Firefox refuses it, and without what would have
 * its answers compressed; then what follows it.
 */
async function* asked(sent, port) {
  let head = '';
  for await (const chunk of sent) {
    if (head === null) {
      yield chunk;
      continue;
    }
    head += chunk.toString('latin1');
    if (!head.includes('\r\n\r\n')) continue;
    const there = head.replace(/^(host:).*$/im, `$1 127.0.0.1:${port}`);
    yield Buffer.from(there.replace(/^sec-websocket-extensions:.*\r\n/im, ''), 'latin1');
    head = null;
  }
}

/** The answer to that request, and then frame by frame what Firefox says. */
async function* answered(said) {
  let held = Buffer.alloc(0);
  let isOpen = false;
  for await (const chunk of said) {
    held = Buffer.concat([held, chunk]);
    if (!isOpen) {
      const end = held.indexOf('\r\n\r\n') + 4;
      if (end < 4) continue;
      yield held.subarray(0, end);
      held = held.subarray(end);
      isOpen = true;
    }
    for (let frame = frameOf(held); frame !== null; frame = frameOf(held)) {
      yield forgiving(frame);
      held = held.subarray(frame.bytes.length);
    }
  }
}

const WHOLE_TEXT = 0x81;

/** The first frame of `bytes`, of those that a server sends (RFC 6455 section 5.2); null: not all of it is here. */
function frameOf(bytes) {
  if (bytes.length < 2) return null;
  const short = bytes[1] & 0x7f;
  const start = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < start) return null;
  const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  const end = start + length;
  return bytes.length < end ? null : { bytes: bytes.subarray(0, end), payload: bytes.subarray(start, end) };
}

/** Playwright emulates more than this Firefox knows, unasked: no test here needs it. */
function forgiving({ bytes, payload }) {
  if (bytes[0] !== WHOLE_TEXT || !payload.includes('"error":"unknown command"')) return bytes;
  const { id, type, message } = JSON.parse(payload);
  if (type !== 'error' || !message.includes('emulation.')) return bytes;
  const instead = Buffer.from(JSON.stringify({ type: 'success', id, result: {} }));
  // It is shorter than the lengths that need more than one byte.
  return Buffer.concat([Buffer.from([WHOLE_TEXT, instead.length]), instead]);
}
