// What the server has said so far, by frame; a picture is a record of one frame.

export class Record {
  constructor(name, { live = false } = {}) {
    Object.assign(this, { name, live, model: null, not_given: [], width: 0, height: 0, frames: [], summary: null });
  }

  add(line) {
    if (line.model) this.model = line.model;
    if (line.not_given) this.not_given = line.not_given;
    if (line.width) { this.width = line.width; this.height = line.height; }
    if (line.summary) this.summary = line.summary;
    if (line.faces) {
      this.frames.push({ frame: line.frame ?? 0, time_s: line.time_s ?? 0, faces: line.faces });
      if (this.live && this.frames.length > 3000) this.frames.splice(0, 1000);  // some minutes of a camera
    }
  }

  // The last frame at or before a time.
  at(seconds) {
    let low = 0, high = this.frames.length - 1;
    if (high < 0) return null;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.frames[middle].time_s <= seconds + 1e-6) low = middle; else high = middle - 1;
    }
    return this.frames[low];
  }

  // The last few places of a face in the plane, up to a time.
  trail(track, seconds, length = 2.0) {
    const places = [];
    for (let i = this.frames.length - 1; i >= 0; i -= 1) {
      const { time_s, faces } = this.frames[i];
      if (time_s > seconds + 1e-6) continue;
      if (time_s < seconds - length) break;
      const face = faces.find((one) => one.track_id === track);
      if (face && face.valence !== undefined) places.unshift({ age: seconds - time_s, valence: face.valence, arousal: face.arousal });
    }
    return places;
  }

  get tracks() { return [...new Set(this.frames.flatMap(({ faces }) => faces.map((face) => face.track_id)))].sort((a, b) => a - b); }
  get duration() { return this.frames.length ? this.frames[this.frames.length - 1].time_s : 0; }

  json() {
    const { model, not_given, width, height, frames, summary } = this;
    return JSON.stringify({ source: this.name, model, not_given, width, height, frames, ...(summary ? { summary } : {}) }, null, 1);
  }

  csv() {
    const rows = this.frames.flatMap(({ frame, time_s, faces }) => faces.map((face) => flat({ frame, time_s, ...face })));
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const cell = (value) => (value === undefined ? "" : /[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : value);
    return [columns.join(","), ...rows.map((row) => columns.map((column) => cell(row[column])).join(","))].join("\n") + "\n";
  }
}

function flat(face) {
  const { box, landmarks, expression = {}, compound = {}, action_units = {}, ...rest } = face;
  const row = Object.fromEntries(Object.entries(rest).filter(([, value]) => typeof value !== "object"));
  ["x", "y", "width", "height"].forEach((name, i) => { if (box) row[`box_${name}`] = box[i]; });
  (landmarks || []).forEach(([x, y], i) => { row[`landmark${i}_x`] = x; row[`landmark${i}_y`] = y; });
  for (const values of [expression, compound, action_units]) Object.assign(row, values);
  return row;
}
