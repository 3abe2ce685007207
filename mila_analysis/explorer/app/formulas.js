// Formulas set in mathematics, and code to be copied.

/** Definition and partials of an activation, rendered by KaTeX. */
function setFormulas(element, activation) {
  element.replaceChildren(
    ...Object.entries(activation.latex).map(([name, text]) => {
      const row = document.createElement("div");
      row.className = "formula";
      row.tabIndex = 0; // a wide one scrolls by keys
      row.setAttribute("role", "group");
      row.setAttribute("aria-label", `Formula of ${spelled(name)}`);
      katex.render(text, row, { displayMode: true, throwOnError: false, output: "htmlAndMathml" });
      row.dataset.partial = name;
      return row;
    }),
  );
}

/** What a button copies: LaTeX, or the source of a backend. */
async function copied(activation, kind, state) {
  if (kind === "latex") return Object.values(activation.latex).join("\n");
  const values = activation.parameters.map(
    (p) => `${p.name} = ${short(state.values[activation.name][p.name])}`);
  const mark = kind === "javascript" ? "//" : "#";
  const note = values.length ? `${mark} On the page: ${values.join(", ")}.\n` : "";
  const source = kind === "javascript" ? activation.source : activation.code[kind];
  return note + (kind === "javascript" ? source : await unpacked(source));
}

/** Text that travels as base64 of gzip. */
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

/** Text to the clipboard, also where a page from disk may not use the new way. */
async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** The graph as a file: SVG with its styles, or PNG of it at twice the size. */
function exported(graph, kind) {
  const copy = graph.cloneNode(true);
  const look = getComputedStyle(document.documentElement);
  const styles = [...document.querySelectorAll("style[data-figure]")].map((s) => s.textContent);
  const named = styles.join("\n").replace(/var\((--[\w-]+)\)/g, (_, n) => look.getPropertyValue(n));
  const inlined = copy.outerHTML.replace(/var\((--[\w-]+)\)/g, (_, n) => look.getPropertyValue(n));
  const box = graph.viewBox.baseVal;
  const body = inlined
    .replace(/<svg[^>]*>/, `<svg xmlns="${SVG}" viewBox="0 0 ${box.width} ${box.height}" ` +
      `width="${box.width}" height="${box.height}" font-family="serif">` +
      `<style>${named}</style><rect width="100%" height="100%" ` +
      `fill="${look.getPropertyValue("--paper")}"/>`);
  if (kind === "svg") return Promise.resolve(new Blob([body], { type: "image/svg+xml" }));
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onerror = reject;
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = 2 * box.width;
      canvas.height = 2 * box.height;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(resolve, "image/png");
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(body);
  });
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
