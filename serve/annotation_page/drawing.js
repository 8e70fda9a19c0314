// The slider, the recent trace on the video, and the line of the whole video; on canvases as sharp as the screen.

export const INKS = ["#3d8bfd", "#e69f00", "#12b886", "#cc79a7", "#d55e00", "#9775fa", "#56b4e9", "#a0a000"];

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function sharp(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

const MARGIN = 26;
export const track = (height) => ({ top: MARGIN, height: Math.max(1, height - 2 * MARGIN) });

export function slider(pen, width, height, value, named) {
  const { top, height: long } = track(height);
  const x = width - 44;
  const up = (one) => top + ((1 - one) / 2) * long;
  pen.fillStyle = "rgba(0,0,0,.45)"; pen.fillRect(width - 88, 0, 88, height);
  pen.strokeStyle = "rgba(255,255,255,.75)"; pen.lineWidth = 4; pen.lineCap = "round";
  pen.beginPath(); pen.moveTo(x, top); pen.lineTo(x, top + long); pen.stroke();
  pen.lineWidth = 2; pen.beginPath();
  for (const one of [-1, -0.5, 0, 0.5, 1]) { pen.moveTo(x - (one ? 8 : 16), up(one)); pen.lineTo(x + (one ? 8 : 16), up(one)); }
  pen.stroke();
  pen.fillStyle = "#fff"; pen.font = "12px system-ui, sans-serif"; pen.textAlign = "center";
  pen.fillText(named[0], x, 15); pen.fillText(named[1], x, height - 8);
  pen.beginPath(); pen.arc(x, up(value), 13, 0, 7); pen.fillStyle = value < 0 ? "#d55e00" : value > 0 ? "#12b886" : "#8a8f98"; pen.fill();
  pen.lineWidth = 3; pen.strokeStyle = "#fff"; pen.stroke();
  pen.font = "600 15px system-ui, sans-serif"; pen.fillStyle = "#fff"; pen.textAlign = "right";
  pen.fillText(value.toFixed(2), x - 20, Math.min(height - 8, Math.max(16, up(value) + 5)));
  pen.textAlign = "left";
}

// `traces` are [samples, ink, dashed]; the moment `now` is drawn at `share` of the width.
export function recent(pen, width, height, traces, now, seconds, share) {
  const [left, right, high] = [8, width - 96, Math.min(150, height * 0.34)];
  const top = height - high - 6;
  const across = (time) => left + (right - left) * (share + (time - now) / seconds);
  const up = (value) => top + ((1 - value) / 2) * high;
  pen.fillStyle = "rgba(0,0,0,.4)"; pen.fillRect(left, top, right - left, high);
  pen.strokeStyle = "rgba(255,255,255,.4)"; pen.lineWidth = 1;
  pen.beginPath(); pen.moveTo(left, up(0)); pen.lineTo(right, up(0)); pen.moveTo(across(now), top); pen.lineTo(across(now), top + high); pen.stroke();
  pen.save(); pen.beginPath(); pen.rect(left, top, right - left, high); pen.clip();
  for (const [samples, ink, dashed] of traces) {
    pen.setLineDash(dashed ? [5, 4] : []); pen.strokeStyle = ink; pen.lineWidth = 2.4;
    path(pen, between(samples, now - seconds, now + seconds), across, up);
  }
  pen.restore();
}

// From the last sample before `from` to the first after `to`.
export function between(samples, from, to) {
  const first = Math.max(0, place(samples, from) - 1);
  return samples.slice(first, place(samples, to) + 1);
}

// How many samples lie before a time.
export function place(samples, time) {
  let [low, high] = [0, samples.length];
  while (low < high) { const middle = (low + high) >> 1; if (samples[middle][0] < time) low = middle + 1; else high = middle; }
  return low;
}

export const valueAt = (samples, time) => (samples.length ? samples[Math.min(samples.length - 1, Math.max(0, place(samples, time)))][1] : 0);

const GAP_S = 0.5; // over a longer one no line is drawn: nothing was recorded there

function path(pen, samples, across, up) {
  pen.beginPath();
  samples.forEach(([time, value], i) => {
    if (!i || time - samples[i - 1][0] > GAP_S) pen.moveTo(across(time), up(value)); else pen.lineTo(across(time), up(value));
  });
  pen.stroke();
}

export function wholeLine(canvas, { length, now, traces = [], bands = [], lanes = [] }) {
  const { pen, width, height } = sharp(canvas);
  const across = (time) => (length ? (time / length) * width : 0);
  const up = (value) => 4 + ((1 - value) / 2) * (height - 8);
  pen.fillStyle = style("--bar"); pen.fillRect(0, 0, width, height);
  for (const [from, to, ink] of bands) { pen.fillStyle = ink; pen.fillRect(across(from), 0, Math.max(1, across(to) - across(from)), height); }
  if (traces.length) { pen.strokeStyle = style("--line"); pen.lineWidth = 1; pen.beginPath(); pen.moveTo(0, up(0)); pen.lineTo(width, up(0)); pen.stroke(); }
  for (const [samples, ink] of traces) {
    const step = Math.max(1, Math.floor(samples.length / (3 * Math.max(1, width))));
    pen.strokeStyle = ink; pen.lineWidth = 1.6;
    path(pen, step > 1 ? samples.filter((_, i) => i % step === 0) : samples, across, up);
  }
  lanes.forEach((lane, i) => {
    const high = height / lanes.length;
    for (const [from, to, ink] of lane) { pen.fillStyle = ink; pen.fillRect(across(from), i * high + 1, Math.max(2, across(to) - across(from)), high - 2); }
  });
  pen.strokeStyle = style("--text"); pen.lineWidth = 2;
  pen.beginPath(); pen.moveTo(across(now), 0); pen.lineTo(across(now), height); pen.stroke();
}

export const clockText = (seconds) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
