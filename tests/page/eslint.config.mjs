// Rules for the pages' modules: what eslint recommends, and what keeps a page honest and safe.
import js from "@eslint/js";

const browser = [
  "document", "window", "location", "history", "navigator", "matchMedia", "getComputedStyle",
  "requestAnimationFrame", "setTimeout", "clearTimeout", "devicePixelRatio", "WebSocket", "Blob",
  "TextDecoder", "createImageBitmap", "ResizeObserver", "AbortController", "HTMLElement",
  "HTMLButtonElement", "HTMLCanvasElement", "HTMLDialogElement", "HTMLInputElement",
  "HTMLSelectElement", "HTMLTextAreaElement", "SVGElement", "Element", "Node", "performance",
  "console", "URL", "Event", "CSS", "structuredClone", "IntersectionObserver", "HTMLVideoElement",
  "HTMLImageElement", "setInterval", "clearInterval", "addEventListener", "screen", "Intl",
];

export default [
  js.configs.recommended,
  {
    files: ["**/*.mjs"],
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: "module",
      globals: Object.fromEntries(browser.map((name) => [name, "readonly"])),
    },
    rules: {
      "eqeqeq": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-console": "error",
      "no-shadow": "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Set textContent: values are never HTML." },
        { property: "outerHTML", message: "Set textContent: values are never HTML." },
        { property: "insertAdjacentHTML", message: "Set textContent: values are never HTML." },
      ],
      "no-restricted-globals": [
        "error",
        { name: "fetch", message: "Pages talk through their connection only." },
        { name: "XMLHttpRequest", message: "Pages talk through their connection only." },
        { name: "localStorage", message: "Nothing is kept in the browser." },
        { name: "sessionStorage", message: "Nothing is kept in the browser." },
      ],
    },
  },
];
