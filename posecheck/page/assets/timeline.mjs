// The timeline: what posecheck says, and what people say, over time.

import { byId, element, word } from "./kit.mjs";

/**
 * @typedef {object} Item
 * @property {number} start_s
 * @property {number} end_s
 * @property {string} state
 * @property {string | null} rule
 * @property {string} title
 * @property {string} note
 */

/**
 * @typedef {object} Lane
 * @property {string} title
 * @property {string} limits
 * @property {boolean} required
 * @property {string} top
 * @property {string} bottom
 * @property {[number, number] | null} allowed
 * @property {number[]} dashed
 * @property {[string, number[]][]} curves
 * @property {Record<string, number[]>} marks
 */

/**
 * @typedef {object} Machine
 * @property {[number, number, string][]} states
 * @property {{start_s: number, end_s: number, text: string, complete: boolean}[]} holds
 * @property {Lane[]} lanes
 * @property {[number, number, string][]} differing
 */

/**
 * @typedef {object} Part
 * @property {number} from_s
 * @property {number} to_s
 * @property {[number, string][]} ticks
 * @property {Machine | null} machine
 */

/**
 * @typedef {object} State
 * @property {[number, number]} whole
 * @property {[number, number] | null} loop
 * @property {[number, number] | null} draft
 * @property {number | null} selected
 * @property {Item[]} items
 * @property {{annotator: string, items: Item[]}[]} others
 */

/** Columns and rows in which curves come. */
const COLUMNS = 800;
const ROWS = 1000;

/** Share of the band's height of each state. */
const HEIGHTS = { valid: 1, wrong: 0.55, unseen: 0.14 };

/** Pixels below which a press is a click. */
const DRAG_PX = 4;

/** Pixels at an interval's edge that drag it. */
const EDGE_PX = 7;

