/** Calls `onFrame` for every presented frame, with its RTP timestamp where the browser tells it. */
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
  const next = () => {
    handle = video.requestVideoFrameCallback((_, { rtpTimestamp }) => {
      next();
      onFrame(rtpTimestamp);
    });
  };
  next();
  return () => video.cancelVideoFrameCallback(handle);
}
