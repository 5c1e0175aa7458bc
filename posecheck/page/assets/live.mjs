// The live page: shows what posecheck says, and sends what the person presses. It decides nothing.

import { Connection, byId, element, setText, word } from "./kit.mjs";

/**
 * What the coach says at one moment.
 * @typedef {object} Screen
 * @property {string} phase
 * @property {string} headline
 * @property {string} cue
 * @property {string} said
 * @property {string | null} tone
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
 * @property {string} notice
 * @property {number | null} countdown_s
 * @property {boolean} view_good
 * @property {string[]} edges
 * @property {string} ring
 * @property {string} ring_text
 * @property {number | null} timer_s
 * @property {string} exercise
 * @property {number} part
 * @property {number} parts
 * @property {number} hands_share
 * @property {Question | null} question
 * @property {Achieved[]} achieved
 */

/**
 * @typedef {{about: string, text: string, choices: string[], left_s: number}} Question
 * @typedef {{side: string, complete: number, planned: number, timed: number, valid_s: number,
 *   not_judged_s: number}} SideResult
 * @typedef {{exercise: string, sides: SideResult[], cost_s: number, change: string,
 *   ended_early: boolean}} Achieved
 */

/**
 * What belongs to one exercise.
 * @typedef {object} Facts
 * @property {string} camera
 * @property {string} demonstration
 * @property {string} plan
 * @property {string[]} steps
 * @property {string[]} departures
 */

/**
 * @typedef {object} Status
 * @property {string[]} notes
 * @property {boolean} recording
 * @property {boolean} stale
 * @property {number | null} closes_s
 * @property {boolean} report
 */

/**
 * What is drawn over one picture; points in pixels of the camera's picture.
 * @typedef {object} Picture
 * @property {number} width
 * @property {number} height
 * @property {[number, number, number, number, boolean][]} bones  from, to, of the stretched leg
 */

/** Symbols of verdicts and phases, told apart by their shape alone, in a square of 100. */
const SIGNS = /** @type {Record<string, string>} */ ({
  valid: "M18 54 42 76 84 26",
  wrong: "M24 24 76 76M76 24 24 76",
  unseen: "M32 36a18 18 0 1 1 26 16q-8 4-8 14M50 82v1",
  timer: "M50 12a38 38 0 1 0 .1 0M50 28v24l16 10",
  "set-up": "M12 34V12h22M66 12h22v22M88 66v22H66M34 88H12V66M50 32a8 8 0 1 0 .1 0M36 72q0-20 14-20t14 20",
  "get-into-position": "M50 14v52M28 46l22 24 22-24M22 86h56",
  hold: "M50 14v52M28 46l22 24 22-24M22 86h56",
  complete: "M18 54 42 76 84 26",
  rest: "M36 24v52M64 24v52",
  paused: "M36 24v52M64 24v52",
  "change-side": "M16 36h62M60 18l18 18-18 18M84 68H22M40 50 22 68l18 18",
  done: "M18 54 42 76 84 26",
});

/** Phases in which the demonstration is shown beside the picture. */
const SHOWN = ["set-up", "get-into-position", "change-side"];

/** Parts of the page, one at a time. */
const STAGES = ["choose", "cautions", "starting", "stretch", "end"];

const ROUND = 2 * Math.PI * 44;
const MOST_DOTS = 5;

const live = byId("live");
const canvas = byId("picture", HTMLCanvasElement);

let stage = "";
let countFrom_s = 0;
/** Differences from the dose of the exercise: told until the first hold. */
let departures = "";
/** @type {WakeLockSentinel | null} */
let awake = null;

const connection = new Connection({
  parts: {
    stage: showStage,
    choices: showChoices,
    cautions: showCautions,
    facts: showFacts,
    screen: showScreen,
    status: showStatus,
  },
  picture: drawPicture,
  ahead: true,
});

// ---- which part of the page is shown --------------------------------------------------------

/** @param {{name: string}} now */
function showStage(now) {
  stage = now.name;
  live.dataset.stage = stage;
  for (const name of STAGES) {
    byId(name).hidden = name !== stage;
  }
  const first = { choose: "begin", cautions: "confirm", end: "close" }[stage];
  if (first) {
    byId(first).focus();
  }
  keepAwake();
}

