/**
 * Whether a flash and its beep, made at one instant, come together: when the flash was presented (the
 * time that the browser tells with the frame) and when the beep was rendered (the time of an audio
 * worklet, which hears what the page plays).
 *
 * Both see a little late: a flash waits for a frame to be captured, a beep for a block of sound to be
 * full. The same detectors see a source's own camera and microphone before anything is sent; what they
 * find there is taken off. What screen and loudspeaker add is in neither.
 */
import { expect } from '@playwright/test';
import type { Place } from './sites';

/** Instants of the machine's clock, which all pages share; ms. */
interface Beats {
  flashes: number[];
  beeps: number[];
  stop?(): void;
}

type Holder = { beats: Beats };

/** Beats that a figure is the median of. */
const ENOUGH = 9;
/** A browser has moved both together by then, also on a busy machine; ms. */
const SETTLES = 60_000;
/** Of two beats, ms: who is further from a flash than half of this belongs to another. */
const PERIOD = 1_000;

/**
 * In the page. `own`: its own camera and microphone, else the main picture and the voice of who has the
 * floor. Resolves when both detectors run.
 */
async function detect(own: boolean): Promise<void> {
  const context = new AudioContext();
  const beats: Beats = { flashes: [], beeps: [] };
  Object.assign(window, { beats });
  let video = document.querySelector<HTMLVideoElement>('video[data-testid="main-video"]')!;
  let sound = document.querySelector<HTMLAudioElement>('audio[data-testid="audio-slot-0"]')?.srcObject as MediaStream;
  if (own) {
    sound = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    video = document.createElement('video');
    Object.assign(video, { muted: true, autoplay: true, srcObject: sound });
    // It must be in sight, or no frame is presented.
    video.style.cssText = 'position: fixed; right: 0; bottom: 0; width: 64px; z-index: 9';
    document.body.append(video);
    beats.stop = () => {
      video.remove();
      void context.close();
      sound.getTracks().forEach((track) => track.stop());
    };
  }
  const brush = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!;
  let lit = true;
  const onFrame = (_: number, { presentationTime }: VideoFrameCallbackMetadata): void => {
    video.requestVideoFrameCallback(onFrame);
    brush.drawImage(video, 0, 0, 1, 1);
    const wasLit = lit;
    lit = brush.getImageData(0, 0, 1, 1).data[0]! > 128;
    if (lit && !wasLit) beats.flashes.push(performance.timeOrigin + presentationTime);
  };
  video.requestVideoFrameCallback(onFrame);

  // Blocks are rendered a few at a time, so the clock is read as their mean says.
  const detector = `registerProcessor('beeps', class extends AudioWorkletProcessor {
    quiet = 0;
    clock = Date.now() - 1000 * currentTime;
    process([[samples]]) {
      this.clock += (Date.now() - 1000 * currentTime - this.clock) / 400;
      const first = samples === undefined ? -1 : samples.findIndex((sample) => Math.abs(sample) > 0.05);
      if (first >= 0 && this.quiet > 0.3 * sampleRate) {
        this.port.postMessage(this.clock + 1000 * (currentTime + first / sampleRate));
      }
      this.quiet = first >= 0 ? 0 : this.quiet + 128;
      return true;
    }
  })`;
  await context.resume();
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([detector], { type: 'text/javascript' })));
  const node = new AudioWorkletNode(context, 'beeps');
  node.port.onmessage = ({ data }) => void beats.beeps.push(data as number);
  context.createMediaStreamSource(new MediaStream(sound.getAudioTracks())).connect(node);
  // What is connected to nothing is not rendered. It adds no sound.
  node.connect(context.destination);
}

/** How long after its flash each beep came; ms. */
function pair({ flashes, beeps }: Beats): number[] {
  return flashes.flatMap((flash) => {
    const nearest = beeps.map((beep) => beep - flash).toSorted((one, other) => Math.abs(one) - Math.abs(other));
    return nearest.slice(0, 1).filter((late) => Math.abs(late) < PERIOD / 2);
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
}

export class BeatDetector {
  private constructor(readonly place: Place) {}

  /** Sees and hears what a place receives. */
  static async at(place: Place): Promise<BeatDetector> {
    await place.page.evaluate(detect, false);
    return new BeatDetector(place);
  }

  /** What its own devices say, once. */
  static async calibrate(place: Place): Promise<number> {
    await place.page.evaluate(detect, true);
    const late = await new BeatDetector(place).measure();
    await place.page.evaluate(() => (window as unknown as Holder).beats.stop?.());
    return late;
  }

  /** How long after its flash a beep comes, in ms: the median of the next ones. */
  async measure(): Promise<number> {
    return this.settle(() => true);
  }

  /**
   * The same, of the newest ones, as soon as it is as wanted: a browser moves picture to sound in small
   * steps, and on a busy machine some pictures are shown late.
   */
  async settle(isWanted: (late: number) => boolean, what = 'beats'): Promise<number> {
    const { page, site } = this.place;
    await page.evaluate(() => {
      const { beats } = window as unknown as Holder;
      [beats.flashes, beats.beeps] = [[], []];
    });
    let late: number | undefined;
    const newest = async () => {
      const pairs = pair(await page.evaluate(() => (window as unknown as Holder).beats));
      late = pairs.length < ENOUGH ? undefined : median(pairs.slice(-ENOUGH));
      return late === undefined || isWanted(late) ? late : `${late} ms`;
    };
    await expect.poll(newest, { message: `${site.id} sees and hears ${what}`, timeout: SETTLES }).toEqual(expect.any(Number));
    return late!;
  }
}
