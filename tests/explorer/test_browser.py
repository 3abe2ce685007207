"""The page in a real browser: no request, curves that follow, copies, exports."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mila_analysis import analyze, catalog, lambdify
from mila_analysis.backends.latex import to_latex
from mila_analysis.explorer import explore

pytestmark = pytest.mark.browser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
MILA = catalog.get("mila")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    chosen = [catalog.get(name) for name in ("mila", "relu", "gelu")]
    path = tmp_path_factory.mktemp("page") / "mila.html"
    return explore(chosen, samples=20).save(path).as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no chromium here: apt install chromium")
    with playwright.sync_playwright() as made:
        found = made.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


class Visit:
    """A page that was opened with the network cut, and what it said and asked for."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.context = browser.new_context(
            offline=True, accept_downloads=True,
            permissions=["clipboard-read", "clipboard-write"], **options,
        )  # fmt: skip
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(address)
        self.page.wait_for_selector("#table tr")

    def frame(self) -> None:
        """Until what was changed is drawn."""
        self.page.evaluate(
            "() => new Promise(r => requestAnimationFrame("
            "() => requestAnimationFrame(r)))"
        )

    def slide(self, value: float) -> None:
        self.page.evaluate(
            "v => { const s = document.querySelector('input[type=range]');"
            " s.value = v; s.dispatchEvent(new Event('input', {bubbles: true})); }",
            value,
        )
        self.frame()

    def row(self, number: int = 0) -> list[str]:
        row = self.page.locator("#table tr").nth(number)
        return [text.replace("−", "-") for text in row.locator("td").all_inner_texts()]


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Visit]:
    found = Visit(browser, address)
    yield found
    found.context.close()


def test_it_loads_without_a_request_or_a_complaint(visit: Visit) -> None:
    assert visit.said == []
    outside = [u for u in visit.asked if not u.startswith(("file:", "data:", "blob:"))]
    assert outside == []
    assert visit.page.locator(".formula .katex").count() == 6
    assert visit.page.locator(".katex-error").count() == 0


def test_the_slider_moves_curve_minimum_and_numbers(visit: Visit) -> None:
    curve = visit.page.locator("path.curve").first
    before = curve.get_attribute("d"), visit.page.locator("#graph").screenshot()
    visit.slide(1.5)
    after = curve.get_attribute("d"), visit.page.locator("#graph").screenshot()
    assert before[0] != after[0]
    assert before[1] != after[1]
    (minimum,) = analyze(MILA.bind(beta="1.5"), fields=["minima"]).minima or ()
    place, least, bend = (float(text) for text in visit.row()[:3])
    assert place == pytest.approx(float(minimum.low.mid), rel=1e-6)  # type: ignore[union-attr]
    assert least == pytest.approx(float(minimum.value.mid), rel=1e-7)
    assert bend == pytest.approx(float(minimum.curvature.mid), rel=1e-6)  # type: ignore[union-attr]


def test_what_is_drawn_is_the_function(visit: Visit) -> None:
    """Points of the path, back through the numbers at the axes, lie on f."""
    visit.slide(-0.5)
    found = visit.page.evaluate(
        """() => {
          const texts = [...document.querySelectorAll("#graph .axes text")];
          const lines = [...document.querySelectorAll("#graph .axes line")];
          const ticks = lines.map((line, n) => ({
            value: Number(texts[n].textContent.replace("−", "-")),
            x: Number(line.getAttribute("x1")), y: Number(line.getAttribute("y1")),
            upright: line.getAttribute("x1") === line.getAttribute("x2"),
          }));
          return {ticks, d: document.querySelector("path.curve").getAttribute("d")};
        }"""
    )
    xs = [(t["x"], t["value"]) for t in found["ticks"] if t["upright"]]
    ys = [(t["y"], t["value"]) for t in found["ticks"] if not t["upright"]]

    def value(ticks: list[tuple[float, float]], place: float) -> float:
        (a, u), (b, v) = ticks[0], ticks[-1]
        return u + (place - a) * (v - u) / (b - a)

    f = lambdify(MILA.bind(beta="-0.5"), "numpy")
    pairs = re.findall(r"[ML]([-\d.]+) ([-\d.]+)", found["d"])
    assert len(pairs) > 300
    for x, y in pairs[::20]:
        wanted = float(f(value(xs, float(x))))
        assert value(ys, float(y)) == pytest.approx(wanted, abs=0.02)


def test_a_click_in_the_plane_moves_point_and_slider(visit: Visit) -> None:
    plane = visit.page.locator("#plane")
    plane.scroll_into_view_if_needed()
    plane.click(position={"x": 200, "y": 80})
    visit.frame()
    value = float(visit.page.locator("input[type=range]").first.input_value())
    assert 1 < value < 3
    plane.focus()
    visit.page.keyboard.press("Shift+ArrowDown")
    visit.frame()
    lower = float(visit.page.locator("input[type=range]").first.input_value())
    assert lower < value - 0.3


