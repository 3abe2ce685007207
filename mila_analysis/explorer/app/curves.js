// The graph: f and partials of the chosen activations, their landmarks marked.

const SAMPLES = 420;
const DASHES = ["", "7 4", "2 3", "9 3 2 3", "1 4", "12 4"];

/** Range of y that holds the curves for all values of the parameters, so that a slider
 *  moves curves and not axes. */
function heights(data, state) {
  const values = [];
  for (const a of shown(data, state)) {
    for (const setting of settings(a, state)) {
      for (const partial of state.partials) {
        const f = a.functions[partial];
        if (!f) continue;
        for (let i = 0; i <= 60; i++) {
          const x = state.view.low + ((state.view.high - state.view.low) * i) / 60;
          values.push(f(x, ...setting));
        }
      }
    }
  }
  const [low, high] = ends(values);
  const room = 0.05 * (high - low || 1);
  return [low - room, high + room];
}

/** Values of the parameters of an activation: as they are, and at the ends of each. */
function settings(activation, state) {
  const own = bound(activation, state);
  const found = [own];
  activation.parameters.forEach((p, n) => {
    for (const end of [p.low, p.high]) found.push(own.map((v, i) => (i === n ? end : v)));
  });
  return found;
}

/** The activations that are chosen, in the order of the page. */
function shown(data, state) {
  return data.activations.filter((a) => state.chosen.includes(a.name));
}

class Graph {
  constructor(element, data) {
    this.element = element;
    this.data = data;
    this.key = "";
    this.drawn = new Map();
    this.found = new Map();
  }

  /** Axes are drawn anew when they change, curves and landmarks when they move. */
  draw(state) {
    const frame = framed(this.element);
    const size = [frame.width, frame.height].join();
    const settled = [size, state.view.low, state.view.high, state.chosen, state.partials];
    if (settled.join(";") !== this.key) {
      this.key = settled.join(";");
      this.frame(state, frame);
    }
    for (const a of shown(this.data, state)) {
      const key = [settled.join(";"), ...bound(a, state)].join();
      if (this.drawn.get(a.name) === key) continue;
      this.drawn.set(a.name, key);
      this.curves(a, state, frame);
      this.found.set(a.name, landmarks(a, state));
    }
    return this.landmarks(state, frame);
  }

  frame(state, frame) {
    const range = heights(this.data, state);
    this.sx = scale([state.view.low, state.view.high], [frame.left, frame.right]);
    this.sy = scale(range, [frame.bottom, frame.top]);
    this.paths = new Map();
    this.drawn.clear();
    const clip = svg("clipPath", { id: "inside" }, svg("rect", {
      x: frame.left, y: frame.top,
      width: frame.right - frame.left, height: frame.bottom - frame.top,
    }));
    this.lines = svg("g", { "clip-path": "url(#inside)" });
    this.marks = svg("g", { class: "marks", "clip-path": "url(#inside)" });
    const across = Math.max(3, Math.floor((frame.right - frame.left) / 70));
    this.element.replaceChildren(
      svg("defs", {}, clip),
      axes(frame, this.sx, this.sy, ticks(state.view.low, state.view.high, across),
        ticks(...range, 7), [["x"], named(state.partials)]),
      this.lines, this.marks,
    );
    this.element.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
    for (const a of shown(this.data, state)) {
      state.partials.forEach((partial, n) => {
        if (!a.functions[partial]) return;
        const path = svg("path", {
          class: n ? "curve partial" : "curve",
          style: `stroke: var(--hue-${this.data.activations.indexOf(a)})`,
          "stroke-dasharray": DASHES[n % DASHES.length],
        });
        this.lines.append(path);
        this.paths.set(`${a.name} ${partial}`, path);
      });
    }
  }

  curves(activation, state, frame) {
    for (const partial of state.partials) {
      const path = this.paths.get(`${activation.name} ${partial}`);
      if (!path) continue;
      const f = curve(activation, partial, state);
      const points = sampled(f, state.view.low, state.view.high, SAMPLES);
      path.setAttribute("d", pathOf(points, this.sx, this.sy, frame.height));
    }
  }

  landmarks(state, frame) {
    const marks = [];
    for (const a of shown(this.data, state)) {
      const own = this.found.get(a.name);
      if (!state.partials.includes("f")) continue;
      const hue = `fill: var(--hue-${this.data.activations.indexOf(a)})`;
      for (const { x, y } of own.minima) {
        marks.push(svg("circle", {
          cx: this.sx(x), cy: this.sy(y), r: 4.5, style: hue, class: "minimum",
        }));
      }
      for (const { x, y } of own.inflections) {
        const [u, v] = [this.sx(x), this.sy(y)];
        marks.push(svg("path", {
          d: `M${u - 5} ${v}L${u} ${v - 5}L${u + 5} ${v}L${u} ${v + 5}Z`,
          style: hue, class: "inflection",
        }));
      }
    }
    const at = this.sx(state.x);
    marks.push(svg("line", {
      x1: at, x2: at, y1: frame.top, y2: frame.bottom, class: "cursor",
    }));
    this.marks.replaceChildren(...marks);
    return this.found;
  }
}

/** Names of partials with their variables lowered, for a text of SVG. */
function named(partials) {
  return partials.flatMap((partial, n) => {
    const [f, variables] = spelled(partial).split("_");
    const nodes = [n ? `,  ${f}` : f];
    if (variables) nodes.push(svg("tspan", { dy: 4, "font-size": 10 }, variables));
    if (variables) nodes.push(svg("tspan", { dy: -4 }, "\u200b"));
    return nodes;
  });
}

/** Name of a partial with Greek letters: f_xbeta to f_xβ. */
function spelled(partial) {
  return GREEK.reduce((text, [name, letter]) => text.replaceAll(name, letter), partial);
}

const GREEK = [
  ["alpha", "α"], ["beta", "β"], ["gamma", "γ"], ["lambda_", "λ"], ["lambd", "λ"],
  ["theta", "θ"],
];
