// The page: events change the state, a frame draws it.

const data = JSON.parse(document.getElementById("data").textContent);
data.activations.forEach((a, n) => Object.assign(a, modules[n]));
const byId = (id) => document.getElementById(id);
const dark = window.matchMedia("(prefers-color-scheme: dark)");
let state = fromFragment(location.hash, data);
let waiting = false;

const graph = new Graph(byId("graph"), data);
const contour = new Contour(byId("field"), byId("plane"), data, movePoint);
const accuracy = new Accuracy(byId("errors"), byId("errors-note"));

/** Draw at the next frame; many changes until then are one. */
function changed() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

function draw() {
  const found = graph.draw(state);
  contour.draw(state, theme());
  showValues(byId("parameters"), state);
  tabulate(byId("table"), data, state, found);
  say(found);
  remember();
}

const later = (delay, work) => {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), delay);
  };
};

/** What a screen reader hears, when the hand rests. */
const say = later(700, (found) => {
  const texts = shown(data, state).map((a) => {
    const [lowest] = [...found.get(a.name).minima].sort((p, q) => p.y - q.y);
    const place = lowest
      ? `minimum ${short(lowest.y, 4)} at x = ${short(lowest.x, 4)}` : "no minimum";
    const here = short(curve(a, "f", state)(state.x), 4);
    return `${a.title}: ${place}, f = ${here} at the line`;
  });
  const { low, high } = state.view;
  const seen = `Line at x = ${short(state.x, 4)}, x from ${short(low, 4)} to ${short(high, 4)}`;
  byId("said").textContent = [...texts, seen].join(". ");
  byId("graph").setAttribute("aria-label", `Graph of ${texts.join("; ")}`);
});

/** The state in the address, so that it can be bookmarked. */
const remember = later(250, () => {
  try {
    history.replaceState(null, "", toFragment(state, data));
  } catch {
    // Some browsers allow no address to a page from disk; the link still copies it.
  }
});

function theme() {
  return state.theme || (dark.matches ? "dark" : "light");
}

function showTheme() {
  document.documentElement.dataset.theme = theme();
  byId("theme").textContent = theme() === "dark" ? "Light" : "Dark";
}

function movePoint(x, value) {
  const plane = contour.plane(state);
  const { low, high } = plane.parameter;
  state.x = Math.min(state.view.high, Math.max(state.view.low, x));
  state.values[plane.activation.name][plane.parameter.name] =
    Math.min(high, Math.max(low, value));
  changed();
}

/** Everything that is made anew when other activations are chosen. */
function rebuild() {
  activationBoxes(byId("activations"), data, state, (name, on) => {
    const next = state.chosen.filter((n) => n !== name).concat(on ? [name] : []);
    if (!next.length) return rebuild();
    state.chosen = data.activations.map((a) => a.name).filter((n) => next.includes(n));
    if (!state.chosen.includes(state.main)) state.main = state.chosen[0];
    return rebuild();
  });
  parameterSliders(byId("parameters"), data, state, (name, parameter, value) => {
    state.values[name][parameter] = value;
    changed();
  });
  const names = partialBoxes(byId("partials"), data, state, (name, on) => {
    const next = state.partials.filter((n) => n !== name).concat(on ? [name] : []);
    state.partials = names.filter((n) => next.includes(n));
    if (!state.partials.length) state.partials = ["f"];
    rebuild();
  });
  const options = shown(data, state).map((a) => [a.name, a.title]);
  fill(byId("main"), options, state.main);
  const main = data.activations.find((a) => a.name === state.main);
  if (!main.functions[state.levels]) state.levels = "f";
  const partials = Object.keys(main.functions).map((n) => [n, spelled(n)]);
  fill(byId("levels"), partials, state.levels);
  setFormulas(byId("formulas"), main);
  accuracy.draw(main, main.accuracy[state.levels] ? state.levels : "f");
  byId("source").textContent = `${main.source_text}`;
  changed();
}

