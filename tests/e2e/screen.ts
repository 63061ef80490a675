/**
 * A screen that can be shared: a slide with a QR code and, as of a film, a tone. The browser's own
 * dialogue is left out; what it demands is not.
 */

/** Hertz; no multiple of a site's. */
export const SCREEN_TONE = 2050;

/** Replaces the capture of a screen before the page's own script runs. */
export function drawnScreen({ cells, tone }: { cells: boolean[][]; tone: number }): void {
  if (navigator.mediaDevices === undefined) return;
  navigator.mediaDevices.getDisplayMedia = async () => {
    if (!navigator.userActivation.isActive) throw new DOMException('', 'InvalidStateError');
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [1280, 720];
    const brush = canvas.getContext('2d')!;
    const size = Math.floor(canvas.height / (cells.length + 8));
    let frame = 0;
    const draw = (): void => {
      frame += 1;
      brush.fillStyle = '#fff';
      brush.fillRect(0, 0, canvas.width, canvas.height);
      brush.fillStyle = '#000';
      cells.forEach((row, y) =>
        row.forEach((dark, x) => dark && brush.fillRect((x + 4) * size, (y + 4) * size, size, size)),
      );
      // A pointer moves, so that there is something new to send.
      brush.fillRect(canvas.width - 200 + (frame % 10) * 16, canvas.height - 40, 12, 12);
    };
    draw();
    const timer = setInterval(draw, 200);
    const picture = canvas.captureStream(5).getVideoTracks()[0]!;

    const context = new AudioContext();
    await context.resume();
    const oscillator = new OscillatorNode(context, { frequency: tone });
    const sound = context.createMediaStreamDestination();
    oscillator.connect(new GainNode(context, { gain: 0.3 })).connect(sound);
    oscillator.start();

    const stop = picture.stop.bind(picture);
    picture.stop = () => {
      clearInterval(timer);
      void context.close();
      stop();
    };
    return new MediaStream([picture, ...sound.stream.getAudioTracks()]);
  };
}
