/**
 * Starts Firefox on an office's machine: in a network namespace, with the certificates of the machine's user.
 * Whoever drives it does so over a port of that machine's own loopback; a port here carries it there.
 *
 *     node start-firefox.mjs NAMESPACE STORE PROGRAM ARGUMENT…
 */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import utils from 'playwright-core/lib/utilsBundle';

const { ws: WebSocket, wsServer: WebSocketServer } = utils;
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
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 0 });
  server.on('listening', () => carry(socket, port, () => then(String(server.address().port))));
  server.on('connection', (near, { url }) => {
    const far = new WebSocket(`ws+unix:${socket}:${url}`, { maxPayload: 0, headers: { host: `127.0.0.1:${port}` } });
    const waiting = [];
    far.on('open', () => waiting.splice(0).forEach((text) => far.send(text)));
    far.on('message', (data) => near.send(forgiving(String(data))));
    far.on('close', () => near.close());
    far.on('error', (error) => process.stderr.write(`${error.stack}\n`));
    near.on('close', () => far.terminate());
    near.on('message', (data) => {
      if (far.readyState === WebSocket.OPEN) far.send(String(data));
      else waiting.push(String(data));
    });
  });
}

/** Playwright emulates more than this Firefox knows, unasked: no test here needs it. */
function forgiving(answer) {
  if (!answer.includes('"error":"unknown command"')) return answer;
  const { id, type, message } = JSON.parse(answer);
  if (type !== 'error' || !message.includes('emulation.')) return answer;
  return JSON.stringify({ type: 'success', id, result: {} });
}
