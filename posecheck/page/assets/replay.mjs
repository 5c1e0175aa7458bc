// The replay's page: picture, panel, playing and keys.

import { Connection, byId, element, say, setText, word } from "./kit.mjs";
import { Stage } from "./stage.mjs";
import { Timeline, clock } from "./timeline.mjs";

/** @typedef {import("./stage.mjs").Moment} Moment */
/** @typedef {import("./stage.mjs").Reading} Reading */

/**
 * @typedef {object} Facts
 * @property {string} session
 * @property {string} annotator
 * @property {{name: string, title: string, limits: string, required: boolean}[]} rules
 * @property {import("./stage.mjs").Bone[]} bones
 * @property {Record<string, string>} keys
 */

/**
 * @typedef {object} More
 * @property {[number, number]} shown
 * @property {boolean} playing
 * @property {number} speed
 * @property {boolean} annotating
 * @property {boolean} blind
 * @property {boolean} seen
 * @property {string} asking
 * @property {string} note
 * @property {boolean} can_undo
 * @property {boolean} can_redo
 * @property {string} notice
 * @property {string} not_saved
 * @property {string} saved_as
 * @property {number} read
 * @property {{name: string, warning: string, missing: string}} video
 * @property {string[]} problems
 */

/** @typedef {import("./timeline.mjs").State & More} State */

/** Commands after which keys wait for the answer, since it tells what they mean. */
const ANSWERED = new Set([
  "mark", "valid", "wrong", "unseen", "note", "select", "undo", "redo", "cancel", "delete",
]);

/** Longest wait for that answer, in milliseconds. */
const ANSWER_MS = 400;

/** @type {Facts | null} */
let facts = null;
/** @type {State | null} */
let state = null;
/** @type {Moment | null} */
let moment = null;
/** Keys that wait for an answer, at first for the first state. @type {KeyboardEvent[] | null} */
let waiting = [];

const stage = new Stage(byId("picture", HTMLCanvasElement));
const note = byId("note", HTMLTextAreaElement);
const rule = byId("rule", HTMLSelectElement);
const speed = byId("speed", HTMLSelectElement);
const help = byId("help", HTMLDialogElement);

const timeline = new Timeline((asked) => connection.send(asked));

const connection = new Connection({
  parts: {
    facts: (/** @type {Facts} */ now) => {
      facts = now;
      stage.bones = now.bones;
    },
    state: follow,
    timeline: (part) => timeline.take(part),
  },
  picture: draw,
});

// State

/** @param {State} now */
function follow(now) {
  const before = state;
  state = now;
  document.body.classList.toggle("playing", now.playing);
  const playing = word(now.playing ? "replay.pause" : "replay.play");
  byId("play").setAttribute("aria-label", playing);
  byId("play").title = `${playing} (Space)`;
  speed.value = String(now.speed.toFixed(now.speed % 1 ? 2 : 1)).replace(/0$/, now.speed % 1 ? "" : "0");
  press("loop", now.loop !== null);
  press("watch", !now.annotating);
  press("annotate", now.annotating);
  followBanners(now);
  followEditor(now, before);
  const hidden = now.annotating && now.blind;
  byId("blind").hidden = !now.annotating;
  press("blind", now.blind);
  byId("blinded").hidden = !hidden;
  byId("says").hidden = hidden;
  setText(byId("blinded-says"), word(now.seen ? "replay.hidden_after" : "replay.hidden_says"));
  for (const button of byId("jumps").querySelectorAll("button")) {
    button.disabled = hidden;
  }
  byId("notice").hidden = now.notice === "";
  setText(byId("notice"), now.notice);
  timeline.follow(now);
  if (moment) {
    drawPeople(moment);
  }
  answer();
}

/** @param {State} now */
function followBanners(now) {
  byId("not-saved").hidden = now.not_saved === "";
  setText(byId("not-saved-why"), now.not_saved);
  byId("video-warning").hidden = now.video.warning === "";
  setText(byId("video-warning"), `${word("replay.video_warning")} ${now.video.warning}`);
  const read = [];
  if (now.read < 1) {
    read.push(word("replay.reading", { percent: Math.floor(now.read * 100) }));
  }
  if (now.problems.length) {
    read.push(word("replay.problems", { count: now.problems.length }));
  }
  setText(byId("read"), read.length ? `· ${read.join(" · ")}` : "");
  byId("read").title = now.problems.join("\n");
}

