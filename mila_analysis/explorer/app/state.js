// What is shown, and the part of the address that restores it.

const DEFAULT_VIEW = { low: -5, high: 5 };

function initialState(data) {
  const chosen = data.activations.map((a) => a.name);
  const values = {};
  for (const a of data.activations) {
    values[a.name] = Object.fromEntries(a.parameters.map((p) => [p.name, p.value]));
  }
  return {
    chosen: chosen.slice(0, data.shown),
    main: chosen[0],
    values,
    partials: ["f", "f_x"],
    view: { ...DEFAULT_VIEW },
    levels: "f",
    x: -1,
    theme: "",
  };
}

/** State to the fragment of an address, such as `#a=mila,gelu&mila.beta=-0.25`. */
function toFragment(state, data) {
  const parts = [
    ["a", state.chosen.join(",")],
    ["m", state.main],
    ["p", state.partials.join(",")],
    ["v", `${state.view.low},${state.view.high}`],
    ["l", state.levels],
    ["x", short(state.x)],
  ];
  for (const a of data.activations) {
    for (const p of a.parameters) {
      const value = state.values[a.name][p.name];
      if (value !== p.value) parts.push([`${a.name}.${p.name}`, short(value)]);
    }
  }
  if (state.theme) parts.push(["t", state.theme]);
  return "#" + parts.map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join("&");
}

/** Fragment to a state; what is not known or no number is left as it was. */
function fromFragment(fragment, data) {
  const state = initialState(data);
  const given = new URLSearchParams(fragment.replace(/^#/, ""));
  const names = new Set(data.activations.map((a) => a.name));
  const listed = (key) => (given.get(key) || "").split(",").filter(Boolean);
  const chosen = listed("a").filter((name) => names.has(name));
  if (chosen.length) state.chosen = chosen;
  if (names.has(given.get("m"))) state.main = given.get("m");
  if (!state.chosen.includes(state.main)) state.main = state.chosen[0];
  const partials = listed("p").filter((name) => /^f(_[a-z0-9_]+)?$/i.test(name));
  if (partials.length) state.partials = partials;
  const [low, high] = listed("v").map(Number);
  if (Number.isFinite(low) && Number.isFinite(high) && low < high) {
    state.view = { low, high };
  }
  if (given.get("l")) state.levels = given.get("l");
  const x = Number(given.get("x"));
  if (given.get("x") && Number.isFinite(x)) state.x = x;
  if (["light", "dark"].includes(given.get("t"))) state.theme = given.get("t");
  for (const a of data.activations) {
    for (const p of a.parameters) {
      const text = given.get(`${a.name}.${p.name}`);
      const value = Number(text);
      if (text && Number.isFinite(value)) {
        state.values[a.name][p.name] = Math.min(p.high, Math.max(p.low, value));
      }
    }
  }
  return state;
}

/** Number without the noise of binary fractions. */
function short(value, digits = 6) {
  return String(Number(Number(value).toPrecision(digits)));
}
