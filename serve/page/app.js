// Ties the page together: what is looked at (a picture, a video, the camera), what was said of it, and what is shown.

import * as api from "./api.js";
import { COLOURS, LINES, most, overlay, plane, timeLine } from "./drawing.js";
import { Record } from "./record.js";

const $ = (id) => document.getElementById(id);
const [picture, video, file, camera] = [$("picture"), $("video"), $("file"), $("camera")];

const OUTPUTS = { expression: "expressions", valence_arousal: "valence and arousal", action_units: "action units" };
const now = { record: null, chosen: null, abort: null, live: null, stream: null, known: {}, again: null };

// ---- What is told

function tell(text = "", bad = false) { $("told").textContent = text; $("told").classList.toggle("bad", bad); }

function failed(error) {
  if (error.name === "AbortError") return;
  if (error.status === 401) { $("sign-in").hidden = false; $("token").focus(); tell(""); return; }
  tell(error.message, true);
}

async function begin() {
  try {
    const models = await api.models();
    now.known = Object.fromEntries(models.map((model) => [model.name, model]));
    $("model").replaceChildren(...models.map(({ name }) => new Option(name, name)));
    $("model-choice").hidden = models.length < 2;
    $("sign-in").hidden = true;
    about();
    now.again?.();
  } catch (error) { failed(error); }
}

const model = () => $("model").value || null;

function about() {
  const known = now.known[model()];
  if (!known) return;
  const made = known.trained_on.some(({ synthetic }) => synthetic);
  const corpora = known.trained_on.map(({ corpus }) => corpus).join(", ") || "what its card says";
  const card = Object.assign(document.createElement("a"), { href: `v1/models/${encodeURIComponent(known.name)}/card`, textContent: "its card" });
  $("about").replaceChildren(`${known.name}, version ${known.version}, trained on ${corpora}${made ? " (synthetic faces: it learnt no real person's)" : ""}; `, card, ".");
  const lacking = known.not_given.map((output) => OUTPUTS[output]).join(" nor ");
  for (const [id, told] of [["lacking", `It does not give ${lacking}.`], ["not-given", `This model does not give ${lacking}.`]]) {
    $(id).textContent = told;
    $(id).hidden = !lacking;
  }
  legend(known);
}

// The time line shows valence and arousal; of a model without them the probability of each expression.
function legend({ outputs }) {
  const lines = LINES.find(({ output }) => outputs.includes(output));
  const strip = outputs.includes("expression") ? "the strip below shows the most probable expression" : "";
  $("time-line").setAttribute("aria-label", [lines && `${lines.title} over time`, strip].filter(Boolean).join("; "));
  $("legend").replaceChildren(...(lines?.lines || []).map(({ name, colour, dash }) => {
    const entry = Object.assign(document.createElement("span"), { textContent: name });
    entry.style.setProperty("--ink", colour);
    entry.classList.toggle("dashed", Boolean(dash));
    return entry;
  }), strip);
}

$("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  try { await api.signIn($("token").value); $("token").value = ""; tell(""); await begin(); }
  catch (error) { tell(error.status === 401 ? "That token is not known here." : error.message, true); }
});

$("model").addEventListener("change", () => { about(); now.again?.(); });

// ---- What is looked at

function leave() {
  now.abort?.abort();
  now.live?.close();
  now.stream?.getTracks().forEach((track) => track.stop());
  Object.assign(now, { abort: null, live: null, stream: null, record: null, chosen: null, again: null });
  video.pause();
  for (const one of [picture, video]) { if (one.src.startsWith("blob:")) URL.revokeObjectURL(one.src); one.removeAttribute("src"); one.hidden = true; }
  video.srcObject = null;
  video.load();
  camera.setAttribute("aria-pressed", "false");
  for (const id of ["player", "time-line", "progress", "downloads"]) $(id).hidden = true;
  $("hint").hidden = false; $("frame").hidden = true;
  tell("");
}