// ---- the start page -------------------------------------------------------------------------

/**
 * @typedef {{name: string, title: string, summary: string, dose: string, sided: boolean,
 *   demonstration: string}} Exercise
 * @typedef {{value: string, label: string}} Choice
 * @typedef {{exercise: string, side: string, repetitions: number, camera: string,
 *   sound: boolean}} Chosen
 * @typedef {{exercises: Exercise[], cameras: Choice[], chosen: Chosen, problem: string,
 *   looking: boolean}} Choices
 */

/** @type {Choices | null} */
let choices = null;

/** @param {Choices} now */
function showChoices(now) {
  const first = choices === null;
  choices = now;
  setText(byId("choose-problem"), now.problem);
  byId("look").hidden = !now.looking;
  if (!first) {
    return; // what was chosen meanwhile stays
  }
  const { chosen } = now;
  byId("exercises").replaceChildren(
    ...now.exercises.map((one) =>
      element(
        "label",
        { class: "choice" },
        element("input", {
          type: "radio",
          name: "exercise",
          value: one.name,
          checked: one.name === chosen.exercise,
        }),
        element("img", { src: one.demonstration, alt: "" }),
        element("b", { text: one.title }),
        element("span", { class: "muted", text: one.summary }),
      ),
    ),
  );
  byId("camera").replaceChildren(
    ...now.cameras.map((one) =>
      element("option", {
        value: one.value,
        text: one.label,
        selected: one.value === chosen.camera,
      }),
    ),
  );
  byId("repetitions", HTMLInputElement).value = String(chosen.repetitions);
  byId("sound", HTMLInputElement).checked = chosen.sound;
  const side = live.querySelector(`input[name="side"][value="${chosen.side}"]`);
  if (side instanceof HTMLInputElement) {
    side.checked = true;
  }
  showDose();
}

/** @param {string} name */
function picked(name) {
  const found = live.querySelector(`input[name="${name}"]:checked`);
  return found instanceof HTMLInputElement ? found.value : "";
}

function showDose() {
  const one = choices?.exercises.find((exercise) => exercise.name === picked("exercise"));
  setText(byId("dose"), one?.dose ?? "");
  byId("sides").hidden = !one?.sided;
}

/** @returns {Chosen} */
function chosenNow() {
  return {
    exercise: picked("exercise"),
    side: picked("side") || "both",
    repetitions: byId("repetitions", HTMLInputElement).valueAsNumber,
    camera: byId("camera", HTMLSelectElement).value,
    sound: byId("sound", HTMLInputElement).checked,
  };
}

byId("choose").addEventListener("change", showDose);
byId("choose").addEventListener("submit", (event) => {
  event.preventDefault();
  connection.send({ do: "begin", ...chosenNow() });
});
byId("look-through").addEventListener("click", () => {
  connection.send({ do: "look", ...chosenNow() });
});

// ---- cautions -------------------------------------------------------------------------------

/** @param {{title: string, paragraphs: string[], ask: string}} now */
function showCautions(now) {
  setText(byId("cautions-title"), now.title);
  setText(byId("confirm"), now.ask);
  for (const list of ["cautions-list", "cautions-again"]) {
    byId(list).replaceChildren(
      ...now.paragraphs.map((text) =>
        element("li", { class: text.endsWith(":") ? "heading" : null, text }),
      ),
    );
  }
}

byId("confirm").addEventListener("click", () => connection.send({ do: "confirm" }));
byId("leave").addEventListener("click", () => connection.send({ do: "end" }));

// ---- while it runs --------------------------------------------------------------------------

/** @param {Facts} facts */
function showFacts(facts) {
  for (const [id, source] of [
    ["demo-image", facts.demonstration],
    ["plan", facts.plan],
  ]) {
    const image = byId(id, HTMLImageElement);
    image.hidden = !source;
    if (source) {
      image.src = source;
    }
  }
  setText(byId("camera-text"), facts.camera);
  byId("steps").replaceChildren(...facts.steps.map((text) => element("li", { text })));
  departures = facts.departures.join(" ");
  setText(byId("departures"), departures);
}

