/** Commands that somebody chose by what the page showed: they are wrong once that has changed. */
import type { Command } from './protocol.gen';

const JUDGED: ReadonlySet<Command['cmd']> = new Set<Command['cmd']>([
  'floor.next',
  'floor.take',
  'floor.grant',
  'floor.move',
  'floor.invite',
  'floor.answer',
  'floor.restore',
  'agenda.add',
  'agenda.edit',
  'agenda.remove',
  'agenda.move',
  'agenda.start',
  'agenda.finish',
]);

/** Whether the server is told up to which event the page knew, so that it can refuse. */
export function dependsOnSeen(command: Command): boolean {
  if (command.cmd === 'floor.accept') return command.place !== undefined;
  return JUDGED.has(command.cmd);
}
