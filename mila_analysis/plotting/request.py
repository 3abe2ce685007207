"""What a user asks of a figure to a checked request, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mila_analysis.activation import Activation, Number, exact, swept_parameter
from mila_analysis.errors import ParameterError, PartialError, suggestion
from mila_analysis.experiments.data import Dataset
from mila_analysis.partials import Partial, parse
from mila_analysis.plotting._sweeps import domain, family
from mila_analysis.plotting.kinds import Kind, Range

__all__ = ["Request", "check"]

MAX_PARTIALS = 8
FARTHEST = 1e300  # beyond it the width of a range, or of its margins, overflows
NARROWEST = 1e-9  # of the larger end: tick labels would need more digits than fit
SMALLEST = 1e-250
SIZES = (1, 50)
DPIS = (10, 2400)
LAST_SEED = (1 << 63) - 1
MAX_PIXELS = 200_000_000
STYLES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Request:
    """A figure that can be drawn.

    Attributes:
        kind: what is drawn.
        activations: of what, at least one; none where it is of a dataset.
        x: range of x.
        sweep: range of the parameter where it is an axis; else unused.
        parameter: name of that parameter, or `None` for the first.
        partials: names of the partials asked for, or `None` for the kind's own.
        points: samples along a line or a side, or `None` for the kind's own.
        seed: of the random numbers of a kind that draws some.
        dataset: of what, where the kind is of one.
    """

    kind: Kind
    activations: tuple[Activation, ...]
    x: Range
    sweep: Range | None = None
    parameter: str | None = None
    partials: tuple[str, ...] | None = None
    points: int | None = None
    seed: int = 0
    dataset: Dataset | None = None

    def chosen(self, activation: Activation) -> tuple[Partial, ...] | None:
        """The partials asked for, as those of one activation."""
        if self.partials is None:
            return None
        try:
            found = [parse(name, activation.variables) for name in self.partials]
        except PartialError as error:
            title = activation.title or activation.name
            raise PartialError(f"{title} has {error}") from None
        return tuple(dict.fromkeys(found))


def check(
    kind: Kind,
    activations: Activation | Iterable[Activation] | Dataset,
    x: Sequence[Number] | None,
    sweep: Sequence[Number] | None,
    parameter: str | None,
    partials: Sequence[str] | None,
    points: int | None,
    *,
    seed: int | None = None,
) -> Request:
    """Options to a request.

    A sweep over an axis is kept as a range; elsewhere it becomes a family, one
    activation a value.

    Raises:
        ParameterError: an option that cannot be; one line says which and why.
        PartialError: a partial that an activation does not have.
    """
    if kind.subject == "dataset":
        _seed(kind, seed)
        return _of_dataset(kind, activations, x, sweep, parameter, partials, points)
    if isinstance(activations, Dataset):
        raise ParameterError(
            f"a {kind.name} figure is of activations, not of a dataset"
        )
    chosen = _activations(kind, activations)
    swept = None if sweep is None else _range("sweep", sweep)
    for activation in chosen:
        if swept or kind.sweep or parameter is not None:
            swept_parameter(activation, parameter)
    if swept and kind.sweep is None:
        families = (family(a, swept, parameter) for a in chosen)
        chosen = _activations(kind, (member for one in families for member in one))
    request = Request(
        kind=kind,
        activations=chosen,
        x=kind.x if x is None else _range("x", x),
        sweep=_axis(kind, chosen, swept, parameter),
        parameter=parameter,
        partials=_names(kind, partials),
        points=_points(kind, points),
        seed=_seed(kind, seed),
    )
    for activation in chosen:
        request.chosen(activation)
    return request


def _of_dataset(kind: Kind, subject: object, *options: object) -> Request:
    """A request that has nothing but its dataset."""
    if not isinstance(subject, Dataset):
        raise ParameterError(
            f"a {kind.name} figure is of a dataset, not of activations"
        )
    if any(option is not None for option in options):
        raise ParameterError(f"a {kind.name} figure has no ranges, partials or points")
    return Request(kind=kind, activations=(), x=kind.x, dataset=subject)


def check_size(size: Sequence[float]) -> Range:
    """Width and height in inches, within limits."""
    low, high = SIZES
    try:
        width, height = (float(side) for side in size)
    except (TypeError, ValueError):
        raise ParameterError(f"size must be a width and a height: {size}") from None
    if not (low <= width <= high and low <= height <= high):
        raise ParameterError(
            f"size must be from {low} to {high} inches a side, not {width:g} {height:g}"
        )
    return width, height


def check_dpi(dpi: float, size: Range) -> float:
    """Dots an inch, within limits and such that the picture fits into memory."""
    low, high = DPIS
    if not low <= dpi <= high:
        raise ParameterError(f"dpi must be from {low} to {high}, not {dpi:g}")
    if size[0] * size[1] * dpi**2 > MAX_PIXELS:
        raise ParameterError(
            f"{size[0]:g} by {size[1]:g} inches at {dpi:g} dpi is more than "
            f"{MAX_PIXELS // 10**6} million dots"
        )
    return float(dpi)


def check_style(style: str) -> str:
    """A style that there is."""
    if style not in STYLES:
        hint = suggestion(style, STYLES) or f"; choose from {', '.join(STYLES)}"
        raise ParameterError(f"no style '{style}'{hint}")
    return style


def _activations(
    kind: Kind, given: Activation | Iterable[Activation]
) -> tuple[Activation, ...]:
    found = (given,) if isinstance(given, Activation) else tuple(given)
    found = tuple(dict.fromkeys(found))
    if not found:
        raise ParameterError("nothing to plot: give at least one activation")
    if len(found) > kind.most:
        raise ParameterError(
            f"a {kind.name} figure tells at most {kind.most} activations apart, "
            f"not {len(found)}"
        )
    return found


def _range(what: str, ends: Sequence[Number]) -> Range:
    try:
        low, high = (float(exact(end, what)) for end in ends)
    except (TypeError, ValueError) as error:
        if isinstance(error, ParameterError):
            raise
        raise ParameterError(f"{what} must be two numbers, not {ends}") from None
    if not low < high:
        raise ParameterError(f"{what} must go from low to high, not {low:g} {high:g}")
    farthest = max(-low, high)
    if farthest > FARTHEST:
        raise ParameterError(f"{what} must stay within ±{FARTHEST:g}")
    if high - low < max(NARROWEST * max(abs(low), abs(high)), SMALLEST):
        raise ParameterError(f"{what} is too narrow to draw: {low:.17g} {high:.17g}")
    return low, high


def _names(kind: Kind, partials: Sequence[str] | None) -> tuple[str, ...] | None:
    if partials is None:
        return None
    found = (partials,) if isinstance(partials, str) else tuple(partials)
    if found and not kind.chooses:
        raise ParameterError(f"a {kind.name} figure has its own partials")
    if len(found) > MAX_PARTIALS:
        raise ParameterError(
            f"a figure shows at most {MAX_PARTIALS} chosen partials, not {len(found)}"
        )
    return found or None


def _points(kind: Kind, points: int | None) -> int | None:
    if points is None or 2 <= points <= kind.max_points:
        return points
    raise ParameterError(
        f"points must be from 2 to {kind.max_points} for a {kind.name} figure, "
        f"not {points}"
    )


def _seed(kind: Kind, seed: int | None) -> int:
    if seed is None:
        return 0
    if not kind.seeded:
        raise ParameterError(f"a {kind.name} figure has nothing random: no seed")
    if not 0 <= seed <= LAST_SEED:
        raise ParameterError("seed must be from 0 to 2^63 - 1")
    return int(seed)


def _axis(
    kind: Kind,
    activations: Iterable[Activation],
    sweep: Range | None,
    parameter: str | None,
) -> Range | None:
    if kind.sweep is None:
        return None
    ends = sweep or kind.sweep
    low, high = domain(activations, ends, parameter, asked=sweep is not None)
    return float(low), float(high)
