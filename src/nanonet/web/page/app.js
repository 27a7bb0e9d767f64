// The page: what is seen (in the address), what the service says of it, and how that is drawn.

import { between, escape, number, plain, sure, symbol, symbolHtml, unit } from "./text.js";
import { draw, palette } from "./plot.js";
import { drawMap, sharesAt, stateColour } from "./map.js";
import { Scene } from "./scene.js";
import { csv, png, save, snippet, svgText } from "./files.js";
import { Panel } from "./design.js";

const $ = (id) => document.getElementById(id);
const VIEWS = { g: ["g(r)", "radial distribution"], W: ["W(r)", "mean force"], S: ["S(q)", "structure factor"], n: ["n(r)", "neighbours"] };
const BESIDE = [["dilute", "dilute limit"], ["simulated", "nearby simulations"], ["models", "other models"]];
const SETTLED = [140, 1000]; // ms without a change, after which what takes longer is asked for: the longer, the oftener that was in vain

let models = [], model = null, inputs = {};
let state = null; // what the address holds
let shown = null, place = null, map = null, mapBox = null, token = sessionStorage.getItem("nanonet-token");
let limits = {}, patience = SETTLED[0];
const scene = new Scene($("scene"));
const panel = new Panel({ ask, jump: (values) => change(values), changed: () => remember(), text: (line) => symbols(line) });

// ---- the service

async function ask(path, body, signal) {
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  const reply = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal });
  const content = await reply.json().catch(() => ({ error: `the service answered ${reply.status}` }));
  if (reply.status === 401) {
    $("ask").open || $("ask").showModal();
    throw new Refusal(content);
  }
  if (!reply.ok) throw new Refusal(content);
  return content;
}

class Refusal extends Error {
  constructor(content) {
    super(content.error);
    this.field = content.field ?? null;
  }
}

/**
 * One question at a time: what changes meanwhile is asked when the answer is there, what lies between is left out.
 * `work(signal)` asks; `drop()` takes back what nobody waits for any more, and tells whether there was such.
 */
function latest(work) {
  let running = false, again = false, asking = null;
  async function go() {
    if (running) { again = true; return; }
    running = true;
    do {
      again = false;
      asking = new AbortController();
      await work(asking.signal);
    } while (again);
    running = false;
  }
  go.drop = () => { asking?.abort(); return running; };
  return go;
}

const dropped = (error) => error.name === "AbortError";

function later(work, wait) {
  let timer = 0;
  return () => { clearTimeout(timer); timer = setTimeout(work, wait()); };
}

// ---- what is seen, and the address

function start(of) {
  const values = Object.fromEntries(of.inputs.map((one) => [one.name, rounded(one, of.start[one.name])]));
  const names = of.inputs.map((one) => one.name);
  const pair = ["eps_pn", "eps_nn"].every((name) => names.includes(name)) ? ["eps_pn", "eps_nn"] : names.slice(0, 2);
  return { model: of.name, values, view: of.views[0].name, scale: "", axis: "r", show: of.compositions ? ["dilute"] : [], from: null, to: null, map: pair, polymer: false };
}

function rounded(input, value) {
  if (input.whole) return Math.round(value);
  return Number(value.toPrecision(input.log ? 3 : 4));
}

