/**
 * The six sites, each with its own picture (a colour and a QR code of its id, drawn on a canvas by a
 * timer) and its own tone: what another site gets is read from decoded pixels and a spectrum.
 */
import { type Browser, type BrowserContext, type BrowserContextOptions, expect, type Page } from '@playwright/test';
import jsQR from 'jsqr';
import qrcode from 'qrcode-generator';
import { drawnDevices, type Equipped, PLUGGED_IN, type Scene, watchConnections } from './devices';
import type { Line } from './line';
import { drawnScreen, SCREEN_TONE } from './screen';
import type { Host } from './server';

export interface Site {
  readonly id: string;
  readonly role: string;
  /** Hertz; no one is near a multiple of another. */
  readonly tone: number;
  readonly colour: string;
}

export const SITES: readonly Site[] = [
  { id: 'ha-noi', role: 'chair', tone: 500, colour: '#c01818' },
  { id: 'da-nang', role: 'site', tone: 730, colour: '#1850c0' },
  { id: 'tp-hcm', role: 'site', tone: 910, colour: '#108a30' },
  { id: 'can-tho', role: 'site', tone: 1130, colour: '#b07800' },
  { id: 'thai-nguyen', role: 'site', tone: 1370, colour: '#6a20a8' },
  { id: 'nghe-an', role: 'site', tone: 1690, colour: '#107f8f' },
];

/** Windows of the transform without a tone, after which nobody is heard. */
const SILENT = 4;
/** How long it may take until a page plays nobody: of what a server still forwards far more would come; ms. */
const SOON = 20_000;

/** The sound of a screen that is shared; one is at a time. */
export const SCREEN = { id: 'screen', tone: SCREEN_TONE };

/** The dots of the QR code that says `text`, row by row. */
function codeOf(text: string): boolean[][] {
  const qr = qrcode(0, 'M');
  qr.addData(text);
  qr.make();
  const count = qr.getModuleCount();
  return Array.from({ length: count }, (_, y) => Array.from({ length: count }, (_, x) => qr.isDark(y, x)));
}

/** How the media of a site goes, other than as the answer says. */
interface Way {
  /** Another port. */
  port: number | null;
  /** Its firewall lets no UDP out. */
  tcp: boolean;
}

/** Changes the candidates of every answer. */
function sendMedia({ port, tcp }: Way): void {
  type Set = (description: RTCSessionDescriptionInit) => Promise<void>;
  const set = RTCPeerConnection.prototype.setRemoteDescription as Set;
  RTCPeerConnection.prototype.setRemoteDescription = function (description: RTCSessionDescriptionInit) {
    let sdp = description.sdp ?? '';
    if (port !== null) sdp = sdp.replace(/^(a=candidate:.* udp .* )\d+( typ host)/gm, `$1${port}$2`);
    // A line serves one of the two.
    sdp = sdp.replace(tcp ? /^a=candidate:.* udp .*\r\n/gm : /^a=candidate:.* tcp .*\r\n/gm, '');
    return set.call(this, { type: description.type, sdp });
  };
}

/** How strong each of `tones` is in the page's audio slots, in dB. */
async function measureTones(tones: number[]): Promise<Record<number, number>> {
  type Ears = { context: AudioContext; analysers: Map<MediaStream, AnalyserNode> };
  const holder = window as unknown as { ears?: Ears };
  const ears = (holder.ears ??= { context: new AudioContext(), analysers: new Map() });
  await ears.context.resume();
  const elements = [...document.querySelectorAll<HTMLAudioElement>('audio')];
  const streams = elements.flatMap(({ srcObject }) => (srcObject instanceof MediaStream ? [srcObject] : []));
  for (const stream of streams) {
    if (ears.analysers.has(stream) || stream.getAudioTracks().length === 0) continue;
    const analyser = new AnalyserNode(ears.context, { fftSize: 8192, smoothingTimeConstant: 0 });
    ears.context.createMediaStreamSource(stream).connect(analyser);
    ears.analysers.set(stream, analyser);
  }
  // One window of the transform, so that nothing from before the call is in it.
  const from = ears.context.currentTime;
  while (ears.context.currentTime < from + 8192 / ears.context.sampleRate + 0.05) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const found: Record<number, number> = Object.fromEntries(tones.map((tone) => [tone, -200]));
  for (const [stream, analyser] of ears.analysers) {
    if (!streams.includes(stream)) continue;
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    for (const tone of tones) {
      const bin = Math.round((tone * analyser.fftSize) / ears.context.sampleRate);
      const strength = Math.max(...bins.slice(bin - 2, bin + 3));
      found[tone] = Math.max(found[tone]!, strength);
    }
  }
  return found;
}

/** How a site comes: over which line, with which devices, and how far. */
export interface Ways extends BrowserContextOptions {
  line?: Line;
  tcp?: boolean;
  room?: string | null;
  scene?: Scene;
  /** Frames a second; a beat needs more, to be lit and dark in time. */
  rate?: number;
  /** `stay`: it stays before the conference, at the device check; `door`: with its code still to type. */
  check?: 'pass' | 'stay' | 'door';
  /** `own`: those that the browser has of itself. */
  equipped?: Equipped | 'own';
}

