// Particles of a periodic box in 3D, on a 2D canvas: balls are drawn from the farthest to the nearest.

import { palette } from "./plot.js";

function ball(colour, size) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d"), half = size / 2;
  const shade = context.createRadialGradient(half * 0.7, half * 0.6, half * 0.1, half, half, half);
  shade.addColorStop(0, mixed(colour, "#ffffff", 0.55));
  shade.addColorStop(0.45, colour);
  shade.addColorStop(1, mixed(colour, "#000000", 0.45));
  context.fillStyle = shade;
  context.beginPath();
  context.arc(half, half, half - 0.5, 0, 2 * Math.PI);
  context.fill();
  return canvas;
}

function mixed(a, b, share) {
  const part = (hex, i) => parseInt(hex.slice(i, i + 2), 16);
  return `rgb(${[1, 3, 5].map((i) => Math.round(part(a, i) * (1 - share) + part(b, i) * share)).join(" ")})`;
}

const turn = (a, b) => a.map((_, i) => b[0].map((_, j) => a[i].reduce((sum, v, k) => sum + v * b[k][j], 0)));

export class Scene {
  constructor(canvas) {
    this.canvas = canvas;
    this.found = null;
    this.reset();
    let from = null;
    canvas.addEventListener("pointerdown", (event) => {
      from = [event.clientX, event.clientY];
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!from) return;
      this.rotate((event.clientX - from[0]) * 0.008, (event.clientY - from[1]) * 0.008);
      from = [event.clientX, event.clientY];
    });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { from = null; });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 0.92 : 1.09);
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const turns = { ArrowLeft: [-0.12, 0], ArrowRight: [0.12, 0], ArrowUp: [0, -0.12], ArrowDown: [0, 0.12] }[event.key];
      if (turns) this.rotate(...turns);
      else if (event.key === "+" || event.key === "=") this.zoom(1.1);
      else if (event.key === "-" || event.key === "−") this.zoom(0.9);
      else return;
      event.preventDefault();
    });
  }

  reset() {
    this.matrix = turn([[1, 0, 0], [0, Math.cos(0.42), -Math.sin(0.42)], [0, Math.sin(0.42), Math.cos(0.42)]],
      [[Math.cos(0.6), 0, Math.sin(0.6)], [0, 1, 0], [-Math.sin(0.6), 0, Math.cos(0.6)]]);
    this.size = 1;
  }

  rotate(across, up) {
    const [c, s] = [Math.cos(across), Math.sin(across)], [d, t] = [Math.cos(up), Math.sin(up)];
    this.matrix = turn([[1, 0, 0], [0, d, -t], [0, t, d]], turn([[c, 0, s], [0, 1, 0], [-s, 0, c]], this.matrix));
    this.ask();
  }

  zoom(factor) {
    this.size = Math.min(4, Math.max(0.5, this.size * factor));
    this.ask();
  }

  show(found) {
    this.found = found;
    this.ask();
  }

  ask() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  draw() {
    const { canvas, found } = this;
    if (!found) return;
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const context = canvas.getContext("2d"), ink = palette(), [a, b, c] = this.matrix;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const edge = Math.max(...found.edges), far = 3.2 * edge, unit = (0.57 * this.size * Math.min(width, height)) / edge;
    const place = (x, y, z) => {
      const p = [x - found.edges[0] / 2, y - found.edges[1] / 2, z - found.edges[2] / 2];
      const depth = c[0] * p[0] + c[1] * p[1] + c[2] * p[2], near = unit / (1 + depth / far);
      return [width / 2 + near * (a[0] * p[0] + a[1] * p[1] + a[2] * p[2]), height / 2 - near * (b[0] * p[0] + b[1] * p[1] + b[2] * p[2]), depth, near];
    };
    this.frame(context, place, ink);
    const items = found.nps.map((p) => [...place(...p), found.diameter, 0]);
    if (found.polymer) for (const p of found.polymer) items.push([...place(...p), 1, 1]);
    items.sort((p, q) => q[2] - p[2]);
    const balls = [ball(ink("np"), 128), ball(ink("monomer"), 48)];
    for (const [x, y, depth, near, diameter, kind] of items) {
      const across = near * diameter * (kind ? 0.7 : 1);
      context.globalAlpha = kind ? 0.22 : Math.max(0.45, Math.min(1, 0.82 - (0.35 * depth) / edge));
      context.drawImage(balls[kind], x - across / 2, y - across / 2, across, across);
    }
    context.globalAlpha = 1;
  }

  frame(context, place, ink) {
    const [x, y, z] = this.found.edges;
    const at = (i) => place(i & 1 ? x : 0, i & 2 ? y : 0, i & 4 ? z : 0);
    context.strokeStyle = ink("field");
    context.lineWidth = 1;
    context.beginPath();
    for (let i = 0; i < 8; i++) {
      for (const bit of [1, 2, 4]) {
        if (i & bit) continue;
        const [p, q] = [at(i), at(i | bit)];
        context.moveTo(p[0], p[1]);
        context.lineTo(q[0], q[1]);
      }
    }
    context.stroke();
  }
}