/** What an address says; what cannot be used in it is left at its start, and told. */
function read(hash) {
  const said = new URLSearchParams(hash.replace(/^#/, "")), wrong = [];
  const of = models.find((one) => one.name === (said.get("model") ?? models[0].name));
  if (!of) wrong.push(`model = ${said.get("model")} is not one of ${models.map((one) => one.name).join(", ")}`);
  const found = start(of ?? models[0]), own = of ?? models[0];
  for (const one of own.inputs) {
    if (!said.has(one.name)) continue;
    const trouble = check(one, said.get(one.name));
    if (trouble) wrong.push(trouble);
    else found.values[one.name] = Number(said.get(one.name));
  }
  const choice = (name, allowed) => {
    const value = said.get(name);
    if (value === null) return;
    if (allowed.includes(value)) found[name] = value;
    else wrong.push(`${name} = ${value} is not one of ${allowed.join(", ")}`);
  };
  choice("view", own.views.map((one) => one.name));
  choice("scale", ["linear", "log"]);
  choice("axis", ["r", "gap"]);
  if (said.has("show")) found.show = said.get("show").split(",").filter((one) => BESIDE.some(([name]) => name === one));
  if (said.has("map")) {
    const pair = said.get("map").split(","), names = own.inputs.map((one) => one.name);
    if (pair.length === 2 && pair[0] !== pair[1] && pair.every((one) => names.includes(one))) found.map = pair;
    else wrong.push(`map = ${said.get("map")} is not two different inputs`);
  }
  const ends = ["from", "to"].map((name) => (said.has(name) ? Number(said.get(name) || NaN) : null));
  if (ends.some((end) => end !== null && !Number.isFinite(end))) wrong.push(`from = ${said.get("from") ?? "–"}, to = ${said.get("to") ?? "–"} are not numbers`);
  else if (ends.every((end) => end !== null) && !(ends[0] < ends[1])) wrong.push(`from = ${ends[0]} is not below to = ${ends[1]}`);
  else [found.from, found.to] = ends;
  found.polymer = said.get("polymer") === "1";
  return [found, wrong];
}

function check(input, text) {
  const value = Number(text);
  if (String(text).trim() === "" || !Number.isFinite(value)) return `${input.name} = ${text} is not a number`;
  const { low, high } = input;
  if (low !== null && high !== null && !(value >= low && value <= high)) return `${input.name} = ${text} is not between ${low} and ${high}`;
  if (low !== null && value < low) return `${input.name} = ${text} is not ${low} or above`;
  if (high !== null && value > high) return `${input.name} = ${text} is not at most ${high}`;
  if (input.whole && !Number.isInteger(value)) return `${input.name} = ${text} is not a whole number`;
  return "";
}

function address() {
  const said = new URLSearchParams({ model: state.model });
  for (const [name, value] of Object.entries(state.values)) said.set(name, plain(value));
  said.set("view", state.view);
  if (state.scale) said.set("scale", state.scale);
  if (state.axis !== "r") said.set("axis", state.axis);
  said.set("show", state.show.join(","));
  if (state.from !== null) said.set("from", state.from);
  if (state.to !== null) said.set("to", state.to);
  said.set("map", state.map.join(","));
  if (state.polymer) said.set("polymer", "1");
  for (const [name, text] of Object.entries(panel.write())) if (text) said.set(name, text);
  return `#${said}`.replaceAll("%2C", ",").replaceAll("%3D", "=").replaceAll("%3A", ":");
}

const remember = later(() => history.replaceState(null, "", address()), () => 120);

function notice(texts) {
  $("notice").textContent = texts.join("; ");
  $("notice").hidden = !texts.length;
}

// ---- inputs

const toTrack = (one, value) => (one.log ? Math.log10(value) : value);
const fromTrack = (one, at) => rounded(one, one.log ? 10 ** at : at);
const span = (one) => one.slider.map((end) => toTrack(one, end));

function step(one) {
  const [low, high] = span(one);
  if (one.whole) return 1;
  if (one.log) return (high - low) / 200;
  const raw = (high - low) / 200, power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((k) => k * power).find((s) => s >= raw * 0.999);
}

function buildInputs() {
  $("sliders").innerHTML = model.inputs.map((one) => {
    const [low, high] = span(one).map((end, i) => (one.log || one.whole ? end : [Math.ceil, Math.floor][i](end / step(one) - [1e-9, -1e-9][i]) * step(one)));
    const allowed = one.low !== null && one.high !== null ? `allowed ${number(one.low)} to ${number(one.high)}` : "";
    return `<div class="input" id="input-${one.name}"><div class="top">
      <label for="number-${one.name}">${escape(one.long_name)} <span class="symbol">${symbolHtml(one)}</span></label>
      <input id="number-${one.name}" type="number" step="any" inputmode="decimal" aria-describedby="wrong-${one.name}" title="${allowed}">
      <span class="unit">${escape(unit(one.unit))}</span></div>
      <div class="track"><div class="known"></div>
      <input id="slider-${one.name}" type="range" min="${low}" max="${high}" step="${step(one)}" aria-label="${escape(one.long_name)}"></div>
      <div class="ends"><span>${number(one.slider[0])}</span><span>${number(one.slider[1])}</span></div>
      <p class="wrong" id="wrong-${one.name}" role="alert" hidden></p></div>`;
  }).join("");
  for (const one of model.inputs) {
    const slider = $(`slider-${one.name}`), field = $(`number-${one.name}`), known = $(`input-${one.name}`).querySelector(".known");
    const [low, high] = span(one), [a, b] = one.known.map((end) => toTrack(one, end));
    const share = (at) => `calc(9px + (100% - 18px) * ${((at - low) / (high - low || 1)).toFixed(4)})`;
    known.style.left = share(a);
    known.style.right = `calc(9px + (100% - 18px) * ${((high - b) / (high - low || 1)).toFixed(4)})`;
    slider.addEventListener("input", () => change({ [one.name]: fromTrack(one, Number(slider.value)) }));
    field.addEventListener("input", () => {
      const trouble = check(one, field.value);
      wrong(one.name, trouble);
      if (!trouble) change({ [one.name]: Number(field.value) }, field);
    });
  }
}

function wrong(name, text) {
  const found = $(`wrong-${name}`);
  if (!found) return;
  found.textContent = text;
  found.hidden = !text;
  $(`input-${name}`).classList.toggle("bad", Boolean(text));
  $(`number-${name}`).setAttribute("aria-invalid", text ? "true" : "false");
}

function showInputs(except) {
  for (const one of model.inputs) {
    const value = state.values[one.name], slider = $(`slider-${one.name}`), field = $(`number-${one.name}`);
    slider.value = toTrack(one, Math.max(value, one.log ? 1e-12 : -Infinity));
    slider.setAttribute("aria-valuetext", `${number(value, 4)} ${unit(one.unit)}`.trim());
    if (field !== except) {
      field.value = plain(value);
      wrong(one.name, "");
    }
  }
  panel.show(state.values);
}

/** Take new values of inputs, and show what they give. */
function change(values, except) {
  Object.assign(state.values, values);
  showInputs(except);
  remember();
  drawPlane();
  if (details.drop()) patience = Math.min(2 * patience, SETTLED[1]);
  if (mapOf() !== mapAsked) phaseMap.drop();
  explore();
  $("facts-card").classList.add("stale");
  settled();
}

// ---- the curve

const explore = latest(async () => {
  try {
    const asked = { model: state.model, inputs: { ...state.values }, view: state.view, beside: state.show };
    shown = await ask("/api/explore", asked);
    $("plot").classList.remove("stale");
    if (!$("notice").dataset.kept) notice([]);
    drawCurve();
  } catch (error) {
    refused(error);
  }
});

function refused(error) {
  $("plot").classList.add("stale");
  const name = error.field?.replace(/^inputs(\[\d+\])?\./, "");
  if (name && name in inputs) wrong(name, error.message);
  else notice([error instanceof Refusal ? error.message : "the service does not answer: is it running?"]);
}

const settled = later(async () => {
  explainCurve();
  details();
  configuration();
  phaseMap();
}, () => patience);

function abscissa(quantity) {
  return state.axis === "gap" && quantity.x === "r" ? (line) => line.inputs.diameter ?? 0 : () => 0;
}

const logarithmic = () => (state.scale || (state.view === "g" ? "log" : "linear")) === "log" && state.view !== "W" && allowsLog();
const allowsLog = () => model.views.find((one) => one.name === state.view)?.low === 0;

function drawCurve() {
  if (!shown) return;
  const ink = palette(), q = shown.quantity, shift = abscissa(q), gap = state.axis === "gap" && q.x === "r" && model.compositions;
  const moved = (line) => { const by = shift(line); return by ? line.x.map((x) => x - by) : line.x; };
  const own = { ...shown, x: moved(shown), label: labelOf(shown.model), colour: ink("predicted"), width: 2.6 };
  const lines = [own];
  let nth = 0;
  for (const line of shown.beside) {
    if (line.kind === "dilute") lines.push({ ...line, low: null, x: moved(line), colour: ink("dilute"), dash: "6 4" });
    else if (line.kind === "model") lines.push({ ...line, low: null, x: moved(line), colour: ink("other"), dash: "2 3", width: 2 });
    else {
      const bar = (sign) => (line.error ? line.y.map((y, i) => (y > 0 ? y + sign * line.error[i] : y)) : null); // no pair, no bar
      lines.push({ ...line, label: `simulated, ${line.note.split(" ")[0]} away`, low: bar(-1), high: bar(1), bars: true, x: moved(line), colour: ink("simulated"), width: 1.3, faint: [0.95, 0.6, 0.35][nth++] });
    }
  }
  const half = q.x === "r" && q.name !== "n" ? (own.x[1] - own.x[0]) / 2 : 0; // a bin reaches beyond its centre
  const ends = [own.x[0], own.x.at(-1) + half], first = gap ? Math.max(ends[0], -1.5) : Math.max(0, Math.min(0, ends[0]));
  const from = state.from ?? (q.x === "r" || q.x === "q" ? first : ends[0]), to = state.to ?? (gap || q.x !== "q" ? Number(ends[1].toPrecision(6)) : Math.ceil(ends[1]));
  const xu = unit(q.x_unit), yu = unit(q.unit), usable = from < to;
  place = draw($("figure"), {
    lines, from: usable ? from : ends[0], to: usable ? to : ends[1], log: logarithmic(), least: q.low, limit: q.limit,
    xTitle: (gap ? "gap r − D" : `${words(q.x_long_name.replace(", bin centres", ""), q.x)}`) + (xu ? ` (${xu})` : ""),
    yTitle: (q.name in VIEWS && model.compositions ? VIEWS[q.name][0] : words(q.long_name, q.name)) + (yu ? ` (${yu})` : ""),
  });
  place.lines = lines;
  support();
  const top = own.y.indexOf(Math.max(...own.y));
  $("figure").setAttribute("aria-label", `${q.long_name} of ${describe()}: ${own.x.length} values, largest ${number(own.y[top])} at ${q.x} = ${number(own.x[top])} ${xu}`);
  document.dispatchEvent(new CustomEvent("drawn"));
}

/** A text of the service with its symbols as they are printed: eps_nn=1 is ε with NN below. */
function symbols(text) {
  let out = escape(text);
  for (const one of model.inputs) out = out.replaceAll(`${escape(one.symbol)}=`, `<i>${symbolHtml(one)}</i> = `);
  return out;
}

const words = (long, short) => (long === short ? short : `${long} ${short}`);
const labelOf = (name) => ({ gp: "predicted", nanonet: "nanoNET" })[name] ?? name;
const describe = () => model.inputs.map((one) => `${symbol(one).join(" ")} = ${number(state.values[one.name], 4)}`).join(", ");

function support() {
  const out = shown.support.warnings.length > 0;
  $("badge").hidden = false;
  $("badge").className = out ? "badge out" : "badge";
  $("badge").textContent = out ? "outside of the data" : "within the data";
  $("rests").innerHTML = symbols(shown.line);
  const near = shown.beside.filter((one) => one.kind === "simulated").map((one) => `<li>${symbols(one.label)}: ${escape(one.note)}</li>`).join("");
  if ($("lines").innerHTML !== near) $("lines").innerHTML = near;
  const items = [...shown.support.warnings.map((text) => `<li>${escape(text)}</li>`), ...shown.caveats.map((text) => `<li class="caveat">${escape(text)}</li>`)].join("");
  if ($("warnings").innerHTML !== items) $("warnings").innerHTML = items;
}

function explainCurve() {
  if (!$("numbers").open || !shown) return;
  const q = shown.quantity, band = shown.low ? `<th scope="col">low</th><th scope="col">high</th>` : "";
  $("table").innerHTML = `<thead><tr><th scope="col">${q.x}</th><th scope="col">${q.name}</th>${band}</tr></thead><tbody>`
    + shown.x.map((x, i) => `<tr><td>${number(x, 4)}</td><td>${number(shown.y[i], 4)}</td>${shown.low ? `<td>${number(shown.low[i])}</td><td>${number(shown.high[i])}</td>` : ""}</tr>`).join("") + "</tbody>";
}

function readout(event) {
  if (!place) return;
  const box = $("plot").getBoundingClientRect(), at = event.clientX - box.left;
  const x = place.value(at), own = place.lines[0];
  $("readout").hidden = !(at >= place.left && at <= place.left + place.w);
  if ($("readout").hidden) return;
  const i = own.x.reduce((best, value, k) => (Math.abs(value - x) < Math.abs(own.x[best] - x) ? k : best), 0);
  const q = shown.quantity, band = own.low ? ` (90 %: ${number(own.low[i])} to ${number(own.high[i])})` : "";
  $("readout").textContent = `${q.x === "r" && state.axis === "gap" ? "gap" : q.x} = ${number(own.x[i])}: ${q.name} = ${number(own.y[i])}${band}`;
  $("readout").style.left = `${Math.min(at + 14, box.width - $("readout").offsetWidth - 4)}px`;
}

// ---- state, peaks, neighbours

const details = latest(async (signal) => {
  try {
    const found = await ask("/api/explore", { model: state.model, inputs: { ...state.values }, details: true }, signal);
    patience = SETTLED[0];
    showDetails(found.details);
  } catch (error) {
    if (!dropped(error)) $("verdict").textContent = "not known";
  }
});

function showDetails(found) {
  $("facts-card").classList.remove("stale");
  const parts = [];
  if (found.largest) {
    const q = model.quantity, { x, y, interval } = found.largest;
    $("facts-title").textContent = "What the curve says";
    $("verdict").innerHTML = `${escape(q.name)} = ${number(y)} ${escape(unit(q.unit))}<small>largest, at ${escape(q.x)} = ${number(x)} ${escape(unit(q.x_unit))}${interval ? `; 90 %: ${between(interval)}` : ""}</small>`;
    $("shares").innerHTML = $("peaks").innerHTML = "";
    $("peaks-title").hidden = true;
    return;
  }
  $("facts-title").textContent = "State of the nanoparticles";
  $("peaks-title").hidden = false;
  const verdict = found.state;
  if (verdict) {
    const sureOf = verdict.state in verdict.probabilities, bare = verdict.caveats.some((text) => text.includes("no error bars"));
    const what = sureOf ? (bare ? "no probability: the model has no error bars" : `probability ${sure(verdict.probabilities[verdict.state])}`) : `most probable: ${verdict.most_probable}, ${sure(verdict.probabilities[verdict.most_probable])}`;
    $("verdict").innerHTML = `${escape(verdict.state)}<small>${escape(what)}</small>`;
    $("shares").innerHTML = Object.entries(verdict.probabilities).map(([name, p]) => `<div class="share"><span>${escape(name)}</span><span>${bare ? "" : sure(p)}</span><div class="rail"><div></div></div></div>`).join("");
    Object.entries(verdict.probabilities).forEach(([name, p], i) => {
      const bar = $("shares").children[i].querySelector(".rail div");
      bar.style.width = `${100 * p}%`;
      bar.style.background = stateColour(name);
    });
    parts.push(`state ${verdict.state}, ${what}`);
  } else {
    $("verdict").innerHTML = `not known<small>${escape(found.state_unknown)}</small>`;
    $("shares").innerHTML = "";
  }
  const rows = found.peaks.map((one) => {
    const chance = one.probability === null ? "" : `probability ${sure(one.probability)}`;
    const ends = (interval, what) => (interval ? `${what} ${between(interval)}` : "");
    if (one.position === null) return [`${one.name} peak`, one.height_interval ? "not resolved" : "none", [chance, ends(one.height_interval, "g"), ends(one.position_interval, "at r =")]];
    return [`${one.name} peak`, `g = ${number(one.height)} at r = ${number(one.position)} σ`, [chance, ends(one.height_interval, "90 %: g"), ends(one.position_interval, "r")]];
  });
  const near = found.neighbours;
  rows.push(["neighbours", `${number(near.number)} within r = ${number(near.radius)} σ`, [near.interval ? `90 %: ${between(near.interval)}` : ""]]);
  rows.push(["box", `${found.nps} NPs`, [`volume fraction ${number(found.volume_fraction)}`]]);
  $("peaks").innerHTML = rows.map(([name, text, more]) => `<dt>${name}</dt><dd>${escape(text)}<br><small>${escape(more.filter(Boolean).join("; "))}</small></dd>`).join("");
  parts.push(rows.slice(0, 3).map(([name, text]) => `${name} ${text}`).join("; "));
  if (shown?.support.warnings.length) parts.push("outside of the data");
  $("spoken").textContent = parts.join(". ");
}

// ---- the phase map

let mapKey = "", mapAsked = "";

const mapHeld = () => Object.fromEntries(Object.entries(state.values).filter(([name]) => !state.map.includes(name)));
const mapOf = () => JSON.stringify([state.model, state.map, mapHeld()]);

const phaseMap = latest(async (signal) => {
  if (!model.compositions) return;
  const key = mapAsked = mapOf();
  if (key === mapKey) return drawPlane();
  $("map").classList.add("stale");
  $("map-status").textContent = "computing …";
  try {
    const found = await ask("/api/phase", { model: state.model, inputs: mapHeld(), x: state.map[0], y: state.map[1] }, signal);
    map = found.map;
    mapKey = key;
    $("map").classList.remove("stale");
    $("map-status").textContent = "";
    drawPlane();
  } catch (error) {
    if (!dropped(error)) $("map-status").textContent = error.message;
  }
  document.dispatchEvent(new CustomEvent("mapped"));
});

function drawPlane() {
  if (!map) return;
  mapBox = drawMap($("map-canvas"), $("map-figure"), map, inputs, state.values);
  const [x, y] = [state.values[map.x], state.values[map.y]];
  const within = x >= mapBox.x0 && x <= mapBox.x1 && y >= mapBox.y0 && y <= mapBox.y1, here = within ? sharesAt(map, x, y) : null;
  const text = map.states.map((name, i) => `${name}${here ? ` ${sure(here[i])}` : ""}`);
  $("map-legend").innerHTML = text.map((one) => `<span><span class="dot"></span>${escape(one)}</span>`).join("");
  [...$("map-legend").querySelectorAll(".dot")].forEach((dot, i) => { dot.style.background = stateColour(map.states[i]); });
  $("map").setAttribute("aria-label", `Phase map over ${inputs[map.x].long_name} and ${inputs[map.y].long_name}; here ${here ? text.join(", ") : "outside of the map"}; arrow keys move over it`);
}

function jump(x, y) {
  const [a, b] = [inputs[map.x], inputs[map.y]], held = (v, low, high) => Math.min(Math.max(v, low), high);
  change({ [map.x]: rounded(a, held(x, mapBox.x0, mapBox.x1)), [map.y]: rounded(b, held(y, mapBox.y0, mapBox.y1)) });
}

// ---- the nearest simulation

let sceneKey = "";

const configuration = latest(async () => {
  if (!model.compositions) return;
  const key = JSON.stringify([state.model, state.values, state.polymer]);
  if (key === sceneKey) return;
  try {
    const nearest = shown && JSON.stringify(shown.support.nearest);
    if (nearest && scene.nearest === nearest && scene.withPolymer === state.polymer) return;
    const found = await ask("/api/configuration", { model: state.model, inputs: { ...state.values }, polymer: state.polymer });
    sceneKey = key;
    Object.assign(scene, { nearest, withPolymer: state.polymer });
    scene.show(found);
    const text = `${found.nps.length} NPs of ${found.text}, the end of run ${found.run}; ${found.distance.toFixed(2)} of the ranges away`;
    $("scene-text").innerHTML = `<span>${symbols(text)}</span>`;
    $("scene").setAttribute("aria-label", `Simulated configuration: ${text}${found.polymer ? `, with ${found.polymer.length} monomers` : ""}`);
  } catch (error) {
    $("scene-text").textContent = error.message;
  }
});

// ---- controls

function tabs(id, options, chosen, take) {
  $(id).innerHTML = options.map(([value, text, title]) => `<label${title ? ` title="${escape(title)}"` : ""}><input type="radio" name="${id}" value="${value}"${value === chosen ? " checked" : ""}><span>${escape(text)}</span></label>`).join("");
  $(id).hidden = options.length < 2;
  for (const one of $(id).querySelectorAll("input")) one.addEventListener("change", () => take(one.value));
}

function buildControls() {
  tabs("views", model.views.map((one) => (model.compositions ? [one.name, VIEWS[one.name][0], VIEWS[one.name][1]] : [one.name, one.name])), state.view, (value) => {
    Object.assign(state, { view: value, from: null, to: null, scale: "" });
    buildControls();
    redraw();
  });
  const log = allowsLog();
  tabs("scales", log ? [["log", "log"], ["linear", "linear"]] : [], logarithmic() ? "log" : "linear", (value) => { state.scale = value; remember(); drawCurve(); });
  const x = model.views.find((one) => one.name === state.view).x;
  tabs("axes", model.compositions && x === "r" ? [["r", "distance r"], ["gap", "gap r − D"]] : [], state.axis, (value) => {
    Object.assign(state, { axis: value, from: null, to: null });
    showRange();
    remember();
    drawCurve();
  });
  $("range-name").textContent = x;
  $("beside").hidden = !model.compositions;
  for (const box of $("beside").querySelectorAll("input")) box.checked = state.show.includes(box.value);
  showRange();
  const options = (chosen) => model.inputs.map((one) => `<option value="${one.name}"${one.name === chosen ? " selected" : ""}>${escape(one.long_name)}</option>`).join("");
  $("map-x").innerHTML = options(state.map[0]);
  $("map-y").innerHTML = options(state.map[1]);
  $("polymer").checked = state.polymer;
  for (const id of ["map-card", "scene-card"]) $(id).hidden = !model.compositions;
  $("curve-title").textContent = model.views.find((one) => one.name === state.view).long_name;
}

function showRange() {
  for (const name of ["from", "to"]) $(name).value = state[name] ?? "";
}

function redraw() {
  remember();
  explore();
  settled();
}

function choose(name) {
  model = models.find((one) => one.name === name);
  inputs = Object.fromEntries(model.inputs.map((one) => [one.name, one]));
  map = null;
  mapKey = sceneKey = "";
  scene.nearest = null;
  $("model").value = name;
  buildInputs();
  panel.build(model);
  buildControls();
  showInputs();
}

function take(hash) {
  const [found, trouble] = read(hash);
  const other = !model || model.name !== found.model;
  state = found;
  if (other) choose(state.model);
  else { buildControls(); showInputs(); }
  trouble.push(...panel.read(new URLSearchParams(hash.replace(/^#/, ""))));
  $("notice").dataset.kept = trouble.length ? "1" : "";
  notice(trouble);
  redraw();
}

function wire() {
  $("beside").insertAdjacentHTML("beforeend", BESIDE.map(([name, text]) => `<label class="check"><input type="checkbox" value="${name}"> ${text}</label>`).join(""));
  $("beside").addEventListener("change", () => {
    state.show = [...$("beside").querySelectorAll("input:checked")].map((one) => one.value);
    redraw();
  });
  for (const name of ["from", "to"]) {
    $(name).addEventListener("input", () => {
      const text = $(name).value;
      state[name] = text === "" || !Number.isFinite(Number(text)) ? null : Number(text);
      const bad = state.from !== null && state.to !== null && !(state.from < state.to);
      for (const one of ["from", "to"]) $(one).setAttribute("aria-invalid", bad ? "true" : "false");
      notice(bad ? [`from = ${state.from} is not below to = ${state.to}: the whole curve is shown`] : []);
      remember();
      drawCurve();
    });
  }
  $("model").addEventListener("change", () => {
    const before = state.values;
    state = start(models.find((one) => one.name === $("model").value));
    for (const name of Object.keys(state.values)) if (name in before) state.values[name] = before[name];
    choose(state.model);
    redraw();
  });
  $("reset").addEventListener("click", () => change(start(model).values));
  for (const id of ["map-x", "map-y"]) {
    $(id).addEventListener("change", () => {
      const pair = [$("map-x").value, $("map-y").value], i = id === "map-x" ? 1 : 0;
      if (pair[0] === pair[1]) pair[i] = state.map[1 - i]; // the other takes the place that is free
      state.map = pair;
      buildControls();
      remember();
      phaseMap();
    });
  }
  $("map").addEventListener("click", (event) => {
    if (!map) return;
    const box = $("map").getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left - mapBox.left) / mapBox.w, 1 - (event.clientY - box.top - mapBox.top) / mapBox.h];
    if (x >= 0 && x <= 1 && y >= 0 && y <= 1) jump(mapBox.x0 + x * (mapBox.x1 - mapBox.x0), mapBox.y0 + y * (mapBox.y1 - mapBox.y0));
  });
  $("map").addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!way || !map) return;
    event.preventDefault();
    const by = (axis, k) => {
      const size = ((k ? mapBox.y1 - mapBox.y0 : mapBox.x1 - mapBox.x0) / 40) * way[k];
      return inputs[axis].whole ? Math.sign(size) : size;
    };
    jump(state.values[map.x] + by(map.x, 0), state.values[map.y] + by(map.y, 1));
  });
  $("polymer").addEventListener("change", () => { state.polymer = $("polymer").checked; remember(); configuration(); });
  $("plot").addEventListener("pointermove", readout);
  $("plot").addEventListener("pointerleave", () => { $("readout").hidden = true; });
  $("numbers").addEventListener("toggle", explainCurve);
  document.querySelector(".files").addEventListener("click", (event) => download(event.target.dataset.file));
  $("copy").addEventListener("click", () => navigator.clipboard.writeText($("snippet").textContent).then(() => told($("copy"), "Copied")));
  $("save").addEventListener("click", () => save("nanonet.py", $("snippet").textContent, "text/x-python"));
  $("close").addEventListener("click", () => $("code").close());
  $("link").addEventListener("click", () => {
    history.replaceState(null, "", address());
    navigator.clipboard.writeText(location.href).then(() => told($("link"), "Copied"), () => told($("link"), "See the address"));
  });
  $("ask-form").addEventListener("submit", (event) => {
    event.preventDefault();
    token = $("token").value;
    sessionStorage.setItem("nanonet-token", token);
    $("ask").close();
    begin();
  });
  $("theme").addEventListener("click", () => {
    const order = ["system", "light", "dark"], next = order[(order.indexOf(localStorage.getItem("nanonet-theme") ?? "system") + 1) % 3];
    localStorage.setItem("nanonet-theme", next);
    colours();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", colours);
  addEventListener("hashchange", () => take(location.hash));
  addEventListener("resize", later(() => { drawCurve(); drawPlane(); scene.ask(); }, () => 60));
}

function told(button, text) {
  const before = button.dataset.text ?? button.textContent;
  button.dataset.text = before;
  button.textContent = text;
  setTimeout(() => { button.textContent = before; }, 1500);
}

function colours() {
  const chosen = localStorage.getItem("nanonet-theme") ?? "system";
  const dark = chosen === "dark" || (chosen === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  $("theme").textContent = { system: "◐", light: "☀", dark: "☾" }[chosen];
  $("theme").setAttribute("aria-label", `Colours: ${chosen === "system" ? "as the system has them" : chosen}`);
  drawCurve();
  drawPlane();
  scene.ask();
  if (panel.found) panel.paint();
}

async function download(kind) {
  if (!shown || !kind) return;
  const name = `nanonet-${shown.quantity.name}`;
  if (kind === "csv") save(`${name}.csv`, csv(shown), "text/csv");
  if (kind === "svg") save(`${name}.svg`, svgText($("figure")), "image/svg+xml");
  if (kind === "png") save(`${name}.png`, await png($("figure")));
  if (kind === "json") {
    const found = await ask("/api/explore", { model: state.model, inputs: { ...state.values }, view: state.view, beside: state.show, details: true });
    save(`${name}.json`, JSON.stringify(found, null, 1), "application/json");
  }
  if (kind === "py") {
    $("snippet").textContent = snippet(shown, model.shipped, Boolean(token));
    $("code").showModal();
  }
}

async function begin() {
  try {
    ({ models, limits } = await ask("/api/models"));
  } catch (error) {
    if (!$("ask").open) notice([error instanceof Refusal ? error.message : "the service does not answer: is it running?"]);
    return;
  }
  $("model").innerHTML = models.map((one) => `<option value="${escape(one.name)}">${escape(one.name)} (${escape(one.kind)}, ${one.curves} curves)</option>`).join("");
  take(location.hash);
  $("version").textContent = `${models.length} models; at most ${limits.points} points a request`;
}

colours();
wire();
begin();
