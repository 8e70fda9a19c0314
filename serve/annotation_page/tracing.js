// Valence or arousal traced while the video plays; seen through again, and recorded again where it does not fit.

import { Device, stickChoice } from "./device.js";
import { place, recent, sharp, slider, track, valueAt } from "./drawing.js";
import { Recorder } from "./saving.js";
import { $, Work, joined } from "./work.js";

const ENDS = { valence: ["positive", "negative"], arousal: ["active", "passive"] };
const RECENT_S = 8;
const OLD = "rgba(255,255,255,.75)";
const NEW = "#ffd43b";

export class Tracing extends Work {
  constructor(context, about) {
    super(context, about);
    Object.assign(this, { recorder: null, anew: false, samples: about.samples, spans: about.spans, verified: about.verified_spans });
  }

  async open() {
    const box = () => { const { top, height } = $("screen").getBoundingClientRect(); const of = track(height); return { top: top + of.top, height: of.height }; };
    this.device = new Device($("screen"), $("slider"), box, (time) => this.moved(time), this.leaving.signal);
    stickChoice($("stick"), $("stick-choice"), this.device, this.leaving.signal);
    for (const id of ["marks", "finished"]) $(id).hidden = true;
    for (const id of ["again", "anew", "slider", "mode-verify"]) $(id).hidden = false;
    $("keys-told").textContent = "Arrows up and down move the slider, with Shift slowly; Page up and down by 0.25; Home, End and 0 to the ends and the middle. Space plays and pauses, arrow left goes back 3 s. R while verifying records again, and ends that.";
    this.on($("again"), "click", () => this.again());
    this.on($("anew"), "click", () => this.beginAnew());
    await super.open();
  }

  first() { return this.about.state.finished ? "verify" : "annotate"; }

  choose(mode) {
    super.choose(mode);
    if (mode === "annotate") { this.clock.seek(this.anew ? 0 : this.reached()); this.device.value = this.anew ? 0 : valueAt(this.samples, this.reached()); }
    if (mode === "verify") this.clock.seek(0);
  }

  reached() {
    const whole = joined(this.spans, this.about.gap_s)[0];
    return whole && whole[0] <= this.about.gap_s ? Math.min(whole[1], this.length) : 0;
  }

  get whole() { return this.about.state.finished && !this.anew; }

  shown() {
    super.shown();
    $("mode-annotate").disabled ||= this.whole;
    $("mode-verify").disabled = !this.samples.length;
    $("again").disabled = this.mode !== "verify";
    $("again").setAttribute("aria-pressed", String(this.mode === "verify" && this.recorder !== null));
    $("anew").disabled = !this.samples.length;
  }

  notice() {
    if (this.mode === "annotate" && this.video.paused) return this.reached() ? "Press Play or Space to go on." : `Press Play or Space, and move for ${this.kind} while the video plays.`;
    if (this.mode === "verify") {
      if (this.recorder) return "Recording again; R ends it.";
      if (this.video.paused) return this.about.state.verified >= 1 ? "Verified. R records a stretch again." : "See it through once more: press Play or Space. R records a stretch again.";
    }
    return super.notice();
  }

  seekTo(seconds) {
    if (this.mode === "annotate") this.clock.seek(Math.min(seconds, this.anew ? 0 : this.reached()));
    else super.seekTo(seconds);
  }

  // ---- Recording

  begin(mode) {
    this.recorder = new Recorder(this.queue, this.at("batches", `&kind=${this.kind}`), mode, performance.now() / 1000 + this.offset_s, this.clock);
    this.shown();
  }

  moved(time) {
    $("slider").setAttribute("aria-valuenow", this.device.value.toFixed(2));
    if (this.recorder && this.playing) this.recorder.add(time, this.device.value);
  }

  going() {
    if (this.mode !== "annotate" || this.recorder || this.video.paused || this.video.seeking) return;
    this.begin(this.anew ? "redo" : "annotate");
    if (this.anew) Object.assign(this, { anew: false, samples: [], spans: [], verified: [] });
  }

  stopped() {
    super.stopped();
    const { recorder } = this;
    if (!recorder) return;
    this.recorder = null;
    recorder.end();
    if (recorder.all.length) {
      const [from, to] = [recorder.all[0][0], recorder.latest];
      this.samples = [...this.samples.slice(0, place(this.samples, from)), ...recorder.all, ...this.samples.slice(place(this.samples, to + 1e-9))];
      this.spans = joined([...this.spans, [from, to]]);
      if (recorder.mode === "verify") {
        this.verified = joined([...this.verified, [from, to]]);
        this.queue.put(this.at("seen", `&purpose=${this.kind}`), { spans: [[from, to]], of: this.about.begun_anew });
      }
    }
    if (!this.closed) this.shown();
  }

  async ended() {
    if (this.mode === "watch") { await super.ended(); return; }
    const { mode } = this;
    if (mode === "verify") {
      this.queue.put(this.at("seen", `&purpose=${this.kind}`), { spans: [[Math.max(0, this.length - 0.1), this.length]], of: this.about.begun_anew });
    }
    await this.queue.empty();
    await this.refresh();
    if (this.closed) return;
    ({ samples: this.samples, spans: this.spans, verified_spans: this.verified } = this.about);
    if (mode === "annotate" && this.about.state.finished) { this.choose("verify"); this.tell("The whole video is annotated and saved. Now see it through once more, with your values."); }
    else if (mode === "verify" && this.about.state.verified >= 1) this.tell("Verified. The video is done.");
    else if (mode === "annotate") { this.tell("Some of the video is not annotated yet.", true); this.choose("annotate"); }
    this.shown();
  }

  again() {
    if (this.mode !== "verify") return;
    if (this.recorder) { this.stopped(); return; }
    this.device.value = valueAt(this.samples, this.moment());
    this.unsee();
    this.begin("verify");
    if (this.video.paused) this.toggle();
  }

  beginAnew() {
    if (!window.confirm("Annotate this video from the beginning? What is recorded stays in the archive but counts no more.")) return;
    this.anew = true;
    this.choose("annotate");
  }

  // ---- Drawing

  tick(now) {
    if (!this.device.poll() && this.recorder && this.playing) this.recorder.add(performance.now(), this.device.value);
    this.recorder?.settle();
    if (this.mode === "verify" && !this.recorder && this.playing) this.see(this.kind, this.about.begun_anew, this.clock.at(now), (span) => { this.verified = joined([...this.verified, span]); });
    super.tick(now);
  }

  drawn() { return [this.device.value, this.anew, this.samples.length, this.recorder?.all.length]; }

  draw(time) {
    const { pen, width, height } = sharp($("drawn"));
    const { recorder, mode } = this;
    if (mode !== "watch") {
      const value = mode === "verify" && !recorder ? valueAt(this.samples, time) : this.device.value;
      const old = this.anew ? [] : this.samples;
      recent(pen, width, height, [[old, OLD, Boolean(recorder)], ...(recorder ? [[recorder.all, NEW, false]] : [])], time, RECENT_S, mode === "verify" ? 0.6 : 0.92);
      slider(pen, width, height, value, ENDS[this.kind]);
    }
    const ink = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
    this.line(time, { traces: mode === "watch" ? [] : [[this.anew ? [] : this.samples, ink], ...(recorder ? [[recorder.all, "#e8590c"]] : [])] });
  }

  key(event, down) {
    if (down && event.key.toLowerCase() === "r" && this.mode === "verify") { if (!event.repeat) this.again(); return true; }
    return this.mode !== "watch" && this.device.key(event, down);
  }
}