/** @param {Screen} screen */
function showScreen(screen) {
  const judged = screen.verdict !== null && screen.phase !== "set-up";
  const timed = screen.phase === "timer";
  const look = timed ? "not-judged" : judged ? String(screen.verdict) : screen.phase;
  if (live.dataset.look !== look) {
    live.dataset.look = look;
  }
  showMirror(screen);
  showRing(screen);
  showCount(screen);
  showBand(screen, judged, timed);
  byId("demo").hidden = !SHOWN.includes(screen.phase);
  byId("set-up").hidden = screen.phase !== "set-up";
  byId("counting").hidden = screen.phase === "set-up";
  byId("demo-image").classList.toggle("other-side", screen.side === "left");
  const hands = byId("hands");
  hands.hidden = screen.hands_share <= 0;
  fill(hands, screen.hands_share);
  showEnd(screen);
}

/** @param {Screen} screen */
function showMirror(screen) {
  const place = byId("place");
  place.hidden = screen.phase !== "set-up";
  place.classList.toggle("good", screen.view_good);
  for (const edge of place.querySelectorAll("b")) {
    edge.classList.toggle("cut", screen.edges.includes(edge.dataset.edge ?? ""));
  }
  const notice = screen.notice || (screen.phase === "set-up" ? departures : "");
  setText(byId("notice"), notice);
  byId("notice").hidden = !notice;
}

/**
 * Number, unit and share of the ring. Held seconds are rounded down: what stands there was held.
 * @param {Screen} screen
 * @returns {[number, string, number]}
 */
function ringOf(screen) {
  if (screen.phase === "done") {
    const share = screen.completed / Math.max(1, screen.planned);
    return [screen.completed, word("live.of", { count: screen.planned }), share];
  }
  if (screen.countdown_s !== null) {
    countFrom_s = Math.max(countFrom_s, screen.countdown_s, 0.001);
    const share = screen.countdown_s / countFrom_s;
    return [Math.ceil(screen.countdown_s), word("live.countdown"), share];
  }
  countFrom_s = 0;
  if (screen.timer_s !== null) {
    const share = screen.timer_s / screen.target_s;
    return [Math.floor(screen.timer_s + 1e-6), word("live.timer"), share];
  }
  const unit = word("live.of_seconds", { count: screen.target_s });
  return [Math.floor(screen.seconds + 1e-6), unit, screen.share];
}

/** @param {Screen} screen */
function showRing(screen) {
  const [number, unit, share] = ringOf(screen);
  const ring = byId("ring");
  ring.dataset.kind = screen.ring;
  ring.setAttribute("aria-valuenow", String(number));
  ring.setAttribute("aria-valuetext", `${number} ${unit}`);
  fill(ring, share);
  setText(byId("number"), String(number));
  setText(byId("unit"), unit);
  setText(byId("ring-text"), screen.ring_text);
}

/**
 * @param {HTMLElement} ring
 * @param {number} share
 */
function fill(ring, share) {
  const arc = /** @type {SVGCircleElement} */ (ring.querySelector(".fill"));
  const length = Math.round(Math.min(share, 1) * ROUND * 10) / 10;
  const dashes = `${length} ${Math.ceil(ROUND)}`;
  if (arc.style.strokeDasharray !== dashes) {
    arc.style.strokeDasharray = dashes;
    arc.style.visibility = length > 0 ? "visible" : "hidden";
  }
}

/** @param {Screen} screen */
function showCount(screen) {
  const sided = screen.side === "left" || screen.side === "right";
  setText(byId("leg"), sided ? word(`live.leg_${screen.side}`) : screen.exercise);
  const { repetition, repetitions } = screen;
  setText(byId("count-text"), word("live.count", { number: repetition, count: repetitions }));
  const part = { number: screen.part, count: screen.parts };
  setText(byId("part"), screen.parts > 1 ? word("live.part", part) : "");
  const done = screen.phase === "done" || screen.ring === "complete" ? repetition : repetition - 1;
  const dots = byId("dots");
  const key = `${repetitions} ${done} ${repetition}`;
  if (dots.dataset.key === key) {
    return;
  }
  dots.dataset.key = key;
  const count = repetitions <= MOST_DOTS ? repetitions : 0;
  dots.replaceChildren(
    ...Array.from({ length: count }, (_, index) =>
      element("i", { class: index < done ? "done" : index === repetition - 1 ? "now" : null }),
    ),
  );
}

