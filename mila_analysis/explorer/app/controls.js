// Sliders, boxes and buttons, and what they say to a screen reader.

/** An element of HTML with properties and children. */
function html(name, properties = {}, ...children) {
  const element = document.createElement(name);
  const { data, aria, ...rest } = properties;
  Object.assign(element, rest);
  for (const [key, value] of Object.entries(aria || {})) {
    element.setAttribute(`aria-${key}`, value);
  }
  Object.assign(element.dataset, data || {});
  element.append(...children);
  return element;
}

/** One box an activation, with its hue. */
function activationBoxes(element, data, state, changed) {
  element.replaceChildren(
    ...data.activations.map((a, n) => {
      const box = html("input", {
        type: "checkbox", checked: state.chosen.includes(a.name), name: "activation",
        value: a.name,
      });
      box.addEventListener("change", () => changed(a.name, box.checked));
      const swatch = html("span", { className: "swatch", ariaHidden: "true" });
      swatch.style.background = `var(--hue-${n})`;
      return html("label", { className: "choice" }, box, swatch, a.title);
    }),
  );
}

/** One slider a parameter of the chosen activations, with a field for exact values. */
function parameterSliders(element, data, state, changed) {
  const rows = [];
  for (const a of shown(data, state)) {
    for (const p of a.parameters) {
      const id = `slider-${a.name}-${p.name}`;
      const step = (p.high - p.low) / 600;
      const slider = html("input", {
        type: "range", id, min: p.low, max: p.high, step, value: state.values[a.name][p.name],
        data: { activation: a.name, parameter: p.name },
      });
      const field = html("input", {
        type: "number", min: p.low, max: p.high, step: "any", className: "value",
        value: short(state.values[a.name][p.name]),
        aria: { label: `${p.letter} of ${a.title}, exact value` },
      });
      const set = (value) => {
        if (!Number.isFinite(value)) return;
        changed(a.name, p.name, Math.min(p.high, Math.max(p.low, value)));
      };
      slider.addEventListener("input", () => set(Number(slider.value)));
      field.addEventListener("change", () => set(field.value === "" ? NaN : Number(field.value)));
      const reset = html("button", {
        type: "button", className: "small", title: `Back to ${short(p.value)}`,
        aria: { label: `${p.letter} of ${a.title} back to ${short(p.value)}` },
      }, "↺");
      reset.addEventListener("click", () => set(p.value));
      const name = html("label", { htmlFor: id, title: p.meaning },
        html("var", {}, p.letter), data.activations.length > 1 ? ` of ${a.title}` : "");
      rows.push(html("div", { className: "slider" }, name, field, slider, reset));
    }
  }
  element.hidden = !rows.length;
  element.replaceChildren(...rows);
}

/** Sliders and fields to the values of a state, without making them anew. */
function showValues(element, state) {
  for (const slider of element.querySelectorAll("input[type=range]")) {
    const { activation, parameter } = slider.dataset;
    const value = state.values[activation][parameter];
    slider.value = value;
    slider.setAttribute("aria-valuetext", short(value, 4));
    const field = slider.parentElement.querySelector(".value");
    if (document.activeElement !== field) field.value = short(value, 5);
  }
}

/** One box a partial that any of the activations has. */
function partialBoxes(element, data, state, changed) {
  const names = [...new Set(shown(data, state).flatMap((a) => Object.keys(a.functions)))];
  element.replaceChildren(
    ...names.map((name) => {
      const box = html("input", {
        type: "checkbox", checked: state.partials.includes(name), name: "partial", value: name,
      });
      box.addEventListener("change", () => changed(name, box.checked));
      return html("label", { className: "choice" }, box, partialName(name));
    }),
  );
  return names;
}

/** f_xβ with its variables as a subscript. */
function partialName(name) {
  const [f, variables] = spelled(name).split("_");
  return variables
    ? html("span", {}, html("var", {}, f), html("sub", {}, variables))
    : html("var", {}, f);
}

/** Options of a list, and the one that is chosen. */
function fill(select, options, chosen) {
  select.replaceChildren(
    ...options.map(([value, text]) =>
      html("option", { value, textContent: text, selected: value === chosen })),
  );
}

/** Table of landmarks and of the values at the point. */
function tabulate(element, data, state, found) {
  const rows = shown(data, state).map((a) => {
    const own = found.get(a.name);
    const lowest = own.minima.reduce((best, m) => (!best || m.y < best.y ? m : best), null);
    const cells = [
      a.title,
      lowest ? label8(lowest.x) : "none",
      lowest ? label8(lowest.y) : "",
      lowest ? label8(lowest.bend) : "",
      own.inflections.map((z) => label8(z.x)).join(", ") || "none",
      label8(curve(a, "f", state)(state.x)),
      label8(curve(a, "f_x", state)(state.x)),
    ];
    return html("tr", {}, html("th", { scope: "row" }, cells[0]),
      ...cells.slice(1).map((text) => html("td", {}, text)));
  });
  element.replaceChildren(...rows);
}

/** Eight digits, with a true minus sign. */
function label8(value) {
  return Number.isFinite(value) ? short(value, 8).replace("-", "−") : "–";
}