def test_latex_and_code_are_copied_whole(visit: Visit) -> None:
    def copied(kind: str) -> str:
        visit.page.locator(f"[data-copy={kind}]").click()
        visit.page.wait_for_selector("#toast[data-on]")
        visit.page.wait_for_timeout(300)
        return visit.page.evaluate("() => navigator.clipboard.readText()")

    assert copied("latex").strip() == to_latex(MILA, environment="none").strip()
    code = copied("numpy")
    assert code.startswith("# On the page: beta = 0.")
    scope: dict[str, Any] = {"__name__": "copied"}
    exec(compile(code, "copied.py", "exec"), scope)
    assert float(scope["f"](1.0)) == pytest.approx(0.8650983882673103)
    assert "torch" in copied("torch")
    assert "export {" in copied("javascript")


def test_the_graph_is_saved_as_svg_and_png(visit: Visit, tmp_path: Path) -> None:
    for kind, begins in (("svg", b"<svg xmlns"), ("png", b"\x89PNG")):
        with visit.page.expect_download() as got:
            visit.page.locator(f"[data-export={kind}]").click()
        path = tmp_path / got.value.suggested_filename
        got.value.save_as(path)
        content = path.read_bytes()
        assert content.startswith(begins)
        assert len(content) > 3000
        assert b"var(--" not in content


def test_a_link_restores_the_state(visit: Visit, browser: Any, address: str) -> None:
    visit.slide(2.25)
    visit.page.locator("#activations input").nth(2).check()
    visit.page.locator("#link").click()
    visit.page.wait_for_selector("#toast[data-on]")
    link = visit.page.evaluate("() => navigator.clipboard.readText()")
    again = Visit(browser, link)
    assert again.row() == visit.row()
    assert again.page.locator("#activations input:checked").count() == 3
    again.context.close()
    broken = Visit(browser, address + "#a=nothing&v=3,1&mila.beta=oops&x=NaN&l=%00")
    assert broken.said == []
    assert broken.page.locator("#table tr").count() == 2
    broken.context.close()


def test_keys_move_the_window_and_everything_has_a_name(visit: Visit) -> None:
    graph = visit.page.locator("#graph")
    graph.focus()
    first = graph.inner_html()
    visit.page.keyboard.press("+")
    visit.page.keyboard.press("ArrowRight")
    visit.frame()
    assert graph.inner_html() != first
    unnamed = visit.page.evaluate(
        """() => [...document.querySelectorAll(
          "input, select, button, [tabindex]")].filter(e =>
          !(e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim())
        ).length"""
    )
    assert unnamed == 0
    visit.page.wait_for_timeout(1200)
    said = visit.page.locator("#said").inner_text()
    assert "Mila: minimum -0.3088 at x = -1.192, f = -0.3034 at the line" in said
    assert "Line at x = -1, x from -3.2 to 4.8" in said
    tree = visit.page.locator("body").aria_snapshot()
    for name in ("Save the graph as SVG", "Copy as LaTeX", "β of Mila back to 0"):
        assert f'button "{name}"' in tree
    assert 'group "Formula of f_x"' in tree


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_all_without_scrolling_sideways(
    browser: Any, address: str, scheme: str
) -> None:
    phone = Visit(
        browser, address, viewport={"width": 360, "height": 740}, color_scheme=scheme,
        has_touch=True, is_mobile=True,
    )  # fmt: skip
    widths = phone.page.evaluate(
        "() => [document.documentElement.scrollWidth, window.innerWidth]"
    )
    assert widths[0] <= widths[1]
    assert phone.page.evaluate("() => document.documentElement.dataset.theme") == scheme
    small = phone.page.evaluate(
        """() => [...document.querySelectorAll("button, .choice, input[type=range]")]
          .map(e => e.getBoundingClientRect().height).filter(h => h && h < 24).length"""
    )
    assert small == 0
    phone.context.close()


def test_dragging_costs_little_time(visit: Visit) -> None:
    """Work of the page for one frame: well below the 16.7 ms that there are."""
    times = visit.page.evaluate(
        """async () => {
          const slider = document.querySelector("input[type=range]");
          const times = [];
          const request = window.requestAnimationFrame;
          const next = () => new Promise(r => request(r));
          window.requestAnimationFrame = work => request(t => {
            const start = performance.now();
            work(t);
            times.push(performance.now() - start);
          });
          for (let n = 0; n < 60; n++) {
            slider.value = -3 + n / 10;
            slider.dispatchEvent(new Event("input", {bubbles: true}));
            await next();
            await next();
          }
          return times.sort((a, b) => a - b);
        }"""
    )
    assert len(times) >= 50
    assert times[len(times) // 2] < 16.7, json.dumps(times)