/** Draws the timeline and turns the pointer on it into commands. */
export class Timeline {
  /** @param {(command: {do: string, [name: string]: any}) => void} send */
  constructor(send) {
    this.send = send;
    this.root = byId("timeline");
    this.time = byId("time");
    this.ruler = byId("ruler", HTMLCanvasElement);
    this.band = byId("band", HTMLCanvasElement);
    this.lanes = byId("lanes");
    this.own = byId("own");
    /** @type {Part | null} */
    this.part = null;
    /** @type {State | null} */
    this.state = null;
    this.t_s = 0;
    /** @type {(() => void) | null} */
    this.wish = null;
    new ResizeObserver(() => this.draw()).observe(this.root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    for (const target of [this.time, byId("machine")]) {
      target.addEventListener("pointerdown", (event) => this.scrub(event));
    }
    this.own.addEventListener("pointerdown", (event) => this.press(event));
    this.root.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  /** @param {Part} part */
  take(part) {
    this.part = part;
    this.draw();
  }

  /** @param {State} state */
  follow(state) {
    this.state = state;
    this.drawPeople();
    this.place();
  }

  /** @param {number} t_s */
  stand(t_s) {
    this.t_s = t_s;
    this.place();
  }

  // Places

  /** @returns {{left: number, width: number}} of the tracks, inside the timeline, in pixels */
  box() {
    const own = this.own.getBoundingClientRect();
    return { left: own.left - this.root.getBoundingClientRect().left, width: own.width };
  }

  /**
   * @param {number} t_s
   * @returns {number} share of the shown time
   */
  share(t_s) {
    return this.part ? (t_s - this.part.from_s) / (this.part.to_s - this.part.from_s) : 0;
  }

  /**
   * @param {PointerEvent | WheelEvent} event
   * @returns {number} time at the pointer, inside the session
   */
  at(event) {
    if (!this.part || !this.state) {
      return 0;
    }
    const own = this.own.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - own.left) / own.width));
    const t_s = this.part.from_s + share * (this.part.to_s - this.part.from_s);
    return Math.min(Math.max(t_s, this.state.whole[0]), this.state.whole[1]);
  }

  place() {
    const { left, width } = this.box();
    const share = this.share(this.t_s);
    const cursor = byId("cursor");
    cursor.hidden = share < 0 || share > 1;
    cursor.style.transform = `translateX(${left + share * width}px)`;
    const looped = byId("looped");
    const loop = this.state?.loop ?? null;
    looped.hidden = loop === null;
    if (loop) {
      const [start, end] = loop.map((t_s) => Math.min(1, Math.max(0, this.share(t_s))));
      looped.style.transform = `translateX(${left + start * width}px)`;
      looped.style.width = `${(end - start) * width}px`;
    }
    this.drawDraft();
  }

  /**
   * Place an element at an interval of a track.
   * @param {HTMLElement} target
   * @param {number} start_s
   * @param {number} end_s
   * @returns {boolean} whether it is in sight
   */
  lay(target, start_s, end_s) {
    const [start, end] = [this.share(start_s), this.share(end_s)];
    target.style.left = `${100 * start}%`;
    target.style.width = `${100 * (end - start)}%`;
    return end > 0 && start < 1;
  }

  // Drawing

  draw() {
    const { part } = this;
    if (!part) {
      return;
    }
    const machine = part.machine;
    byId("machine").hidden = machine === null;
    byId("differ-line").hidden = machine === null;
    byId("machine-hidden").hidden = machine !== null;
    this.root.classList.toggle("blind", machine === null);
    const count = machine?.lanes.length || 1;
    this.lanes.style.setProperty("--lane", `${Math.floor(this.lanes.clientHeight / count)}px`);
    const bar = this.lanes.offsetWidth - this.lanes.clientWidth;
    byId("desk").style.setProperty("--bar", `${machine ? bar : 0}px`);
    this.drawRuler(part);
    if (machine) {
      this.drawBand(machine);
      this.drawHolds(machine);
      this.drawLanes(machine);
    } else {
      this.lanes.replaceChildren();
      byId("holds").replaceChildren();
      byId("differ").replaceChildren();
    }
    this.drawPeople();
    this.place();
  }

  /** @param {Part} part */
  drawRuler(part) {
    const { context, width, height } = cleared(this.ruler);
    context.fillStyle = colour("--muted");
    context.font = `${12 * scaleOf(this.ruler)}px ${getComputedStyle(document.body).fontFamily}`;
    context.textBaseline = "middle";
    context.textAlign = "center";
    for (const [t_s, text] of part.ticks) {
      const x = this.share(t_s) * width;
      context.fillRect(Math.round(x), height * 0.78, 1, height * 0.22);
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.min(Math.max(x, half), width - half), height * 0.42);
    }
  }

  /** @param {Machine} machine */
  drawBand(machine) {
    const { context, width, height } = cleared(this.band);
    for (const [first, last, state] of machine.states) {
      const tall = Math.max(3, height * HEIGHTS[/** @type {"valid"} */ (state)]);
      const [x, end] = [(first / COLUMNS) * width, (last / COLUMNS) * width];
      context.fillStyle = colour(`--${state}`);
      context.fillRect(x, height - tall, end - x, tall);
      if (state === "wrong") {
        hatch(context, x, height - tall, end - x, tall);
      }
    }
  }

  /** @param {Machine} machine */
  drawHolds(machine) {
    const holds = machine.holds.map((hold) => {
      const text = `${hold.complete ? "✓ " : ""}${hold.text}`;
      const made = element("span", { class: `span${hold.complete ? " complete" : ""}`, text, title: text });
      this.lay(made, hold.start_s, hold.end_s);
      return made;
    });
    byId("holds").replaceChildren(...holds);
    const differing = machine.differing.map(([start_s, end_s, what]) => {
      const made = element("span", { class: "span", title: what });
      this.lay(made, start_s, end_s);
      return made;
    });
    byId("differ").replaceChildren(...differing);
  }

  /** @param {Machine} machine */
  drawLanes(machine) {
    if (this.lanes.childElementCount !== machine.lanes.length) {
      this.lanes.replaceChildren(...machine.lanes.map(laneOf));
    }
    machine.lanes.forEach((lane, number) => {
      const canvas = this.lanes.children[number].querySelector("canvas");
      if (canvas) {
        drawLane(canvas, lane);
      }
    });
  }

  drawPeople() {
    const { state, part } = this;
    if (!state || !part) {
      return;
    }
    const focused = document.activeElement instanceof HTMLElement
      && this.own.contains(document.activeElement) ? document.activeElement.dataset["number"] : null;
    const own = state.items.map((item, number) => {
      const made = this.itemOf(item, "button");
      made.dataset["number"] = String(number);
      made.setAttribute("aria-pressed", String(number === state.selected));
      made.addEventListener("click", (event) => {
        if (event.detail === 0) {
          this.send({ do: "select", t_s: item.start_s });
        }
      });
      return made;
    });
    this.own.replaceChildren(...own, element("div", { class: "draft", id: "draft", hidden: true }));
    if (focused !== null && focused !== undefined) {
      own[Number(focused)]?.focus();
    }
    this.drawDraft();
    const tiers = byId("tiers");
    for (const former of [...tiers.querySelectorAll(".other")]) {
      former.remove();
    }
    for (const tier of state.others) {
      const track = element("div", { class: "track items" });
      track.append(...tier.items.map((item) => {
        const made = this.itemOf(item, "button");
        made.classList.add("others");
        made.addEventListener("click", () => this.send({ do: "go", t_s: item.start_s }));
        return made;
      }));
      const name = element("span", { class: "name", text: tier.annotator });
      tiers.append(element("div", { class: "line other" }, name, track));
    }
  }

  /**
   * @param {Item} item
   * @param {string} tag
   * @returns {HTMLElement}
   */
  itemOf(item, tag) {
    const rule = item.title ? `: ${item.title}` : "";
    const said = word(`kit.${item.state}`) + rule;
    const text = item.note ? `${said} · ${item.note}` : said;
    const label = word("replay.item", {
      state: word(`kit.${item.state}`), rule, start: clock(item.start_s), end: clock(item.end_s),
      note: item.note ? `: ${item.note}` : "",
    });
    const made = element(tag, { class: `item ${item.state}`, type: "button", "aria-label": label, title: label, text });
    made.hidden = !this.lay(made, item.start_s, item.end_s);
    return made;
  }

  drawDraft() {
    const draft = document.getElementById("draft");
    if (!draft || !this.state) {
      return;
    }
    const span = this.dragged ?? this.state.draft;
    draft.hidden = span === null;
    if (span) {
      const open = this.dragged === null && span[0] === span[1];
      const end = open ? this.t_s : span[1];
      this.lay(draft, Math.min(span[0], end), Math.max(span[0], end));
    }
  }

  // Pointer

  /** @type {[number, number] | null} */
  dragged = null;

  /**
   * Send a command at most once an animation frame; a later one replaces it.
   * @param {{do: string, [name: string]: any}} command
   */
  soon(command) {
    const waiting = this.wish !== null;
    this.wish = () => this.send(command);
    if (!waiting) {
      requestAnimationFrame(() => this.now());
    }
  }

  now() {
    this.wish?.();
    this.wish = null;
  }

  /**
   * Follow the pointer until it is let go.
   * @param {PointerEvent} event
   * @param {(event: PointerEvent, far: boolean) => void} moved
   * @param {(event: PointerEvent, far: boolean) => void} done
   */
  track(event, moved, done) {
    const target = /** @type {HTMLElement} */ (event.currentTarget);
    const from = event.clientX;
    let far = false;
    target.setPointerCapture(event.pointerId);
    const stop = new AbortController();
    const { signal } = stop;
    target.addEventListener("pointermove", (next) => {
      far ||= Math.abs(next.clientX - from) >= DRAG_PX;
      moved(next, far);
    }, { signal });
    for (const kind of /** @type {("pointerup" | "pointercancel")[]} */ (["pointerup", "pointercancel"])) {
      target.addEventListener(kind, (last) => {
        stop.abort();
        this.now();
        done(last, far);
      }, { signal });
    }
  }

  /** @param {PointerEvent} event */
  scrub(event) {
    if (event.button !== 0 || event.clientX < this.own.getBoundingClientRect().left) {
      return;
    }
    event.preventDefault();
    this.time.focus({ preventScroll: true });
    const start_s = this.at(event);
    if (event.shiftKey) {
      this.track(event, () => {}, (last, far) => {
        const end_s = this.at(last);
        if (far) {
          this.send({ do: "repeat", start_s: Math.min(start_s, end_s), end_s: Math.max(start_s, end_s) });
        }
      });
      return;
    }
    this.send({ do: "go", t_s: start_s, held: true });
    this.track(
      event,
      (next) => this.soon({ do: "go", t_s: this.at(next), held: true }),
      (last) => this.send({ do: "go", t_s: this.at(last), held: false }),
    );
  }

  /**
   * On the own row: drag an edge, mark an interval, or select one.
   * @param {PointerEvent} event
   */
  press(event) {
    if (event.button !== 0 || !this.state) {
      return;
    }
    event.preventDefault();
    this.time.focus({ preventScroll: true });
    const item = this.itemAt(event);
    if (item?.edge) {
      this.dragEdge(event, item);
      return;
    }
    const start_s = this.at(event);
    this.track(
      event,
      (next, far) => {
        if (far) {
          this.dragged = [start_s, this.at(next)];
          this.drawDraft();
          this.soon({ do: "go", t_s: this.at(next), held: true });
        }
      },
      (last, far) => {
        this.dragged = null;
        if (!far) {
          this.send({ do: "select", t_s: start_s });
        } else {
          this.send({ do: "go", t_s: this.at(last), held: false });
          this.send({ do: "mark", start_s, end_s: this.at(last) });
        }
      },
    );
  }

  /**
   * @param {PointerEvent} event
   * @param {{item: Item, edge: "start" | "end" | ""}} found
   */
  dragEdge(event, { item, edge }) {
    const end = edge === "end";
    const fixed = end ? item.start_s : item.end_s;
    this.track(
      event,
      (next, far) => {
        if (far) {
          this.dragged = [fixed, this.at(next)];
          this.drawDraft();
          this.soon({ do: "go", t_s: this.at(next), held: true });
        }
      },
      (last, far) => {
        this.dragged = null;
        this.drawDraft();
        if (!far) {
          this.send({ do: "select", t_s: item.start_s });
        } else {
          this.send({ do: "go", t_s: this.at(last), held: false });
          this.send({ do: "edge", start_s: item.start_s, end, t_s: this.at(last) });
        }
      },
    );
  }

  /**
   * @param {PointerEvent} event
   * @returns {{item: Item, edge: "start" | "end" | ""} | null}
   */
  itemAt(event) {
    const target = event.target instanceof HTMLElement ? event.target.closest(".item") : null;
    const number = target instanceof HTMLElement ? Number(target.dataset["number"]) : NaN;
    const item = this.state?.items[number];
    if (!item || !target) {
      return null;
    }
    const box = target.getBoundingClientRect();
    const reach = Math.min(EDGE_PX, box.width / 3);
    const edge = event.clientX - box.left <= reach ? "start" : box.right - event.clientX <= reach ? "end" : "";
    return { item, edge };
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const left = this.own.getBoundingClientRect().left;
    if (!this.part || event.clientX < left) {
      return;
    }
    event.preventDefault();
    const span_s = this.part.to_s - this.part.from_s;
    const along = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (Math.abs(along) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      this.send({ do: "pan", by_s: (along / 800) * span_s });
    } else if (event.deltaY !== 0) {
      const factor = Math.min(4, Math.max(0.25, Math.exp(event.deltaY / 400)));
      this.send({ do: "zoom", factor, t_s: this.at(event) });
    }
  }
}

