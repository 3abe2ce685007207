"""The page as text: one file that asks for nothing, small, and all of it there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mila_analysis import catalog
from mila_analysis.errors import ParameterError
from mila_analysis.explorer import explore
from mila_analysis.explorer.page import SCRIPTS, _asset
from mila_analysis.explorer.sampling import sampled

LIMIT = 1_000_000


@pytest.fixture(scope="module")
def page() -> str:
    return explore([catalog.get("mila"), catalog.get("gelu")], samples=12).text


def data(page: str) -> dict:
    inside = page.partition('id="data">')[2].partition("</script>")[0]
    return json.loads(inside)


def test_it_is_small_and_asks_for_nothing(page: str) -> None:
    assert len(page.encode()) < LIMIT
    assert "default-src 'none'" in page
    ours = page.replace(_asset("katex/katex.min.js"), "")
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", ours)
    assert not re.search(r"url\((?!data:|#)", page)
    assert not re.search(r"@import|fetch\(|XMLHttpRequest|sendBeacon", ours)


def test_every_placeholder_is_filled(page: str) -> None:
    assert not re.search(r"%[A-Z_]{4,}%", page)
    assert page.count("font/woff2") >= 7


def test_it_holds_every_function_and_its_latex(page: str) -> None:
    mila, gelu = data(page)["activations"]
    names = ["f", "f_x", "f_beta", "f_xx", "f_xbeta", "f_betabeta"]
    assert list(mila["latex"]) == names
    assert list(gelu["latex"]) == ["f", "f_x", "f_xx"]
    assert f"return {{ functions: {{ {', '.join(names)} }}, source }};" in page
    assert mila["parameters"][0]["letter"] == "β"
    assert (mila["parameters"][0]["low"], mila["parameters"][0]["high"]) == (-3, 3)


def test_two_members_of_a_family_have_keys_and_titles_of_their_own() -> None:
    mila = catalog.get("mila")
    text = explore([mila, mila.bind(beta=1)], samples=0).text
    first, second = data(text)["activations"]
    assert (first["name"], second["name"]) == ("mila-1", "mila-2")
    assert first["title"] != second["title"]


def test_sliders_stay_in_the_domain() -> None:
    text = explore(catalog.get("isru"), samples=0).text
    (slider,) = data(text)["activations"][0]["parameters"]
    assert slider["low"] == 0


def test_scripts_are_those_of_the_folder() -> None:
    folder = Path(explore.__code__.co_filename).parent / "app"
    assert {path.stem for path in folder.glob("*.js")} == set(SCRIPTS)


def test_text_from_outside_ends_no_script() -> None:
    own = catalog.define("own", "x*tanh(x)")
    named = type(own)("own", own.formula, title="</script><b>", source="</script>")
    text = explore(named, samples=0).text
    plain = explore(own, samples=0).text
    assert text.count("</script>") == plain.count("</script>")
    assert "<title>&lt;/script&gt;&lt;b&gt;</title>" in text


def test_the_same_page_twice_has_the_same_bytes(page: str) -> None:
    again = explore([catalog.get("mila"), catalog.get("gelu")], samples=12).text
    assert again == page


def test_none_or_too_many_are_refused() -> None:
    with pytest.raises(ParameterError, match="1 to 8"):
        explore([])
    with pytest.raises(ParameterError, match="not 9"):
        explore(list(catalog.CATALOG[:9]))


def test_errors_are_measured_beside_the_frameworks() -> None:
    found = sampled(catalog.get("gelu"), 80)
    assert set(found) == {"f", "f_x"}
    f = found["f"]
    assert f.function == "gelu"
    assert f.framework is not None
    assert f.accurate.max() <= 0.5 + 1e-9
    assert f.fast.max() < 12
    assert f.framework.max() > 1000  # half wrong below -5.5


def test_mila_at_zero_is_compared_with_mish() -> None:
    assert sampled(catalog.get("mila"), 8)["f"].function == "mish"
    assert sampled(catalog.resolve("mila:beta=1"), 8)["f"].function == ""
