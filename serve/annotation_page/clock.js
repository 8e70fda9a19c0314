// What moment of a video is to be seen, between its frames too: seconds from the video's first frame.

const OLD_MS = 250; // a frame older than this says nothing: the video stalls, or has few frames

export class MediaClock {
  constructor(video) {
    this.video = video;
    this.first = 0;
    this.frame = null;
    this.ready = this.#begin();
  }

  // The file's own clock need not begin at 0; the first frame that is shown, before anyone seeks, tells where it does.
  async #begin() {
    const { video } = this;
    if (!("requestVideoFrameCallback" in video)) return;
    const seen = (_, { mediaTime, expectedDisplayTime }) => {
      this.frame = { time: mediaTime, at: expectedDisplayTime };
      this.told?.();
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
    await new Promise((resolve) => { this.told = resolve; setTimeout(resolve, 3000); });
    this.told = null;
    if (this.frame && video.currentTime < 0.001) this.first = this.frame.time;
  }

  // At a time of performance.now(), while the video plays.
  at(now) {
    const { frame, video } = this;
    const passed = frame ? ((now - frame.at) / 1000) * video.playbackRate : Infinity;
    const time = passed * 1000 < OLD_MS ? frame.time + passed : video.currentTime;
    return Math.max(0, time - this.first);
  }

  // Of the frame that is shown while the video stands still.
  still() {
    const near = this.frame && Math.abs(this.frame.time - this.video.currentTime) < 0.2;
    return Math.max(0, (near ? this.frame.time : this.video.currentTime) - this.first);
  }

  seek(seconds) { this.video.currentTime = Math.min(this.first + Math.max(0, seconds), this.video.duration || Infinity); }
}
