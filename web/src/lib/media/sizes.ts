/** How tall the page shows each slot, so that the server sends no larger picture than can be seen. */
import type { SlotSize } from '../signal/protocol.gen';

/** Told in these steps: each is worth another layer somewhere, and what lies between is not. */
const STEPS = [0, 90, 180, 270, 360, 540, 720, 1080, 2160];
/** A picture that is enlarged by no more than this looks the same. */
const ENLARGED = 1.15;
/** A window that is being dragged has many sizes; ms. */
const SETTLES_WITHIN = 500;
const USUAL_ASPECT = 16 / 9;

/** How a picture fills its box. */
export type Fit = 'contain' | 'cover' | 'native';

/** How tall a picture is in a box, in the box's pixels; `aspect`: width over height, 0 if unknown. */
export function shownHeight(box: { width: number; height: number }, fit: Fit, aspect: number): number {
  const byWidth = box.width / (aspect > 0 ? aspect : USUAL_ASPECT);
  return fit === 'cover' ? Math.max(box.height, byWidth) : Math.min(box.height, byWidth);
}

/** The step that shows a height well. */
export function stepOf(height: number): number {
  return STEPS.find((step) => step * ENLARGED >= height) ?? STEPS.at(-1) ?? 0;
}

export class ShownSizes {
  readonly #tell: (sizes: SlotSize[]) => void;
  /** By whatever shows a slot; one slot may be shown twice. */
  readonly #shown = new Map<object, SlotSize>();
  #told = '[]';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (sizes: SlotSize[]) => void) {
    this.#tell = tell;
  }

  /** `by` shows a slot this tall, in device pixels. */
  set(by: object, mid: string, height: number): void {
    this.#shown.set(by, { mid, height: stepOf(height) });
    this.#tellSoon();
  }

  forget(by: object): void {
    if (this.#shown.delete(by)) this.#tellSoon();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#shown.clear();
  }

  #tellSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tellNow(), SETTLES_WITHIN);
  }

  #tellNow(): void {
    const tallest = new Map<string, number>();
    for (const { mid, height } of this.#shown.values()) {
      tallest.set(mid, Math.max(height, tallest.get(mid) ?? 0));
    }
    const sizes = [...tallest].map(([mid, height]) => ({ mid, height }));
    sizes.sort((a, b) => a.mid.localeCompare(b.mid));
    const telling = JSON.stringify(sizes);
    if (telling === this.#told) return;
    this.#told = telling;
    this.#tell(sizes);
  }
}