/**
 * @param {State} now
 * @param {State | null} before
 */
function followEditor(now, before) {
  const { asking } = now;
  const item = now.selected === null ? null : now.items[now.selected];
  byId("editor").hidden = !now.annotating && !item && asking === "nothing";
  byId("undo", HTMLButtonElement).disabled = !now.can_undo || asking !== "nothing";
  byId("redo", HTMLButtonElement).disabled = !now.can_redo || asking !== "nothing";
  const question = questionOf(now);
  setText(byId("asked"), question);
  if (before && questionOf(before) !== question) {
    say(question);
  }
  setText(byId("mark-text"), word(asking === "end" ? "replay.mark_end" : "replay.mark_start"));
  byId("marks").hidden = item !== null || asking === "label";
  byId("labels").hidden = asking !== "label" && item === null;
  for (const name of ["valid", "wrong", "unseen"]) {
    press(`label-${name}`, item?.state === name);
  }
  byId("rules").hidden = asking !== "rule";
  if (asking === "rule" && byId("rules").childElementCount === 0) {
    fillRules();
  }
  byId("chosen-rule").hidden = item?.state !== "wrong" || asking === "rule";
  rule.value = String(1 + (facts?.rules.findIndex((found) => found.name === item?.rule) ?? -1));
  byId("note-field").hidden = item === null || asking === "rule";
  byId("edges").hidden = item === null || asking !== "nothing";
  byId("leave").hidden = asking === "nothing";
  if (document.activeElement !== note || now.selected !== before?.selected) {
    note.value = asking === "note" ? now.note : (item?.note ?? "");
  }
  if (asking === "note" && document.activeElement !== note) {
    note.focus();
    note.setSelectionRange(note.value.length, note.value.length);
  } else if (asking !== "note" && document.activeElement === note && before?.asking === "note") {
    byId("time").focus({ preventScroll: true });
  }
}

/**
 * @param {State} now
 * @returns {string}
 */
function questionOf(now) {
  const item = now.selected === null ? null : now.items[now.selected];
  const [start, end] = now.draft ?? [item?.start_s ?? 0, item?.end_s ?? 0];
  const span = { start: clock(start), end: clock(end) };
  if (now.asking === "end") {
    return word("replay.marking", span);
  }
  if (now.asking === "label") {
    return word("replay.what_is_it", span);
  }
  if (now.asking === "rule") {
    return word("replay.which_rule");
  }
  return item ? word("replay.from_to", span) : word("replay.mark_hint");
}

function fillRules() {
  const titles = [...(facts?.rules ?? []).map((found) => found.title)];
  const buttons = titles.map((title, place) => ruleButton(place + 1, title));
  byId("rules").replaceChildren(...buttons, ruleButton(0, word("replay.no_rule")));
}

/**
 * @param {number} number
 * @param {string} title
 * @returns {HTMLElement}
 */
function ruleButton(number, title) {
  const onclick = () => chooseRule(number);
  const key = element("kbd", { text: String(number), "aria-hidden": "true" });
  return element("button", { type: "button", onclick }, key, element("span", { text: title }));
}

/** @param {number} number */
function chooseRule(number) {
  connection.send({ do: "rule", number });
  openNote();
}

/** Open the note of the selected interval at once: what is typed next belongs into it. */
function openNote() {
  if (state && state.selected !== null) {
    byId("note-field").hidden = false;
    note.focus();
    note.setSelectionRange(note.value.length, note.value.length);
  }
}

// A picture

/**
 * @param {Moment} now
 * @param {ImageBitmap | null} image
 */
