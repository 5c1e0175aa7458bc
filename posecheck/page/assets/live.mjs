// The live page: shows what posecheck says, and sends what the person presses. It decides nothing.

import { connect, words } from "./kit.mjs";

/**
 * @typedef {object} Prompt  What the coach says at one moment (schema live-state).
 * @property {string} phase
 * @property {string} headline
 * @property {string} cue
 * @property {string} said
 * @property {string | null} verdict
 * @property {number} seconds
 * @property {number} target_s
 * @property {number} share
 * @property {string} side
 * @property {number} repetition
 * @property {number} repetitions
 * @property {number} completed
 * @property {number} planned
 * @property {string} reason
 * @property {string} waiting
 * @property {string} notice
 * @property {number | null} countdown_s
 * @property {boolean} view_good
 * @property {string[]} edges
 *
 * @typedef {object} Picture  What is drawn over one picture; points in pixels of the camera.
 * @property {number} width
 * @property {number} height
 * @property {[number, number, number, number, boolean][]} bones  x, y, x, y, of the stretched leg
 */

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {HTMLElement} element @param {string} text */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Symbols: one path for each verdict and phase, in a square of 100. */
const SIGNS = {
  valid: "M18 54 42 76 84 26",
  wrong: "M24 24 76 76M76 24 24 76",
  unseen: "M32 36a18 18 0 1 1 26 16q-8 4-8 14M50 82v1",
  "not-judged": "M50 12a38 38 0 1 0 .1 0M50 28v24l16 10",
  "set-up": "M12 34V12h22M66 12h22v22M88 66v22H66M34 88H12V66M50 34a8 8 0 1 0 .1 0M36 72q0-22 14-22t14 22",
  "get-into-position": "M50 14v52M28 46l22 24 22-24M22 86h56",
  hold: "M50 14v52M28 46l22 24 22-24M22 86h56",
  complete: "M18 54 42 76 84 26",
  rest: "M34 22v56M66 22v56",
  "change-side": "M16 36h62M60 18l18 18-18 18M84 68H22M40 50 22 68l18 18",
  paused: "M34 22v56M66 22v56",
  timer: "M50 12a38 38 0 1 0 .1 0M50 28v24l16 10",
  done: "M18 54 42 76 84 26",
};

const RING = 2 * Math.PI * 44;

/** @type {CanvasRenderingContext2D} */
let canvas;
let restFrom_s = 0;

/** Number, unit, share and kind of the ring: held seconds are rounded down, so they were held.
 * @param {Prompt} prompt
 * @returns {[string, string, number, string]}
 */
function ringOf(prompt) {
  if (prompt.phase === "done") {
    const share = prompt.completed / Math.max(1, prompt.planned);
    return [String(prompt.completed), words("live.of", { count: prompt.planned }), share, "held"];
  }
  if (prompt.countdown_s !== null) {
    restFrom_s = Math.max(restFrom_s, prompt.countdown_s);
    const kind = prompt.phase === "timer" ? "not-judged" : "rest";
    const unit = words(prompt.phase === "timer" ? "live.not-judged-unit" : "live.rest-unit");
    return [String(Math.ceil(prompt.countdown_s)), unit, prompt.countdown_s / restFrom_s, kind];
  }
  restFrom_s = 0;
  const held = String(Math.floor(prompt.seconds + 1e-6));
  const unit = words("live.of-seconds", { count: prompt.target_s });
  return [held, unit, prompt.share, prompt.waiting ? "waiting" : "held"];
}

/** @param {Prompt} prompt */
function showRing(prompt) {
  const [number, unit, share, kind] = ringOf(prompt);
  const ring = byId("ring");
  ring.dataset.kind = kind;
  ring.setAttribute("aria-valuenow", number);
  const fill = /** @type {SVGCircleElement} */ (ring.querySelector(".fill"));
  const length = Math.round(Math.min(share, 1) * RING * 10) / 10;
  fill.style.strokeDasharray = `${length} ${RING}`;
  fill.style.visibility = length ? "visible" : "hidden";
  put(byId("number"), number);
  put(byId("unit"), unit);
}

/** Dots of the repetitions: done, running, still to come.
 * @param {Prompt} prompt
 */
