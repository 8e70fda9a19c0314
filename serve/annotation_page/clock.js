// Which moment of a video is seen when: seconds from the video's first frame, between its frames too.

const KEPT = 240; // frames
const LATE_MS = 200; // after which no frame is to come that belongs to a moment
const OLD_MS = 1000; // a frame older than this says nothing: there are few, or the sound goes on without any

export class MediaClock {
  constructor(video) {
    Object.assign(this, { video, first: 0, frames: [], shown: null });
    this.tells = "requestVideoFrameCallback" in video;
    this.fresh = !this.tells; // whether a frame was shown since the video last stood still
    this.ready = this.#begin();
  }

  // The file's own clock need not begin at 0; the first frame that is shown, before anyone seeks, tells where it does.
  async #begin() {
    const { video } = this;
    if (!this.tells) return;
    // Scripts see a frame once it is handed on, eyes a refresh later; it counts from halfway between.
    const seen = (_, { mediaTime, presentationTime, expectedDisplayTime }) => {
      this.shown = mediaTime;
      if (!video.paused && !video.seeking) {
        this.fresh = true;
        this.frames.push({ time: mediaTime, at: (presentationTime + expectedDisplayTime) / 2 });
        if (this.frames.length > KEPT) this.frames.shift();
      }
      this.told?.();
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
    for (const kind of ["play", "pause", "seeking", "waiting"]) video.addEventListener(kind, () => { this.fresh = false; });
    for (const kind of ["play", "seeking"]) video.addEventListener(kind, () => { this.frames = []; });
    await new Promise((resolve) => { this.told = resolve; setTimeout(resolve, 3000); });
    this.told = null;
    this.first = this.shown ?? 0;
  }

  // Now, as far as it is known while the video plays.
  at(now) { return this.moment(now, this.video.currentTime, true); }

  // Of a time of performance.now() at which the player said `currentTime`. A frame is told of only after it was shown, so
  // that null stands for "ask again"; with `sure` the answer is what is known by now.
  moment(time, currentTime, sure = false) {
    const after = this.frames.findIndex(({ at }) => at > time);
    const before = this.frames[after < 0 ? this.frames.length - 1 : Math.max(0, after - 1)];
    if (this.tells && after < 0 && !sure && performance.now() - time < LATE_MS) return null;
    if (!before || time - before.at > OLD_MS) return Math.max(0, currentTime - this.first);
    const between = before.time + ((time - before.at) / 1000) * this.video.playbackRate;
    return Math.max(0, Math.min(between, after < 0 ? Infinity : this.frames[after].time) - this.first);
  }

  // Of the frame that is shown while the video stands still.
  still() {
    const near = this.shown !== null && Math.abs(this.shown - this.video.currentTime) < 0.2;
    return Math.max(0, (near ? this.shown : this.video.currentTime) - this.first);
  }

  seek(seconds) { this.video.currentTime = Math.min(this.first + Math.max(0, seconds), this.video.duration || Infinity); }
}
