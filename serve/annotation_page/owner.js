// The owner's page: progress, agreement, which annotators of a video count, invalid stretches, export.

import { ask, signIn } from "../page/api.js";
import { MediaClock } from "./clock.js";
import { INKS, clockText, recent, sharp, wholeLine } from "./drawing.js";
import { $ } from "./work.js";

const TRACED = ["valence", "arousal"];
const CALLED = { valence: "Valence", arousal: "Arousal", expression: "Expressions", action_units: "Action units" };
const RED = "rgba(224,49,49,.55)";
const POLL_MS = 500;

const now = { item: null, kind: "valence", from: null, clock: null, leaving: null, asked: 0 };

function tell(text = "", bad = false) { $("told").textContent = text; $("told").classList.toggle("bad", bad); }

function failed(error) {
  if (error.status === 401 || error.code === "owner_only") { $("sign-in").hidden = false; $("token").focus(); tell(error.status === 401 ? "" : error.message, error.status !== 401); return; }
  tell(error.message, true);
}

const get = async (path) => (await ask(`v1/annotation/${path}`)).json();
const post = (path, body) => ask(`v1/annotation/${path}`, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

$("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  try { await signIn($("token").value); $("token").value = ""; $("sign-in").hidden = true; tell(""); await go(); }
  catch (error) { tell(error.status === 401 ? "That token is not known here." : error.message, true); }
});

const made = (tag, text = "", more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });

async function go() {
  leave();
  now.asked += 1;
  const { asked } = now;
  try {
    const about = await (await ask("v1/annotation")).json();
    document.title = `${about.title}: owner`;
    $("title").textContent = about.title;
    const place = location.hash.slice(1);
    if (place) await openItem(decodeURIComponent(place), asked); else await openOverview(asked);
  } catch (error) { failed(error); }
}
window.addEventListener("hashchange", go);

// ---- All videos

const state = (kind, { finished, verified, annotated }) => {
  if (!TRACED.includes(kind)) return finished ? "✓" : "begun";
  return verified >= 1 ? "✓✓" : finished ? "✓" : `${Math.floor(annotated * 100)} %`;
};
const number = (value) => (value === null || value === undefined ? "–" : value.toFixed(2));

async function openOverview(asked) {
  const seen = await get("owner");
  if (asked !== now.asked) return;
  $("work").hidden = true; $("overview").hidden = false;
  const head = made("tr");
  head.append(made("th", "Video"), ...Object.values(CALLED).map((name) => made("th", name)), made("th", "r valence", { className: "number" }), made("th", "r arousal", { className: "number" }), made("th", "Decided"));
  $("items").replaceChildren(head, ...seen.items.map((item) => {
    const row = made("tr");
    const name = made("td");
    name.append(made("a", item.name, { href: `#${encodeURIComponent(item.name)}` }));
    const kinds = Object.keys(CALLED).map((kind) => made("td", Object.entries(item.states[kind]).map(([who, of]) => `${who}\u00a0${state(kind, of)}`).join(", ") || "–"));
    const correlations = TRACED.map((kind) => made("td", number(item.correlation[kind]), { className: "number" }));
    const decided = TRACED.filter((kind) => item.chosen[kind]).map((kind) => `${kind}: ${item.chosen[kind].join(", ")}`);
    if (item.invalid_s) decided.push(`${item.invalid_s.toFixed(1)} s invalid`);
    row.append(name, ...kinds, ...correlations, made("td", decided.join("; ") || "–"));
    return row;
  }));
  $("faults").replaceChildren(...seen.faults.map(([what, why]) => made("li", `${what}: ${why}`)));
  $("agreement").replaceChildren(...TRACED.map((kind) => {
    const of = seen.agreement[kind];
    const box = made("div");
    box.append(made("h3", CALLED[kind]));
    if (of.annotators.length < 2) { box.append(made("p", "Nothing yet: it takes two annotators with whole traces of one video.")); return box; }
    box.append(made("p", `MAIC ${number(of.maic)}, with a median filter of ${seen.median_filter} frames ${number(of.maic_filtered)}.`), scrolls(matrix(of)));
    return box;
  }));
  watchExport();
}