function showCount(prompt) {
  const text = words("live.count", { number: prompt.repetition, count: prompt.repetitions });
  put(byId("count-text"), text);
  const dots = byId("dots");
  const done = prompt.phase === "done" ? prompt.repetitions : prompt.repetition - 1 + Number(prompt.phase === "complete");
  const key = `${prompt.repetitions}/${done}/${prompt.repetition}`;
  if (dots.dataset.key === key) return;
  dots.dataset.key = key;
  dots.replaceChildren(
    ...Array.from({ length: prompt.repetitions <= 5 ? prompt.repetitions : 0 }, (_, number) => {
      const dot = document.createElement("span");
      dot.className = number < done ? "dot done" : number === prompt.repetition - 1 ? "dot now" : "dot";
      return dot;
    }),
  );
}

/** Word on top and sentence below it: what to do stands large, why the seconds stand still small.
 * @param {Prompt} prompt
 */
function showBand(prompt) {
  const judged = prompt.verdict !== null && prompt.phase !== "set-up";
  const top = judged ? words(`live.verdict.${prompt.verdict}`) : prompt.headline;
  const cue = prompt.cue || prompt.waiting || prompt.reason || (judged ? prompt.headline : "");
  const beside = [prompt.waiting, prompt.reason, prompt.said, prompt.headline].find(
    (text) => text && text !== top && !cue.includes(text) && !text.includes(cue || "\u0000"),
  );
  put(byId("top"), top);
  put(byId("beside"), beside ?? "");
  put(byId("cue"), cue);
  const sign = judged ? /** @type {keyof typeof SIGNS} */ (prompt.verdict) : prompt.phase;
  byId("sign-path").setAttribute("d", SIGNS[/** @type {keyof typeof SIGNS} */ (sign)] ?? "");
}

/** @param {Prompt} prompt @param {boolean} stale */
function showMirror(prompt, stale) {
  byId("mirror").classList.toggle("stale", stale);
  const place = byId("place");
  place.hidden = prompt.phase !== "set-up";
  place.classList.toggle("good", prompt.view_good);
  for (const edge of place.querySelectorAll("b")) {
    edge.classList.toggle("cut", prompt.edges.includes(edge.dataset.edge ?? ""));
  }
  const notice = byId("notice");
  put(notice, prompt.notice);
  notice.hidden = !prompt.notice || prompt.notice === prompt.cue || prompt.notice === prompt.reason;
}

/** Demonstration and place of the camera: until the person is in position, and for the other side.
 * @param {Prompt} prompt
 */
function showDemonstration(prompt) {
  const wanted = ["set-up", "get-into-position", "change-side"].includes(prompt.phase);
  byId("demo").hidden = !wanted;
  const image = byId("demo-image");
  image.classList.toggle("other-side", prompt.side === "left");
  byId("plan").hidden = prompt.phase !== "set-up";
}

/** Draw a picture as a mirror shows it, with the skeleton found in this very picture.
 * @param {ImageBitmap} bitmap @param {Picture} picture
 */
export function drawPicture(bitmap, picture) {
  const context = canvas;
  const { canvas: element } = context;
  if (element.width !== bitmap.width || element.height !== bitmap.height) {
    element.width = bitmap.width;
    element.height = bitmap.height;
    document.body.style.setProperty("--aspect", String(bitmap.width / bitmap.height));
  }
  const scale = bitmap.width / picture.width;
  context.setTransform(-1, 0, 0, 1, bitmap.width, 0);
  context.drawImage(bitmap, 0, 0);
  context.lineCap = "round";
  const tint = getComputedStyle(byId("mirror")).borderTopColor;
  const thick = Math.max(3, bitmap.height / 110);
  for (const [passes, colour, share] of /** @type {[number, string, number][]} */ ([[0, "#0b0f14", 1.7], [0, tint, 1]])) {
    context.strokeStyle = colour;
    for (const [x1, y1, x2, y2, stretched] of picture.bones) {
      context.lineWidth = thick * share * (stretched ? 1.6 : 1) + passes;
      context.beginPath();
      context.moveTo(x1 * scale, y1 * scale);
      context.lineTo(x2 * scale, y2 * scale);
      context.stroke();
    }
  }
}
