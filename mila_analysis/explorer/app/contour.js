// Levels of a partial over x and a parameter, with a point that can be moved.

const STOPS = {
  light: [[33, 81, 150], [140, 178, 220], [247, 246, 240], [236, 190, 120], [160, 82, 20]],
  dark: [[130, 180, 245], [50, 84, 130], [24, 27, 32], [120, 78, 34], [244, 190, 110]],
};
const LEVELS = 9;
const CELLS = { x: 132, y: 96 };

class Contour {
  constructor(canvas, overlay, data, moved) {
    this.canvas = canvas;
    this.overlay = overlay;
    this.data = data;
    this.key = "";
    this.listen(moved);
  }

  /** The activation and the parameter that are the plane, if there is a parameter. */
  plane(state) {
    const activation = this.data.activations.find((a) => a.name === state.main);
    const parameter = activation && activation.parameters[0];
    return parameter ? { activation, parameter } : null;
  }

  draw(state, theme) {
    const plane = this.plane(state);
    this.overlay.parentElement.hidden = !plane;
    if (!plane) return;
    const frame = framed(this.overlay);
    this.sx = scale([state.view.low, state.view.high], [frame.left, frame.right]);
    this.sy = scale([plane.parameter.low, plane.parameter.high], [frame.bottom, frame.top]);
    this.frame = frame;
    const others = plane.activation.parameters.slice(1).map(
      (p) => state.values[plane.activation.name][p.name]);
    const key = [state.main, state.levels, state.view.low, state.view.high, frame.width,
      frame.height, theme, ...others].join();
    if (key !== this.key) {
      this.key = key;
      this.field(plane, state, frame, theme, others);
    }
    this.point(plane, state, frame);
  }

  field(plane, state, frame, theme, others) {
    const { activation, parameter } = plane;
    const f = activation.functions[state.levels] || activation.functions.f;
    const { x: columns, y: rows } = CELLS;
    const values = new Float64Array((columns + 1) * (rows + 1));
    for (let j = 0; j <= rows; j++) {
      const b = parameter.low + ((parameter.high - parameter.low) * j) / rows;
      for (let i = 0; i <= columns; i++) {
        const x = state.view.low + ((state.view.high - state.view.low) * i) / columns;
        values[j * (columns + 1) + i] = f(x, b, ...others);
      }
    }
    const [low, high] = ends([...values]);
    this.paint(values, low, high, frame, theme);
    this.lines(values, ticks(low, high, LEVELS), frame);
  }

  /** Colours: the sign turns the hue, the size its depth. */
  paint(values, low, high, frame, theme) {
    const { x: columns, y: rows } = CELLS;
    const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
    const picture = new ImageData(columns + 1, rows + 1);
    for (let j = 0; j <= rows; j++) {
      for (let i = 0; i <= columns; i++) {
        const value = values[j * (columns + 1) + i] / most;
        const place = 4 * ((rows - j) * (columns + 1) + i);
        picture.data.set([...colour(value, STOPS[theme]), 255], place);
      }
    }
    const small = new OffscreenCanvas(columns + 1, rows + 1);
    small.getContext("2d").putImageData(picture, 0, 0);
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = frame.width * ratio;
    this.canvas.height = frame.height * ratio;
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.imageSmoothingQuality = "high";
    const [dx, dy] = [0.5 / (columns + 1), 0.5 / (rows + 1)];
    context.drawImage(
      small, dx * (columns + 1), dy * (rows + 1), columns, rows,
      frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
  }

  /** Level lines by marching squares. */
  lines(values, levels, frame) {
    const { x: columns, y: rows } = CELLS;
    const [px, py] = [
      (i) => frame.left + ((frame.right - frame.left) * i) / columns,
      (j) => frame.bottom - ((frame.bottom - frame.top) * j) / rows,
    ];
    this.levels = levels.map((level) => {
      let text = "";
      for (let j = 0; j < rows; j++) {
        for (let i = 0; i < columns; i++) {
          const at = (di, dj) => values[(j + dj) * (columns + 1) + i + di] - level;
          for (const [[ax, ay], [bx, by]] of segments(at)) {
            text += `M${px(i + ax).toFixed(1)} ${py(j + ay).toFixed(1)}`;
            text += `L${px(i + bx).toFixed(1)} ${py(j + by).toFixed(1)}`;
          }
        }
      }
      const kind = level === 0 ? "level null" : level < 0 ? "level below" : "level";
      return svg("path", { d: text, class: kind }, svg("title", {}, label(level)));
    });
  }

  point(plane, state, frame) {
    const { activation, parameter } = plane;
    const value = state.values[activation.name][parameter.name];
    const [u, v] = [this.sx(state.x), this.sy(value)];
    const across = Math.max(3, Math.floor((frame.right - frame.left) / 70));
    this.overlay.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
    this.overlay.replaceChildren(
      axes(frame, this.sx, this.sy, ticks(state.view.low, state.view.high, across),
        ticks(parameter.low, parameter.high, 6), [["x"], [parameter.letter]]),
      ...this.levels,
      svg("line", { x1: frame.left, x2: frame.right, y1: v, y2: v, class: "cursor" }),
      svg("line", { x1: u, x2: u, y1: frame.top, y2: frame.bottom, class: "cursor" }),
      svg("circle", { cx: u, cy: v, r: 7, class: "point" }),
    );
  }

  listen(moved) {
    const follow = (event) => {
      if (!this.sx || (event.type === "pointermove" && !event.buttons)) return;
      const box = this.overlay.getBoundingClientRect();
      const x = this.sx.back(((event.clientX - box.left) * this.frame.width) / box.width);
      const b = this.sy.back(((event.clientY - box.top) * this.frame.height) / box.height);
      moved(x, b);
      event.preventDefault();
    };
    this.overlay.addEventListener("pointerdown", (event) => {
      this.overlay.setPointerCapture(event.pointerId);
      follow(event);
    });
    this.overlay.addEventListener("pointermove", follow);
  }
}

/** Lines of one cell where its corners have different signs. */
function segments(at) {
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
  const cut = [];
  for (let n = 0; n < 4; n++) {
    const [a, b] = [corners[n], corners[(n + 1) % 4]];
    const [u, v] = [at(...a), at(...b)];
    if (u < 0 === v < 0 || !Number.isFinite(u) || !Number.isFinite(v)) continue;
    const t = u / (u - v);
    cut.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
  }
  return cut.length === 2 ? [cut] : cut.length === 4 ? [cut.slice(0, 2), cut.slice(2)] : [];
}

/** Colour between stops, of a value from -1 to 1. */
function colour(value, stops) {
  const place = Math.min(3.999, Math.max(0, 2 + 2 * (Number.isFinite(value) ? value : 0)));
  const [n, t] = [Math.floor(place), place % 1];
  return stops[n].map((from, i) => Math.round(from + t * (stops[n + 1][i] - from)));
}
