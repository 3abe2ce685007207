"""The list of the gallery's pictures to their bytes, and to a page that shows them.

A picture is an entry of `PICTURES`. What it shows and the command that draws it come
from the same entry, and `mila-analysis gallery --check` tells whether the files in
`figures/` are what these commands draw.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mila_analysis import files, plotting
from mila_analysis.activation import Activation
from mila_analysis.errors import WriteError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "FOLDER", "PICTURES", "README", "Chart", "Picture", "differing", "draw", "save",
]  # fmt: skip

FOLDER = "figures"
README = "README.md"
_FLAGS = {
    "partials": "--partial", "x": "--x", "sweep": "--sweep", "style": "--style",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the gallery.

    Attributes:
        name: of the file, without its suffix.
        caption: one sentence of what is to be seen.
        kind: of the figure.
        names: of the activations, as `-a` takes them; none is the kind's own choice.
        betas: values of β, for those of them that have it.
        options: the others of `plotting.plot`.
    """

    name: str
    caption: str
    kind: str = "function"
    names: tuple[str, ...] = ("mila",)
    betas: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"{self.name}.png"

    @property
    def command(self) -> str:
        """What to type in the folder of the gallery to draw it."""
        words = ["mila-analysis", "plot"]
        words += [self.kind] if self.kind != "function" else []
        if self.names != ("mila",):
            words += [word for name in self.names for word in ("-a", name)]
        words += [word for beta in self.betas for word in ("--beta", beta)]
        for option, value in self.options.items():
            words += _typed(_FLAGS[option], value)
        return shlex.join([*words, "-o", self.file])

    @property
    def activations(self) -> list[Activation]:
        """The activations, each with each of the values."""
        from mila_analysis import catalog

        usual = plotting.KINDS[self.kind].usual or catalog.names()
        found = map(catalog.resolve, self.names or usual)
        return [member for one in found for member in self._family(one)]

    def _family(self, activation: Activation) -> list[Activation]:
        if not self.betas or "beta" not in activation.values:
            return [activation]
        return [activation.bind(beta=beta) for beta in self.betas]

    def draw(self) -> bytes:
        """Its bytes; the same ones every time."""
        figure = plotting.plot(self.activations, self.kind, **self.options)
        return plotting.render(figure, "png")


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of the gallery that is of no activation.

    Attributes:
        name: of the file, without its suffix.
        caption: one sentence of what is to be seen.
        words: of the command, but for its name and the file.
        figure: what draws it.
    """

    name: str
    caption: str
    words: tuple[str, ...]
    figure: Callable[[], Figure]

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"{self.name}.png"

    @property
    def command(self) -> str:
        """What to type in the folder of the gallery to draw it."""
        return shlex.join(["mila-analysis", *self.words, "-o", self.file])

    def draw(self) -> bytes:
        """Its bytes; the same ones every time."""
        return plotting.render(self.figure(), "png")


def _classes() -> Figure:
    from mila_analysis.experiments.data import load

    return plotting.plot(load("digits"), "classes")


def _depths() -> Figure:
    from mila_analysis.experiments.published import published_runs
    from mila_analysis.plotting.published import depths

    return depths(published_runs())


def _ranking() -> Figure:
    from mila_analysis.experiments.published import published_runs
    from mila_analysis.experiments.published.ranking import rank_activations
    from mila_analysis.plotting.ranking import ranking

    return ranking(rank_activations(published_runs()))


def _typed(flag: str, value: Any) -> list[str]:
    if flag == "--partial":
        return [word for name in value for word in (flag, name)]
    return [flag, *([value] if isinstance(value, str) else value)]


COLD = ("-0.25",)
ORIGINAL = ("-0.25", "0", "0.5", "1")
SIX = ("mish", "relu", "swish", "softplus", "sigmoid", "tanh")
DARK = {"style": "dark"}

PICTURES: tuple[Picture | Chart, ...] = (
    Picture("function", "Mila at β = −0.25, with its minimum.", betas=COLD),
    Picture(
        "function-partials",
        "Mila at β = −0.25 over its first and second x-derivative.",
        betas=COLD,
        options={"partials": ("f_x", "f_xx")},
    ),
    Picture(
        "comparison",
        "ReLU, Mish, and Mila at β = −0.25.",
        names=("relu", "mish", "mila"),
        betas=COLD,
    ),
    Picture(
        "sweep", "Mila as β goes from −2 to 2.", options={"sweep": ("-2", "2")}
    ),
    Picture(
        "derivatives",
        "Mila at β = −0.25 and its partial derivatives up to the second order.",
        "derivatives",
        betas=COLD,
    ),
    Picture(
        "derivatives-comparison",
        "First derivatives of ReLU, Mish, and Mila at β = −0.25.",
        "derivatives",
        names=("relu", "mish", "mila"),
        betas=COLD,
        options={"partials": ("f_x",)},
    ),
    Picture(
        "family",
        "The three panels of the original: f, both x-derivatives, and the first one "
        "further out, for four values of β.",
        "family",
        betas=ORIGINAL,
    ),
    Picture(
        "family-swish",
        "The same three panels for Swish.",
        "family",
        names=("swish",),
        betas=("0.5", "1", "2"),
    ),
    Picture(
        "contour",
        "Levels of f and of both first partials over x and β. The original showed the "
        "last panel, ∂f/∂β, as the first derivative.",
        "contour",
        options={"partials": ("f", "f_x", "f_beta")},
    ),
    Picture(
        "gradient",
        "The gradient (∂f/∂x, ∂f/∂β) over levels of f, in the range of the original.",
        "gradient",
    ),
    Picture(
        "features",
        "What β does to Mila: its minimum, the curvature there, and its largest slope; "
        "every point is proved.",
        "features",
        options={"sweep": ("-3", "3")},
    ),
    Picture(
        "six",
        "The functions that the blog speaks of, and softplus, of which Mish is made.",
        names=SIX,
    ),
    Picture(
        "six-slopes",
        "Their slopes: what a gradient is multiplied by on its way back.",
        "derivatives",
        names=SIX,
        options={"partials": ("f_x",)},
    ),
    Picture(
        "grid", "The whole catalog: each function over its slope.", "grid", names=()
    ),
    Picture(
        "landscape",
        "Output of one random network of five layers over the plane of its two inputs: "
        "ReLU leaves kinks that Swish and Mila at β = −0.25 do not.",
        "landscape",
        names=(),
    ),
    Picture(
        "noise",
        "Normal noise, and what ReLU, Swish, and Mila at β = −0.25 leave of it.",
        "noise",
        names=(),
    ),
    Picture(
        "histogram",
        "What the three make of normal noise: sampled moments beside the proven ones.",
        "histogram",
        names=(),
    ),
    Chart(
        "classes",
        "How many examples of each class `digits` has, which is always there.",
        ("plot", "classes"),
        _classes,
    ),
    Chart(
        "depth",
        "The original's 109 results: top-1 against the depth of the network.",
        ("published",),
        _depths,
    ),
    Chart(
        "ranking",
        "Average ranks in its twelve networks that lack no result: by top-1 they do "
        "not show that any activation differs.",
        ("published", "--ranking"),
        _ranking,
    ),
    Picture(
        "function-dark",
        "ReLU, Mish, and Mila at β = −0.25, on a dark page.",
        names=("relu", "mish", "mila"),
        betas=COLD,
        options=DARK,
    ),
    Picture(
        "family-dark",
        "The three panels of the original, on a dark page.",
        "family",
        betas=ORIGINAL,
        options=DARK,
    ),
    Picture(
        "contour-dark",
        "Levels of f and ∂f/∂x over x and β, on a dark page.",
        "contour",
        options={"partials": ("f", "f_x"), **DARK},
    ),
    Picture(
        "gradient-dark", "The gradient, on a dark page.", "gradient", options=DARK
    ),
    Picture(
        "landscape-dark",
        "The same landscapes, on a dark page.",
        "landscape",
        names=(),
        options=DARK,
    ),
    Picture("six-dark", "The six, on a dark page.", names=SIX, options=DARK),
    Picture(
        "grid-dark",
        "The whole catalog, on a dark page.",
        "grid",
        names=(),
        options=DARK,
    ),
)  # fmt: skip

_HEADING = """\
# Gallery