const scrolls = (table) => { const box = made("div", "", { className: "scrolls" }); box.append(table); return box; };

function matrix({ annotators, correlations }, table = made("table")) {
  const head = made("tr");
  head.append(made("th"), ...annotators.map((name) => made("th", name, { className: "number" })));
  table.replaceChildren(head, ...annotators.map((name, i) => {
    const row = made("tr");
    row.append(made("th", name), ...correlations[i].map((value, j) => made("td", i === j ? "" : number(value), { className: "number" })));
    return row;
  }));
  return table;
}

// ---- Export

$("export").addEventListener("click", async () => {
  try { await post("owner/export", { verified: $("verified-only").checked }); watchExport(); } catch (error) { failed(error); }
});

async function watchExport() {
  let seen;
  try { seen = await get("owner/export"); } catch (error) { failed(error); return; }
  $("export").disabled = seen.running;
  if (seen.running) { $("exported").textContent = `Exporting: ${seen.done} of ${seen.of} videos …`; setTimeout(watchExport, POLL_MS); return; }
  if (seen.fault) { $("exported").textContent = `Nothing was exported: ${seen.fault}`; return; }
  if (seen.corpus === undefined) { $("exported").textContent = ""; return; }
  const aside = seen.set_aside.map(([what, why]) => made("li", `${what}: ${why}`));
  const list = made("ul");
  list.append(...aside);
  $("exported").replaceChildren(`${seen.files} annotators' files in ${seen.traces}; labels of ${seen.labelled} of ${seen.items} videos, in Aff-Wild2's form, in ${seen.corpus}.`, ...(aside.length ? [" Set aside:", list] : []));
}

// ---- One video

function leave() {
  now.leaving?.abort();
  now.leaving = null;
  $("video").pause?.();
}

