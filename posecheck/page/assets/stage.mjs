// The picture: the frame of the video and the skeleton of that very frame.

/**
 * @typedef {object} Moment
 * @property {number} t_s
 * @property {string} clock
 * @property {number} frame
 * @property {number} frames
 * @property {[number, number]} size_px
 * @property {[number, number, number][] | null} landmarks
 * @property {boolean} fits
 * @property {boolean} has_image
 * @property {Verdict | null} says
 */

/**
 * @typedef {object} Verdict
 * @property {string} state
 * @property {string} cue
 * @property {string} leg
 * @property {string} side
 * @property {string} held
 * @property {string} target
 * @property {number} share
 * @property {Reading[]} readings
 */

/**
 * @typedef {object} Reading
 * @property {string} title
 * @property {string} state
 * @property {string} value
 * @property {string} limits
 * @property {boolean} required
 */

/** @typedef {[number, number, string]} Bone */

/** Colours on the picture, which is dark in both themes. Blue-green, vermilion, grey; and neutral. */
const COLOURS = { valid: "#1fd1a5", wrong: "#ff7a45", unseen: "#c3cad2", hidden: "#9fd0ff" };

/** Visibility from which a bone is drawn solid. */
const SURE = 0.5;

/** Landmarks of ears and shoulders: between them stands the head where there is no video. */
const HEAD = { ears: [7, 8], shoulders: [11, 12] };

/** Share of an image that is left when it is not yet that of the skeleton. */
const OLD = 0.3;

/** Draws moments into a canvas. */
export class Stage {
  /**
   * @param {HTMLCanvasElement} canvas
   */
  constructor(canvas) {
    this.canvas = canvas;
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) {
      throw new Error("no canvas");
    }
    this.context = context;
    /** @type {Bone[]} */
    this.bones = [];
  }

  /**
   * @param {Moment} moment
   * @param {ImageBitmap | null} image
   */
  draw(moment, image) {
    const [width, height] = image ? [image.width, image.height] : moment.size_px;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const { context } = this;
    context.globalAlpha = 1;
    context.fillStyle = "#23282f";
    context.fillRect(0, 0, width, height);
    if (image) {
      context.globalAlpha = moment.fits ? 1 : OLD;
      context.drawImage(image, 0, 0);
      context.globalAlpha = 1;
    }
    if (moment.landmarks) {
      const scale = [width / moment.size_px[0], height / moment.size_px[1]];
      this.drawBody(moment.landmarks, scale, Math.min(width, height), moment.says);
      if (!image) {
        this.drawHead(moment.landmarks, scale, Math.min(width, height));
      }
    }
  }

  /**
   * @param {[number, number, number][]} landmarks
   * @param {number[]} scale
   * @param {number} unit
   * @param {Verdict | null} says
   */
  drawBody(landmarks, [across, down], unit, says) {
    const { context } = this;
    const colour = says ? COLOURS[/** @type {"valid"} */ (says.state)] : COLOURS.hidden;
    context.lineCap = "round";
    for (const under of [true, false]) {
      for (const [start, end, side] of this.bones) {
        const [a, b] = [landmarks[start], landmarks[end]];
        const stretched = says !== null && says.side !== "" && side === says.side;
        const wide = unit * (stretched ? 0.014 : 0.008);
        context.lineWidth = under ? wide + unit * 0.008 : wide;
        context.strokeStyle = under ? "rgb(0 0 0 / 0.55)" : stretched ? "#ffffff" : colour;
        context.setLineDash(a[2] < SURE || b[2] < SURE ? [unit * 0.012, unit * 0.02] : []);
        this.line(a[0] * across, a[1] * down, b[0] * across, b[1] * down);
        if (stretched && !under) {
          context.strokeStyle = colour;
          context.lineWidth = wide * 0.55;
          this.line(a[0] * across, a[1] * down, b[0] * across, b[1] * down);
        }
      }
    }
    context.setLineDash([]);
    const joints = new Set(this.bones.flatMap(([start, end]) => [start, end]));
    for (const number of joints) {
      const [x, y] = landmarks[number];
      context.beginPath();
      context.arc(x * across, y * down, unit * 0.009, 0, 2 * Math.PI);
      context.fillStyle = "#ffffff";
      context.fill();
      context.lineWidth = unit * 0.004;
      context.strokeStyle = "rgb(0 0 0 / 0.7)";
      context.stroke();
    }
  }

  /**
   * @param {[number, number, number][]} landmarks
   * @param {number[]} scale
   * @param {number} unit
   */
  drawHead(landmarks, [across, down], unit) {
    const { context } = this;
    const middle = (/** @type {number[]} */ [a, b]) => [
      ((landmarks[a][0] + landmarks[b][0]) / 2) * across,
      ((landmarks[a][1] + landmarks[b][1]) / 2) * down,
    ];
    const [x, y] = middle(HEAD.ears);
    const [foot, floor] = middle(HEAD.shoulders);
    const radius = Math.hypot(x - foot, y - floor) * 0.42;
    context.strokeStyle = "#ffffff";
    context.lineWidth = unit * 0.008;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  }

  /**
   * @param {number} ax
   * @param {number} ay
   * @param {number} bx
   * @param {number} by
   */
  line(ax, ay, bx, by) {
    this.context.beginPath();
    this.context.moveTo(ax, ay);
    this.context.lineTo(bx, by);
    this.context.stroke();
  }
}
