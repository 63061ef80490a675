/** A wall screen has no use for a pointer: it shows only while somebody moves it. */
const SHOWN_FOR = 3_000;

/** Hides it over `element`; returns what ends that. */
export function hidePointer(element: HTMLElement): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hide = () => (element.style.cursor = 'none');
  const moved = () => {
    element.style.cursor = '';
    clearTimeout(timer);
    timer = setTimeout(hide, SHOWN_FOR);
  };
  hide();
  element.addEventListener('pointermove', moved);
  return () => {
    clearTimeout(timer);
    element.style.cursor = '';
    element.removeEventListener('pointermove', moved);
  };
}