/**
 * Whether one of two texts says all that the other says; capitals do not matter.
 * @param {string} one
 * @param {string} other
 */
function repeats(one, other) {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  return a !== "" && b !== "" && (a.includes(b) || b.includes(a));
}

/**
 * A word on top, and below it what to do; why the seconds stand still is second to that.
 * @param {Screen} screen
 * @param {boolean} judged
 * @param {boolean} timed
 */
function showBand(screen, judged, timed) {
  // A person who is still getting into position has done nothing wrong.
  const early = screen.phase === "get-into-position" && screen.ring !== "stopped";
  const notYet = judged && early && screen.verdict === "wrong";
  const verdict = timed ? "not_judged" : notYet ? "not_yet" : screen.verdict;
  const top = judged || timed ? word(`live.${verdict}`) : screen.headline;
  const said = screen.said.startsWith(`${top}. `) ? screen.said.slice(top.length + 2) : screen.said;
  const fresh = (/** @type {string} */ text) => text.toLowerCase() !== top.toLowerCase();
  // In valid form there is nothing to change: what could be better stands beside, in small letters.
  const steady = judged && screen.phase === "hold" && screen.verdict === "valid";
  const asked = steady ? [screen.headline] : [screen.cue, screen.reason, screen.headline];
  const cue = asked.find((text) => text && fresh(text)) ?? "";
  const beside = [steady ? screen.cue : "", screen.reason, said, screen.headline].find(
    (text) => text && fresh(text) && !repeats(text, cue) && !repeats(text, screen.ring_text),
  );
  const message = byId("message");
  const key = [top, beside, cue].join("\n");
  if (message.dataset.key !== key) {
    message.dataset.key = key;
    setText(byId("top"), top);
    setText(byId("beside"), beside ?? "");
    setText(byId("cue"), cue);
    message.classList.toggle("alone", !cue);
    message.classList.remove("tight");
    const room = byId("band").clientHeight;
    if (message.scrollHeight > room) {
      setText(byId("beside"), ""); // what to do comes first
      message.classList.toggle("tight", message.scrollHeight > room);
    }
  }
  const sign = SIGNS[judged && !notYet ? String(screen.verdict) : screen.phase] ?? "";
  const path = /** @type {SVGPathElement} */ (live.querySelector("#sign path"));
  if (path.getAttribute("d") !== sign) {
    path.setAttribute("d", sign);
  }
}

/** @param {Status} status */
function showStatus(status) {
  setText(byId("note"), status.notes.join(" · "));
  byId("recording").hidden = !status.recording;
  byId("mirror").classList.toggle("stale", status.stale);
  byId("report").hidden = !status.report;
  const { closes_s } = status;
  const closes = closes_s === null ? "" : word("live.closes", { count: Math.ceil(closes_s) });
  setText(byId("closes"), closes);
}

/**
 * A picture as a mirror shows it, with the skeleton that was found in this very picture.
 * @param {Picture} picture
 * @param {ImageBitmap | null} image
 */
function drawPicture(picture, image) {
  const target = stage === "choose" ? byId("look", HTMLCanvasElement) : canvas;
  const brush = target.getContext("2d", { alpha: false });
  if (!image || !brush) {
    return;
  }
  if (target.width !== image.width || target.height !== image.height) {
    target.width = image.width;
    target.height = image.height;
    live.style.setProperty("--aspect", String(image.width / image.height));
  }
  brush.setTransform(-1, 0, 0, 1, image.width, 0);
  brush.drawImage(image, 0, 0);
  const scale = image.width / picture.width;
  const thick = Math.max(3, image.height / 120);
  const tint = getComputedStyle(byId("mirror")).borderTopColor;
  brush.lineCap = "round";
  for (const [colour, wider] of /** @type {[string, number][]} */ ([
    ["#0b0f14", 1.9],
    [tint, 1],
  ])) {
    brush.strokeStyle = colour;
    for (const [x1, y1, x2, y2, stretched] of picture.bones) {
      brush.lineWidth = thick * wider * (stretched ? 1.7 : 1);
      brush.beginPath();
      brush.moveTo(x1 * scale, y1 * scale);
      brush.lineTo(x2 * scale, y2 * scale);
      brush.stroke();
    }
  }
}

