/** Sound made and measured by the page itself, with one AudioContext. */
import type { Meter, MicSurroundings } from './microphone';

/** Half a second each, a bell-like chord: long enough to walk to the volume knob. */
const TEST_TONES = [523.25, 659.25, 783.99, 1046.5];
const TEST_STEP = 0.45;

export class Sound implements MicSurroundings {
  #context: AudioContext | null = null;

  /** Browsers keep a context suspended until a person has touched the page. */
  async resume(): Promise<void> {
    await this.#use().resume();
  }

  meter(track: MediaStreamTrack): Meter {
    const context = this.#use();
    const source = context.createMediaStreamSource(new MediaStream([track]));
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    return {
      read() {
        if (context.state !== 'running') return null;
        analyser.getFloatTimeDomainData(samples);
        let sum = 0;
        for (const sample of samples) sum += sample * sample;
        return Math.sqrt(sum / samples.length);
      },
      close: () => source.disconnect(),
    };
  }

  /** Two short tones upwards, quiet. */
  announce(): void {
    const context = this.#use();
    if (context.state !== 'running') return;
    [660, 880].forEach((frequency, i) => {
      const start = context.currentTime + i * 0.14;
      const tone = context.createOscillator();
      const gain = context.createGain();
      tone.frequency.value = frequency;
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(0.12, start + 0.02);
      gain.gain.linearRampToValueAtTime(0, start + 0.13);
      tone.connect(gain).connect(context.destination);
      tone.start(start);
      tone.stop(start + 0.14);
    });
  }

  /**
   * A tune for trying the loudspeaker, as a stream: it is to be played like the conference's sound,
   * through an element. `ended` is called after its last note.
   */
  testTune(ended: () => void): MediaStream {
    const context = this.#use();
    const out = context.createMediaStreamDestination();
    TEST_TONES.forEach((frequency, i) => {
      const start = context.currentTime + 0.1 + i * TEST_STEP;
      const tone = context.createOscillator();
      const gain = context.createGain();
      tone.frequency.value = frequency;
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(0.35, start + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.005, start + 2 * TEST_STEP);
      tone.connect(gain).connect(out);
      tone.start(start);
      tone.stop(start + 2 * TEST_STEP);
      if (i === TEST_TONES.length - 1) tone.onended = ended;
    });
    return out.stream;
  }

  /** False: the browser lets the page make and measure sound only after a touch. */
  get awake(): boolean {
    return this.#use().state === 'running';
  }

  close(): void {
    void this.#context?.close();
    this.#context = null;
  }

  #use(): AudioContext {
    this.#context ??= new AudioContext();
    // Allowed from the start where the person has used the page; else it stays suspended.
    if (this.#context.state === 'suspended') void this.#context.resume().catch(() => undefined);
    return this.#context;
  }
}
