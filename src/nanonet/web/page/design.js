// What is wanted of the curve, and points that meet it: a form, and answers as cards that move the sliders.

import { escape, number, plain, sure, symbolHtml, unit } from "./text.js";
import { sparkline } from "./plot.js";

const $ = (id) => document.getElementById(id);
const SHORT = { "contact aggregation": "contact", bridging: "bridging", dispersion: "dispersion" };

/** `ask(path, body, signal)`, `jump(values)` moves the sliders, `changed()` when the form is, `text(line)` prints symbols. */
export class Panel {
  constructor({ ask, jump, changed, text }) {
    Object.assign(this, { ask, jump, changed, text });
    this.asking = new AbortController();
    $("design-form").addEventListener("submit", (event) => { event.preventDefault(); this.search(); });
    $("design-form").addEventListener("input", () => { this.stale(); this.changed(); });
    $("answers").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.jump({ ...this.found.answers[button.dataset.number].inputs });
    });
  }

  /** The form for a model, empty. */
  build(model) {
    this.asking.abort();
    Object.assign(this, { model, found: null });
    const known = model.uncertain;
    $("design-form").hidden = !known;
    this.tell(known ? "" : `${model.name} does not know how sure it is: no probability can be told. Choose a model with a band.`);
    $("answers").innerHTML = $("design-notes").innerHTML = "";
    const state = model.states.length ? `<div class="want"><label for="want-state">State</label><select id="want-state"><option value="">any</option>${model.states.map((one) => `<option value="${SHORT[one]}">${escape(one)}</option>`).join("")}</select></div>` : "";
    $("wants").innerHTML = state + model.targets.map(({ name, text, unit: of }) => `<div class="want" role="group" aria-labelledby="want-${name}"><span id="want-${name}">${escape(text)}</span>
      ${["from", "to"].map((end) => `<input id="want-${name}-${end}" type="number" step="any" inputmode="decimal" placeholder="${end}" aria-label="${escape(text)}, ${end}">`).join("<span aria-hidden=\"true\">–</span>")}
      <span class="unit">${escape(unit(of))}</span></div>`).join("");
    $("holds").innerHTML = model.inputs.map((one) => `<div class="want"><label class="check"><input type="checkbox" id="hold-${one.name}"> <span>hold <i>${symbolHtml(one)}</i> = <span id="held-${one.name}"></span></span></label>
      <label class="off">off by ± <input id="off-${one.name}" type="number" min="0" step="any" inputmode="decimal" aria-label="${escape(one.long_name)} may be off by"></label></div>`).join("");
  }

  /** What the sliders say: held inputs have these values, and the answer that they stand at is marked. */
  show(values) {
    this.values = values;
    for (const one of this.model.inputs) $(`held-${one.name}`).textContent = `${number(values[one.name], 4)} ${unit(one.unit)}`;
    for (const button of $("answers").querySelectorAll("button")) {
      const own = this.found.answers[button.dataset.number].inputs;
      const here = Object.entries(own).every(([name, value]) => plain(value) === plain(values[name]));
      here ? button.setAttribute("aria-current", "true") : button.removeAttribute("aria-current");
    }
  }

  /** The form as an address holds it; '' where nothing is asked. */
  write() {
    const model = this.model;
    return {
      want: this.targets().join(","),
      hold: model.inputs.filter((one) => $(`hold-${one.name}`).checked).map((one) => one.name).join(","),
      off: model.inputs.filter((one) => $(`off-${one.name}`).value).map((one) => `${one.name}=${$(`off-${one.name}`).value}`).join(","),
    };
  }

  /** Take what an address says, and look for it; returns what cannot be used. */
  read(said) {
    const wrong = [], parts = (name) => (said.get(name) ?? "").split(",").filter(Boolean).map((one) => one.split("="));
    for (const one of $("design-form").querySelectorAll("input, select")) one.type === "checkbox" ? (one.checked = false) : (one.value = "");
    for (const [name, value = ""] of parts("want")) {
      const ends = value.split(":"), fields = ["from", "to"].map((end) => $(`want-${name}-${end}`));
      if (name === "state" && [...$("want-state")?.options ?? []].some((one) => one.value === value && value)) $("want-state").value = value;
      else if (fields.every(Boolean) && ends.length === 2 && ends.some(Boolean) && ends.every((end) => Number.isFinite(Number(end)))) fields.forEach((field, i) => { field.value = ends[i]; });
      else wrong.push(`want = ${name}=${value} is none of the targets of ${this.model.name}`);
    }
    for (const [name] of parts("hold")) {
      if ($(`hold-${name}`)) $(`hold-${name}`).checked = true;
      else wrong.push(`hold = ${name} is not one of the inputs`);
    }
    for (const [name, value] of parts("off")) {
      if ($(`off-${name}`) && Number(value) > 0) $(`off-${name}`).value = value;
      else wrong.push(`off = ${name}=${value} is not an input and a width`);
    }
    if (this.model.uncertain && this.targets().length && !wrong.length) this.search();
    return wrong;
  }

  targets() {
    const state = $("want-state")?.value, ends = (name) => ["from", "to"].map((end) => $(`want-${name}-${end}`).value);
    return [...(state ? [`state=${state}`] : []), ...this.model.targets.map(({ name }) => [name, ends(name)]).filter(([, [a, b]]) => a || b).map(([name, both]) => `${name}=${both.join(":")}`)];
  }

  async search() {
    this.asking.abort();
    const asking = this.asking = new AbortController(), model = this.model;
    const named = (kind, value) => Object.fromEntries(model.inputs.filter((one) => value(one)).map((one) => [one.name, Number(value(one))]));
    const body = {
      model: model.name, targets: this.targets(),
      fixed: Object.fromEntries(model.inputs.filter((one) => $(`hold-${one.name}`).checked).map((one) => [one.name, this.values[one.name]])),
      tolerances: named("off", (one) => $(`off-${one.name}`).value),
    };
    if (!body.targets.length) return this.tell("nothing is asked for: choose a state, or give a number", true);
    this.stale();
    this.tell("searching …");
    try {
      const found = await this.ask("/api/design", body, asking.signal);
      if (asking === this.asking) this.draw(found);
    } catch (error) {
      if (asking === this.asking && error.name !== "AbortError") this.tell(error.field === undefined ? "the service does not answer: is it running?" : error.message, true);
    }
    document.dispatchEvent(new CustomEvent("searched"));
  }

  draw(found) {
    this.found = found;
    $("answers").classList.remove("stale");
    $("design-notes").innerHTML = found.notes.map((text) => `<li${found.met ? ' class="caveat"' : ""}>${escape(text)}</li>`).join("");
    $("answers").innerHTML = found.answers.map((one, i) => {
      const bar = one.probability >= 0.01 && one.probability <= 0.99 ? ` ± ${Math.max(one.probability_error, 0.005).toFixed(2)}` : "";
      const inputs = this.model.inputs.filter(({ name }) => name in one.inputs).map((input) => `<span><i>${symbolHtml(input)}</i> = ${number(one.inputs[input.name], 3)} ${escape(unit(input.unit))}</span>`).join("");
      const parts = found.targets.length > 1 ? `<small>${one.targets.map((part) => `${escape(part.target)}: ${sure(part.probability)}`).join("<br>")}</small>` : "";
      return `<li><button type="button" class="answer" data-number="${i}"><span><strong>${sure(one.probability)}${bar}</strong> <small>probability</small></span>
        <span class="at">${inputs}</span><svg class="spark" role="img"></svg>${parts}
        ${one.outside ? '<span class="badge out">outside of the data</span>' : ""}<small>Rests on ${this.text(one.line)}</small></button></li>`;
    }).join("");
    this.paint();
    this.show(this.values);
    const best = found.answers[0];
    this.tell(`${found.answers.length} ${found.answers.length === 1 ? "answer" : "answers"}; the best meets ${found.targets.join(", ")} with a probability of ${sure(best.probability)}`);
  }

  /** Curves of the cards, in the colours of now. */
  paint() {
    [...$("answers").querySelectorAll(".spark")].forEach((svg, i) => {
      const one = this.found.answers[i], q = this.found.quantity, top = one.y.indexOf(Math.max(...one.y));
      sparkline(svg, one, q.limit);
      svg.setAttribute("aria-label", `${q.name}(${q.x}), largest ${number(one.y[top])} at ${q.x} = ${number(one.x[top])} ${unit(q.x_unit)}`);
    });
  }

  stale() {
    $("answers").classList.add("stale");
  }

  tell(text, bad = false) {
    $("design-status").textContent = bad ? "" : text;
    $("design-wrong").textContent = bad ? text : "";
    $("design-wrong").hidden = !bad;
  }
}
