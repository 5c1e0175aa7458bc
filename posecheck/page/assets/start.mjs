// The start page: recent sessions with their results, and what can be opened.

import { Connection, byId, element, setText, word } from "./kit.mjs";

/**
 * @typedef {object} Session
 * @property {string} name
 * @property {string} title
 * @property {string} when
 * @property {number | null} complete
 * @property {number | null} holds
 * @property {number | null} valid_s
 * @property {number | null} wrong_s
 * @property {number | null} unseen_s
 * @property {string} problem
 */

/**
 * @typedef {object} State
 * @property {string} folder
 * @property {Session[]} sessions
 * @property {number} more
 * @property {string[]} offers
 * @property {string} opening
 * @property {string} problem
 */

/** What is shown in a tab of its own, so that this page stays. */
const OWN_TAB = new Set(["report", "progress"]);

/** @type {State | null} */
let state = null;
/** The tab for what is being opened, if it has one. @type {Window | null} */
let tab = null;

const connection = new Connection({
  parts: {
    state: show,
    opened: (opened) => {
      if (tab && !tab.closed) {
        tab.location.replace(opened.address);
      } else {
        location.assign(opened.address);
      }
      tab = null;
    },
  },
});

for (const name of ["live", "progress"]) {
  byId(name).addEventListener("click", () => open(name, 0));
}

/**
 * @param {string} name
 * @param {number} number
 */
function open(name, number) {
  // Only a click may open a tab: it is opened now, and filled when posecheck is ready.
  tab = OWN_TAB.has(name) ? window.open("about:blank", "_blank") : null;
  connection.send({ do: name, number });
}

/** @param {State} now */
function show(now) {
  state = now;
  if (now.problem) {
    tab?.close();
    tab = null;
  }
  setText(byId("folder"), word("start.folder", { folder: now.folder }));
  const problem = byId("problem");
  problem.hidden = !now.problem && !now.opening;
  problem.classList.toggle("calm", !now.problem);
  setText(problem, now.problem || now.opening);
  for (const name of ["live", "progress"]) {
    byId(name).hidden = !now.offers.includes(name);
  }
  byId("empty").hidden = now.sessions.length > 0;
  byId("more").hidden = now.more === 0;
  setText(byId("more"), word("start.more", { count: now.more }));
  byId("sessions").replaceChildren(...now.sessions.map(row));
}

/**
 * @param {Session} session
 * @param {number} number
 * @returns {HTMLElement}
 */
function row(session, number) {
  const heading = element("h3", { text: session.title || session.name });
  const facts = element("p", { class: "muted small", text: `${session.when} · ${session.name}` });
  const about = element("div", {}, heading, facts);
  if (session.problem) {
    const why = element("p", { class: "small", text: session.problem });
    return element("li", { class: "card session" }, about, why);
  }
  return element("li", { class: "card session" }, about, results(session), actions(session, number));
}

/**
 * @param {Session} session
 * @returns {HTMLElement}
 */
function results(session) {
  const holds = word("start.holds", { complete: session.complete ?? "–", holds: session.holds ?? "–" });
  const parts = element("div", {}, element("p", { class: "small numbers", text: holds }));
  if (session.valid_s === null) {
    parts.append(element("p", { class: "small muted", text: word("start.cut_off") }));
    return parts;
  }
  const bar = element("div", { class: "bar", "aria-hidden": "true" });
  for (const [name, seconds] of /** @type {[string, number][]} */ ([
    ["valid", session.valid_s],
    ["wrong", session.wrong_s],
    ["unseen", session.unseen_s],
  ])) {
    const part = element("span", { class: name });
    part.style.flexGrow = String(seconds);
    bar.append(part);
  }
  const seconds = word("start.seconds", {
    valid: session.valid_s.toFixed(1),
    wrong: (session.wrong_s ?? 0).toFixed(1),
    unseen: (session.unseen_s ?? 0).toFixed(1),
  });
  parts.append(bar, element("p", { class: "small muted numbers", text: seconds }));
  return parts;
}

/**
 * @param {Session} session
 * @param {number} number
 * @returns {HTMLElement}
 */
function actions(session, number) {
  const made = element("div", { class: "actions" });
  for (const name of ["replay", "report"]) {
    if (name === "report" && !state?.offers.includes("report")) {
      continue;
    }
    made.append(
      element("button", {
        text: word(`start.${name}`),
        "aria-label": word(`start.${name}_of`, { name: session.name }),
        onclick: () => open(name, number),
      }),
    );
  }
  return made;
}
