// The phase map: probabilities as colours on a canvas, axes and marks as SVG above it.

import { escape, number, symbol, unit } from "./text.js";
import { palette, ticks } from "./plot.js";

const MARGIN = { left: 64, right: 12, top: 8, bottom: 42 };
const STATES = { "contact aggregation": "contact", bridging: "bridging", dispersion: "dispersion" };

export const stateColour = (state) => palette()(STATES[state] ?? "mixed");

function rgb(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

/** Probabilities as an image of one pixel a point: each state's colour, as much of it as it is probable. */
function image(map, ink) {
  const rows = map.y_values.length, columns = map.x_values.length;
  const colours = map.states.map((state) => rgb(ink(STATES[state])));
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d"), data = context.createImageData(columns, rows);
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const at = 4 * ((rows - 1 - j) * columns + i), shares = map.probabilities[j][i];
      for (let k = 0; k < 3; k++) data.data[at + k] = shares.reduce((sum, p, s) => sum + p * colours[s][k], 0);
      data.data[at + 3] = 255;
    }
  }
  context.putImageData(data, 0, 0);
  return canvas;
}

function hatch(context, map, w, h, ink) {
  const rows = map.y_values.length, columns = map.x_values.length;
  context.save();
  context.beginPath();
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      if (map.outside[j][i]) context.rect((i * w) / columns, ((rows - 1 - j) * h) / rows, w / columns + 0.5, h / rows + 0.5);
    }
  }
  context.clip();
  context.fillStyle = ink("card");
  context.globalAlpha = 0.45;
  context.fillRect(0, 0, w, h);
  context.globalAlpha = 0.75;
  context.strokeStyle = ink("card");
  context.lineWidth = 2;
  context.beginPath();
  for (let x = -h; x < w; x += 9) {
    context.moveTo(x, h);
    context.lineTo(x + h, 0);
  }
  context.stroke();
  context.restore();
}

const title = (input) => {
  const [base, below] = symbol(input), u = unit(input.unit);
  return `${escape(input.long_name)} ${escape(base)}${below ? `<tspan dy="4" font-size="9">${escape(below)}</tspan><tspan dy="-4"> </tspan>` : ""}${u ? ` (${escape(u)})` : ""}`;
};

const painted = new WeakMap(); // canvas -> what stands on it: marks move over it without painting it anew

function paint(canvas, map, w, h, ink) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(w * ratio);
  canvas.height = Math.round(h * ratio);
  Object.assign(canvas.style, { left: `${MARGIN.left}px`, top: `${MARGIN.top}px`, width: `${w}px`, height: `${h}px` });
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.imageSmoothingQuality = "high";
  context.drawImage(image(map, ink), 0, 0, w, h);
  hatch(context, map, w, h, ink);
}

/** Draw a map; returns the box of its points: left, top, w, h and the ends of the axes. */
export function drawMap(canvas, svg, map, inputs, here) {
  const width = svg.clientWidth, height = svg.clientHeight, ink = palette();
  const w = width - MARGIN.left - MARGIN.right, h = height - MARGIN.top - MARGIN.bottom;
  const key = [w, h, window.devicePixelRatio, ink("card")].join(" ");
  if (painted.get(canvas)?.map !== map || painted.get(canvas).key !== key) {
    paint(canvas, map, w, h, ink);
    painted.set(canvas, { map, key });
  }
  const x = inputs[map.x], y = inputs[map.y];
  const [x0, x1] = [map.x_values[0], map.x_values.at(-1)], [y0, y1] = [map.y_values[0], map.y_values.at(-1)];
  const box = { left: MARGIN.left, top: MARGIN.top, w, h, x0, x1, y0, y1 };
  const px = (v) => box.left + ((v - x0) / (x1 - x0)) * w, py = (v) => box.top + h - ((v - y0) / (y1 - y0)) * h;
  const text = `font-size="12" fill="${ink("soft")}"`;
  let out = "";
  for (const v of ticks(x0, x1, Math.min(8, w / 70))) {
    out += `<path d="M${px(v)} ${box.top + h}v5" stroke="${ink("soft")}"/><text x="${px(v)}" y="${box.top + h + 18}" text-anchor="middle" ${text}>${number(v, 4)}</text>`;
  }
  for (const v of ticks(y0, y1, Math.min(8, h / 50))) {
    out += `<path d="M${box.left} ${py(v)}h-5" stroke="${ink("soft")}"/><text x="${box.left - 8}" y="${py(v) + 4}" text-anchor="end" ${text}>${number(v, 3)}</text>`;
  }
  out += `<text x="${box.left + w / 2}" y="${height - 6}" text-anchor="middle" font-size="13" fill="${ink("ink")}">${title(x)}</text>`;
  out += `<text transform="translate(14 ${box.top + h / 2}) rotate(-90)" text-anchor="middle" font-size="13" fill="${ink("ink")}">${title(y)}</text>`;
  for (const [a, b] of map.simulated) {
    if (a >= x0 && a <= x1 && b >= y0 && b <= y1) {
      out += `<circle cx="${px(a)}" cy="${py(b)}" r="4.5" fill="none" stroke="#fff" stroke-width="3"/><circle cx="${px(a)}" cy="${py(b)}" r="4.5" fill="none" stroke="#16202c" stroke-width="1.4"/>`;
    }
  }
  const [a, b] = [here[map.x], here[map.y]];
  if (a >= x0 && a <= x1 && b >= y0 && b <= y1) {
    const at = `M${px(a)} ${box.top}V${box.top + h}M${box.left} ${py(b)}H${box.left + w}`;
    out += `<path d="${at}" stroke="#fff" stroke-opacity="0.75" stroke-width="1.5"/>`;
    out += `<circle cx="${px(a)}" cy="${py(b)}" r="7" fill="#fff" stroke="#16202c" stroke-width="2.5"/>`;
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.innerHTML = out;
  return box;
}

/** Probabilities at the point of a map that is nearest to values. */
export function sharesAt(map, x, y) {
  const near = (values, v) => values.reduce((best, one, i) => (Math.abs(one - v) < Math.abs(values[best] - v) ? i : best), 0);
  return map.probabilities[near(map.y_values, y)][near(map.x_values, x)];
}
