/**
 * Calls `onFrame` for every frame that came over the network and was presented, with its RTP
 * timestamp where the browser tells it.
 */
export function watchFrames(
  video: HTMLVideoElement,
  onFrame: (rtp: number | undefined) => void,
): () => void {
  if (!('requestVideoFrameCallback' in video)) {
    // Old Firefox: the first data and the running clock are all that it tells.
    const element: HTMLVideoElement = video;
    const tell = () => onFrame(undefined);
    element.addEventListener('loadeddata', tell);
    element.addEventListener('timeupdate', tell);
    return () => {
      element.removeEventListener('loadeddata', tell);
      element.removeEventListener('timeupdate', tell);
    };
  }
  let handle = 0;
  let last: number | undefined;
  const next = () => {
    handle = video.requestVideoFrameCallback((_, { rtpTimestamp }) => {
      next();
      // When a track ends, Chromium presents its last frame once more: that is no sign of life.
      if (last !== undefined && (rtpTimestamp === undefined || rtpTimestamp === last)) return;
      last = rtpTimestamp;
      onFrame(rtpTimestamp);
    });
  };
  next();
  return () => video.cancelVideoFrameCallback(handle);
}