// ---- the end --------------------------------------------------------------------------------

let asked = "";

/** @param {Screen} screen */
function showEnd(screen) {
  setText(byId("end-title"), screen.headline);
  const results = byId("results");
  const key = JSON.stringify(screen.achieved);
  if (results.dataset.key !== key) {
    results.dataset.key = key;
    results.replaceChildren(...screen.achieved.map(resultOf));
  }
  const { question } = screen;
  byId("question").hidden = question === null;
  if (question === null || asked === question.about) {
    return;
  }
  asked = question.about;
  setText(byId("question-text"), question.text);
  byId("answers").replaceChildren(
    ...question.choices.map((choice) =>
      element("button", {
        text: /^\d+$/.test(choice) ? choice : word(`live.answer_${choice}`),
        onclick: () => connection.send({ do: "answer", about: question.about, choice }),
      }),
    ),
  );
}

/**
 * @param {Achieved} achieved
 * @returns {HTMLElement}
 */
function resultOf(achieved) {
  const cards = achieved.sides.map((side) => {
    const whose = side.side === "both" ? achieved.exercise : word(`live.leg_${side.side}`);
    const holds = word("live.holds", { complete: side.complete, planned: side.planned });
    const valid = word("live.valid_seconds", { count: side.valid_s.toFixed(1) });
    const card = element(
      "div",
      { class: "card" },
      element("h3", { text: whose }),
      element("p", { class: "large numbers", text: holds }),
      element("p", { class: "state valid numbers", text: valid }),
    );
    if (side.not_judged_s > 0) {
      const text = word("live.not_judged_seconds", { count: side.not_judged_s.toFixed(1) });
      card.append(element("p", { class: "state not-judged numbers", text }));
    }
    return card;
  });
  const made = element(
    "section",
    {},
    element("h2", { text: achieved.exercise }),
    element("div", { class: "cards" }, ...cards),
  );
  if (achieved.change) {
    const cost = word("live.cost", { seconds: achieved.cost_s.toFixed(1) });
    made.append(element("p", { class: "muted", text: cost }));
    made.append(element("p", { class: "large", text: achieved.change }));
  }
  return made;
}

byId("close").addEventListener("click", () => connection.send({ do: "end" }));
byId("report").addEventListener("click", () => window.open("/documents/report", "_blank"));

// ---- keys, full screen, a screen that stays on ----------------------------------------------

const KEYS = /** @type {Record<string, string>} */ ({
  " ": "pause",
  n: "skip",
  r: "restart",
  s: "side",
  m: "mute",
  q: "end",
});

document.addEventListener("keydown", (event) => {
  fillScreen();
  const help = byId("help", HTMLDialogElement);
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || help.open) {
    return;
  }
  const key = event.key.toLowerCase();
  if (key === "f") {
    toggleFullScreen();
  } else if (stage !== "stretch") {
    return;
  } else if (["h", "?", "f1", "c"].includes(key)) {
    event.preventDefault();
    help.showModal();
    help.scrollTop = 0; // the button that has the focus stands at its end
  } else if (KEYS[key]) {
    event.preventDefault();
    connection.send({ do: "press", key: KEYS[key] });
  }
});
document.addEventListener("click", fillScreen);

let filled = false;

/** Full screen with the first click or key; later only by F, so that leaving it is respected. */
function fillScreen() {
  if (!filled) {
    filled = true;
    document.documentElement.requestFullscreen().catch(() => {});
  }
}

function toggleFullScreen() {
  if (document.fullscreenElement) {
    document.exitFullscreen();
  } else {
    document.documentElement.requestFullscreen().catch(() => {});
  }
}

/** Keep the screen on while somebody lies in front of it. */
async function keepAwake() {
  const wanted = stage === "stretch" && document.visibilityState === "visible";
  if (wanted && !awake && "wakeLock" in navigator) {
    try {
      awake = await navigator.wakeLock.request("screen");
      awake.addEventListener("release", () => {
        awake = null;
      });
    } catch {
      awake = null; // the system refuses: its own settings hold
    }
  } else if (!wanted) {
    await awake?.release();
  }
}
document.addEventListener("visibilitychange", keepAwake);
