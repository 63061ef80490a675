/** What the log says happened, read as its hosts read it. */
import type { Epoch, Event, GrantReason, ItemId, Millis, SiteId } from '../../web/src/lib/signal/protocol.gen';
import type { Server } from './server';
import type { Place } from './sites';

type Kind = Event['event'];
export type Entry<K extends Kind = Kind> = Extract<Event, { event: K }> & { seq: number; at: number };

/** A turn on the speech floor. */
export interface Turn {
  site: SiteId;
  /** The agenda item in which it was given; null: between two. */
  item: ItemId | null;
  reason: GrantReason;
  budget: Millis;
  /** Null: it never ended. */
  spoke: Millis | null;
}

/** The log of the conference that a host's page is in, in its order. */
export async function readLog({ page }: Place, server: Server): Promise<Entry[]> {
  const session = await page.request.get(`${server.url}/api/v1/session`);
  const { conference } = (await session.json()) as { conference: string };
  const log = await page.request.get(`${server.url}/api/v1/conferences/${conference}/log.jsonl`);
  if (!log.ok()) throw new Error(`no log: ${log.status()}`);
  const lines = (await log.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Entry);
}

export function entriesOf<K extends Kind>(log: readonly Entry[], ...kinds: K[]): Entry<K>[] {
  return log.filter((entry): entry is Entry<K> => (kinds as Kind[]).includes(entry.event));
}

/** The turns on the speech floor, in the order in which they were given. */
export function turnsOf(log: readonly Entry[]): Turn[] {
  const turns = new Map<Epoch, Turn>();
  let item: ItemId | null = null;
  for (const entry of log) {
    if (entry.event === 'agenda.started') item = entry.item;
    else if (entry.event === 'agenda.finished') item = null;
    else if (entry.event === 'floor.granted' && entry.floor === 'speech') {
      const { site, reason = { why: 'chair' }, budget } = entry;
      turns.set(entry.epoch, { site, item, reason, budget, spoke: null });
    } else if (entry.event === 'floor.released' || entry.event === 'floor.revoked') {
      const turn = turns.get(entry.epoch);
      if (turn !== undefined) turn.spoke = entry.spoke;
    }
  }
  return [...turns.values()];
}

/** What each site declared in each session, by the session's name. */
export function rollsOf(log: readonly Entry[]): Record<string, Record<SiteId, number>> {
  const rolls: Record<string, Record<SiteId, number>> = {};
  let roll: Record<SiteId, number> | null = null;
  for (const entry of log) {
    if (entry.event === 'session.opened') roll = rolls[entry.name] = {};
    else if (entry.event === 'session.closed') roll = null;
    else if (entry.event === 'attendance.headcount-declared' && roll !== null) roll[entry.site] = entry.present;
  }
  return rolls;
}
