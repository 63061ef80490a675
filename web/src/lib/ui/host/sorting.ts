/**
 * Order by hand: an element of a list is taken at its handle and let go at another place, with a
 * mouse, a pen or a finger. It says where; the list stays as it is until the server has moved it.
 */

/** Where an element lies, in px from any line above. */
export interface Span {
  top: number;
  height: number;
}

/**
 * The place, from 0, that something has when it is let go at `y`: before the first element whose
 * middle is below. `from` is its own place, which moves up when it leaves; -1: it comes from elsewhere.
 */
export function placeAt(spans: readonly Span[], y: number, from: number): number {
  const before = spans.filter(({ top, height }) => top + height / 2 < y).length;
  if (from < 0) return before;
  return before > from ? before - 1 : before;
}

/** The gap, from 0 (above all), where a line shows that place. */
export function gapOf(place: number, from: number): number {
  return from >= 0 && place >= from ? place + 1 : place;
}

/** What is dragged now. */
export interface Drag<Id> {
  id: Id;
  /** Its own place from 0; -1: it comes from another list. */
  from: number;
  /** Where it would be if it were let go now; null: outside of the list. */
  to: number | null;
}

interface Sorter<Id> {
  /** The list in which it is let go. */
  list: () => HTMLElement | undefined;
  changed: (drag: Drag<Id> | null) => void;
  dropped: (id: Id, place: number) => void;
}

/** Room around a list within which something is still let go in it; px. */
const NEAR = 48;
/** The list scrolls while something is held this near to its edge; px. */
const EDGE = 36;

/**
 * Begins a drag with the `pointerdown` of a handle, and ends with the pointer. Escape gives up. The
 * elements of the list that count carry `data-sorted`.
 */
export function startDrag<Id>(event: PointerEvent, id: Id, from: number, sorter: Sorter<Id>): void {
  if (event.button !== 0) return;
  const handle = event.currentTarget as HTMLElement;
  const { pointerId } = event;
  let to: number | null = null;
  let moved = false;
  const where = (y: number, x: number): number | null => {
    const list = sorter.list();
    if (list === undefined) return null;
    const box = list.getBoundingClientRect();
    const outside = x < box.left - NEAR || x > box.right + NEAR;
    if (outside || y < box.top - NEAR || y > box.bottom + NEAR) return null;
    if (y < box.top + EDGE) list.scrollBy(0, -12);
    else if (y > box.bottom - EDGE) list.scrollBy(0, 12);
    const spans = [...list.querySelectorAll<HTMLElement>('[data-sorted]')].map((element) => {
      const { top, height } = element.getBoundingClientRect();
      return { top, height };
    });
    return placeAt(spans, y, from);
  };
  const move = (moving: PointerEvent) => {
    if (moving.pointerId !== pointerId) return;
    moved ||= Math.abs(moving.clientY - event.clientY) > 4;
    if (!moved) return;
    to = where(moving.clientY, moving.clientX);
    sorter.changed({ id, from, to });
  };
  const end = (drop: boolean) => {
    handle.removeEventListener('pointermove', move);
    handle.removeEventListener('pointerup', up);
    handle.removeEventListener('pointercancel', cancel);
    window.removeEventListener('keydown', key, true);
    sorter.changed(null);
    if (drop && moved && to !== null && to !== from) sorter.dropped(id, to);
  };
  const up = (raised: PointerEvent) => raised.pointerId === pointerId && end(true);
  const cancel = () => end(false);
  const key = (pressed: KeyboardEvent) => {
    if (pressed.key !== 'Escape') return;
    pressed.preventDefault();
    pressed.stopPropagation();
    end(false);
  };
  handle.setPointerCapture(pointerId);
  handle.addEventListener('pointermove', move);
  handle.addEventListener('pointerup', up);
  handle.addEventListener('pointercancel', cancel);
  window.addEventListener('keydown', key, true);
}
