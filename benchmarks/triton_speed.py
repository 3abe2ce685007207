"""Mila on a GPU by generated Triton kernels, beside torch's own functions and a copy.

Forward, and forward with backward, of 10⁶ to 10⁹ elements in float32, bfloat16 and
float16. Runs are interleaved, timed by CUDA events, and medians are shown: `eager` as
people call it, launches included, and `graph` replayed from a CUDA graph, which leaves
the kernels alone. `of copy` is the fraction of the bandwidth of `copy_` at the same
size, measured in the same rounds, counting what has to be read and written: x and the
result forward, and x, the gradient and the new gradient backward.

    python benchmarks/triton_speed.py
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from _report import report
from torch.nn import functional

from mila_analysis import catalog
from mila_analysis.backends import triton
from mila_analysis.kernels import generate_code

SIZES = (10**6, 10**7, 10**8, 10**9)
DTYPES = (torch.float32, torch.bfloat16, torch.float16)
ROUNDS = 20
GRAPHED = 10**8  # larger ones are not bound by launches, and graphs keep their memory
BETA = -0.25
Run = Callable[[], Any]


@dataclass(frozen=True)
class Subject:
    """A function, and what of it is timed."""

    name: str
    way: str
    transfers: int  # arrays read or written
    run: Run


def layer(name: str, **options: Any) -> torch.nn.Module:
    """Layer of generated Triton code on the GPU."""
    text = generate_code(catalog.get(name), "triton").text
    return triton.layer(text)(**options).to("cuda")


def functions() -> dict[str, Callable[[torch.Tensor], torch.Tensor]]:
    """What is compared, as functions of x."""
    return {
        "torch relu": functional.relu,
        "torch gelu": functional.gelu,
        "torch mish": functional.mish,
        "triton mish": layer("mish"),
        "triton mila": layer("mila", beta=BETA),
        "triton mila, beta learned": layer("mila", beta=BETA, learnable=True),
    }


def subjects(n: int, dtype: torch.dtype) -> Iterator[Subject]:
    """All that is timed at one size."""
    x = torch.randn(n, device="cuda", dtype=dtype)
    grad, tracked = torch.randn_like(x), x.clone().requires_grad_()
    kept = torch.empty_like(x)
    yield Subject("copy", "forward", 2, lambda: kept.copy_(x))
    for name, function in functions().items():
        yield Subject(name, "forward", 2, forward(function, x))
        given = [tracked]
        if isinstance(function, torch.nn.Module):
            given += list(function.parameters())
        run = both(function, tracked, given, grad)
        yield Subject(name, "forward, backward", 5, run)


def forward(function: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> Run:
    """The function without gradients."""

    def run() -> torch.Tensor:
        with torch.no_grad():
            return function(x)

    return run


def both(
    function: Callable[[torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    given: list[torch.Tensor],
    grad: torch.Tensor,
) -> Run:
    """The function, and the gradients of all that it is given."""
    return lambda: torch.autograd.grad(function(x), given, grad)


def replayed(run: Run) -> Run:
    """The kernels of a run, captured in a CUDA graph."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):  # what is compiled, or chosen, at the first calls
            run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph.replay


def seconds(run: Run, calls: int) -> float:
    """Time of one of several calls, one after the other."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(calls):
        run()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / 1000 / calls


def medians(runs: list[Run], n: int) -> list[float]:
    """Median times of runs in turn."""
    calls = max(1, min(50, 10**8 // n))
    for run in runs:
        run()
    found: list[list[float]] = [[] for _ in runs]
    for _ in range(ROUNDS):
        for times, run in zip(found, runs, strict=True):
            times.append(seconds(run, calls))
    return [statistics.median(times) for times in found]


def measured(n: int, dtype: torch.dtype) -> Iterator[dict[str, Any]]:
    """Rows of one size; the first is the copy."""
    known = list(subjects(n, dtype))
    eager = medians([s.run for s in known], n)
    graphs = [replayed(s.run) for s in known] if n <= GRAPHED else []
    alone = medians(graphs, n) if graphs else eager
    size = n * dtype.itemsize
    copied = known[0].transfers * size / alone[0]
    for subject, first, second in zip(known, eager, alone, strict=True):
        yield {
            "dtype": str(dtype).removeprefix("torch."),
            "elements": n,
            "function": subject.name,
            "way": subject.way,
            "eager ms": first * 1000,
            "graph ms": second * 1000 if graphs else "",
            "GB/s": subject.transfers * size / second / 1e9,
            "of copy": subject.transfers * size / second / copied,
        }


def rows() -> Iterator[dict[str, Any]]:
    """All sizes for which there is memory."""
    for dtype in DTYPES:
        for n in SIZES:
            try:
                yield from measured(n, dtype)
            except torch.cuda.OutOfMemoryError:
                print(f"{n} elements of {dtype}: there is no memory for them")
            torch.cuda.empty_cache()


def main() -> None:
    """Measure and report, where there is a GPU."""
    if not triton.available():
        print("not measured: this needs a GPU that torch sees, and the package triton")
        return
    device = torch.cuda.get_device_name()
    title = f"Mila by Triton on {device}, torch {torch.__version__}, beta = {BETA}"
    report("triton_speed", title, list(rows()))


if __name__ == "__main__":
    main()
