"""Films: what moves and what stands still, the order of frames, bytes, and mistakes."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.animation import FFMpegWriter
from PIL import Image

import mila_analysis as ma
from mila_analysis import functions
from mila_analysis.errors import MilaAnalysisError, UnsupportedError
from mila_analysis.plotting._dial import figures

SMALL = {"size": (3, 2.5), "dpi": 60, "points": 101}


@pytest.fixture
def film(mila):
    return ma.animate(mila, (-1, 1), frames=5, **SMALL)


def told(film):
    """What the number below the axes says."""
    return film.stage.dial.number.get_text()


def frames(data: bytes) -> list[Image.Image]:
    picture = Image.open(BytesIO(data))
    found = []
    for i in range(picture.n_frames):
        picture.seek(i)
        found.append(picture.copy())
    return found


def test_a_frame_shows_the_kernels_values_at_its_parameter(film, mila):
    kernel = functions.lambdify(mila, "numpy")
    for i, beta in enumerate((-1, -0.5, 0, 0.5, 1)):
        film.stage.show(i)
        for line, name in zip(film.stage.lines, ("f", "f_x"), strict=True):
            x, y = line.get_data()
            np.testing.assert_array_equal(y, kernel[name](x, beta=beta))
        assert told(film) == f"${{{beta:.1f}}}$"
        assert film.stage.dial.pointer.get_xdata() == [beta]


def test_the_dot_is_on_the_minimum_and_its_trail_is_of_the_whole_film(film):
    stage = film.stage
    path = np.transpose(stage.trail.get_data())
    assert len(path) == 5
    for i in range(5):
        stage.show(i)
        [x], [y] = stage.dots.get_data()
        assert tuple(path[i]) == (x, y)
        f = stage.lines[0].get_ydata()
        assert y <= np.nanmin(f)


def test_nothing_jumps(film):
    stage = film.stage
    seen = set()
    for i in range(5):
        stage.show(i)
        stage.figure.draw_without_rendering()
        box = stage.dial.number.get_window_extent()
        seen.add((
            stage.axes.get_xlim(), stage.axes.get_ylim(), stage.axes.bbox.bounds,
            stage.dial.axes.bbox.bounds, round(box.x1, 6), len(stage.figure.texts),
        ))  # fmt: skip
    assert len(seen) == 1
    low, high = stage.axes.get_ylim()
    for bundle in film.stage.data.bundles:
        assert all(low <= c.y.min() <= c.y.max() <= high for c in bundle.curves)


def test_everything_is_on_the_paper(film):
    film.stage.figure.draw_without_rendering()
    paper = film.stage.figure.bbox
    texts = [*film.stage.figure.texts, film.stage.dial.number]
    for text in texts:
        box = text.get_window_extent()
        assert paper.x0 <= box.x0 <= box.x1 <= paper.x1
        assert paper.y0 <= box.y0 <= box.y1 <= paper.y1


def test_curves_are_solid_and_f_is_the_thickest(mila):
    film = ma.animate(mila, (0, 1), frames=2, partials=["f_x", "f_xx"], **SMALL)
    f, *others = film.stage.lines
    assert len(others) == 2
    assert {line.get_linestyle() for line in film.stage.lines} == {"-"}
    assert all(line.get_linewidth() < f.get_linewidth() for line in others)


@pytest.mark.parametrize(
    ("options", "moving"),
    [
        ({}, [0, 1, 2, 3, 2, 1]),
        ({"bounce": False}, [0, 1, 2, 3]),
        ({"sweep": (3, 0)}, [3, 2, 1, 0, 1, 2]),
        ({"sweep": (3, 0), "bounce": False}, [3, 2, 1, 0]),
    ],
)
def test_order_of_frames(mila, options, moving):
    chosen = {"sweep": (0, 3), "frames": 4, "fps": 2} | options
    film = ma.animate(mila, **chosen, **SMALL)
    first, last = moving[0], 3 - moving[0]
    rested = [first, *moving]  # half a second is one frame here
    rested.insert(rested.index(last), last)
    assert list(film.order) == rested


def test_a_gif_has_every_frame_at_its_time_and_loops(film):
    data = film.encode()
    found = frames(data)
    assert len(found) == 8  # 5 there, 3 back
    assert [f.info["duration"] for f in found] == [550, 50, 50, 50, 550, 50, 50, 50]
    assert Image.open(BytesIO(data)).info["loop"] == 0
    assert {f.size for f in found} == {(180, 150)}


def test_what_is_shown_again_is_the_same_picture_drawn_once(film):
    steps = []

    def watch(order, what):
        steps.append((what, len(order)))
        return order

    found = [f.convert("RGB").tobytes() for f in frames(film.encode(watch=watch))]
    assert steps == [("Drawing", 5)]
    assert found[5:] == found[3:0:-1]
    assert len(set(found)) == 5


def test_bytes_are_the_same_and_what_was_shown_before_does_not_matter(film, mila):
    film.stage.show(3)
    again = ma.animate(mila, (-1, 1), frames=5, **SMALL)
    assert film.encode() == again.encode() == film.encode()


@pytest.mark.parametrize(("style", "ground"), [("light", 255), ("dark", 16)])
@pytest.mark.parametrize("encoding", ["gif", "png"])
def test_the_ground_is_exact_in_every_frame(mila, style, ground, encoding):
    film = ma.animate(mila, (0, 1), frames=3, style=style, **SMALL)
    for picture in frames(film.encode(encoding)):
        assert picture.convert("RGB").getpixel((0, 0))[0] == ground


def test_what_stands_still_does_not_flicker(film):
    width, height = map(int, film.stage.figure.bbox.size)
    head = 0, 0, width, height - int(film.stage.axes.bbox.y1) - 2  # above the axes
    heads = [f.convert("RGB").crop(head) for f in frames(film.encode())]
    assert len({picture.tobytes() for picture in heads}) == 1
    assert len(heads[0].getcolors()) > 2  # there is ink


def test_a_default_film_is_small(mila):
    assert len(ma.animate(mila).encode()) < 1_500_000


def test_the_default_range_keeps_to_the_domain():
    film = ma.animate(ma.get("elu"), frames=3, **SMALL)
    assert film.stage.data.values == (0, Fraction(3, 2), 3)
    assert film.stage.data.minima == ((), (), ())


def test_another_parameter_moves_and_the_first_is_told():
    film = ma.animate(
        ma.get("aria2"), (1, 2), parameter="beta", frames=2, **SMALL
    )  # fmt: skip
    assert [b.activations[0].values["beta"] for b in film.stage.data.bundles] == [1, 2]
    assert "alpha" in film.stage.figure.texts[0].get_text()
    assert "beta" not in film.stage.figure.texts[0].get_text()


def test_a_file_is_saved_by_its_suffix(film, tmp_path):
    assert film.save(tmp_path / "a.GIF").read_bytes() == film.encode()
    assert film.save(tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    assert 'src="data:image/gif;base64,R0lG' in film._repr_html_()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sweep": (1, 1)}, "two different values"),
        ({"sweep": (1, 2, 3)}, "sweep must be two numbers"),
        ({"sweep": (0, "x")}, "must be a finite number"),
        ({"sweep": (0, float("nan"))}, "must be a finite number"),
        ({"sweep": 3}, "sweep must be two numbers"),
        ({"parameter": "bta"}, "did you mean 'beta'"),
        ({"frames": 1}, "frames must be from 2 to 1000, not 1"),
        ({"fps": 100}, "fps must be from 1 to 50, not 100"),
        ({"fps": float("nan")}, "fps must be from 1 to 50, not nan"),
        ({"frames": 1000, "dpi": 600}, "million dots"),
        ({"size": (1, 1)}, "too small"),
        ({"style": "drak"}, "did you mean 'dark'"),
        ({"partials": ["f_y"]}, "has no partial 'f_y'"),
        ({"title": "$\\frac$"}, "not mathematics"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(mila, options, words):
    with pytest.raises(MilaAnalysisError) as caught:
        ma.animate(mila, **{"frames": 2} | options)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_moves_in_what_has_no_parameter(relu):
    with pytest.raises(MilaAnalysisError, match="no parameter to sweep"):
        ma.animate(relu)


def test_no_such_format(film):
    with pytest.raises(UnsupportedError, match="did you mean 'gif'"):
        film.encode("gf")


@pytest.fixture
def encoder(tmp_path, monkeypatch):
    """Function of a shell script, which is then what is found as ffmpeg."""

    def put(script: str) -> None:
        path = tmp_path / "bin" / "ffmpeg"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")

    return put


def test_mp4_without_ffmpeg_says_what_to_do(film, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnsupportedError, match="needs ffmpeg: install it, or write"):
        film.save(tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


def test_mp4_is_what_ffmpeg_makes_of_all_frames(film, encoder):
    encoder('for last; do :; done\nwc -c > "$last"')
    assert int(film.encode("mp4")) == len(film.order) * 180 * 150 * 4


def test_an_ffmpeg_that_fails_is_one_line(film, encoder):
    encoder("cat > /dev/null\necho first >&2\necho no such encoder >&2\nexit 1")
    with pytest.raises(UnsupportedError, match=r"\(no such encoder\); write a GIF$"):
        film.encode("mp4")


@pytest.mark.skipif(not FFMpegWriter.isAvailable(), reason="no ffmpeg here")
def test_ffmpeg_itself_takes_odd_sizes(mila, tmp_path: Path):
    film = ma.animate(mila, (0, 1), frames=3, size=(3.01, 2.51), dpi=100)
    assert film.encode("mp4")[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("values", "places"),
    [
        (("-3", "0", "3"), 0),
        (("0.1", "0.55", "1"), 2),
        (("0", "0.1", "0.2"), 1),
        (("-0.25", "1"), 2),
        (("0.05", "0.3", "0.55"), 2),
        (("0", "1/3", "2/3"), 1),
        (("0", "1e-9"), None),
        (("0", "1e6"), None),
    ],
)
def test_figures_that_a_parameter_is_told_to(values, places):
    assert figures([Fraction(v) for v in values]) == places
