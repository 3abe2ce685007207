"""The part of a generated Triton module that launches its kernels; copied as text."""

# mypy: ignore-errors
# ruff: noqa: ARG001 - operators of torch take what they are given
import contextlib
import warnings

import torch
import triton

_ORDER = 2  # what other parts of the file define
_KERNELS = _BACKWARD = {}
_apply = _combined = _limits = _parameter = _places = _slopes = _tensor = _in_graph = (
    None
)

# --- runtime ---
# How kernels are launched. To torch.compile they are operators of torch.

_INTERPRETED = not isinstance(_places, triton.runtime.JITFunction)
if _INTERPRETED:  # a call of an interpreted function prepares all of Triton anew
    globals().update(
        {
            name: value.fn
            for name, value in list(globals().items())
            if isinstance(value, type(_places))
            and not name.startswith(("_kernel_", "_backward_"))
        }
    )
_WARPS = 4
_LIBRARY = f"generated_triton::{__name__.replace('.', '_')}"
_SCHEMA = "(Tensor x, Tensor[] parameters, {}) -> Tensor[]"


def _computed(names, dtype, *values):
    """Partials by name, rounded to a dtype, of tensors of one shape."""
    x, *parameters = values
    run = _values_operator if _traced(values) else _values
    return tuple(run(x, [_narrowed(p) for p in parameters], ",".join(names), dtype))


def _traced(values):
    """Whether they stand for tensors to come."""
    return any(type(v) not in (torch.Tensor, torch.nn.Parameter) for v in values)


def _narrowed(value):
    """A value that was expanded to a shape, as one number again."""
    if value.ndim and value.numel() and not any(value.stride()):
        return value[(0,) * value.ndim]
    return value


def _values(x, parameters, names, dtype):
    """Partials by name; each parameter is one number or a tensor like x."""
    names, inner = tuple(names.split(",")), _limits(x).dtype
    given = _laid_out(x, parameters)
    kept = dtype if torch.float64 not in (inner, dtype) else inner
    results = [torch.empty_like(given[0], dtype=kept) for _ in names]
    if names in _KERNELS:
        _launch(_KERNELS[names], given, results)
    else:
        for name, result in zip(names, results, strict=True):
            _launch(_KERNELS[(name,)], given, [result])
    return [result.to(dtype) for result in results]


def _gradients(x, parameters, grad, summed):
    """grad f_x in the dtype of x; for each parameter p, if wanted, the sum of grad f_p.

    Each program sums its block, and torch the blocks: always in the same order.
    """
    given = _laid_out(x, parameters)
    gradient = torch.empty_like(given[0])
    grad = _like(gradient, grad.detach())
    blocks = [
        torch.empty(_programs(x.numel())[0], dtype=_limits(x).dtype, device=x.device)
        for _ in (parameters if summed else ())
    ]
    _launch(_BACKWARD[len(blocks) > 0], given, [grad, gradient, *blocks])
    return [gradient, *[b.sum(dtype=torch.float64).to(b.dtype) for b in blocks]]


def _laid_out(x, parameters):
    """Tensors whose elements lie in memory one after another, in the same order."""
    layout, dtype = torch.empty_like(x), _limits(x).dtype
    others = [p.detach().to(dtype) for p in parameters]
    others = [_like(layout, p) if p.ndim else p for p in others]
    return [_like(layout, x.detach()), *others]


def _like(layout, value):
    """A value with its elements where those of a layout are."""
    if value.stride() == layout.stride():
        return value
    return torch.empty_like(layout, dtype=value.dtype).copy_(value)


def _programs(n):
    """How many programs there are, and how many elements each takes."""
    block = min(65536, triton.next_power_of_2(max(n, 1))) if _INTERPRETED else 512
    return triton.cdiv(n, block), block


def _launch(kernel, given, others):
    """Run a kernel once over all elements."""
    x, *parameters = given
    programs, block = _programs(x.numel())
    if not programs:
        return
    steps = [int(p.ndim > 0) for p in parameters]
    with _quiet() if _INTERPRETED else _on_device_of(x):
        kernel[(programs,)](
            x.numel(),
            *[_stored(t) for t in (*given, *others)],
            *steps,
            block,
            programs * block >= 2**31,
            num_warps=_WARPS,
            enable_fp_fusion=False,
        )


def _stored(value):
    """A tensor as kernels take it."""
    return value.view(torch.int16) if value.dtype == torch.bfloat16 else value


