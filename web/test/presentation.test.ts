import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Presentation, ShareError, shareFaultOf } from '../src/lib/media/presentation';

class FakeTrack extends EventTarget {
  readonly kind: 'audio' | 'video';
  readyState = 'live';
  contentHint = '';
  constructor(kind: 'audio' | 'video') {
    super();
    this.kind = kind;
  }
  stop() {
    this.readyState = 'ended';
  }
  /** What the browser's own bar does. */
  end() {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
}

/** A browser whose dialogue a test answers. */
class Dialogue {
  readonly asked: Record<string, unknown>[] = [];
  supported: Record<string, boolean> = {};
  #answers: { choose: (tracks: FakeTrack[]) => void; refuse: (error: unknown) => void }[] = [];

  getDisplayMedia(wanted: Record<string, unknown>): Promise<unknown> {
    this.asked.push(wanted);
    return new Promise((resolve, reject) => {
      const choose = (tracks: FakeTrack[]) =>
        resolve({
          getVideoTracks: () => tracks.filter(({ kind }) => kind === 'video'),
          getAudioTracks: () => tracks.filter(({ kind }) => kind === 'audio'),
        });
      this.#answers.push({ choose, refuse: reject });
    });
  }

  getSupportedConstraints() {
    return this.supported;
  }

  choose(...tracks: FakeTrack[]): FakeTrack[] {
    this.#answers.shift()?.choose(tracks);
    return tracks;
  }