/**
 * Time as minutes, seconds and tenths.
 * @param {number} t_s
 * @returns {string}
 */
export function clock(t_s) {
  const tenths = Math.floor(t_s * 10 + 1e-6);
  const seconds = String(Math.floor(tenths / 10) % 60).padStart(2, "0");
  return `${Math.floor(tenths / 600)}:${seconds}.${tenths % 10}`;
}

/**
 * Colour of the style sheet by its custom property.
 * @param {string} name
 * @returns {string}
 */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/**
 * Pixels of a canvas in a pixel of the style sheet, times the letters' size.
 * @param {HTMLCanvasElement} canvas
 * @returns {number}
 */
function scaleOf(canvas) {
  const letters = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  return (canvas.width / Math.max(1, canvas.clientWidth)) * letters;
}

/**
 * Canvas in the size that it is shown in, cleared.
 * @param {HTMLCanvasElement} canvas
 * @returns {{context: CanvasRenderingContext2D, width: number, height: number}}
 */
function cleared(canvas) {
  const width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
  const height = Math.max(1, Math.round(canvas.clientHeight * devicePixelRatio));
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
function hatch(context, x, y, width, height) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = "rgb(0 0 0 / 0.35)";
  context.lineWidth = 1.5;
  context.beginPath();
  for (let left = x - height; left < x + width; left += 6) {
    context.moveTo(left, y + height);
    context.lineTo(left + height, y);
  }
  context.stroke();
  context.restore();
}

