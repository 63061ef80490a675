/**
 * Keeps the focus of the keyboard where it was when what had it goes away: a button that was pressed
 * and gives way to what it did, a banner that is over. Without this the browser starts again at the
 * top of the page.
 */

/**
 * For a part of a page with `tabindex="-1"`: when the element with the focus is taken out of it, the
 * part itself has the focus, and the next Tab goes to its first control. Not that control itself: a
 * key that is still held, or a word that is still typed, would press it.
 */
export function keepFocus(part: HTMLElement): () => void {
  let inside: Element | null = null;
  const enter = (event: FocusEvent) => {
    inside = event.target as Element;
  };
  const leave = (event: FocusEvent) => {
    const left = event.target as Element;
    // Where it went is known only afterwards; an element that is taken away leaves, too.
    setTimeout(() => {
      if (inside === left && left.isConnected) inside = null;
    });
  };
  const observer = new MutationObserver(() => {
    if (inside === null || inside.isConnected) return;
    inside = null;
    const active = document.activeElement;
    if (active !== null && active !== document.body) return;
    part.focus({ preventScroll: true });
  });
  part.addEventListener('focusin', enter);
  part.addEventListener('focusout', leave);
  observer.observe(part, { childList: true, subtree: true });
  return () => {
    part.removeEventListener('focusin', enter);
    part.removeEventListener('focusout', leave);
    observer.disconnect();
  };
}
