/**
 * The desk's keys. Each is held with Alt, so that none of them can be typed by accident; they go by
 * the place of the key, since Alt changes its letter on some machines. All of them can be turned off.
 */

export type Shortcut =
  | 'next'
  | 'call'
  | 'take'
  | 'pause'
  | 'extend'
  | 'end'
  | 'restore'
  | 'answer'
  | 'mute'
  | 'override'
  | 'queue'
  | 'find'
  | 'help';

/** The key beside Alt, as `KeyboardEvent.code` has it. D, E and F belong to the browser. */
export const KEYS: Readonly<Record<Shortcut, string>> = {
  next: 'KeyN',
  call: 'KeyC',
  take: 'KeyK',
  pause: 'KeyP',
  extend: 'KeyU',
  end: 'KeyX',
  restore: 'KeyR',
  answer: 'KeyL',
  mute: 'KeyM',
  override: 'KeyO',
  queue: 'KeyQ',
  find: 'KeyW',
  help: 'Slash',
};

type Pressed = Pick<
  KeyboardEvent,
  'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'repeat'
>;

/** The shortcut of a key that was pressed; null: it is none. One that is held down counts once. */
export function shortcutOf(event: Pressed): Shortcut | null {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat) return null;
  const found = (Object.keys(KEYS) as Shortcut[]).find((name) => KEYS[name] === event.code);
  return found ?? null;
}

/** As people read it: `Alt+N`. */
export function keyName(shortcut: Shortcut): string {
  const code = KEYS[shortcut];
  return `Alt+${code === 'Slash' ? '/' : code.replace('Key', '')}`;
}

/** The same for `aria-keyshortcuts`. */
export function ariaKey(shortcut: Shortcut): string {
  return keyName(shortcut);
}

/** Alt and an arrow move what is focused in its list: -1 up, 1 down, 0 not at all. */
export function moveOf(event: Pick<KeyboardEvent, 'key' | 'altKey' | 'ctrlKey' | 'metaKey'>): number {
  if (!event.altKey || event.ctrlKey || event.metaKey) return 0;
  if (event.key === 'ArrowUp') return -1;
  return event.key === 'ArrowDown' ? 1 : 0;
}
