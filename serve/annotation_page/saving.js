// Nothing that was recorded is lost: each batch lies in the browser's own storage until the server says that it has it.

import { ApiError, ask } from "../page/api.js";

const WAITING = "annotation-waiting/";
const REFUSED = "annotation-refused/";
const EVERY_MS = 1000;
const LONGEST_MS = 10_000;
const LASTING = [0, 401, 403, 408, 429]; // what another try may mend, as may all faults of the server itself

let counted = 0;

export class Queue {
  // `told(waiting, error)` hears of each change.
  constructor(told) {
    this.told = told;
    this.busy = null;
    this.wait = 500;
    this.spare = new Map(); // what the browser's storage has no room for
    window.addEventListener("online", () => this.send());
    window.addEventListener("storage", () => this.send());
  }

  keys() { return [...Object.keys(localStorage).filter((key) => key.startsWith(WAITING)), ...this.spare.keys()].sort(); }

  get(key) { return localStorage.getItem(key) ?? this.spare.get(key) ?? null; }

  // In order of time, over all tabs.
  put(path, body) {
    counted += 1;
    const key = `${WAITING}${String(Date.now()).padStart(15, "0")}-${String(counted).padStart(6, "0")}-${Math.random().toString(36).slice(2, 8)}`;
    const kept = JSON.stringify({ path, body });
    try { localStorage.setItem(key, kept); } catch { this.spare.set(key, kept); }
    this.send();
  }

  send() { this.busy ??= this.#sendAll().finally(() => { this.busy = null; if (this.keys().length && !this.later) this.send(); }); return this.busy; }

  // Done when all is at the server; fails where it cannot be told how long that will take.
  async empty() {
    clearTimeout(this.later); this.later = null; this.wait = 500;
    await this.send();
    if (this.keys().length) throw new ApiError(0, { detail: "What you recorded is kept in this browser until the server answers again." });
  }

  async #sendAll() {
    for (let key; (key = this.keys()[0]);) {
      const kept = this.get(key);
      if (kept === null) continue;
      const { path, body } = JSON.parse(kept);
      try {
        this.told(this.keys().length, null);
        await ask(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
      } catch (error) {
        if (LASTING.includes(error.status) || error.status >= 500) {
          this.told(this.keys().length, error);
          clearTimeout(this.later);
          this.later = setTimeout(() => { this.later = null; this.send(); }, this.wait);
          this.wait = Math.min(LONGEST_MS, this.wait * 2);
          return;
        }
        try { localStorage.setItem(key.replace(WAITING, REFUSED), kept); } catch { /* no room */ } // for a person to look at
        this.told(this.keys().length, error);
      }
      localStorage.removeItem(key);
      this.spare.delete(key);
      this.wait = 500;
    }
    this.told(0, null);
  }

  // The page is being left: what waits is sent once more by the browser itself, and stays here in case that fails.
  beacon() {
    for (const key of this.keys()) {
      const { path, body } = JSON.parse(this.get(key));
      navigator.sendBeacon(path, new Blob([JSON.stringify(body)], { type: "application/json" }));
    }
  }
}

const hex = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// One session: samples in the video's time, cut into batches.
export class Recorder {
  constructor(queue, path, mode, begun, clock) {
    Object.assign(this, { queue, path, mode, begun, clock, session: hex(), number: 0, moved: [], samples: [], all: [], latest: 0 });
    this.timer = setInterval(() => { if (this.samples.length) this.#cut(false); }, EVERY_MS);
  }

  // A value at a time of performance.now(); of which moment of the video it is, is known a little later.
  add(time, value) { this.moved.push([time, this.clock.video.currentTime, value]); }

  settle(sure = false) {
    while (this.moved.length) {
      const [time, currentTime, value] = this.moved[0];
      const moment = this.clock.moment(time, currentTime, sure);
      if (moment === null) return;
      this.moved.shift();
      this.#keep(moment, value);
    }
  }

  #keep(moment, value) {
    const at = Math.max(this.latest, Math.round(moment * 1e4) / 1e4); // time never runs backwards within a session
    const sample = [at, Math.round(value * 1e4) / 1e4];
    const before = this.all[this.all.length - 1];
    if (before && before[0] === sample[0] && before[1] === sample[1]) return;
    this.latest = at;
    this.samples.push(sample);
    this.all.push(sample);
  }

  end() {
    clearInterval(this.timer);
    this.settle(true);
    if (this.number || this.samples.length) this.#cut(true);
  }

  #cut(last) {
    const { session, number, begun, mode, samples } = this;
    this.queue.put(this.path, { session, number, last, begun_s: begun, mode, samples });
    this.samples = [];
    this.number += 1;
  }
}
