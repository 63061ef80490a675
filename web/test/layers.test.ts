import { describe, expect, it } from 'vitest';
import { layerCount, offeredLayers, shapedLayers, sizeOf, type Watched } from '../src/lib/media/layers';

const HD = { width: 1280, height: 720 };
const shaped = (size: typeof HD | null, watched: Watched = null) =>
  shapedLayers(offeredLayers(), size, watched).map(
    ({ rid, active, scaleResolutionDownBy, maxBitrate }) =>
      `${rid} ${active ? 'on' : 'off'} /${scaleResolutionDownBy} ${maxBitrate}`,
  );

describe('the layers of a camera', () => {
  it('are three, low to high', () => {
    expect(offeredLayers().map(({ rid, scaleResolutionDownBy }) => [rid, scaleResolutionDownBy])).toEqual([
      ['q', 4],
      ['h', 2],
      ['f', 1],
    ]);
  });

  it('are as many as its pixels are worth, whichever way it is held', () => {
    const sizes = [[1280, 720], [960, 540], [540, 960], [640, 360], [480, 270], [320, 180]] as const;
    const counts = sizes.map(([width, height]) => layerCount({ width, height }));
    expect(counts).toEqual([3, 3, 3, 2, 2, 1]);
    expect(layerCount(null)).toBe(1);
  });

  it('leave the largest that is sent as it is', () => {
    expect(shaped(HD)).toEqual(['q on /4 120000', 'h on /2 400000', 'f on /1 1200000']);
    const vga = { width: 640, height: 360 };
    expect(shaped(vga)).toEqual(['q on /2 120000', 'h on /1 900000', 'f off /1 900000']);
    expect(shaped(null)).toEqual(['q on /1 900000', 'h off /1 900000', 'f off /1 900000']);
  });

  it('rest where nobody watches them', () => {
    const on = (lines: string[]) => lines.filter((line) => line.includes(' on ')).map(([rid]) => rid);
    expect(on(shaped(HD, ['q', 'f']))).toEqual(['q', 'f']);
    expect(on(shaped(HD, ['q']))).toEqual(['q']);
    expect(on(shaped(null, ['q', 'h', 'f']))).toEqual(['q']);
  });

  it('are the largest and the smallest of a picture that is shown large and small', () => {
    const on = (size: typeof HD | null) =>
      shaped(size, 'large and small')
        .filter((line) => line.includes(' on '))
        .map(([rid]) => rid);
    expect(on(HD)).toEqual(['q', 'f']);
    expect(on({ width: 640, height: 360 })).toEqual(['q', 'h']);
    expect(on(null)).toEqual(['q']);
  });

  it('keep what the browser says of an encoding beside that', () => {
    const [only] = shapedLayers([{ networkPriority: 'high' as const }], HD, null);
    expect(only).toMatchObject({ networkPriority: 'high', active: true, scaleResolutionDownBy: 1 });
  });
});

describe('the size of a camera', () => {
  const track = (settings: object) => ({ getSettings: () => settings }) as unknown as MediaStreamTrack;

  it('is known once the browser says it', () => {
    expect(sizeOf(track(HD))).toEqual(HD);
    expect(sizeOf(track({}))).toBeNull();
    expect(sizeOf({} as MediaStreamTrack)).toBeNull();
    expect(sizeOf(null)).toBeNull();
  });
});
