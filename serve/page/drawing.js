// Boxes and landmarks, the plane of valence and arousal, and the time line, on canvases as sharp as the screen.

export const COLOURS = { // told apart with any kind of colour vision, on light and dark
  neutral: "#8a8f98", anger: "#d55e00", disgust: "#009e73", fear: "#7a5195", happiness: "#e0a800", sadness: "#0072b2", surprise: "#cc79a7",
};

export const most = (shares) => Object.entries(shares).reduce((best, one) => (one[1] > best[1] ? one : best));

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function sharp(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

export function overlay(canvas, record, frame, chosen) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const pen = sharp(canvas, width, height);
  if (!frame || !record.width) return;
  const scale = width / record.width;
  for (const face of frame.faces) {
    const [x, y, wide, high] = face.box.map((value) => value * scale);
    const mine = face.track_id === chosen;
    const colour = face.expression ? COLOURS[most(face.expression)[0]] : style("--accent");
    for (const [line, ink] of [[mine ? 5 : 4, "rgba(0,0,0,.55)"], [mine ? 3 : 1.5, colour]]) {
      pen.lineWidth = line; pen.strokeStyle = ink; pen.strokeRect(x, y, wide, high);
    }
    for (const [px, py] of face.landmarks || []) {
      pen.beginPath(); pen.arc(px * scale, py * scale, 2.4, 0, 7); pen.fillStyle = "#fff"; pen.fill();
      pen.lineWidth = 1; pen.strokeStyle = "#000"; pen.stroke();
    }
    const label = [frame.faces.length > 1 ? `${face.track_id + 1}` : "", face.expression ? most(face.expression)[0] : ""].filter(Boolean).join(" ");
    if (label) {
      pen.font = "600 13px system-ui, sans-serif";
      const long = pen.measureText(label).width + 10;
      const top = y > 20 ? y - 20 : y + high;
      pen.fillStyle = "rgba(0,0,0,.7)"; pen.fillRect(x - 1, top, long, 20);
      pen.fillStyle = "#fff"; pen.fillText(label, x + 4, top + 14.5);
    }
  }
}

export function plane(canvas, trail) {
  const size = canvas.clientWidth;
  if (!size) return;  // not shown now
  const pen = sharp(canvas, size, size);
  const [middle, radius] = [size / 2, size / 2 - 22];
  const place = ({ valence, arousal }) => [middle + valence * radius, middle - arousal * radius];
  pen.strokeStyle = style("--line"); pen.lineWidth = 1;
  for (const share of [0.5, 1]) { pen.beginPath(); pen.arc(middle, middle, radius * share, 0, 7); pen.stroke(); }
  pen.beginPath(); pen.moveTo(middle - radius, middle); pen.lineTo(middle + radius, middle);
  pen.moveTo(middle, middle - radius); pen.lineTo(middle, middle + radius); pen.stroke();
  pen.fillStyle = style("--soft"); pen.font = "12px system-ui, sans-serif"; pen.textAlign = "center";
  pen.fillText("excited", middle, 14); pen.fillText("calm", middle, size - 6);
  pen.textAlign = "left"; pen.fillText("unpleasant", 2, middle - 6);
  pen.textAlign = "right"; pen.fillText("pleasant", size - 2, middle - 6);
  trail.forEach((point, i) => {
    if (!i) return;
    pen.globalAlpha = 0.15 + 0.6 * (i / trail.length); pen.lineWidth = 2.5; pen.strokeStyle = style("--accent");
    pen.beginPath(); pen.moveTo(...place(trail[i - 1])); pen.lineTo(...place(point)); pen.stroke();
  });
  pen.globalAlpha = 1;
  if (trail.length) {
    pen.beginPath(); pen.arc(...place(trail[trail.length - 1]), 7, 0, 7);
    pen.fillStyle = style("--accent"); pen.fill(); pen.lineWidth = 2; pen.strokeStyle = style("--panel"); pen.stroke();
  }
}

const STRIP = 12;

// What the time line may show, the first that a model gives. A colour may be a property of the page's style.
export const LINES = [
  {
    output: "valence_arousal", title: "Valence and arousal", low: -1, high: 1, of: (face, name) => face[name],
    lines: [{ name: "valence", colour: "var(--accent)" }, { name: "arousal", colour: "var(--warn)", dash: [5, 3] }],
  },
  {
    output: "expression", title: "The probability of each expression", low: 0, high: 1, of: (face, name) => face.expression?.[name],
    lines: Object.entries(COLOURS).map(([name, colour]) => ({ name, colour })),
  },
];

const ink = (colour) => (colour.startsWith("var(") ? style(colour.slice(4, -1)) : colour);

export function timeLine(canvas, record, track, seconds, duration) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const pen = sharp(canvas, width, height);
  const end = Math.max(duration, record.duration, 0.04);
  const begin = record.live ? Math.max(0, end - 30) : 0;
  const across = (time) => ((time - begin) / Math.max(end - begin, 1e-3)) * width;
  const step = Math.max(1, Math.floor(record.frames.length / (2 * width)));
  const shown = record.frames.filter((_, i) => i % step === 0).map(({ time_s, faces }) => [time_s, faces.find((face) => face.track_id === track)]);
  const { low, high, of, lines } = LINES.find((one) => shown.some(([, face]) => face && one.of(face, one.lines[0].name) !== undefined)) || LINES[0];
  const up = (value) => (high - value) / (high - low) * (height - STRIP - 8) + 4;
  pen.strokeStyle = style("--line"); pen.lineWidth = 1.5; pen.beginPath(); pen.moveTo(0, up(0)); pen.lineTo(width, up(0)); pen.stroke();
  for (const { name, colour, dash } of lines) {
    pen.strokeStyle = ink(colour); pen.lineWidth = 1.6; pen.setLineDash(dash || []);
    pen.beginPath();
    let drawing = false;
    for (const [time, face] of shown) {
      const value = face && of(face, name);
      if (value === undefined) { drawing = false; continue; }
      if (drawing) pen.lineTo(across(time), up(value)); else pen.moveTo(across(time), up(value));
      drawing = true;
    }
    pen.stroke();
  }
  pen.setLineDash([]);
  shown.forEach(([time, face], i) => {
    if (!face?.expression) return;
    const next = shown[i + 1]?.[0] ?? time + 0.04;
    pen.fillStyle = COLOURS[most(face.expression)[0]];
    pen.fillRect(across(time), height - STRIP, Math.max(1, across(next) - across(time) + 0.5), STRIP);
  });
  pen.strokeStyle = style("--text"); pen.lineWidth = 1.5;
  pen.beginPath(); pen.moveTo(across(seconds), 0); pen.lineTo(across(seconds), height); pen.stroke();
}
