// Draws lines and bands as SVG that stands by itself: colours and fonts are attributes, so that a file looks the same.

import { escape, number } from "./text.js";

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';
const MARGIN = { left: 58, right: 16, top: 12, bottom: 44 };

export function palette() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

/** Round values between two ends, some `count` of them. */
export function ticks(low, high, count = 6) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= raw * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
  return found;
}

function decades(low, high) {
  const found = [];
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++) {
    for (const k of [1, 2, 5]) {
      const value = k * 10 ** p;
      if (value >= low * 0.999 && value <= high * 1.001) found.push([value, k === 1]);
    }
  }
  return found;
}

/** The least of 1, 2, 5, 10, ... that is not below a value. */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 5, 7, 10].map((k) => k * power).find((v) => v >= value * 0.999);
}

/** Ends of the ordinate for curves {x, y, low, high} within an abscissa. */
export function limits(lines, log, from, to, least) {
  let top = -Infinity, bottom = Infinity, reach = -Infinity, depth = Infinity;
  for (const { x, y, low, high } of lines) {
    for (let i = 0; i < x.length; i++) {
      if (x[i] < from || x[i] > to || y[i] === null) continue;
      top = Math.max(top, y[i]);
      reach = Math.max(reach, high ? high[i] : y[i]);
      if (!log || y[i] > 0) bottom = Math.min(bottom, y[i]);
      if (!log || y[i] > 0) depth = Math.min(depth, low ? low[i] : y[i]);
    }
  }
  if (!Number.isFinite(top)) return [0.1, 10];
  if (log) {
    const high = nice(Math.max(reach, top, 2) * 1.1);
    return [10 ** Math.floor(Math.log10(Math.max(0.02, Math.min(depth, 0.5)))), high];
  }
  const room = Math.max(top, Math.min(reach, least === null ? reach : 2.5 * Math.max(top, 0.4)));
  const high = room > 0 ? nice(room * 1.08) : 0;
  if (least === 0) return [0, high || 1];
  const low = depth < 0 ? -nice(-depth * 1.08) : 0;
  return low === high ? [low - 1, high + 1] : [low, high];
}

function path(xs, ys, px, py, floor) {
  let text = "", pen = false;
  for (let i = 0; i < xs.length; i++) {
    const y = ys[i];
    if (y === null || Number.isNaN(y)) { pen = false; continue; }
    text += `${pen ? "L" : "M"}${px(xs[i]).toFixed(1)} ${py(Math.max(y, floor)).toFixed(1)}`;
    pen = true;
  }
  return text;
}

function area(xs, low, high, px, py, floor) {
  let there = "", back = "";
  for (let i = 0; i < xs.length; i++) {
    there += `${i ? "L" : "M"}${px(xs[i]).toFixed(1)} ${py(Math.max(high[i], floor)).toFixed(1)}`;
    back = `L${px(xs[i]).toFixed(1)} ${py(Math.max(low[i], floor)).toFixed(1)}${back}`;
  }
  return `${there}${back}Z`;
}

/**
 * Draw into an svg element. `what`: lines [{x, y, low, high, colour, label, dash, width, bars}], the first last on top;
 * from, to, log, least, xTitle, yTitle, limit (a dotted line). Returns what the pointer needs: places and ends.
 */