function draw(now, image) {
  moment = now;
  stage.draw(now, image);
  timeline.stand(now.t_s);
  setText(byId("clock"), now.clock);
  setText(byId("frame"), word("replay.frame", { frame: now.frame, frames: now.frames }));
  const slider = byId("time");
  slider.setAttribute("aria-valuemax", String(state?.whole[1] ?? 0));
  slider.setAttribute("aria-valuenow", now.t_s.toFixed(2));
  slider.setAttribute("aria-valuetext", word("replay.position_text", {
    clock: now.clock, frame: now.frame, frames: now.frames,
  }));
  const missing = state?.video.missing ?? "";
  const said = now.has_image && !now.fits ? word("replay.follows")
    : !now.landmarks ? word("replay.nobody")
      : !now.has_image && missing ? word("replay.no_video", { why: missing }) : "";
  byId("stage-note").hidden = said === "";
  setText(byId("stage-note"), said);
  if (now.says) {
    drawVerdict(now.says);
  } else {
    forget();
  }
  drawPeople(now);
}

/** @param {import("./stage.mjs").Verdict} says */
function drawVerdict(says) {
  const verdict = byId("verdict");
  verdict.className = `state big ${says.state}`;
  setText(verdict, word(`kit.${says.state}`));
  setText(byId("cue"), says.cue);
  byId("ring").setAttribute("stroke-dasharray", `${100 * says.share} 100`);
  setText(byId("hold"), says.held
    ? `${word("replay.hold", { held: says.held, target: says.target })} ${says.leg}`
    : word("replay.no_hold"));
  const list = byId("readings");
  if (list.childElementCount !== says.readings.length) {
    list.replaceChildren(...says.readings.map(readingRow));
  }
  says.readings.forEach((reading, number) => fillReading(list.children[number], reading));
}

/**
 * What people say of the moment that is shown.
 * @param {Moment} now
 */
function drawPeople(now) {
  const tiers = state === null || now.says === null ? [] : [
    { annotator: facts?.annotator ?? "", items: state.items }, ...state.others,
  ];
  const rows = tiers.flatMap(({ annotator, items }) => {
    const item = items.find((found) => found.start_s <= now.t_s && now.t_s < found.end_s);
    return item ? [{ annotator, item }] : [];
  });
  const key = JSON.stringify([rows, rows.length ? now.says?.state : ""]);
  const list = byId("people-list");
  byId("people").hidden = rows.length === 0;
  if (list.dataset["key"] === key) {
    return;
  }
  list.dataset["key"] = key;
  list.replaceChildren(...rows.map(({ annotator, item }) => {
    const said = element("span", { class: `state ${item.state}`, text: word(`kit.${item.state}`) });
    const rest = element("span", { text: item.title ? ` ${item.title}` : "" });
    const row = element("li", {}, element("strong", { text: annotator }), element("span", {}, said, rest));
    if (item.note) {
      row.append(element("span", { class: "note", text: item.note }));
    }
    if (item.state !== now.says?.state) {
      row.append(element("span", { class: "differs small", text: word("replay.differs") }));
    }
    return row;
  }));
}

/** What posecheck says must not stay on the page, not even out of sight. */
function forget() {
  byId("verdict").className = "state big";
  setText(byId("verdict"), "");
  setText(byId("cue"), "");
  setText(byId("hold"), "");
  byId("ring").setAttribute("stroke-dasharray", "0 100");
  byId("readings").replaceChildren();
}

/** @returns {HTMLElement} */
function readingRow() {
  const name = element("span", { class: "name" }, element("span"), element("small"));
  return element("li", {}, element("span"), name, element("span", { class: "value numbers" }, element("span"), element("small")));
}

/**
 * @param {Element} row
 * @param {Reading} reading
 */
function fillReading(row, reading) {
  const [sign, name, value] = /** @type {HTMLElement[]} */ ([...row.children]);
  if (sign.className !== `state ${reading.state}`) {
    sign.className = `state ${reading.state}`;
    sign.setAttribute("role", "img");
    sign.setAttribute("aria-label", word(`kit.${reading.state}`));
    value.className = `value numbers ${reading.state}`;
  }
  setText(/** @type {HTMLElement} */ (name.children[0]), reading.title);
  setText(/** @type {HTMLElement} */ (name.children[1]), reading.required ? "" : ` ${word("replay.advice")}`);
  setText(/** @type {HTMLElement} */ (value.children[0]), reading.value);
  const limits = /** @type {HTMLElement} */ (value.children[1]);
  limits.className = "limits";
  setText(limits, reading.state === "wrong" ? "" : `  ${reading.limits}`);
}

// Commands

