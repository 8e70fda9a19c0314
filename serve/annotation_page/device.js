// What moves the slider: a joystick, a mouse, a finger or keys. Whichever moved last holds it.

const SPEED = 0.9; // of the value, each second that an arrow key is held
const CLICK_MS = 250;

export class Device {
  // `track()` gives top and height of the slider's track in pixels of the window; `moved(time)` is told of each change.
  constructor(screen, slider, track, moved, signal) {
    Object.assign(this, { value: 0, track, moved, going: 0, slow: false, follows: false, pads: new Map(), polled: null, choice: null });
    screen.addEventListener("pointerdown", (event) => this.#down(event, screen), { signal });
    screen.addEventListener("pointermove", (event) => this.#move(event), { signal });
    for (const kind of ["pointerup", "pointercancel"]) screen.addEventListener(kind, (event) => this.#up(event), { signal });
    slider.addEventListener("blur", () => { this.going = 0; }, { signal });
    window.addEventListener("blur", () => { this.going = 0; }, { signal });
  }

  set(value, time = performance.now()) {
    const next = Math.min(1, Math.max(-1, value));
    if (next === this.value) return;
    this.value = next;
    this.moved(time);
  }

  // Once for each picture that the browser draws: joysticks tell nothing by themselves, and held keys go on.
  // Whether the value is another one now.
  poll() {
    const now = performance.now();
    const held = this.value;
    const passed = this.polled === null ? 0 : Math.min(0.1, (now - this.polled) / 1000);
    this.polled = now;
    for (const pad of navigator.getGamepads?.() || []) {
      if (!pad) continue;
      const [index, axis, sign] = this.choice ?? [pad.index, 1, -1]; // up is -1 of a joystick's second axis
      const raw = pad.axes[axis];
      if (pad.index !== index || raw === undefined) continue;
      const before = this.pads.get(pad.index);
      this.pads.set(pad.index, raw);
      if (raw !== before && (before !== undefined || Math.abs(raw) > 0.05)) this.set(sign * raw, now);
    }
    if (this.going) this.set(this.value + this.going * SPEED * (this.slow ? 0.3 : 1) * passed, now);
    return this.value !== held;
  }

  // Whether the key was one of the slider's.
  key(event, down) {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (way) {
      if (down) { if (!event.repeat) { this.going = way; this.slow = event.shiftKey; this.set(this.value + way * 0.02); } }
      else if (this.going === way) this.going = 0;
      return true;
    }
    if (!down) return false;
    const to = { Home: -1, End: 1, 0: 0, PageUp: this.value + 0.25, PageDown: this.value - 0.25 }[event.key];
    if (to === undefined) return false;
    this.set(to);
    return true;
  }

  #at(y) { const { top, height } = this.track(); return 1 - (2 * (y - top)) / height; }

  #down(event, screen) {
    if (event.button) return;
    event.preventDefault();
    this.pressed = event.timeStamp;
    if (event.pointerType === "mouse" && this.follows) { this.follows = false; this.pressed = null; return; }
    this.follows = true;
    screen.setPointerCapture(event.pointerId);
    this.set(this.#at(event.clientY), event.timeStamp);
  }

  #move(event) {
    if (!this.follows) return;
    const all = event.getCoalescedEvents?.() || [];
    for (const one of all.length ? all : [event]) this.set(this.#at(one.clientY), one.timeStamp);
  }

  // A finger holds the slider as long as it is down; a mouse too, or from one click to the next.
  #up(event) {
    if (event.pointerType !== "mouse" || this.pressed === null || event.timeStamp - this.pressed > CLICK_MS) this.follows = false;
  }
}

// The choice among the axes of the joysticks that are there, kept for the next time.
export function stickChoice(select, label, device, signal) {
  const list = () => {
    const pads = [...(navigator.getGamepads?.() || [])].filter(Boolean);
    label.hidden = !pads.length;
    const kept = localStorage.getItem("annotation-stick");
    select.replaceChildren(...pads.flatMap((pad) => pad.axes.flatMap((_, axis) => [-1, 1].map((sign) =>
      new Option(`${pads.length > 1 ? `${pad.index + 1}: ` : ""}axis ${axis + 1}${sign > 0 ? ", turned round" : ""}`, `${pad.index} ${axis} ${sign}`)))));
    if (!select.options.length) return;
    const values = [...select.options].map(({ value }) => value);
    const usual = values.find((value) => value.endsWith(" 1 -1")) ?? values[0];
    select.value = values.includes(kept) ? kept : usual;
    device.choice = select.value.split(" ").map(Number);
  };
  select.addEventListener("change", () => { localStorage.setItem("annotation-stick", select.value); device.choice = select.value.split(" ").map(Number); }, { signal });
  for (const kind of ["gamepadconnected", "gamepaddisconnected"]) window.addEventListener(kind, list, { signal });
  list();
}
