/**
 * A trial of the line to the server, over the same media path as the conference: this device's own
 * picture and sound go there and come back. It measures; the server says what the figures mean.
 */
import type { ConnectionState, OwnTracks } from '../media/connection';
import { Refused } from '../signal/http';
import type { Watched } from '../media/layers';
import type { LineApi } from '../signal/lineApi';
import type { Answer, LineResult, LineVerdict } from '../signal/protocol.gen';
import { Value, type Readable } from '../value';
import { type Clock, rateDown, rateUp } from './rate';
import { type LineSample, resultOf, sampleOf } from './stats';

export type LineStep = 'connecting' | 'media' | 'rates' | 'judging';

export type LineState =
  | { state: 'idle' }
  /** `done`: 0 to 1. */
  | { state: 'running'; step: LineStep; done: number }
  | { state: 'judged'; result: LineResult; verdict: LineVerdict }
  /** The server did not let it happen. */
  | { state: 'failed'; error: unknown };

/** The part of a `MediaConnection` that is used. */
export interface LineConnection {
  onState: (state: ConnectionState) => void;
  join(ask: (sdp: string) => Promise<Answer>): Promise<void>;
  send(tracks: OwnTracks): Promise<void>;
  watched(layers: Watched): Promise<void>;
  stats(): Promise<RTCStatsReport>;
  close(): void;
}

/** What a check needs of the world. */
export interface LineWorld {
  api: LineApi;
  connect(): LineConnection;
  now: Clock;
  sleep(ms: number): Promise<void>;
}

/** Long enough for two reports of the server on what it lost. */
const LOOKS = 8;
const LOOK_EVERY = 1_000;
/** How often a measurement of the rate is tried while others measure, and after how long; ms. */
const TURNS = 6;
const TURN_COMES = 2_000;
const TOO_MANY = 429;
/** Where each step begins on the bar. */
const BEGINS: Record<LineStep, number> = { connecting: 0.02, media: 0.1, rates: 0.7, judging: 0.97 };

export class LineCheck {
  readonly #world: LineWorld;
  readonly #state = new Value<LineState>({ state: 'idle' });
  #stopping = new AbortController();

  constructor(world: LineWorld) {
    this.#world = world;
  }

  get state(): Readable<LineState> {
    return this.#state;
  }

  /** Begins; a check that runs is ended first. Never throws: what went wrong is a state. */
  async run(tracks: Readable<OwnTracks>): Promise<void> {
    this.stop();
    const { signal } = (this.#stopping = new AbortController());
    const say = (state: LineState) => {
      if (!signal.aborted) this.#state.set(state);
    };
    try {
      say(await this.#measure(tracks, signal, (step, part = 0) => say(running(step, part))));
    } catch (error) {
      say({ state: 'failed', error });
    }
  }

  stop(): void {
    this.#stopping.abort();
    this.#state.set({ state: 'idle' });
  }

  async #measure(
    tracks: Readable<OwnTracks>,
    signal: AbortSignal,
    say: (step: LineStep, part?: number) => void,
  ): Promise<LineState> {
    const { api, now } = this.#world;
    const end: (() => void)[] = [];
    signal.addEventListener('abort', () => end.splice(0).forEach((close) => close()));
    say('connecting');
    try {
      let check = '';
      let answered = now();
      const connection = this.#world.connect();
      end.push(() => connection.close());
      const connected = new Promise<boolean>((resolve) => {
        connection.onState = (state) => resolve(state === 'connected');
        signal.addEventListener('abort', () => resolve(false));
      });
      // As whoever speaks sends: nobody is here who would say it.
      void connection.watched('large and small');
      end.push(tracks.subscribe((now) => void connection.send(now)));
      await connection.join(async (sdp) => {
        const opened = await api.open(sdp);
        check = opened.check;
        end.push(() => api.close(check));
        signal.throwIfAborted();
        answered = now();
        return opened;
      });
      const connectMs = (await connected) ? now() - answered : null;
      signal.throwIfAborted();
      const samples = connectMs === null ? [] : await this.#watch(connection, signal, say);
      say('rates');
      const down = await this.#inTurn(signal, () => rateDown(api, now, signal));
      say('rates', 0.5);
      const up = await this.#inTurn(signal, () => rateUp(api, now, signal));
      say('judging');
      const result = resultOf(samples, { connectMs, rateUp: up, rateDown: down });
      return { state: 'judged', result, verdict: await api.judge(check, result) };
    } finally {
      end.splice(0).forEach((close) => close());
    }
  }

  /**
   * Many sites check their lines in the last minutes before a conference, and the server lets few
   * measure at once. Null: it was never our turn; the rest of the check stands.
   */
  async #inTurn(signal: AbortSignal, measure: () => Promise<number | null>): Promise<number | null> {
    for (let turn = 0; turn < TURNS; turn += 1) {
      try {
        return await measure();
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Refused) || error.status !== TOO_MANY) return null;
        await this.#world.sleep(TURN_COMES * (0.5 + Math.random()));
        signal.throwIfAborted();
      }
    }
    return null;
  }

  async #watch(
    connection: LineConnection,
    signal: AbortSignal,
    say: (step: LineStep, part?: number) => void,
  ): Promise<LineSample[]> {
    const samples: LineSample[] = [];
    for (let look = 0; look < LOOKS; look += 1) {
      say('media', look / LOOKS);
      await this.#world.sleep(LOOK_EVERY);
      signal.throwIfAborted();
      const sample = sampleOf(await connection.stats());
      // The path broke in the middle: what was seen until then stands.
      if (sample.transport !== 'none') samples.push(sample);
    }
    return samples;
  }
}

function running(step: LineStep, part: number): LineState {
  const steps = Object.keys(BEGINS) as LineStep[];
  const next = steps[steps.indexOf(step) + 1];
  const end = next === undefined ? 1 : BEGINS[next];
  return { state: 'running', step, done: BEGINS[step] + (end - BEGINS[step]) * part };
}
