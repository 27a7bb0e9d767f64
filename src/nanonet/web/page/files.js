// What can be taken along: numbers, figures, and code that gives the same numbers.

export function save(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The curve that is seen, as `nanonet` writes and reads it. */
export function csv(found) {
  const q = found.quantity, inputs = Object.entries(found.inputs);
  const lines = [`# nanonet: ${q.name}(${q.x}) predicted by ${found.model} for ${inputs.map(([k, v]) => `${k}=${v}`).join(" ")}; ${found.line}`];
  for (const name of ["diameter", "density"]) if (name in found.inputs) lines.push(`# ${name} = ${found.inputs[name]}`);
  if (found.low) lines.push("# low, high: 90 % band");
  lines.push(`${q.x},${q.name},error${found.low ? ",low,high" : ""}`);
  found.x.forEach((x, i) => {
    const ends = found.low ? [found.low[i], found.high[i]] : [];
    lines.push([Number(x.toPrecision(8)), found.y[i], "", ...ends].join(","));
  });
  return lines.join("\n") + "\n";
}

export function svgText(svg) {
  const copy = svg.cloneNode(true);
  const [, , width, height] = svg.getAttribute("viewBox").split(" ");
  for (const name of ["id", "role", "aria-label", "class"]) copy.removeAttribute(name);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  return new XMLSerializer().serializeToString(copy);
}

export async function png(svg) {
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const image = new Image(), address = URL.createObjectURL(new Blob([svgText(svg)], { type: "image/svg+xml" }));
  try {
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = 2 * width;
    canvas.height = 2 * height;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob(done, "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}

export function snippet(found, shipped, secret) {
  const values = Object.entries(found.inputs).map(([k, v]) => `    ${JSON.stringify(k)}: ${v},`).join("\n");
  const q = found.quantity, model = JSON.stringify(found.model);
  const bearer = secret ? ', headers={"Authorization": "Bearer TOKEN"}' : "";
  return `import nanonet
from nanonet.predict import views

inputs = {
${values}
}
model = nanonet.load(${model})${shipped ? "" : "  # the folder of the model"}
curve = views.view(model, inputs, ${JSON.stringify(q.name)})  # ${q.long_name}
print(curve.x, curve.y, curve.low, curve.high)

# The same from this service, without nanonet:
import httpx

asked = {"model": ${model}, "inputs": inputs, "view": ${JSON.stringify(q.name)}}
reply = httpx.post("${location.origin}/api/explore", json=asked${bearer}).raise_for_status().json()
print(reply["x"], reply["y"], reply["low"], reply["high"])
`;
}