/**
 * @param {Lane} lane
 * @returns {HTMLElement}
 */
function laneOf(lane) {
  const limits = lane.required ? lane.limits : `${lane.limits}, ${word("replay.advice")}`;
  const what = element("span", { class: "what", text: lane.title, title: lane.title });
  const name = element("span", { class: "name" }, what, element("span", { class: "muted what", text: limits }));
  const label = word("replay.curve", { title: lane.title, limits });
  const canvas = element("canvas", { class: "track", role: "img", "aria-label": label });
  return element("div", { class: "line" }, name, canvas);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Lane} lane
 */
function drawLane(canvas, lane) {
  const { context, width, height } = cleared(canvas);
  const pixel = scaleOf(canvas);
  const y = (/** @type {number} */ row) => height - 2 - (row / ROWS) * (height - 4);
  context.fillStyle = colour("--sunken");
  context.fillRect(0, 0, width, height);
  if (lane.allowed) {
    const [low, high] = lane.allowed;
    context.fillStyle = colour("--valid-soft");
    context.fillRect(0, y(high), width, y(low) - y(high));
    context.fillStyle = colour("--valid");
    for (const row of [low, high]) {
      if (row > 0 && row < ROWS) {
        context.fillRect(0, Math.round(y(row)), width, 1);
      }
    }
  }
  context.strokeStyle = colour("--valid");
  context.lineWidth = 1;
  context.setLineDash([4, 6]);
  for (const row of lane.dashed) {
    line(context, [0, y(row), width, y(row)]);
  }
  context.setLineDash([]);
  for (const [kind, top] of /** @type {[string, number][]} */ ([["yes", 0], ["no", height * 0.85]])) {
    context.fillStyle = colour(kind === "yes" ? "--valid" : "--wrong");
    for (const column of lane.marks[kind] ?? []) {
      context.fillRect((column / COLUMNS) * width, top, Math.max(1, width / COLUMNS), height * 0.15);
    }
  }
  context.lineJoin = "round";
  for (const [state, points] of lane.curves) {
    context.strokeStyle = colour(state === "valid" ? "--text" : `--${state}`);
    context.lineWidth = pixel * (state === "wrong" ? 3 : state === "valid" ? 1.6 : 0.8);
    const path = [];
    for (let place = 0; place < points.length; place += 2) {
      path.push((points[place] / COLUMNS) * width, y(points[place + 1]));
    }
    line(context, path);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number[]} path x and y in turn
 */
function line(context, path) {
  context.beginPath();
  context.moveTo(path[0], path[1]);
  for (let place = 2; place < path.length; place += 2) {
    context.lineTo(path[place], path[place + 1]);
  }
  context.stroke();
}

