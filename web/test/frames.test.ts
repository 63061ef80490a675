import { expect, it } from 'vitest';
import { watchFrames } from '../src/lib/media/frames';

/** An element that presents frames when a test says so. */
class FakeVideo {
  #waiting = new Map<number, VideoFrameRequestCallback>();
  #handles = 0;

  requestVideoFrameCallback(callback: VideoFrameRequestCallback): number {
    this.#handles += 1;
    this.#waiting.set(this.#handles, callback);
    return this.#handles;
  }

  cancelVideoFrameCallback(handle: number): void {
    this.#waiting.delete(handle);
  }

  presents(rtpTimestamp?: number): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const callback of waiting) {
      callback(0, { rtpTimestamp } as VideoFrameCallbackMetadata);
    }
  }
}

function begin() {
  const video = new FakeVideo();
  const frames: (number | undefined)[] = [];
  const end = watchFrames(video as unknown as HTMLVideoElement, (rtp) => frames.push(rtp));
  return { video, frames, end };
}

it('tells every frame until it is ended', () => {
  const { video, frames, end } = begin();
  video.presents(3_000);
  video.presents(6_000);
  end();
  video.presents(9_000);
  expect(frames).toEqual([3_000, 6_000]);
});

it('does not take the last frame, presented again as the track ends, for a new one', () => {
  const { video, frames } = begin();
  video.presents(3_000);
  video.presents(3_000);
  video.presents(undefined);
  expect(frames).toEqual([3_000]);
  video.presents(6_000);
  expect(frames).toEqual([3_000, 6_000]);
});

it('tells every frame of a browser that knows no timestamps', () => {
  const { video, frames } = begin();
  video.presents();
  video.presents();
  expect(frames).toHaveLength(2);
});