function show(element) { $("hint").hidden = true; $("frame").hidden = false; element.hidden = false; }

function open(chosen) {
  if (!chosen) return;
  leave();
  if (chosen.type.startsWith("image/")) { now.again = () => openPicture(chosen); openPicture(chosen); }
  else if (chosen.type.startsWith("video/")) { now.again = () => openVideo(chosen); openVideo(chosen); }
  else tell(`${chosen.name} is neither a picture (JPEG, PNG, WebP) nor a video.`, true);
}

async function openPicture(chosen) {
  now.abort?.abort();
  const abort = now.abort = new AbortController();
  picture.src = URL.createObjectURL(chosen);
  picture.alt = chosen.name;
  show(picture);
  tell("Asking …");
  try {
    const answer = await api.picture(chosen, model(), abort.signal);
    now.record = new Record(chosen.name);
    now.record.add(answer);
    await picture.decode().catch(() => {});
    finished();
  } catch (error) { failed(error); }
}

async function openVideo(chosen) {
  now.abort?.abort();
  const abort = now.abort = new AbortController();
  const record = now.record = new Record(chosen.name);
  video.src = URL.createObjectURL(chosen);
  show(video);
  $("player").hidden = $("time-line").hidden = $("progress").hidden = false;
  $("progress-bar").removeAttribute("value");
  tell("Sending …");
  let failure = null;
  try {
    await api.video(chosen, model(), abort.signal, (line) => {
      if (line.error) { failure = new api.ApiError(line.error.status, line.error); return; }
      record.add(line);
      if (Number.isFinite(video.duration)) $("progress-bar").value = record.duration / video.duration;
      tell(`${record.frames.length} frames looked at`);
      refresh();
    });
    if (failure) throw failure;
    finished();
  } catch (error) {
    failed(error);
    if (error.name === "AbortError" && now.record === record) finished("Stopped. ");
  } finally { if (now.record === record) $("progress").hidden = true; }
}

function finished(before = "") {
  const { record } = now;
  const people = record.tracks.length;
  tell(`${before}${record.frames.length > 1 ? `${record.frames.length} frames, ` : ""}${people} ${people === 1 ? "face" : "faces"}`);
  $("downloads").hidden = !people;
  refresh();
}

$("stop").addEventListener("click", () => now.abort?.abort());
file.addEventListener("change", () => { open(file.files[0]); file.value = ""; });

for (const kind of ["dragenter", "dragover"]) document.addEventListener(kind, (event) => { event.preventDefault(); $("stage").classList.add("over"); });
for (const kind of ["dragleave", "drop"]) document.addEventListener(kind, (event) => { event.preventDefault(); $("stage").classList.remove("over"); });
document.addEventListener("drop", (event) => open(event.dataTransfer.files[0]));
document.addEventListener("paste", (event) => { if (event.clipboardData.files.length) open(event.clipboardData.files[0]); });

// ---- The camera

const CAMERA_WIDTH = 640;

camera.addEventListener("click", async () => {
  if (now.live) { const { record } = now; stopCamera(); if (record.frames.length) finished("Camera off. "); return; }
  leave();
  try {
    now.stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: CAMERA_WIDTH }, facingMode: "user" }, audio: false });
  } catch (error) {
    tell(error.name === "NotAllowedError" ? "The browser was not allowed to use the camera; allow it in its settings." : `There is no camera to use (${error.message}).`, true);
    return;
  }
  camera.setAttribute("aria-pressed", "true");
  video.srcObject = now.stream;
  show(video);
  $("time-line").hidden = false;
  const record = now.record = new Record("camera", { live: true });
  await video.play();
  connect(record);
});

