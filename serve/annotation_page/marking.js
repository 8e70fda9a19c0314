// Expressions and action units, marked over stretches of frames by keys.

import { INKS, sharp } from "./drawing.js";
import { $, Work } from "./work.js";

const UNKNOWN_INK = "#868e96";

export class Marking extends Work {
  constructor(context, about) {
    super(context, about);
    this.marked = about.marked;
    this.names = context.labels[this.kind];
    this.begun = new Map(); // labels that are being marked, each with the moment of its first frame
    this.keys = new Map(this.names.map((name, i) => [name === "unknown" ? "u" : String(i + 1), name]));
    this.inks = new Map(this.names.map((name, i) => [name, name === "unknown" ? UNKNOWN_INK : INKS[i]]));
  }

  async open() {
    for (const id of ["again", "anew", "slider", "mode-verify", "stick-choice"]) $(id).hidden = true;
    for (const id of ["marks", "finished"]) $(id).hidden = false;
    $("keys-told").textContent = "The number of a label begins a stretch with the frame that is shown, and ends it with the frame that is shown then. Comma and full stop go a frame back and on, arrows left and right 3 s, Space plays. Backspace takes away the stretch that the frame is in. F: finished.";
    $("mark-keys").replaceChildren(...[...this.keys].map(([key, name]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", title: this.action_unit_names[name] || name });
      button.append(Object.assign(document.createElement("kbd"), { textContent: key }), ` ${name}`);
      button.dataset.label = name;
      button.setAttribute("aria-pressed", "false");
      this.on(button, "click", (event) => { this.mark(name); if (event.detail) button.blur(); });
      return button;
    }));
    this.on($("finished"), "click", () => this.finish());
    await super.open();
  }

  first() { return "annotate"; }

  choose(mode) { super.choose(mode); if (mode === "annotate") { this.clock.seek(0); this.list(); } }

  notice() {
    if (this.mode === "watch") return super.notice();
    const time = this.clock.still();
    const here = this.marked.stretches.filter(({ from_s, to_s }) => from_s - 0.004 <= time && time <= to_s + 0.004).map(({ label }) => label);
    return [...new Set([...here, ...[...this.begun.keys()].map((name) => `${name} …`)])].join(", ");
  }

  mark(name) {
    if (this.mode !== "annotate") return;
    const time = this.clock.still();
    const from = this.begun.get(name);
    if (from !== undefined) this.#close(name, time);
    else {
      if (this.kind === "expression") for (const other of [...this.begun.keys()]) this.#close(other, time);
      this.begun.set(name, time);
    }
    this.list();
  }

  #close(name, time) {
    const from = this.begun.get(name);
    this.begun.delete(name);
    if (time < from) return; // gone back to before it began: taken back
    this.#change({ stretches: [...this.marked.stretches, { label: name, from_s: round(from), to_s: round(time) }] });
  }

  #change(changed) {
    this.marked = { ...this.marked, ...changed, revision: this.marked.revision + 1 };
    this.queue.put(this.at("stretches", `&kind=${this.kind}`), this.marked);
    this.list();
  }

  remove(stretch) { this.#change({ stretches: this.marked.stretches.filter((one) => one !== stretch) }); }

  finish() {
    if (this.mode !== "annotate") return;
    for (const name of [...this.begun.keys()]) this.#close(name, this.clock.still());
    this.#change({ finished: !this.marked.finished });
    this.tell(this.marked.finished ? "Finished and saved." : "Open again.");
  }

  list() {
    for (const button of $("mark-keys").children) button.setAttribute("aria-pressed", String(this.begun.has(button.dataset.label)));
    $("finished").setAttribute("aria-pressed", String(this.marked.finished));
    const sorted = [...this.marked.stretches].sort((a, b) => a.from_s - b.from_s);
    $("mark-list").replaceChildren(...sorted.map((stretch) => {
      const row = document.createElement("li");
      const go = Object.assign(document.createElement("button"), { type: "button", textContent: `${stretch.label}  ${stretch.from_s.toFixed(2)} – ${stretch.to_s.toFixed(2)} s` });
      const away = Object.assign(document.createElement("button"), { type: "button", textContent: "Remove" });
      away.setAttribute("aria-label", `Remove ${stretch.label} at ${stretch.from_s.toFixed(2)} s`);
      go.addEventListener("click", () => this.clock.seek(stretch.from_s));
      away.addEventListener("click", () => this.remove(stretch));
      row.append(go, away);
      return row;
    }));
  }

  shown() { super.shown(); this.list(); $("finished").disabled = this.mode !== "annotate"; }

  key(event, down) {
    if (!down || this.mode !== "annotate") return false;
    const name = this.keys.get(event.key.toLowerCase());
    if (name) { if (!event.repeat) this.mark(name); return true; }
    if (event.key === "," || event.key === ".") { this.#step(event.key === "," ? -1 : 1); return true; }
    if (event.key.toLowerCase() === "f") { this.finish(); return true; }
    if (event.key === "Backspace") {
      const time = this.clock.still();
      const here = this.marked.stretches.filter(({ from_s, to_s }) => from_s <= time + 0.004 && time <= to_s + 0.004).pop();
      if (here) this.remove(here);
      return true;
    }
    return false;
  }

  // Into the middle of the next frame, so that rounding does not lead to the wrong one.
  #step(way) {
    this.video.pause();
    const rate = this.about.rate || 25;
    this.clock.seek(this.clock.still() + (way + 0.5) / rate);
  }

  drawn() { return [this.marked.revision, [...this.begun.keys()]]; }

  draw(time) {
    sharp($("drawn"));
    const kinds = this.kind === "expression" ? [this.names] : this.names.map((name) => [name]);
    const open = [...this.begun].map(([label, from_s]) => ({ label, from_s, to_s: Math.max(from_s, time) }));
    const lanes = kinds.map((names) => [...this.marked.stretches, ...open].filter(({ label }) => names.includes(label)).map(({ label, from_s, to_s }) => [from_s, to_s + 1 / (this.about.rate || 25), this.inks.get(label)]));
    this.line(time, { lanes: this.mode === "watch" ? [] : lanes });
  }
}

const round = (seconds) => Math.round(seconds * 1e4) / 1e4;
