/** A process that a test started. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** It has ended, by itself or by a signal: then it has no exit code, and never emits `exit` again. */
export function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Ends it, however the test ended, and waits until it is gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (isOver(child)) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}
