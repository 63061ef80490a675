/** `/api/v1/line-check`: this device's own picture and sound come back to it. */
import { call } from './http';
import type { LineCheckOpened, LineResult, LineVerdict, RateReceived } from './protocol.gen';

/** What a line check asks of the server. */
export interface LineApi {
  open(sdp: string): Promise<LineCheckOpened>;
  /** A body of `bytes` that no proxy can make smaller. */
  download(bytes: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  upload(body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<RateReceived>;
  judge(check: string, result: LineResult): Promise<LineVerdict>;
  /** Also when the page is going away. */
  close(check: string): void;
}

const JSON_BODY = { 'content-type': 'application/json' };

export const lineApi: LineApi = {
  async open(sdp) {
    const init = { method: 'POST', headers: JSON_BODY, body: JSON.stringify({ sdp }) };
    return (await (await call('line-check', init)).json()) as LineCheckOpened;
  },
  async download(bytes, signal) {
    const { body } = await call(`line-check/rate?bytes=${bytes}`, { signal, cache: 'no-store' });
    return body ?? new ReadableStream({ start: (controller) => controller.close() });
  },
  async upload(body, signal) {
    const headers = { 'content-type': 'application/octet-stream' };
    const response = await call('line-check/rate', { method: 'POST', headers, body, signal });
    return (await response.json()) as RateReceived;
  },
  async judge(check, result) {
    const init = { method: 'POST', headers: JSON_BODY, body: JSON.stringify(result) };
    return (await (await call(`line-check/${check}/result`, init)).json()) as LineVerdict;
  },
  close(check) {
    // The server forgets it by itself; this only frees its place sooner.
    void call(`line-check/${check}`, { method: 'DELETE', keepalive: true }).catch(() => undefined);
  },
};