Each picture with the command that draws it. `mila-analysis gallery` draws them all
anew, together with this page; `mila-analysis gallery --check` tells whether the files
here are, to the byte, what the commands draw.
"""


def page() -> str:
    """The page that shows each picture above its command."""
    return "\n".join([_HEADING, *map(_section, PICTURES)])


def _section(picture: Picture | Chart) -> str:
    return (
        f"## {picture.name}\n\n{picture.caption}\n\n"
        f"![{picture.caption}]({picture.file})\n\n    {picture.command}\n"
    )


def draw() -> Iterator[tuple[str, bytes]]:
    """Name and content of each file of the gallery, one after the other."""
    for picture in PICTURES:
        yield picture.file, picture.draw()
    yield README, page().encode()


def save(folder: Path, drawn: Iterable[tuple[str, bytes]]) -> list[Path]:
    """Write the files of the gallery, as they are drawn, into a folder; make it first.

    Raises:
        WriteError: it cannot be made, or a file in it not be written.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WriteError(f"cannot make the folder {folder}: {reason}") from error
    return [files.write(folder / name, content) for name, content in drawn]


def differing(folder: Path, drawn: Mapping[str, bytes]) -> list[str]:
    """Names of what a folder lacks, what differs there, and pictures of no entry."""
    there = {path.name for path in folder.glob("*") if path.is_file()}
    changed = [
        name
        for name, content in drawn.items()
        if name not in there or (folder / name).read_bytes() != content
    ]
    return changed + sorted(_pictures(there) - set(drawn))


def _pictures(names: Iterable[str]) -> set[str]:
    suffixes = {f".{suffix}" for suffix in plotting.FORMATS}
    return {name for name in names if Path(name).suffix in suffixes}
