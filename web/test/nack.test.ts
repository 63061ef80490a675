import { describe, expect, it } from 'vitest';
import { repairsSound, withNackOfSound } from '../src/lib/media/nack';

const CHROMIUM = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';

describe('repair of sound', () => {
  it('is offered in every section of sound, whatever number Opus has there', () => {
    const offer = [
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=rtpmap:111 opus/48000/2',
      'a=rtcp-fb:111 transport-cc',
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'a=rtpmap:96 VP8/90000',
      'a=rtcp-fb:96 nack',
      'm=audio 9 UDP/TLS/RTP/SAVPF 109',
      'a=rtpmap:109 OPUS/48000/2',
      '',
    ].join('\r\n');
    const lines = withNackOfSound(offer).split('\r\n');
    expect(lines.filter((line) => line.endsWith(' nack'))).toEqual([
      'a=rtcp-fb:111 nack',
      'a=rtcp-fb:96 nack',
      'a=rtcp-fb:109 nack',
    ]);
    expect(lines.filter((line) => !/^a=rtcp-fb:1\d\d nack$/.test(line)).join('\r\n')).toBe(offer);
  });

  it('is left out where the browser does not do it', () => {
    expect(repairsSound(CHROMIUM)).toBe(true);
    expect(repairsSound(FIREFOX)).toBe(false);
  });
});