  refuse(name: string, message = ''): void {
    this.#answers.shift()?.refuse(new DOMException(message, name));
  }
}

let dialogue: Dialogue;
let presentation: Presentation;
let ended: number;

beforeEach(() => {
  dialogue = new Dialogue();
  vi.stubGlobal('navigator', { mediaDevices: dialogue });
  presentation = new Presentation();
  ended = 0;
  presentation.onEnded = () => (ended += 1);
});
afterEach(() => void vi.unstubAllGlobals());

async function share(...tracks: FakeTrack[]): Promise<void> {
  const started = presentation.start();
  dialogue.choose(...tracks);
  await started;
}

const screen = () => new FakeTrack('video');
const sound = () => new FakeTrack('audio');

async function faultOf(started: Promise<void>): Promise<string> {
  const error: unknown = await started.then(
    () => 'it was shared',
    (reason: unknown) => reason,
  );
  return error instanceof ShareError ? error.fault : String(error);
}

describe('a share', () => {
  it('asks for text that can be read, and for sound as it is', async () => {
    const [picture, tone] = [screen(), sound()];
    await share(picture, tone);
    const [asked] = dialogue.asked;
    expect(asked?.video).toEqual({
      width: { max: 1920 },
      height: { max: 1080 },
      frameRate: { ideal: 5, max: 5 },
    });
    expect(asked?.audio).toMatchObject({ echoCancellation: false });
    expect([picture.contentHint, tone.contentHint]).toEqual(['text', 'music']);
    expect(presentation.sharing).toBe(true);
    expect(presentation.tracks.get()).toEqual({ video: picture, audio: tone });
  });

  it('takes the whole machine’s sound only where the conference can be left out of it', async () => {
    await share(screen());
    expect(dialogue.asked[0]?.systemAudio).toBe('exclude');
    dialogue.supported = { restrictOwnAudio: true };
    await share(screen());
    expect(dialogue.asked[1]?.systemAudio).toBe('include');
    expect(dialogue.asked[1]?.audio).toMatchObject({ restrictOwnAudio: true });
  });

  it('goes without sound where the browser gives none', async () => {
    const picture = screen();
    await share(picture);
    expect(presentation.tracks.get()).toEqual({ video: picture, audio: null });
  });

  it('goes without sound where the machine’s sound cannot be taken', async () => {
    const started = presentation.start();
    dialogue.refuse('NotReadableError', 'Could not start audio source');
    await vi.waitFor(() => expect(dialogue.asked).toHaveLength(2));
    const [picture] = dialogue.choose(screen());
    await started;
    expect(dialogue.asked.map(({ audio }) => audio === false)).toEqual([false, true]);
    expect(presentation.tracks.get()).toEqual({ video: picture, audio: null });
  });

  it('says where it is, from the dialogue to the end', async () => {
    const states: string[] = [];
    presentation.state.subscribe((state) => states.push(state));
    await share(screen());
    presentation.stop();
    expect(states).toEqual(['off', 'asking', 'sharing', 'off']);
  });

  it('asks once, however often the button is pressed', async () => {
    const both = [presentation.start(), presentation.start()];
    dialogue.choose(screen());
    await Promise.all(both);
    expect(dialogue.asked).toHaveLength(1);
  });

  it('can be chosen anew, and the old one stays until then', async () => {
    const [first, second] = [screen(), screen()];
    await share(first, sound());
    const again = presentation.start();
    expect(presentation.sharing).toBe(true);
    expect(first.readyState).toBe('live');
    dialogue.choose(second);
    await again;
    expect(presentation.tracks.get()).toEqual({ video: second, audio: null });
    expect(first.readyState).toBe('ended');
    first.end();
    expect(presentation.sharing).toBe(true);
    expect(ended).toBe(0);
  });

  it('goes on where a person opens the dialogue anew and closes it', async () => {
    const picture = screen();
    await share(picture);
    const again = presentation.start();
    dialogue.refuse('NotAllowedError');
    expect(await faultOf(again)).toBe('refused');
    expect(presentation.sharing).toBe(true);
    expect(picture.readyState).toBe('live');
  });
});

describe('the end of a share', () => {
  it('by the page stops both tracks and is not reported to it', async () => {
    const [picture, tone] = [screen(), sound()];
    await share(picture, tone);
    presentation.stop();
    expect([picture.readyState, tone.readyState]).toEqual(['ended', 'ended']);
    expect(presentation.tracks.get()).toEqual({ video: null, audio: null });
    picture.end();
    expect(ended).toBe(0);
  });

  it('by the browser’s own bar is reported once, and the sound ends with it', async () => {
    const [picture, tone] = [screen(), sound()];
    await share(picture, tone);
    picture.end();
    tone.end();
    expect(ended).toBe(1);
    expect(presentation.sharing).toBe(false);
    expect(tone.readyState).toBe('ended');
  });

  it('of its sound alone leaves the picture', async () => {
    const [picture, tone] = [screen(), sound()];
    await share(picture, tone);
    tone.end();
    expect(presentation.tracks.get()).toEqual({ video: picture, audio: null });
    expect(ended).toBe(0);
  });

  it('while the dialogue is open shares nothing, whatever is chosen then', async () => {
    const started = presentation.start();
    presentation.stop();
    expect(presentation.state.get()).toBe('off');
    const [picture] = dialogue.choose(screen());
    await started;
    expect(picture?.readyState).toBe('ended');
    expect(presentation.sharing).toBe(false);
  });
});

describe('a share that cannot be', () => {
  it.each([
    ['NotAllowedError', 'Permission denied', 'refused'],
    ['NotAllowedError', 'Permission denied by system', 'system'],
    ['NotFoundError', '', 'missing'],
    ['InvalidStateError', '', 'no-press'],
  ])('is refused with %s (%s): %s', async (name, message, fault) => {
    const started = presentation.start();
    dialogue.refuse(name, message);
    expect(await faultOf(started)).toBe(fault);
    expect(presentation.state.get()).toBe('off');
    expect(presentation.sharing).toBe(false);
  });

  it.each([
    ['NotReadableError', 'busy'],
    ['InvalidStateError', 'busy'],
    ['NotAllowedError', 'refused'],
  ])('is refused when the picture alone gets %s too: %s', async (name, fault) => {
    const started = presentation.start();
    dialogue.refuse('NotReadableError');
    await vi.waitFor(() => expect(dialogue.asked).toHaveLength(2));
    dialogue.refuse(name);
    expect(await faultOf(started)).toBe(fault);
    expect(presentation.state.get()).toBe('off');
  });

  it('says that the address is not secure, or that the browser cannot', async () => {
    vi.stubGlobal('navigator', {});
    expect(await faultOf(presentation.start())).toBe('insecure');
    expect(Presentation.supported).toBe(false);
    vi.stubGlobal('navigator', { mediaDevices: {} });
    expect(await faultOf(presentation.start())).toBe('unsupported');
  });

  it('is missing where the window has gone before it was shared', async () => {
    const started = presentation.start();
    const gone = screen();
    gone.stop();
    dialogue.choose(gone);
    expect(await faultOf(started)).toBe('missing');
    expect(shareFaultOf(new TypeError())).toBe('missing');
  });

  it('can be tried again', async () => {
    const first = presentation.start();
    dialogue.refuse('NotAllowedError');
    await faultOf(first);
    await share(screen());
    expect(presentation.sharing).toBe(true);
  });
});