function connect(record) {
  const still = document.createElement("canvas");
  const began = performance.now();
  let encoding = false;
  const live = now.live = new api.Live(model(), (answer) => {
    if (answer.error) { tell(answer.error.detail || answer.error.title, true); return; }
    record.add(answer);
    const span = record.frames.slice(-20);
    if (span.length > 1) tell(`${((span.length - 1) / (span[span.length - 1].time_s - span[0].time_s)).toFixed(1)} frames a second`);
    refresh();
  }, (reason) => { if (now.live === live) { stopCamera(); tell(reason || "The server ended the connection.", true); } });
  now.again = () => { live.close(); if (now.stream) connect(record); };
  const look = () => {
    if (now.live !== live) return;
    if (live.free && !encoding && video.videoWidth) {
      still.width = Math.min(CAMERA_WIDTH, video.videoWidth);
      still.height = Math.round((still.width * video.videoHeight) / video.videoWidth);
      still.getContext("2d").drawImage(video, 0, 0, still.width, still.height);
      const seconds = (performance.now() - began) / 1000;
      encoding = true;
      still.toBlob((blob) => { encoding = false; if (now.live === live && blob) live.send(seconds, blob); }, "image/jpeg", 0.85);
    }
    requestAnimationFrame(look);
  };
  look();
}

function stopCamera() {
  const { live } = now;
  now.live = null; now.again = null;
  live?.close();
  now.stream?.getTracks().forEach((track) => track.stop());
  now.stream = null;
  camera.setAttribute("aria-pressed", "false");
}

if (!window.isSecureContext || !navigator.mediaDevices) {
  camera.disabled = true;
  camera.title = "Browsers give the camera only to pages that come over HTTPS or from this machine.";
  camera.insertAdjacentHTML("afterend", "<small id=\"no-camera\">The camera is off: browsers give it only to pages over HTTPS or from this machine.</small>");
}

// ---- Playing

const clock = (seconds) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;

$("play").addEventListener("click", () => { if (video.paused) video.play(); else video.pause(); });
for (const kind of ["play", "pause", "ended"]) video.addEventListener(kind, () => {
  $("play").textContent = video.paused ? "Play" : "Pause";
  $("play").setAttribute("aria-pressed", String(!video.paused));
  if (!video.paused) follow();
});
video.addEventListener("loadedmetadata", () => { if (Number.isFinite(video.duration)) $("scrub").max = video.duration; });
for (const kind of ["seeked", "loadeddata", "timeupdate"]) video.addEventListener(kind, () => refresh());
video.addEventListener("error", () => { if (video.src) tell("This browser cannot play the video; the server may still know its format.", true); });
$("scrub").addEventListener("input", () => { video.pause(); video.currentTime = Number($("scrub").value); });

function follow() { refresh(); if (!video.paused && !now.live) requestAnimationFrame(follow); }

function seek(event) {
  if (now.live || !Number.isFinite(video.duration)) return;
  const { left, width } = $("time-line").getBoundingClientRect();
  video.currentTime = Math.min(1, Math.max(0, (event.clientX - left) / width)) * video.duration;
}
$("time-line").addEventListener("pointerdown", (event) => { $("time-line").setPointerCapture(event.pointerId); video.pause(); seek(event); });
$("time-line").addEventListener("pointermove", (event) => { if (event.buttons) seek(event); });

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, button, textarea") || $("player").hidden) return;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.key === " ") { event.preventDefault(); $("play").click(); }
  else if (step) { event.preventDefault(); video.pause(); video.currentTime = Math.max(0, video.currentTime + step * (event.shiftKey ? 1 : 0.04)); }
});

// ---- What is shown

let waiting = false;
function refresh() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; draw(); });
}