export function draw(svg, what) {
  const width = svg.clientWidth || 720, height = svg.clientHeight || 400;
  const ink = palette();
  const { left, right, top, bottom } = MARGIN;
  const [low, high] = limits(what.lines, what.log, what.from, what.to, what.least);
  const w = width - left - right, h = height - top - bottom;
  const px = (x) => left + ((x - what.from) / (what.to - what.from)) * w;
  const scale = what.log ? Math.log10 : (v) => v;
  const py = (y) => top + h - ((scale(y) - scale(low)) / (scale(high) - scale(low))) * h;
  const floor = what.log ? low * 1e-3 : -Infinity;
  const text = `font-family="${escape(FONT)}" fill="${ink("soft")}" font-size="12"`;
  let out = `<rect width="${width}" height="${height}" fill="${ink("card")}"/>`;
  for (const x of ticks(what.from, what.to, Math.min(10, w / 60))) {
    const at = px(x).toFixed(1);
    out += `<path d="M${at} ${top}V${top + h}" stroke="${ink("line")}"/>`;
    out += `<text x="${at}" y="${top + h + 17}" text-anchor="middle" ${text}>${number(x, 4)}</text>`;
  }
  const rows = what.log ? decades(low, high) : ticks(low, high, Math.max(3, h / 48)).map((v) => [v, true]);
  const crowded = what.log && rows.length > 9;
  for (const [y, main] of rows) {
    const at = py(y).toFixed(1);
    out += `<path d="M${left} ${at}H${left + w}" stroke="${ink("line")}"${main ? "" : ' stroke-opacity="0.5"'}/>`;
    if (main || !crowded) out += `<text x="${left - 7}" y="${Number(at) + 4}" text-anchor="end" ${text}>${number(y, 4)}</text>`;
  }
  out += `<clipPath id="inside"><rect x="${left}" y="${top}" width="${w}" height="${h}"/></clipPath><g clip-path="url(#inside)">`;
  if (what.limit !== null && what.limit >= low && what.limit <= high && (what.limit > 0 || !what.log)) {
    out += `<path d="M${left} ${py(what.limit).toFixed(1)}H${left + w}" stroke="${ink("soft")}" stroke-dasharray="2 4"/>`;
  }
  for (const line of [...what.lines].reverse()) {
    if (line.low) out += `<path d="${area(line.x, line.low, line.high, px, py, floor)}" fill="${line.colour}" fill-opacity="${line.bars ? 0.12 : 0.18}"/>`;
    out += `<path d="${path(line.x, line.y, px, py, floor)}" fill="none" stroke="${line.colour}" stroke-width="${line.width ?? 1.6}"`
      + ` stroke-linejoin="round"${line.dash ? ` stroke-dasharray="${line.dash}"` : ""}${line.faint ? ` stroke-opacity="${line.faint}"` : ""}/>`;
  }
  out += "</g>";
  out += `<path d="M${left} ${top}V${top + h}H${left + w}" fill="none" stroke="${ink("soft")}"/>`;
  const title = text.replace(ink("soft"), ink("ink")).replace('"12"', '"13"');
  out += `<text x="${left + w / 2}" y="${height - 8}" text-anchor="middle" ${title}>${escape(what.xTitle)}</text>`;
  out += `<text transform="translate(15 ${top + h / 2}) rotate(-90)" text-anchor="middle" ${title}>${escape(what.yTitle)}</text>`;
  what.lines.forEach((line, i) => {
    const y = top + 16 + 18 * i, x = left + w - 12;
    out += `<path d="M${x - 22} ${y - 4}h22" stroke="${line.colour}" stroke-width="${line.width ?? 1.6}"${line.dash ? ` stroke-dasharray="${line.dash}"` : ""}${line.faint ? ` stroke-opacity="${line.faint}"` : ""}/>`;
    out += `<text x="${x - 28}" y="${y}" text-anchor="end" ${title.replace('"13"', '"12"')} paint-order="stroke" stroke="${ink("card")}" stroke-width="3">${escape(line.label)}</text>`;
  });
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.innerHTML = out;
  return { left, top, w, h, px, py, low, high, value: (at) => what.from + ((at - left) / w) * (what.to - what.from) };
}

/** A small curve {x, y, low, high} with its band, without axes; the band is cut at the top where it reaches far above. */
export function sparkline(svg, line, limit) {
  const width = svg.clientWidth || 220, height = svg.clientHeight || 64, ink = palette();
  const from = line.x[0], to = line.x.at(-1), [low, high] = limits([line], false, from, to, 0);
  const px = (x) => ((x - from) / (to - from)) * width, py = (y) => height - 1 - ((Math.min(y, high) - low) / (high - low)) * (height - 2);
  const level = limit !== null && limit <= high ? `<path d="M0 ${py(limit).toFixed(1)}H${width}" stroke="${ink("soft")}" stroke-dasharray="2 4"/>` : "";
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.innerHTML = `${level}<path d="${area(line.x, line.low, line.high, px, py, low)}" fill="${ink("predicted")}" fill-opacity="0.2"/>`
    + `<path d="${path(line.x, line.y, px, py, low)}" fill="none" stroke="${ink("predicted")}" stroke-width="1.8" stroke-linejoin="round"/>`;
}
