// What every page needs: words, elements, and the connection to posecheck.
// No value is computed here: what is shown comes from posecheck.

/**
 * @typedef {Record<string, string | number>} Values
 * @typedef {{kind: string, value: any}} Part
 */

/** @type {Record<string, Record<string, string>>} */
const catalogue = JSON.parse(document.getElementById("words")?.textContent || "{}");

/**
 * Text of the catalogue, with values put in for the names in braces.
 * @param {string} key SECTION.KEY
 * @param {Values} [values]
 * @returns {string}
 */
export function word(key, values = {}) {
  const [section, name] = key.split(".", 2);
  const text = catalogue[section]?.[name];
  if (text === undefined) {
    throw new Error(`no word for ${key}`);
  }
  return text.replace(/\{(\w+)\}/g, (whole, found) => String(values[found] ?? whole));
}

/**
 * Element of the page by its id; an error if there is none.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} [type]
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!found || (type && !(found instanceof type))) {
    throw new Error(`no element ${id}`);
  }
  return /** @type {T} */ (found);
}

/**
 * New element. Attributes that are false, null or undefined are left out; "on..." adds a listener,
 * "text" sets the text.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) {
      continue;
    }
    if (name === "text") {
      made.textContent = String(value);
    } else if (name.startsWith("on")) {
      made.addEventListener(name.slice(2), value);
    } else {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  made.append(...children);
  return made;
}

/**
 * Text set only when it changed, so that nothing is painted or read out again.
 * @param {HTMLElement} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

/**
 * Say something to a screen reader.
 * @param {string} text
 */
export function say(text) {
  setText(byId("heard"), text);
}

/**
 * @typedef {object} Handlers
 * @property {Record<string, (value: any) => void>} parts what to do with each part of the state
 * @property {(head: any, image: ImageBitmap | null) => void} [picture] draws a picture; called in
 *   an animation frame
 * @property {boolean} [ahead] whether the next picture may come while one waits for its animation
 *   frame; it replaces that one if it is ready before
 */

/**
 * A decoded picture, and whether it is acknowledged already.
 * @typedef {{head: any, image: ImageBitmap | null, socket: WebSocket, early: boolean}} Waiting
 */

/** Connection to posecheck: parts and pictures in, commands out; opened again when it is lost. */
export class Connection {
  /** @param {Handlers} handlers */
  constructor(handlers) {
    /** @type {Handlers} */
    this.handlers = handlers;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.over = false;
    this.tries = 0;
    /** The picture that waits for its animation frame. @type {Waiting | null} */
    this.waiting = null;
    // The token has become a cookie: it need not stay in the address and the history.
    if (location.search.includes("token=")) {
      history.replaceState(null, "", location.pathname);
    }
    this.open();
  }

  open() {
    const socket = new WebSocket(`ws://${location.host}/socket`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      this.tries = 0;
      tell("");
    };
    socket.onmessage = (event) => {
      if (typeof event.data === "string") {
        this.take(JSON.parse(event.data));
      } else {
        this.draw(socket, event.data);
      }
    };
    socket.onclose = () => {
      if (this.over || this.socket !== socket) {
        return;
      }
      this.tries += 1;
      tell(word("kit.lost"));
      setTimeout(() => this.open(), Math.min(4000, 250 * 2 ** this.tries));
    };
  }

  /** @param {Part} part */
  take(part) {
    if (part.kind === "over") {
      this.over = true;
      document.body.classList.add("ended");
      tell(word(`kit.${part.value}`), true);
    } else {
      this.handlers.parts[part.kind]?.(part.value);
    }
  }

  /**
   * @param {WebSocket} socket
   * @param {ArrayBuffer} message
   */
  async draw(socket, message) {
    const length = new DataView(message).getUint32(0);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(message, 4, length)));
    const jpeg = new Uint8Array(message, 4 + length);
    const image = jpeg.length
      ? await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }))
      : null;
    const early = Boolean(this.handlers.ahead) && !this.waiting;
    if (early) {
      acknowledge(socket);
    }
    if (this.waiting) {
      this.waiting.image?.close();
      Object.assign(this.waiting, { head, image, socket, early });
      return;
    }
    const waiting = { head, image, socket, early };
    this.waiting = waiting;
    await frame();
    this.waiting = null;
    this.handlers.picture?.(waiting.head, waiting.image);
    waiting.image?.close();
    if (!waiting.early) {
      acknowledge(waiting.socket);
    }
  }

  /**
   * Send a command; it is lost if there is no connection, and the page says that there is none.
   * @param {{do: string, [name: string]: any}} command
   */
  send(command) {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(command));
    }
  }
}

/**
 * Tell posecheck that a picture is drawn, or that the next one may come.
 * @param {WebSocket} socket
 */
function acknowledge(socket) {
  if (socket.readyState === WebSocket.OPEN) {
    socket.send("ack ");
  }
}

/**
 * The next animation frame; a page in the background has none, and does not keep posecheck waiting.
 * @returns {Promise<void>}
 */
function frame() {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, 250);
    requestAnimationFrame(() => {
      clearTimeout(late);
      resolve();
    });
  });
}

/**
 * Show a message about the connection; an empty one hides it.
 * @param {string} text
 * @param {boolean} [calm]
 */
function tell(text, calm = false) {
  const banner = byId("connection");
  setText(banner, text);
  banner.hidden = text === "";
  banner.classList.toggle("calm", calm);
}