function zoomed(factor, shift = 0) {
  const { low, high } = state.view;
  const [middle, half] = [(low + high) / 2, ((high - low) / 2) * factor];
  if (half < 1e-3 || half > 1e4) return;
  const step = shift * (high - low);
  state.view = { low: middle - half + step, high: middle + half + step };
  changed();
}

/** Keys of the graph, and those of the plane. */
function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const moves = {
    ArrowLeft: () => zoomed(1, -0.1), ArrowRight: () => zoomed(1, 0.1),
    "+": () => zoomed(0.8), "=": () => zoomed(0.8), "-": () => zoomed(1.25),
    Home: () => { state.view = { ...DEFAULT_VIEW }; changed(); },
  };
  if (moves[event.key]) {
    moves[event.key]();
    event.preventDefault();
  }
}

function planeKeys(event) {
  const plane = contour.plane(state);
  if (!plane || event.ctrlKey || event.metaKey || event.altKey) return;
  const part = event.shiftKey ? 0.1 : 0.01;
  const dx = part * (state.view.high - state.view.low);
  const db = part * (plane.parameter.high - plane.parameter.low);
  const moves = {
    ArrowLeft: [-dx, 0], ArrowRight: [dx, 0], ArrowUp: [0, db], ArrowDown: [0, -db],
  };
  const move = moves[event.key];
  if (!move) return;
  const value = state.values[plane.activation.name][plane.parameter.name];
  movePoint(state.x + move[0], value + move[1]);
  event.preventDefault();
}

function told(text) {
  byId("toast").textContent = text;
  byId("toast").dataset.on = "yes";
  setTimeout(() => delete byId("toast").dataset.on, 1800);
}

async function copy(kind) {
  const main = data.activations.find((a) => a.name === state.main);
  const text = await copied(main, kind, state);
  const names = { latex: "LaTeX", numpy: "NumPy", torch: "Torch", javascript: "JavaScript" };
  const done = await toClipboard(text);
  told(done ? `${names[kind]} of ${main.title} copied` : "The browser allows no copying here");
}

function start() {
  document.querySelectorAll("[data-copy]").forEach((button) =>
    button.addEventListener("click", () => copy(button.dataset.copy)));
  document.querySelectorAll("[data-export]").forEach((button) =>
    button.addEventListener("click", async () => {
      const kind = button.dataset.export;
      download(await exported(byId("graph"), kind), `${state.chosen.join("-")}.${kind}`);
    }));
  byId("link").addEventListener("click", async () => {
    const address = location.href.split("#")[0] + toFragment(state, data);
    told((await toClipboard(address)) ? "Link copied" : "The browser allows no copying here");
  });
  byId("reset").addEventListener("click", () => {
    state = { ...initialState(data), theme: state.theme };
    rebuild();
  });
  byId("theme").addEventListener("click", () => {
    state.theme = theme() === "dark" ? "light" : "dark";
    showTheme();
    changed();
  });
  byId("main").addEventListener("change", (event) => {
    state.main = event.target.value;
    rebuild();
  });
  byId("levels").addEventListener("change", (event) => {
    state.levels = event.target.value;
    rebuild();
  });
  byId("zoom-in").addEventListener("click", () => zoomed(0.8));
  byId("zoom-out").addEventListener("click", () => zoomed(1.25));
  byId("graph").addEventListener("keydown", keys);
  byId("plane").addEventListener("keydown", planeKeys);
  byId("graph").addEventListener("pointerdown", (event) => {
    const box = byId("graph").getBoundingClientRect();
    const place = ((event.clientX - box.left) * byId("graph").viewBox.baseVal.width) / box.width;
    state.x = graph.sx.back(place);
    changed();
  });
  dark.addEventListener("change", () => { showTheme(); changed(); });
  window.addEventListener("hashchange", () => {
    if (location.hash === toFragment(state, data)) return;
    state = fromFragment(location.hash, data);
    showTheme();
    rebuild();
  });
  new ResizeObserver(() => { accuracyAgain(); changed(); }).observe(byId("graph"));
  showTheme();
  rebuild();
}

function accuracyAgain() {
  const main = data.activations.find((a) => a.name === state.main);
  accuracy.draw(main, main.accuracy[state.levels] ? state.levels : "f");
}

start();
