from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from mila_analysis.plotting import _style

THEMES = list(_style.THEMES.values())
COUNTS = range(1, 9)
# Machado, Oliveira, Fernandes 2009, severity 1, on linear RGB
DEFICIENCIES = {
    "none": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(colours):
    rgb = np.array([to_rgb(c) for c in colours])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(light):
    t = np.clip(light, 0, 1) @ XYZ.T / XYZ.sum(axis=1)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def lightness(colours):
    return lab(linear(colours))[:, 0]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("count", COUNTS)
def test_hues_stand_out_from_the_ground(theme, count):
    hues, ground = (linear(c) @ XYZ[1] for c in (theme.hues(count), [theme.ground]))
    ratio = (np.maximum(hues, ground) + 0.05) / (np.minimum(hues, ground) + 0.05)
    assert ratio.min() >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("count", COUNTS)
def test_luminance_goes_in_steps_that_grey_keeps(theme, count):
    steps = np.diff(lightness(theme.hues(count)))
    assert (np.sign(steps) == (1 if theme.ground == "#ffffff" else -1)).all()
    if count <= 4:
        assert (np.abs(steps) >= 11).all()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", DEFICIENCIES)
def test_no_two_hues_are_one_to_the_colour_blind(theme, sight):
    for hues, least in ((theme.few, 38), (theme.many, 14)):
        seen = lab(linear(hues) @ np.array(DEFICIENCIES[sight]).T)
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
        assert apart[~np.eye(len(hues), dtype=bool)].min() >= least


@pytest.mark.parametrize("stops", [_style.FIELD, *(t.sheet for t in THEMES)])
def test_a_field_gets_lighter_as_it_gets_higher(stops):
    colours = _style.colormap(stops)(np.linspace(0, 1, 100))[:, :3]
    assert (np.diff(lightness(colours)) > -0.5).all()


def test_the_sign_of_a_field_turns_its_hue():
    below, above = _style.colormap(_style.FIELD)([0.499, 0.501])[:, :3]
    assert below[2] > below[0]
    assert above[0] > above[2]


def test_dashes_and_markers_differ():
    assert len(set(_style.DASHES)) == len(set(_style.MARKERS)) == 8


@pytest.mark.parametrize("count", COUNTS)
def test_looks_differ_without_colour(count):
    theme = THEMES[0]
    assert len({look.dash for [look] in _style.looks(theme, count)}) == count
    assert len({look.dash for look in _style.looks(theme, 1, count)[0]}) == count
    if count > 1:
        grid = _style.looks(theme, count, 2)
        assert len({(look.dash, look.marker) for row in grid for look in row}) == (
            2 * count
        )


def test_the_context_puts_everything_back():
    before = dict(mpl.rcParams)
    with _style.context("dark") as theme:
        assert _style.current() is theme
    assert dict(mpl.rcParams) == before


def test_fonts_come_with_matplotlib():
    from matplotlib.font_manager import findfont

    with _style.context("light"):
        assert findfont(mpl.rcParams["font.family"][0]).startswith(mpl.get_data_path())
