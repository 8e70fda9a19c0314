// One video that is worked on: playing, watching it first, and what both ways of annotating share.

import { ask } from "../page/api.js";
import { MediaClock } from "./clock.js";
import { clockText, wholeLine } from "./drawing.js";

export const $ = (id) => document.getElementById(id);

const SEEN_MS = 5000;
const STEP_S = 3;

export const joined = (spans, gap = 0) => {
  const whole = [];
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = whole[whole.length - 1];
    if (last && from <= last[1] + gap) last[1] = Math.max(last[1], to); else whole.push([from, to]);
  }
  return whole;
};

export class Work {
  // `context` has annotator, kind, queue, offset_s (the server's clock less performance.now, which nobody sets right), tell and failed; `about` is what the server knows.
  constructor(context, about) {
    Object.assign(this, context, { about, mode: "watch", seen: null, closed: false });
    this.leaving = new AbortController();
    this.at = (path, more = "") => `v1/annotation/${path}?annotator=${encodeURIComponent(this.annotator)}&item=${encodeURIComponent(about.name)}${more}`;
    this.watched = about.watched_spans;
  }

  on(target, kinds, act) { for (const kind of [kinds].flat()) target.addEventListener(kind, act, { signal: this.leaving.signal }); }

  async open() {
    const fresh = $("video").cloneNode(false); // one that knows nothing of the video before
    $("video").replaceWith(fresh);
    this.video = fresh;
    this.clock = new MediaClock(fresh);
    this.on(fresh, "error", () => this.tell("This browser cannot play the video. MP4 with H.264 or WebM is known everywhere.", true));
    this.on(fresh, ["play", "pause", "ended"], () => { $("play").textContent = fresh.paused ? "Play" : "Pause"; $("play").setAttribute("aria-pressed", String(!fresh.paused)); });
    this.on(fresh, ["pause", "seeking", "ended"], () => this.stopped());
    this.on(fresh, "ended", () => { if (!this.closed) this.ended().catch(this.failed); });
    this.on(fresh, ["playing", "seeked"], () => this.going());
    this.on($("play"), "click", () => this.toggle());
    this.on($("back"), "click", () => this.clock.seek(this.moment() - STEP_S));
    this.on($("line"), "pointerdown", (event) => { const { left, width } = $("line").getBoundingClientRect(); this.seekTo(((event.clientX - left) / width) * this.length); });
    this.on($("bar"), "click", (event) => { if (event.detail) event.target.closest("button")?.blur(); }); // the keys go on to the video
    for (const mode of ["watch", "annotate", "verify"]) this.on($(`mode-${mode}`), "click", () => this.choose(mode));
    this.on(document, "keydown", (event) => this.#key(event, true));
    this.on(document, "keyup", (event) => this.#key(event, false));
    this.on(document, "visibilitychange", () => { if (document.hidden) { fresh.pause(); this.stopped(); this.queue.beacon(); } });
    this.on(window, "pagehide", () => { this.stopped(); this.queue.beacon(); });
    fresh.src = `v1/annotation/videos/${encodeURIComponent(this.about.video)}`;
    await new Promise((resolve) => { this.on(fresh, ["loadeddata", "error"], resolve); });
    await this.clock.ready;
    if (this.closed) return;
    this.choose(this.about.state.watched ? this.first() : "watch");
    const draw = (now) => { if (this.closed) return; this.tick(now); requestAnimationFrame(draw); };
    requestAnimationFrame(draw);
  }

  get length() { return Math.max(this.about.length_s, 0.001); }
  get playing() { const { video } = this; return !video.paused && !video.seeking && !video.ended && video.readyState > 2 && this.clock.fresh; }
  moment() { return this.playing ? this.clock.at(performance.now()) : this.clock.still(); }

  toggle() { if (this.video.paused) this.video.play().catch((error) => { if (error.name !== "AbortError") this.failed(error); }); else this.video.pause(); }

  async refresh() {
    this.about = await (await ask(this.at("item", `&kind=${this.kind}`))).json();
    this.watched = joined([...this.watched, ...this.about.watched_spans]);
  }

  choose(mode) {
    this.video.pause();
    this.stopped();
    this.mode = mode;
    if (mode === "watch") {
      const watched = joined(this.watched, this.about.gap_s);
      const from = watched.length && watched[0][0] <= this.about.gap_s ? watched[0][1] : 0;
      this.clock.seek(this.about.state.watched ? 0 : from);
    }
    this.shown();
  }

  // Which passes there are, and which one is on.
  shown() {
    for (const mode of ["watch", "annotate", "verify"]) $(`mode-${mode}`).setAttribute("aria-pressed", String(mode === this.mode));
    $("mode-annotate").disabled = !this.about.state.watched;
  }

  notice() {
    if (this.mode !== "watch") return "";
    return this.about.state.watched ? "You have watched this video." : this.video.paused ? "Watch the whole video once before you annotate it: press Play or Space." : "";
  }

  seekTo(seconds) {
    const reached = joined(this.watched, this.about.gap_s)[0]?.[1] ?? 0;
    this.clock.seek(this.mode === "watch" && !this.about.state.watched ? Math.min(seconds, Math.max(reached, this.seen?.span[1] ?? 0)) : seconds);
  }

  // What is seen counts only as long as the video plays on without a jump.
  see(purpose, of, time, keep) {
    if (!this.playing) return;
    if (!this.seen || time < this.seen.span[1] || time > this.seen.span[1] + 1) {
      this.unsee();
      this.seen = { purpose, of, keep, span: [time, time], sent: performance.now() };
    }
    this.seen.span[1] = time;
    if (performance.now() - this.seen.sent > SEEN_MS) { this.#sendSeen(); this.seen.sent = performance.now(); }
  }

  unsee() { if (this.seen && this.seen.span[1] > this.seen.span[0]) this.#sendSeen(); this.seen = null; }

  #sendSeen() {
    const { purpose, of, span, keep } = this.seen;
    keep([...span]);
    this.queue.put(this.at("seen", `&purpose=${purpose}`), { spans: [[...span]], of });
  }

  stopped() { this.unsee(); }
  going() {}

  async ended() {
    if (this.mode !== "watch") return;
    this.unsee();
    this.queue.put(this.at("seen", "&purpose=watching"), { spans: [[Math.max(0, this.length - 0.1), this.length]], of: "" });
    await this.queue.empty();
    await this.refresh();
    if (this.about.state.watched) this.choose(this.first());
    else this.tell("Some of the video was not watched; play it from the beginning.", true);
  }

  tick(now) {
    const time = this.playing ? this.clock.at(now) : this.clock.still();
    if (this.mode === "watch") this.see("watching", "", time, (span) => { this.watched = joined([...this.watched, span]); });
    $("clock").textContent = `${clockText(Math.min(time, this.length))} / ${clockText(this.length)}`;
    if ($("notice").textContent !== this.notice()) $("notice").textContent = this.notice();
    const screen = $("screen"); // drawn again where anything of it is another one: batteries and fans are thankful
    const looks = [time, this.mode, screen.clientWidth, screen.clientHeight, $("line").clientWidth, matchMedia("(prefers-color-scheme: dark)").matches, this.drawn()].join();
    if (looks === this.looked) return;
    this.looked = looks;
    this.draw(time);
  }

  drawn() { return ""; }

  line(time, more) {
    const ink = getComputedStyle(document.documentElement).getPropertyValue("--line").trim();
    const bands = this.mode === "watch" ? joined([...this.watched, ...(this.seen ? [this.seen.span] : [])]).map(([from, to]) => [from, to, ink]) : [];
    wholeLine($("line"), { length: this.length, now: time, bands, ...more });
  }

  #key(event, down) {
    if (event.target.closest("input, select, textarea, summary") || event.ctrlKey || event.altKey || event.metaKey) return;
    if (this.key(event, down)) { event.preventDefault(); return; }
    if (!down) return;
    if (event.key === " " && !event.target.closest("button, a")) { event.preventDefault(); this.toggle(); }
    else if (event.key === "ArrowLeft") { event.preventDefault(); this.clock.seek(this.moment() - STEP_S); }
    else if (event.key === "ArrowRight") { event.preventDefault(); this.seekTo(this.moment() + STEP_S); }
  }

  key() { return false; }

  close() {
    this.video?.pause();
    this.stopped();
    this.closed = true;
    this.leaving.abort();
    if (this.video) { this.video.removeAttribute("src"); this.video.load(); }
  }
}
