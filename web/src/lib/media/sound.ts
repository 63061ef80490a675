/** Sound made and measured by the page itself, with one AudioContext. */
import type { Meter, MicSurroundings } from './microphone';

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
