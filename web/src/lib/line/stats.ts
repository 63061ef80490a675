/** From the browser's statistics to what a line is like. Pure. */
import type { LineResult, Transport } from '../signal/protocol.gen';

/** One look at a connection. Counts are totals since it began. */
export interface LineSample {
  transport: Transport;
  rtt: number | null;
  /** Of the sound that came back, else of the picture; ms. */
  jitter: number | null;
  sent: number;
  lostUp: number;
  /** The server has reported on what it received. */
  reported: boolean;
  received: number;
  lostDown: number;
}

/** The fields that are read; browsers leave out what they do not measure. */
interface Entry {
  id: string;
  type: string;
  kind?: string;
  state?: string;
  nominated?: boolean;
  /** Firefox. */
  selected?: boolean;
  selectedCandidatePairId?: string;
  localCandidateId?: string;
  protocol?: string;
  currentRoundTripTime?: number;
  packetsSent?: number;
  packetsReceived?: number;
  packetsLost?: number;
  jitter?: number;
}

export function sampleOf(report: RTCStatsReport): LineSample {
  const entries: Entry[] = [];
  report.forEach((entry: Entry) => entries.push(entry));
  const of = (type: string) => entries.filter((entry) => entry.type === type);
  const sum = (some: Entry[], read: (entry: Entry) => number | undefined) =>
    some.reduce((total, entry) => total + (read(entry) ?? 0), 0);

  const pair = selectedPair(entries);
  const local = entries.find(({ id }) => id === pair?.localCandidateId);
  const reports = of('remote-inbound-rtp');
  // Slots that nothing came to have an entry too.
  const inbound = of('inbound-rtp').filter(({ packetsReceived }) => (packetsReceived ?? 0) > 0);
  const timed = inbound.find(({ kind }) => kind === 'audio') ?? inbound[0];
  return {
    transport: pair === undefined ? 'none' : local?.protocol === 'tcp' ? 'tcp' : 'udp',
    rtt: millis(pair?.currentRoundTripTime),
    jitter: millis(timed?.jitter),
    sent: sum(of('outbound-rtp'), ({ packetsSent }) => packetsSent),
    lostUp: sum(reports, ({ packetsLost }) => packetsLost),
    reported: reports.length > 0,
    received: sum(inbound, ({ packetsReceived }) => packetsReceived),
    lostDown: sum(inbound, ({ packetsLost }) => packetsLost),
  };
}

function selectedPair(entries: readonly Entry[]): Entry | undefined {
  const named = entries.find(({ type }) => type === 'transport')?.selectedCandidatePairId;
  const pairs = entries.filter(({ type }) => type === 'candidate-pair');
  return (
    pairs.find(({ id }) => id === named) ??
    pairs.find(({ selected }) => selected === true) ??
    pairs.find(({ nominated, state }) => nominated === true && state === 'succeeded')
  );
}

function millis(seconds: number | undefined): number | null {
  return seconds === undefined ? null : seconds * 1000;
}

/** What was measured besides the samples. */
export interface Measured {
  connectMs: number | null;
  rateUp: number | null;
  rateDown: number | null;
}

/** Samples in the order in which they were taken; none: nothing ever came through. */
export function resultOf(samples: readonly LineSample[], measured: Measured): LineResult {
  const last = samples.at(-1);
  return {
    transport: last?.transport ?? 'none',
    connect_ms: measured.connectMs === null ? null : Math.round(measured.connectMs),
    rtt_ms: median(samples.map(({ rtt }) => rtt)),
    jitter_ms: median(samples.map(({ jitter }) => jitter)),
    loss_up: last?.reported === true ? share(last.lostUp, last.sent) : null,
    loss_down: last === undefined ? null : share(last.lostDown, last.received + last.lostDown),
    rate_up_kbps: measured.rateUp,
    rate_down_kbps: measured.rateDown,
  };
}

/** Duplicates can make a count of lost packets negative (RFC 3550 §6.4.1). */
function share(lost: number, of: number): number | null {
  return of <= 0 ? null : Math.min(1, Math.max(0, lost / of));
}

function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known[Math.floor((known.length - 1) / 2)] ?? null;
}