/** A browser context that is signed in as a site. */
export class Place {
  private constructor(
    readonly site: Site,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async open(
    browser: Browser,
    server: Host,
    site: Site,
    {
      line,
      tcp = false,
      room = null,
      scene = 'code',
      rate = 5,
      check = 'pass',
      equipped = PLUGGED_IN,
      ...options
    }: Ways = {},
  ): Promise<Place> {
    const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, ...options });
    const cells = codeOf(site.id);
    const { tone, colour } = site;
    if (equipped !== 'own') {
      await context.addInitScript(drawnDevices, { tone, colour, cells, room, scene, rate, equipped });
    }
    await context.addInitScript(watchConnections);
    await context.addInitScript(drawnScreen, { cells: codeOf(`screen-${site.id}`), tone: SCREEN_TONE });
    await context.addInitScript(sendMedia, { port: line?.mediaPort ?? null, tcp });
    const page = await context.newPage();
    await page.goto(check === 'door' ? server.url : server.link(site.id, site.role, line?.httpPort));
    const place = new Place(site, context, page);
    if (check === 'pass') await place.enter();
    return place;
  }

  /** From the device check into the conference. */
  async enter(): Promise<void> {
    await this.by('enter').click();
  }

  /** Pulls a device out, as the browser tells a page of it: its tracks end, and the list changes. */
  async unplug(id: string): Promise<void> {
    await this.page.evaluate((one) => window.plugs.unplug(one), id);
  }

  async plug(id: string): Promise<void> {
    await this.page.evaluate((one) => window.plugs.plug(one), id);
  }

  by(testid: string): ReturnType<Page['getByTestId']> {
    return this.page.getByTestId(testid);
  }

  /** Sends sound whatever the page and the floor say. */
  async forceMicrophone(): Promise<void> {
    await this.page.evaluate(() => (window as unknown as { forceMicrophone(): void }).forceMicrophone());
  }

  /** Seconds that the turn's clock shows; overtime is negative. */
  async readClock(): Promise<number> {
    const text = (await this.by('turn-clock').textContent()) ?? '';
    const [, sign, minutes, seconds] = /([-−+]?)(\d+):(\d+)/.exec(text) ?? [];
    if (minutes === undefined || seconds === undefined) throw new Error(`no clock in «${text}»`);
    return (sign === '' ? 1 : -1) * (Number(minutes) * 60 + Number(seconds));
  }

  /** The site whose QR code is in a picture, from its decoded pixels; null: none can be read. */
  async readPicture(testid: string): Promise<string | null> {
    const pixels = await this.page.evaluate((id) => {
      const video = document.querySelector<HTMLVideoElement>(`video[data-testid="${id}"]`);
      if (video === null || video.videoWidth === 0 || video.checkVisibility() === false) return null;
      // A large picture is told as well from a small copy, and without its colours.
      const scale = Math.min(1, 320 / video.videoWidth);
      const canvas = new OffscreenCanvas(video.videoWidth * scale, video.videoHeight * scale);
      const brush = canvas.getContext('2d', { willReadFrequently: true })!;
      brush.drawImage(video, 0, 0, canvas.width, canvas.height);
      const { data, width, height } = brush.getImageData(0, 0, canvas.width, canvas.height);
      let greys = '';
      for (let at = 0; at < data.length; at += 4) {
        greys += String.fromCharCode((2 * data[at]! + 5 * data[at + 1]! + data[at + 2]!) >> 3);
      }
      return { greys: btoa(greys), width, height };
    }, testid);
    if (pixels === null) return null;
    const greys = Buffer.from(pixels.greys, 'base64');
    const bytes = new Uint8ClampedArray(4 * greys.length);
    greys.forEach((grey, at) => bytes.fill(grey, 4 * at, 4 * at + 4));
    return jsQR(bytes, pixels.width, pixels.height, { inversionAttempts: 'dontInvert' })?.data ?? null;
  }

  /** How much a picture changes within a second: of 255, the mean of its pixels; null: none is shown. */
  async readMotion(testid: string): Promise<number | null> {
    return this.page.evaluate(async (id) => {
      const look = () => {
        const video = document.querySelector<HTMLVideoElement>(`video[data-testid="${id}"]`);
        if (video === null || video.videoWidth === 0 || video.checkVisibility() === false) return null;
        const brush = new OffscreenCanvas(32, 18).getContext('2d', { willReadFrequently: true })!;
        brush.drawImage(video, 0, 0, 32, 18);
        return brush.getImageData(0, 0, 32, 18).data;
      };
      const before = look();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const after = look();
      if (before === null || after === null) return null;
      return after.reduce((sum, value, at) => sum + Math.abs(value - before[at]!), 0) / (32 * 18 * 3);
    }, testid);
  }

  /** Those whose tones this page plays. */
  async readSound(sources: readonly { id: string; tone: number }[] = SITES): Promise<string[]> {
    const strengths = await this.page.evaluate(
      measureTones,
      sources.map(({ tone }) => tone),
    );
    return sources.filter(({ tone }) => strengths[tone]! > -55).map(({ id }) => id);
  }

  /**
   * Waits a little until this page plays nobody. What its browser has in its buffers is played out first, and on
   * a busy machine with gaps: one silent moment says nothing yet, and none does of a page that could hear nobody.
   */
  async expectSilence(message: string): Promise<void> {
    let silent = 0;
    const look = async (): Promise<number> => {
      const heard = await this.readSound();
      return (silent = heard.length === 0 && (await this.#canHear()) ? silent + 1 : 0);
    };
    const words = `${message}: silent so often in a row`;
    await expect.poll(look, { message: words, timeout: SOON }).toBeGreaterThanOrEqual(SILENT);
  }

  /** It has a connection, and an element that plays what comes over it. */
  async #canHear(): Promise<boolean> {
    return this.page.evaluate(() => {
      const plays = [...document.querySelectorAll('audio')].some(({ srcObject }) => srcObject instanceof MediaStream);
      return plays && window.connections.some(({ connectionState }) => connectionState === 'connected');
    });
  }
}
