// Ties the annotators' page together: who annotates what, the guidelines, the lists, and the video that is worked on.

import { ask, signIn } from "../page/api.js";
import { Marking } from "./marking.js";
import { Queue } from "./saving.js";
import { Tracing } from "./tracing.js";
import { $ } from "./work.js";

const VIEWS = ["who", "guidelines", "lists", "work"];
const CALLED = { valence: "valence", arousal: "arousal", expression: "expressions", action_units: "action units" };

const now = { about: null, work: null, asked: 0 };

function tell(text = "", bad = false) { $("told").textContent = text; $("told").classList.toggle("bad", bad); }

function failed(error) {
  if (error.status === 401) { $("sign-in").hidden = false; $("token").focus(); tell(""); return; }
  tell(error.message, true);
}

const queue = new Queue((waiting, error) => {
  const lost = error && ![0, 401].includes(error.status) && error.status < 500;
  if (error?.status === 401) failed(error);
  else if (lost) tell(`The server refused what was recorded: ${error.message}`, true);
  $("saved").textContent = waiting ? (error ? `${waiting} kept here, waiting for the server` : "Saving …") : "Saved";
  $("saved").classList.toggle("bad", Boolean(waiting && error));
});

const who = () => ({ annotator: localStorage.getItem("annotation-name") || "", kind: localStorage.getItem("annotation-kind") || "valence" });

async function begin() {
  try {
    now.about = await (await ask("v1/annotation")).json();
    $("sign-in").hidden = true;
    document.title = now.about.title;
    $("title").textContent = now.about.title;
    $("guidelines-text").innerHTML = now.about.guidelines; // made by the server, which lets no HTML of the file through
    queue.send();
    await go();
  } catch (error) { failed(error); }
}

$("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  try { await signIn($("token").value); $("token").value = ""; tell(""); await begin(); }
  catch (error) { tell(error.status === 401 ? "That token is not known here." : error.message, true); }
});

// ---- Where one is: #who, #guidelines, #videos or #video/NAME

function show(view) {
  for (const one of VIEWS) $(one).hidden = one !== view;
  const { annotator, kind } = who();
  $("places").hidden = !annotator;
  $("whoami").textContent = annotator ? `${annotator}: ${CALLED[kind]}` : "";
}

async function go() {
  if (!now.about) return;
  now.asked += 1;
  const { asked } = now;
  now.work?.close();
  now.work = null;
  tell("");
  const { annotator, kind } = who();
  const place = location.hash.slice(1);
  try {
    if (!annotator || place === "who") return openWho();
    if (localStorage.getItem("annotation-read") !== `${annotator} ${now.about.guidelines_version}` || place === "guidelines") return show("guidelines");
    if (!place.startsWith("video/")) return await openLists(annotator, kind, asked);
    return await openVideo(decodeURIComponent(place.slice("video/".length)), annotator, kind, asked);
  } catch (error) { return failed(error); }
}
window.addEventListener("hashchange", go);

function to(place) { if (location.hash === `#${place}`) go(); else location.hash = place; }

function openWho() {
  const { annotator, kind } = who();
  $("name").value = annotator;
  document.querySelector(`input[name="kind"][value="${kind}"]`).checked = true;
  show("who");
  $("name").focus();
}

$("who-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const kind = document.querySelector('input[name="kind"]:checked').value;
  try {
    const { annotator } = await (await ask(`v1/annotation/items?annotator=${encodeURIComponent($("name").value)}&kind=${kind}`)).json();
    localStorage.setItem("annotation-name", annotator);
    localStorage.setItem("annotation-kind", kind);
    to("videos");
  } catch (error) { failed(error); }
});

$("guidelines-read").addEventListener("click", () => {
  localStorage.setItem("annotation-read", `${who().annotator} ${now.about.guidelines_version}`);
  to("videos");
});

async function openLists(annotator, kind, asked) {
  await queue.empty().catch(() => {});
  const { items } = await (await ask(`v1/annotation/items?annotator=${encodeURIComponent(annotator)}&kind=${kind}`)).json();
  if (asked !== now.asked) return;
  const done = items.filter(({ finished }) => finished);
  $("all-head").textContent = `All videos (${items.length})`;
  $("done-head").textContent = `Annotated (${done.length})`;
  $("all").replaceChildren(...items.map(entry));
  $("done").replaceChildren(...done.map(entry));
  if (!done.length) $("done").replaceChildren(Object.assign(document.createElement("li"), { textContent: "None yet." }));
  show("lists");
}

const percent = (share) => `${Math.floor(share * 100)} %`;

function entry(item) {
  const row = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: `#video/${encodeURIComponent(item.name)}` });
  const person = item.person === "main" ? "" : `, person on the ${item.person}`;
  const state = item.fault ? "cannot be read" : item.finished ? (item.verified >= 1 ? "verified" : item.verified > 0 ? `verified ${percent(item.verified)}` : "annotated")
    : item.annotated > 0 ? (item.annotated < 0.5 || ["valence", "arousal"].includes(who().kind) ? `begun, ${percent(item.annotated)}` : "begun") : item.watched ? "watched" : "new";
  link.append(Object.assign(document.createElement("b"), { textContent: item.video + person }), Object.assign(document.createElement("span"), { textContent: state }));
  if (item.fault) link.title = item.fault;
  row.append(link);
  return row;
}

async function openVideo(name, annotator, kind, asked) {
  await queue.empty().catch(() => {});
  const about = await (await ask(`v1/annotation/item?annotator=${encodeURIComponent(annotator)}&kind=${kind}&item=${encodeURIComponent(name)}`)).json();
  if (asked !== now.asked) return;
  show("work");
  const context = { annotator, kind, queue, offset_s: about.now_s - performance.now() / 1000, tell, failed, labels: now.about.labels, action_unit_names: now.about.action_unit_names };
  const work = "marked" in about ? new Marking(context, about) : new Tracing(context, about);
  now.work = work;
  tell(about.person === "main" ? "" : `Annotate the person on the ${about.person}.`);
  await work.open();
  if (!work.closed) document.body.dataset.open = name;
}

begin();
