// Elements of SVG, and axes with numbers.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children. */
function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Linear map of an interval to another. */
function scale([a, b], [c, d]) {
  const rate = (d - c) / (b - a);
  const map = (value) => c + (value - a) * rate;
  map.back = (place) => a + (place - c) / rate;
  return map;
}

/** Path through points; NaN lifts the pen, and what is far outside is cut. */
function pathOf(points, sx, sy, height) {
  let text = "";
  let down = false;
  for (const [x, y] of points) {
    if (!Number.isFinite(y)) {
      down = false;
      continue;
    }
    const place = Math.min(4 * height, Math.max(-3 * height, sy(y)));
    text += `${down ? "L" : "M"}${sx(x).toFixed(2)} ${place.toFixed(2)}`;
    down = true;
  }
  return text;
}

/** Lines, numbers and names of two axes, in a group of their own. */
function axes(frame, sx, sy, xs, ys, names) {
  const { left, right, top, bottom } = frame;
  const group = svg("g", { class: "axes" });
  for (const x of xs) {
    const at = sx(x);
    group.append(
      svg("line", { x1: at, x2: at, y1: top, y2: bottom, class: x === 0 ? "zero" : "grid" }),
      svg("text", { x: at, y: bottom + 16, "text-anchor": "middle" }, label(x)),
    );
  }
  for (const y of ys) {
    const at = sy(y);
    group.append(
      svg("line", { x1: left, x2: right, y1: at, y2: at, class: y === 0 ? "zero" : "grid" }),
      svg("text", { x: left - 6, y: at + 4, "text-anchor": "end" }, label(y)),
    );
  }
  group.append(
    svg("text", { x: right, y: bottom + 30, "text-anchor": "end", class: "name" }, ...names[0]),
    svg("text", { x: left, y: top - 8, "text-anchor": "start", class: "name" }, ...names[1]),
  );
  return group;
}

/** Number of an axis, with a true minus sign; a high power of ten as such. */
function label(value) {
  const ten = Math.log10(Math.abs(value));
  if (ten >= 4 && Number.isInteger(ten)) {
    return `${value < 0 ? "−" : ""}10${[...String(ten)].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]).join("")}`;
  }
  return short(value).replace("-", "−");
}

/** Size of an element in pixels of the page, and the frame for what is drawn. */
function framed(element, margins = { left: 46, right: 14, top: 26, bottom: 36 }) {
  const width = Math.max(260, element.clientWidth);
  const height = Math.max(200, element.clientHeight);
  return {
    width,
    height,
    left: margins.left,
    right: width - margins.right,
    top: margins.top,
    bottom: height - margins.bottom,
  };
}
