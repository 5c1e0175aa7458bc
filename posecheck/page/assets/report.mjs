// Zoom and read-out of a report's drawings. Every number and word shown here was written by
// posecheck into the file; nothing is computed but places on the screen.

/**
 * @typedef {object} Curve
 * @property {string} title
 * @property {string} unit "deg" or "ratio"
 * @property {(number | null)[]} values in tenths of a degree or hundredths of a ratio
 *
 * @typedef {object} Moments
 * @property {number[]} t hundredths of a second
 * @property {[number, string, string][]} states from which moment on: state and what is said
 * @property {Curve[]} curves
 */

const SVG = "http://www.w3.org/2000/svg";
const STEPS_S = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const MOST_TICKS = 9;
const CLOSEST_S = 2;

/** @type {Record<string, Record<string, string>>} */
const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

/**
 * @param {number} t hundredths of a second
 * @param {boolean} fine
 */
function clock(t, fine) {
  const tenths = Math.round(t / 10);
  const minutes = Math.floor(tenths / 600);
  const rest = ((tenths % 600) / 10).toFixed(fine ? 1 : 0).padStart(fine ? 4 : 2, "0");
  return `${minutes}:${rest}`;
}

/**
 * @param {number | null} value
 * @param {string} unit
 */
function measured(value, unit) {
  if (value === null) return words.report.not_measured;
  return unit === "deg" ? `${Math.round(value / 10)}°` : (value / 100).toFixed(2);
}

class Course {
  /** @param {HTMLElement} section */
  constructor(section) {
    /** @type {Moments} */
    this.moments = JSON.parse(section.querySelector(".moments")?.textContent ?? "{}");
    this.slider = /** @type {HTMLInputElement} */ (section.querySelector("input[type=range]"));
    this.output = /** @type {HTMLOutputElement} */ (section.querySelector("output"));
    this.drawings = /** @type {SVGSVGElement[]} */ ([
      ...section.querySelectorAll("svg.timeline, svg.curve"),
    ]);
    this.end = this.moments.t[this.moments.t.length - 1];
    this.view = { start: 0, end: Math.max(1, this.end) };
    this.cursors = this.drawings.flatMap((drawing) => {
      return [...drawing.querySelectorAll("svg.scaled")].map((inner) => {
        const cursor = document.createElementNS(SVG, "path");
        cursor.setAttribute("class", "cursor");
        inner.append(cursor);
        return cursor;
      });
    });
    this.slider.max = String(this.moments.t.length - 1);
    this.slider.addEventListener("input", () => this.show(Number(this.slider.value)));
    for (const drawing of this.drawings) this.listen(drawing);
    for (const button of section.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => {
        this.zoom(/** @type {HTMLElement} */ (button).dataset.zoom ?? "all");
      });
    }
    const reader = /** @type {HTMLElement} */ (section.querySelector(".reader"));
    reader.addEventListener("keydown", (event) => {
      const how = { "+": "in", "-": "out", 0: "all" }[event.key];
      if (how !== undefined && !event.ctrlKey && !event.metaKey) this.zoom(how);
    });
    reader.hidden = false;
    this.show(0);
  }

  /** @param {SVGSVGElement} drawing */
  listen(drawing) {
    const point = (/** @type {PointerEvent} */ event) => {
      const box = drawing.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      this.showTime(this.view.start + share * (this.view.end - this.view.start));
    };
    drawing.addEventListener("pointermove", point);
    drawing.addEventListener("pointerdown", point);
    drawing.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey) return; // the page itself scrolls
        event.preventDefault();
        this.zoom(event.deltaY < 0 ? "in" : "out");
      },
      { passive: false },
    );
  }

  /** @param {number} t hundredths of a second */
  showTime(t) {
    const times = this.moments.t;
    let low = 0;
    let high = times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (times[middle] <= t) low = middle;
      else high = middle - 1;
    }
    this.slider.value = String(low);
    this.show(low);
  }

  /** @param {number} place number of the moment */
  show(place) {
    const t = this.moments.t[place];
    for (const cursor of this.cursors) cursor.setAttribute("d", `M${t} 0V1000`);
    const [, state, said] = this.moments.states.findLast(([from]) => from <= place) ?? [0, "", ""];
    const parts = this.moments.curves.map((curve) => {
      return `${curve.title} ${measured(curve.values[place], curve.unit)}`;
    });
    const mark = document.createElement("span");
    mark.className = `state ${state}`;
    mark.textContent = said;
    this.output.replaceChildren(`${clock(t, true)} `, mark, ` ${parts.join(" · ")}`);
    this.slider.setAttribute("aria-valuetext", `${clock(t, true)}, ${said}. ${parts.join(", ")}`);
    if (t < this.view.start || t > this.view.end) this.look(t, this.view.end - this.view.start);
  }

  /** @param {string} how in, out or all */
  zoom(how) {
    const factor = { in: 0.5, out: 2 }[how] ?? Infinity;
    const middle = this.moments.t[Number(this.slider.value)];
    const wide = (this.view.end - this.view.start) * factor;
    this.look(middle, Math.max(Math.min(wide, this.end), Math.min(CLOSEST_S * 100, this.end), 1));
  }

  /**
   * @param {number} middle hundredths of a second
   * @param {number} wide
   */
  look(middle, wide) {
    const start = Math.max(0, Math.min(middle - wide / 2, this.end - wide));
    this.view = { start, end: start + wide };
    for (const drawing of this.drawings) {
      for (const inner of drawing.querySelectorAll("svg.scaled")) {
        inner.setAttribute("viewBox", `${start} 0 ${wide} 1000`);
      }
      for (const label of drawing.querySelectorAll("[data-s]")) {
        const at = (Number(/** @type {SVGElement} */ (label).dataset.s) * 100 - start) / wide;
        label.setAttribute("x", `${100 * at}%`);
        label.setAttribute("visibility", at < 0 || at > 1 ? "hidden" : "visible");
      }
      this.tick(drawing);
    }
  }

  /** @param {SVGSVGElement} drawing */
  tick(drawing) {
    const old = [...drawing.querySelectorAll(".tick")];
    const y = old[0]?.getAttribute("y") ?? "92";
    const { start, end } = this.view;
    const wide = end - start;
    const step = 100 * (STEPS_S.find((s) => wide / 100 / s <= MOST_TICKS) ?? 3600);
    for (const one of old) one.remove();
    for (let t = Math.ceil(start / step) * step; t <= end; t += step) {
      const at = (t - start) / wide;
      if (at > 0.97) continue;
      const letters = document.createElementNS(SVG, "text");
      letters.setAttribute("class", at < 0.02 ? "tick first" : "tick");
      letters.setAttribute("x", `${100 * at}%`);
      letters.setAttribute("y", y);
      letters.textContent = clock(t, step < 100);
      drawing.append(letters);
    }
  }
}

for (const section of document.querySelectorAll("section.course")) {
  new Course(/** @type {HTMLElement} */ (section));
}
