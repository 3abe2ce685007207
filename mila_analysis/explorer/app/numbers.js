// Numbers out of the generated functions: samples, ranges, minima and inflections.

/** Values of an activation's parameters, in the order of its functions. */
function bound(activation, state) {
  return activation.parameters.map((p) => state.values[activation.name][p.name]);
}

/** One partial as a function of x alone. */
function curve(activation, partial, state) {
  const f = activation.functions[partial];
  const values = bound(activation, state);
  return f ? (x) => f(x, ...values) : null;
}

/** Points of a curve; a jump is a gap (NaN) between two of them. */
function sampled(f, low, high, count) {
  const points = [];
  let last = null;
  for (let i = 0; i <= count; i++) {
    const x = low + ((high - low) * i) / count;
    const y = f(x);
    if (last && jumps(f, last, [x, y], (high - low) / count)) {
      const [a, b] = narrowed(f, last, [x, y]);
      points.push(a, [b[0], NaN], b);
    }
    last = [x, y];
    points.push(last);
  }
  return points;
}

const STEEP = 50;

/** Whether the step between two samples is one that halving does not make smaller. */
function jumps(f, a, b, step) {
  const rise = Math.abs(b[1] - a[1]);
  if (!(rise > STEEP * step)) {
    const [middle, quarter] = [0.5, 0.25].map((t) => f(a[0] + t * (b[0] - a[0])));
    const parts = [quarter - a[1], middle - quarter, b[1] - middle].map(Math.abs);
    if (!(rise > 0.02 && Math.max(...parts) > 0.97 * rise)) return false;
  }
  const [left, right] = narrowed(f, a, b);
  return Math.abs(right[1] - left[1]) > 0.5 * rise;
}

/** The two sides of the steepest place between two samples. */
function narrowed(f, a, b) {
  for (let n = 0; n < 30; n++) {
    const x = (a[0] + b[0]) / 2;
    const middle = [x, f(x)];
    if (Math.abs(middle[1] - a[1]) > Math.abs(b[1] - middle[1])) b = middle;
    else a = middle;
  }
  return [a, b];
}

/** The zero between two points of different signs, by halving. */
function zero(f, low, high) {
  const sign = f(low) < 0;
  for (let n = 0; n < 60; n++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (f(middle) < 0 === sign) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Points where a function changes its sign, with the sign after them. */
function changes(f, low, high, count) {
  const found = [];
  let before = [low, f(low)];
  for (let i = 1; i <= count; i++) {
    const x = low + ((high - low) * i) / count;
    const y = f(x);
    if (y === 0) continue; // a flat piece, or a zero right here: the next sample tells
    if (before[1] * y < 0) {
      const at = zero(f, before[0], x);
      const gap = (x - before[0]) * 1e-6;
      const flat = Math.abs(f(at + gap) - f(at - gap)) < 0.5 * Math.abs(y - before[1]);
      found.push({ x: at, sign: Math.sign(y), smooth: flat });
    }
    before = [x, y];
  }
  return found;
}

const REACH = 12;

/** Minima and inflection points of an activation at the values of its parameters. */
function landmarks(activation, state) {
  const [f, slope, bend] = ["f", "f_x", "f_xx"].map((p) => curve(activation, p, state));
  const low = Math.min(-REACH, state.view.low);
  const high = Math.max(REACH, state.view.high);
  const minima = changes(slope, low, high, 480).filter((z) => z.sign > 0);
  const inflections = changes(bend, low, high, 480).filter((z) => z.smooth);
  return {
    minima: minima.map((z) => ({ x: z.x, y: f(z.x), bend: bend(z.x) })),
    inflections: inflections.map((z) => ({ x: z.x, y: f(z.x) })),
  };
}

/** Ends of what is to be seen of values, leaving out the few that run away. */
function ends(values) {
  const known = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!known.length) return [-1, 1];
  const at = (part) => known[Math.round(part * (known.length - 1))];
  const [low, high] = [at(0.02), at(0.98)];
  const room = 0.5 * (high - low || 1);
  return [Math.max(known[0], low - room), Math.min(known[known.length - 1], high + room)];
}

/** Round steps between two ends, at most so many. */
function ticks(low, high, most) {
  const raw = (high - low) / most;
  const ten = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * ten).find((s) => s >= raw);
  const found = [];
  for (let n = Math.ceil(low / step); n * step <= high + step * 1e-9; n++) {
    found.push(Number((n * step).toPrecision(12)));
  }
  return found;
}