async function openItem(name, asked) {
  const item = await get(`owner/items/${encodeURIComponent(name)}`);
  if (asked !== now.asked) return;
  Object.assign(now, { item, from: null, leaving: new AbortController() });
  const { signal } = now.leaving;
  $("overview").hidden = true; $("work").hidden = false;
  $("work-head").textContent = item.person === "main" ? item.video : `${item.video}, person on the ${item.person}`;
  const video = $("video").cloneNode(false);
  $("video").replaceWith(video);
  now.clock = new MediaClock(video);
  const on = (target, kind, act) => target.addEventListener(kind, act, { signal });
  for (const kind of ["play", "pause"]) on(video, kind, () => { $("play").textContent = video.paused ? "Play" : "Pause"; });
  on(video, "error", () => tell("This browser cannot play the video.", true));
  on($("play"), "click", () => toggle(video));
  on($("line"), "pointerdown", (event) => { const { left, width } = $("line").getBoundingClientRect(); now.clock.seek(((event.clientX - left) / width) * item.length_s); });
  for (const kind of TRACED) on($(`of-${kind}`), "click", () => { now.kind = kind; shown(); });
  on($("invalid"), "click", markInvalid);
  on($("valid"), "click", takeAway);
  on($("choosing"), "submit", (event) => { event.preventDefault(); decide([...$("choices").querySelectorAll("input:checked")].map(({ value }) => value)); });
  on($("undecide"), "click", () => decide(null));
  on($("bar"), "click", (event) => { if (event.detail) event.target.closest("button")?.blur(); });
  on(document, "keydown", (event) => {
    if (event.target.closest("input, select, a, button")) return;
    const act = { " ": () => toggle(video), i: markInvalid, I: markInvalid, Backspace: takeAway, ArrowLeft: () => now.clock.seek(time() - 3), ArrowRight: () => now.clock.seek(time() + 3) }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  video.src = `v1/annotation/videos/${encodeURIComponent(item.video)}`;
  shown();
  const draw = () => { if (signal.aborted) return; drawAll(); requestAnimationFrame(draw); };
  requestAnimationFrame(draw);
}

function toggle(video) { if (video.paused) video.play().catch(failed); else video.pause(); }

const time = () => ($("video").paused ? now.clock.still() : now.clock.at(performance.now()));
const ink = (names, name) => INKS[names.indexOf(name) % INKS.length];

function shown() {
  const { item, kind } = now;
  const of = item.kinds[kind];
  const chosen = item.decided.chosen[kind];
  for (const one of TRACED) $(`of-${one}`).setAttribute("aria-pressed", String(one === kind));
  $("choosing-head").textContent = `${CALLED[kind]}: ${chosen ? "decided" : of.proposed.length ? "proposed, the most correlated" : "it takes two whole traces to propose any"}`;
  $("choices").replaceChildren(...of.annotators.map((name) => {
    const label = made("label");
    const box = made("input", "", { type: "checkbox", value: name, checked: (chosen ?? of.proposed).includes(name) });
    const drawn = made("span", name);
    drawn.style.setProperty("--ink", ink(of.annotators, name));
    label.append(box, " ", drawn, of.proposed.includes(name) ? " (proposed)" : "");
    return label;
  }));
  $("undecide").disabled = !chosen;
  $("invalid").setAttribute("aria-pressed", String(now.from !== null));
  $("invalid").textContent = now.from === null ? "Mark invalid" : "Invalid up to here";
  matrix(of, $("pairs"));
}

async function save(decided) {
  const { item, asked } = now;
  try {
    await post(`owner/items/${encodeURIComponent(item.name)}`, decided);
    item.decided = decided;
    $("saved").textContent = "Saved";
    const fresh = await get(`owner/items/${encodeURIComponent(item.name)}`);
    if (asked !== now.asked) return;
    now.item = fresh;
    shown();
  } catch (error) { failed(error); }
}

function decide(names) {
  const { decided } = now.item;
  const chosen = { ...decided.chosen };
  if (names === null) delete chosen[now.kind];
  else if (!names.length) { tell("Choose at least one annotator.", true); return; }
  else chosen[now.kind] = names;
  tell("");
  save({ ...decided, chosen });
}

function markInvalid() {
  const at = Math.round(time() * 1e4) / 1e4;
  if (now.from === null) { now.from = at; shown(); return; }
  const span = [Math.min(now.from, at), Math.max(now.from, at)];
  now.from = null;
  save({ ...now.item.decided, invalid: [...now.item.decided.invalid, span].sort((a, b) => a[0] - b[0]) });
}

function takeAway() {
  const at = time();
  if (now.from !== null) { now.from = null; shown(); return; }
  save({ ...now.item.decided, invalid: now.item.decided.invalid.filter(([from, to]) => at < from || at > to) });
}

function drawAll() {
  const { item, kind } = now;
  const of = item.kinds[kind];
  const at = time();
  const looks = JSON.stringify([item.name, at, kind, now.from, item.decided, $("screen").clientWidth, $("line").clientWidth, matchMedia("(prefers-color-scheme: dark)").matches]);
  if (looks === now.looked) return;
  now.looked = looks;
  $("clock").textContent = `${clockText(at)} / ${clockText(item.length_s)}`;
  const chosen = item.decided.chosen[kind] ?? of.proposed;
  const traces = of.annotators.map((name) => [of.traces[name], ink(of.annotators, name), !chosen.includes(name)]);
  const { pen, width, height } = sharp($("drawn"));
  recent(pen, width + 88, height, traces, at, 8, 0.6);
  const marks = [...item.decided.invalid, ...(now.from === null ? [] : [[Math.min(now.from, at), Math.max(now.from, at)]])];
  $("notice").textContent = marks.some(([from, to]) => from <= at && at <= to) ? "invalid" : "";
  wholeLine($("line"), { length: item.length_s, now: at, traces, bands: marks.map(([from, to]) => [from, to, RED]) });
}

go();