/** @param {string} name */
function command(name) {
  if (name === "help") {
    help.showModal();
  } else if (name === "fullscreen") {
    large();
  } else {
    connection.send({ do: "command", name });
    if (name === "note" && state?.asking === "nothing" && state.selected !== null) {
      openNote();
    } else if (ANSWERED.has(name)) {
      waiting ??= [];
      setTimeout(answer, ANSWER_MS);
    }
  }
}

function large() {
  if (document.fullscreenElement) {
    document.exitFullscreen();
  } else {
    document.documentElement.requestFullscreen?.();
  }
}

/** Keys that came before posecheck had answered now mean what they would have meant after it. */
function answer() {
  const keys = waiting;
  waiting = null;
  for (const key of keys ?? []) {
    if (waiting) {
      /** @type {KeyboardEvent[]} */ (waiting).push(key);
    } else if (document.activeElement === note) {
      typeInto(key);
    } else {
      take(key);
    }
  }
}

/** @param {KeyboardEvent} key */
function typeInto(key) {
  if (key.key === "Enter" && !key.shiftKey) {
    keep();
  } else if (key.key === "Escape") {
    drop();
  } else if (key.key.length === 1) {
    note.setRangeText(key.key, note.selectionStart, note.selectionEnd, "end");
    written();
  }
}

document.addEventListener("keydown", (event) => {
  const target = event.target instanceof HTMLElement ? event.target : document.body;
  if (event.isComposing || help.open || target === note || target instanceof HTMLSelectElement) {
    return;
  }
  if (target instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter")) {
    return;
  }
  const undoing = (event.ctrlKey || event.metaKey) && !event.altKey;
  if (undoing && event.key.toLowerCase() === "z") {
    event.preventDefault();
    command(event.shiftKey ? "redo" : "undo");
  } else if (undoing && event.key.toLowerCase() === "y") {
    event.preventDefault();
    command("redo");
  }
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  if (waiting) {
    event.preventDefault();
    waiting.push(event);
  } else if (take(event)) {
    event.preventDefault();
  }
});

/**
 * Apply a key; return whether it means something.
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
function take(event) {
  const key = event.key.toLowerCase();
  if (state?.asking === "rule") {
    if (/^\d$/.test(key)) {
      chooseRule(Number(key));
      return true;
    }
    if (key === "enter") {
      chooseRule(0);
      return true;
    }
  }
  const name = facts?.keys[key];
  if (name === undefined || (state?.asking === "rule" && name !== "cancel")) {
    return false;
  }
  command(name);
  return true;
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button[data-command]") : null;
  if (button instanceof HTMLButtonElement) {
    command(button.dataset["command"] ?? "");
    if (event.detail > 0) {
      button.blur(); // clicked with a pointer: Space plays again
    }
  }
});

byId("watch").addEventListener("click", () => switchTo(false));
byId("annotate").addEventListener("click", () => switchTo(true));
byId("large").addEventListener("click", large);
byId("open-help").addEventListener("click", () => help.showModal());
byId("close-help").addEventListener("click", () => help.close());
speed.addEventListener("change", () => {
  connection.send({ do: "speed", speed: Number(speed.value) });
  speed.blur();
});
rule.addEventListener("change", () => connection.send({ do: "rule", number: Number(rule.value) }));

/** @param {boolean} annotating */
function switchTo(annotating) {
  if (state && state.annotating !== annotating) {
    command("annotate");
  }
}

/**
 * @param {string} id
 * @param {boolean} pressed
 */
function press(id, pressed) {
  byId(id).setAttribute("aria-pressed", String(pressed));
}

// The note

note.addEventListener("focus", () => {
  if (state?.asking === "nothing") {
    connection.send({ do: "command", name: "note" });
  }
});
note.addEventListener("input", written);
note.addEventListener("keydown", (event) => {
  if (event.isComposing) {
    return;
  }
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    keep();
  } else if (event.key === "Escape") {
    event.preventDefault();
    drop();
  }
});
note.addEventListener("blur", () => {
  if (state?.asking === "note") {
    connection.send({ do: "note", text: note.value, done: true });
  }
});

function written() {
  connection.send({ do: "note", text: note.value });
}

function keep() {
  connection.send({ do: "note", text: note.value, done: true });
}

function drop() {
  connection.send({ do: "command", name: "cancel" });
}