function draw() {
  const { record } = now;
  if (!record) { for (const id of ["answer", "nobody"]) $(id).hidden = true; $("people").replaceChildren(); overlay($("overlay"), { width: 0 }, null); return; }
  const still = !picture.hidden;
  const seconds = still || record.live ? record.duration : video.currentTime;
  const frame = record.at(seconds);
  $("scrub").value = seconds;
  $("clock").textContent = clock(seconds);
  const there = frame && (still || record.live || frame.time_s > seconds - 0.5) ? frame : null;
  people(record, there);
  overlay($("overlay"), record, there, now.chosen);
  if (!$("time-line").hidden) timeLine($("time-line"), record, now.chosen, seconds, Number.isFinite(video.duration) ? video.duration : 0);
  const face = there?.faces.find((one) => one.track_id === now.chosen);
  $("answer").hidden = !face;
  $("nobody").hidden = Boolean(face) || !there;
  if (face) answer(record, face, seconds);
}

function people(record, frame) {
  const tracks = record.live && frame ? frame.faces.map((face) => face.track_id) : record.tracks;
  const visible = new Set((frame?.faces || []).map((face) => face.track_id));
  if (now.chosen === null || !tracks.includes(now.chosen)) now.chosen = tracks.find((track) => visible.has(track)) ?? tracks[0] ?? null;
  const box = $("people");
  const wanted = tracks.length > 1 ? tracks : [];
  if (box.dataset.tracks !== wanted.join()) {
    box.dataset.tracks = wanted.join();
    box.replaceChildren(...wanted.map((track) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: `Face ${track + 1}` });
      button.addEventListener("click", () => { now.chosen = track; refresh(); });
      button.dataset.track = track;
      return button;
    }));
  }
  for (const button of box.children) button.setAttribute("aria-pressed", String(Number(button.dataset.track) === now.chosen));
}

function answer(record, face, seconds) {
  const known = now.known[record.model?.name] || {};
  $("plane-block").hidden = face.valence === undefined;
  if (face.valence !== undefined) {
    const told = `valence ${face.valence.toFixed(2)}, arousal ${face.arousal.toFixed(2)}`;
    plane($("plane"), record.frames.length > 1 ? record.trail(face.track_id, seconds) : [{ valence: face.valence, arousal: face.arousal }]);
    $("plane").setAttribute("aria-label", told);
    $("plane-told").textContent = told;
  }
  bars("expression", "expressions", face.expression, (name) => [name, ""], COLOURS);
  bars("compound", "compounds", face.compound, (name) => [name, ""], {}, 5);
  bars("unit", "units", face.action_units, (name) => [name, known.action_unit_names?.[name] || ""]);
}

function bars(block, list, shares, named, colours = {}, limit = Infinity) {
  $(`${block}-block`).hidden = !shares;
  if (!shares) return;
  const shown = Object.entries(shares);
  if (limit < shown.length) shown.sort((a, b) => b[1] - a[1]).splice(limit);
  const [first] = most(shares);
  const box = $(list);
  while (box.children.length < shown.length) box.insertAdjacentHTML("beforeend", "<div><dt></dt><dd class=\"bar\"><i></i></dd><dd class=\"value\"></dd></div>");
  while (box.children.length > shown.length) box.lastElementChild.remove();
  shown.forEach(([name, value], i) => {
    const [title, bar, figure] = box.children[i].children;
    const [short, long] = named(name);
    if (title.dataset.name !== name) {
      title.dataset.name = name;
      title.replaceChildren(short, ...(long ? [" ", Object.assign(document.createElement("small"), { textContent: long })] : []));
    }
    title.style.fontWeight = list !== "units" && name === first ? "650" : "";
    bar.firstElementChild.style.width = `${Math.round(value * 100)}%`;
    bar.firstElementChild.style.background = colours[name] || "";
    figure.textContent = `${Math.round(value * 100)} %`;
  });
}

// ---- Downloads

function save(text, type, ending) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([text], { type })), download: `${now.record.name.replace(/\.[^.]*$/, "")}.${ending}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
$("csv").addEventListener("click", () => save(now.record.csv(), "text/csv", "csv"));
$("json").addEventListener("click", () => save(now.record.json(), "application/json", "json"));

new ResizeObserver(refresh).observe($("frame"));
new ResizeObserver(refresh).observe($("time-line"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);
begin();
