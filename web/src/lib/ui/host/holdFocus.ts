/**
 * Holds the focus through updates of the desk: a control that cannot be used for a moment has it again
 * afterwards, and one that was made anew has it as before. Where a control is gone for good, what was
 * around it has the focus, and none of its controls: a key that is still held would press that.
 */

interface Kept {
  element: HTMLElement;
  /** Its `data-testid`, which names it through updates. */
  name: string | undefined;
  /** What is around it, the nearest first. */
  around: HTMLElement[];
}

export function holdFocus(root: HTMLElement): () => void {
  let kept: Kept | null = null;
  const remember = ({ target }: FocusEvent) => {
    if (!(target instanceof HTMLElement)) return;
    const around: HTMLElement[] = [];
    for (let up = target.parentElement; up !== null && up !== root; up = up.parentElement) around.push(up);
    kept = { element: target, name: target.dataset['testid'], around };
  };
  // A press beside everything is a wish to leave.
  const forget = () => (kept = null);
  const lost = () => {
    const { activeElement } = document;
    return activeElement === null || activeElement === document.body || isDisabled(activeElement);
  };
  const restore = () => {
    if (kept === null || !document.hasFocus() || !lost()) return;
    const { element, name, around } = kept;
    if (element.isConnected && !isDisabled(element) && isSeen(element)) return element.focus();
    const same =
      name === undefined ? null : root.querySelector<HTMLElement>(`[data-testid="${CSS.escape(name)}"]`);
    if (same !== null && !isDisabled(same) && isSeen(same)) return same.focus();
    // It may be back in a moment: nothing else is focused as long as it is there.
    if (element.isConnected) return;
    const near = around.find((one) => one.isConnected && isSeen(one));
    if (near === undefined) return;
    // A panel that is reached by Tab stays so.
    if (!near.hasAttribute('tabindex')) near.tabIndex = -1;
    near.focus({ preventScroll: true });
  };
  const watcher = new MutationObserver(restore);
  watcher.observe(root, { subtree: true, childList: true, attributeFilter: ['disabled', 'hidden'] });
  root.addEventListener('focusin', remember);
  root.addEventListener('pointerdown', forget);
  return () => {
    watcher.disconnect();
    root.removeEventListener('focusin', remember);
    root.removeEventListener('pointerdown', forget);
  };
}

function isDisabled(element: Element): boolean {
  return element.matches(':disabled');
}

function isSeen(element: HTMLElement): boolean {
  // Safari has it since 17.4.
  return (element.checkVisibility as undefined | (() => boolean))?.call(element) ?? true;
}
