// Numbers, symbols and units as people read them.

const UNITS = { sigma: "σ", "sigma^-3": "σ⁻³", "1/sigma": "σ⁻¹", epsilon: "ε", "1": "" };

export const unit = (text) => UNITS[text] ?? text;

/** A number with `digits` significant ones, no trailing zeros, a real minus sign. */
export function number(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-4) {
    const [head, power] = value.toExponential(digits - 1).split("e");
    return `${minus(trimmed(head))}·10${raised(Number(power))}`;
  }
  return minus(trimmed(value.toPrecision(digits).includes("e") ? String(Math.round(value)) : value.toPrecision(digits)));
}

/** A number as a field of a form holds it. */
export const plain = (value, digits = 6) => String(Number(value.toPrecision(digits)));

/** A counted probability: never quite 0 or 1. */
export const sure = (p) => (p > 0.99 ? "above 0.99" : p < 0.01 ? "below 0.01" : p.toFixed(2));

export const between = (ends) => (ends ? `${number(ends[0])} to ${number(ends[1])}` : "");

/** Parts of a symbol, `ε_{NN}`: what stands on the line, and below it. */
export function symbol(input) {
  const found = /^(.*?)_\{(.*)\}$/.exec(input.latex || input.symbol);
  return found ? [found[1], found[2]] : [input.latex || input.symbol, ""];
}

export function escape(text) {
  return String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

export function symbolHtml(input) {
  const [base, below] = symbol(input);
  return escape(base) + (below ? `<sub>${escape(below)}</sub>` : "");
}

const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
const minus = (text) => text.replace("-", "−");
const raised = (power) => [...String(power)].map((c) => ({ "-": "⁻" })[c] ?? "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]).join("");