def _on_device_of(x):
    if x.device.type == "cpu":
        raise RuntimeError(
            "Triton computes on a GPU, and x is on the CPU; its interpreter computes "
            "there if TRITON_INTERPRET=1 is set before this file is imported"
        )
    return torch.cuda.device_of(x) if x.is_cuda else contextlib.nullcontext()


@contextlib.contextmanager
def _quiet():
    """The interpreter warns where a GPU computes an infinity or NaN in silence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


_values_operator = torch.library.custom_op(
    f"{_LIBRARY}_values",
    _values,
    mutates_args=(),
    schema=_SCHEMA.format("str names, ScalarType dtype"),
)
_gradients_operator = torch.library.custom_op(
    f"{_LIBRARY}_gradients",
    _gradients,
    mutates_args=(),
    schema=_SCHEMA.format("Tensor grad, bool summed"),
)


@_values_operator.register_fake
def _promised_values(x, parameters, names, dtype):
    return [torch.empty_like(x, dtype=dtype) for _ in names.split(",")]


@_gradients_operator.register_fake
def _promised_gradients(x, parameters, grad, summed):
    sums = [x.new_empty((), dtype=_limits(x).dtype) for _ in parameters]
    return [torch.empty_like(x), *(sums if summed else [])]


class _Shared(torch.autograd.Function):
    """f of a tensor whose parameters are single numbers; backward is one kernel.

    Where the derivative is differentiated again it is made of partials by name.
    """

    @staticmethod
    def forward(x, *parameters):
        return _computed(("f",), x.dtype, x, *parameters)[0]

    @staticmethod
    def setup_context(ctx, inputs, _output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, grad):
        x, *parameters = values = ctx.saved_tensors
        needed = [i for i in range(len(values)) if ctx.needs_input_grad[i]]
        if torch.is_grad_enabled():
            return _differentiable(values, needed, grad)
        run = _gradients_operator if _traced([*values, grad]) else _gradients
        found = run(x, parameters, grad, needed != [0])
        found += [None] * (len(values) - len(found))
        return tuple([found[i] if i in needed else None for i in range(len(found))])

    @staticmethod
    def jvp(ctx, *tangents):
        forward = torch.autograd.forward_ad
        # A jvp around this one is taken too: torch has it switched off here.
        with forward._set_fwd_grad_enabled(True):  # noqa: SLF001
            values = [forward.unpack_dual(v, level=0).primal for v in ctx.saved_tensors]
            given = [j for j in range(len(values)) if tangents[j] is not None]
            (row,) = _slopes(["f"], given, torch.broadcast_tensors(*values))
            return _combined([tangents[j] for j in given], row, values[0].dtype)

    @staticmethod
    def vmap(info, in_dims, x, *parameters):
        batch, dim = info.batch_size, in_dims[0]
        x = x.expand(batch, *x.shape) if dim is None else x.movedim(dim, 0)
        ends = [1] * (x.ndim - 1)
        moved = [
            p if dim is None else p.reshape(batch, *ends)
            for p, dim in zip(parameters, in_dims[1:], strict=True)
        ]
        return _apply(("f",), x.dtype, *torch.broadcast_tensors(x, *moved))[0], 0


def _differentiable(values, needed, grad):
    """Gradients whose derivatives torch knows."""
    (row,) = _slopes(["f"], needed, torch.broadcast_tensors(*values))
    gradients = [None] * len(values)
    for j, slope in zip(needed, row, strict=True):
        product = grad.to(slope.dtype) * slope
        gradients[j] = (product if j == 0 else product.sum()).to(values[j].dtype)
    return tuple(gradients)


def _apply_shared(*values):
    return _Shared.apply(*values)


_shared_in_graph = torch.compiler.allow_in_graph(_apply_shared)


def _evaluate(names, x, *parameters):
    """Partials by name, broadcast, in the dtype of x."""
    if not isinstance(x, torch.Tensor) and not _INTERPRETED:
        x = torch.as_tensor(x, device="cuda")
    x = _tensor(x)
    if not x.is_floating_point():
        x = x.to(torch.get_default_dtype())
    dtype = _limits(x).dtype  # in which gradients of parameters are summed, too
    values = [_parameter(p, x).to(dtype) for p in parameters]
    single = all(p.numel() == 1 and p.ndim <= x.ndim for p in values)
    if names == ("f",) and _ORDER and single:
        return (_shared_in_graph(x, *[p.reshape(()) for p in values]),)
    return _in_graph(names, x.dtype, *torch.broadcast_tensors(x, *values))
