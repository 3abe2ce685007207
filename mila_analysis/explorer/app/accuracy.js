// Errors in ulp along x, as they were measured when the page was made.

const KINDS = ["fast", "accurate", "framework"];
const WORST = 1e9;

class Accuracy {
  constructor(element, note) {
    this.element = element;
    this.note = note;
  }

  draw(activation, partial) {
    const measured = activation.accuracy[partial];
    this.element.parentElement.hidden = !measured;
    if (!measured) return;
    const frame = framed(this.element);
    const xs = measured.x;
    const reach = Math.max(...xs.map(Math.abs));
    const to = Math.asinh;
    const sx = scale([-to(reach), to(reach)], [frame.left, frame.right]);
    const every = KINDS.flatMap((kind) => measured[kind] || []);
    const top = Math.min(WORST, Math.max(10, ...every.filter(Number.isFinite)));
    const height = (ulp) => Math.log10(Math.max(0.1, Math.min(ulp, top * 2)));
    const sy = scale([-1, Math.log10(top * 2)], [frame.bottom, frame.top]);
    const xticks = [-1, 1].flatMap((s) =>
      [1, 10, 100].filter((v) => v <= reach).map((v) => s * v)).concat(0);
    const yticks = [];
    const decades = Math.ceil(Math.log10(top * 2) / 6);
    for (let n = 0; 10 ** n <= top * 2; n += decades) yticks.push(10 ** n);
    const group = axes(frame, (x) => sx(to(x)), (y) => sy(height(y)),
      xticks, yticks, [["x (asinh scale)"], ["error in ulp (log scale)"]]);
    const marks = [];
    for (const kind of KINDS) {
      for (const [i, ulp] of (measured[kind] || []).entries()) {
        const lost = !Number.isFinite(ulp);
        const y = lost ? frame.top + 4 : sy(height(ulp));
        marks.push(svg(lost ? "path" : "circle", lost
          ? { d: cross(sx(to(xs[i])), y), class: `error ${kind} lost` }
          : { cx: sx(to(xs[i])).toFixed(1), cy: y.toFixed(1), r: 1.8,
              class: `error ${kind}` }));
      }
    }
    this.element.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
    this.element.replaceChildren(group, ...marks);
    this.note.textContent = this.said(activation, measured, partial);
  }

  said(activation, measured, partial) {
    const worst = (kind) => {
      const values = measured[kind] || [];
      if (!values.length) return null;
      if (values.some((v) => !Number.isFinite(v))) return "NaN or a wrong infinity";
      return `${short(Math.max(...values), 3)} ulp`;
    };
    const titles = { fast: "our fast code", accurate: "our accurate code" };
    titles.framework = `PyTorch's ${measured.function || ""}`;
    const parts = KINDS.filter(worst).map((kind) => `${titles[kind]}: ${worst(kind)}`);
    const values = activation.parameters.map((p) => `, ${p.letter} = ${label(p.value)}`);
    return `${activation.title}${values.join("")}, ${spelled(partial)}, float32, at ` +
      `${measured.x.length} points. Worst: ${parts.join("; ")}.`;
  }
}

function cross(x, y) {
  return `M${x - 3} ${y - 3}L${x + 3} ${y + 3}M${x - 3} ${y + 3}L${x + 3} ${y - 3}`;
}
