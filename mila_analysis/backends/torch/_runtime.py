"""The part of a generated torch module that is the same in all; copied as text."""

# mypy: ignore-errors
import torch

f = None  # what the generated part defines
_ORDER = 2
_PARAMETERS = _NEAR = _NEXT = {}
_ARITHMETIC = _by_blocks = _by_whole = None

# --- runtime ---
_NAN = float("nan")
_REAL = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


class _Limits:
    """What depends on the dtype of the arithmetic, float32 or float64."""

    def __init__(self, dtype, cut):
        self.dtype = dtype
        self.cut = cut  # exp(-cut) is a normal number
        self.huge = torch.finfo(dtype).max  # infinity, where 0 * inf is to be 0
        self.modest = self.huge**0.25  # its cube is no infinity


_SINGLE = _Limits(torch.float32, 80.0)
_DOUBLE = _Limits(torch.float64, 700.0)


def _settle():
    """Let one thread make the first call of each function.

    MKL chooses the code of a function then, and where several threads make that call it
    may choose a rough one for it: github.com/pytorch/pytorch/issues/188792.
    """
    for dtype in (torch.float32, torch.float64):
        one = torch.ones(1, dtype=dtype, device="cpu")
        for function in (torch.exp, torch.expm1, torch.log, torch.log1p):
            function(one)


_settle()


class _Partials(torch.autograd.Function):
    """Partials by name, of tensors of one shape; their derivatives are partials again.

    It saves what it is given, and nothing that was computed. `dtype` is what the
    results are rounded to, once.
    """

    @staticmethod
    def forward(names, dtype, *values):
        return _computed(names, dtype, *values)

    @staticmethod
    def setup_context(ctx, inputs, _output):
        ctx.names, ctx.dtype, *values = inputs
        ctx.save_for_backward(*values)
        ctx.save_for_forward(*values)
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx, *grads):
        values = ctx.saved_tensors
        needed = [i for i in range(len(values)) if ctx.needs_input_grad[i + 2]]
        given = [i for i in range(len(grads)) if grads[i] is not None]
        slopes = _slopes([ctx.names[i] for i in given], needed, values)
        gradients = [None] * len(values)
        if given:
            for column, j in enumerate(needed):
                gradients[j] = _combined(
                    [grads[i] for i in given],
                    [row[column] for row in slopes],
                    values[j].dtype,
                )
        return None, None, *gradients

    @staticmethod
    def jvp(ctx, _names, _dtype, *tangents):
        forward = torch.autograd.forward_ad
        # A jvp around this one is taken too: torch has it switched off here.
        with forward._set_fwd_grad_enabled(True):  # noqa: SLF001
            values = [forward.unpack_dual(v, level=0).primal for v in ctx.saved_tensors]
            given = [j for j in range(len(values)) if tangents[j] is not None]
            slopes = _slopes(ctx.names, given, values)
            known = [tangents[j] for j in given]
            return tuple([_combined(known, row, ctx.dtype) for row in slopes])

    @staticmethod
    def vmap(info, in_dims, names, dtype, *values):
        moved = [
            value.expand(info.batch_size, *value.shape)
            if dim is None
            else value.movedim(dim, 0)
            for value, dim in zip(values, in_dims[2:], strict=True)
        ]
        return _apply(names, dtype, *moved), (0,) * len(names)


def _computed(names, dtype, *values):
    """Partials by name in the arithmetic for their dtype, rounded to a dtype."""
    if _NEAR and _in_memory(values):
        return _by_blocks(names, dtype, values)
    _k = _limits(values[0])
    results = _by_whole(names, [value.to(_k.dtype) for value in values], _k)
    return tuple([result.to(dtype) for result in results])


def _in_memory(values):
    """Whether they are plain numbers on a CPU, which no trace or transform looks at."""
    if _in_trace():
        return False
    for value in values:
        plain = type(value) is torch.Tensor or type(value) is torch.nn.Parameter
        if not (plain and value.is_cpu and value.layout is torch.strided):
            return False
        if not torch._C._has_storage(value) or torch._is_functional_tensor(value):  # noqa: SLF001
            return False
    return True


def _in_trace():
    """Whether somebody takes down what is computed, to run it later by other code."""
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return True
    return torch._C._len_torch_dispatch_stack() > 0  # noqa: SLF001


def _undifferentiated(values):
    """Whether they are plain numbers, and nobody can ask for their derivatives."""
    if torch.is_grad_enabled() and any(v.requires_grad for v in values):
        return False
    return _in_memory(values) and torch.autograd.forward_ad._current_level < 0  # noqa: SLF001


def _apply(names, dtype, *values):
    """Partials, with their derivatives."""
    if _in_memory(values) and not torch._C._are_functorch_transforms_active():  # noqa: SLF001
        # What else `apply` does, for defaults and transforms, takes as long as it does.
        return super(torch.autograd.Function, _Partials).apply(names, dtype, *values)
    return _Partials.apply(names, dtype, *values)


# To torch.compile it is one operation, which autograd and torch.func take apart later:
# traced line by line, its second derivatives would be zero without a word.
_in_graph = torch.compiler.allow_in_graph(_apply)


def _slopes(names, variables, values):
    """Of each partial, its partials in some variables; what several need is one."""
    rows = [[_next(name)[j] for j in variables] for name in names]
    wanted = tuple(dict.fromkeys([n for row in rows for n in row if n is not None]))
    if not wanted:
        return rows
    run = _computed if _undifferentiated(values) else _apply
    results = run(wanted, _limits(values[0]).dtype, *values)
    found = dict(zip(wanted, results, strict=True))
    return [[found.get(name) for name in row] for row in rows]


def _next(name):
    """Names of the derivatives of a partial, in x and each parameter."""
    if name in _NEXT:
        return _NEXT[name]
    if torch.compiler.is_compiling():  # it traces what nobody may ask for
        return [None for _ in range(len(_PARAMETERS) + 1)]
    order = _ORDER + 1
    raise RuntimeError(
        f"a derivative of {name} is a partial of order {order}; this file has "
        f"order {_ORDER}: generate it with --order {order}"
    )


def _combined(factors, slopes, dtype):
    """The sum of products, rounded to a dtype once."""
    if len(slopes) == 1:
        return _alone(factors[0], slopes[0]).to(dtype)
    total = None
    for factor, slope in zip(factors, slopes, strict=True):
        product = _product(factor, slope)
        total = product if total is None else total + product
    return total.to(dtype)


def _alone(factor, slope):
    """A product in the memory of the slope, which no other product needs."""
    plain = slope is not None and not torch.is_grad_enabled()
    if plain and _in_memory((factor, slope)) and factor.shape == slope.shape:
        return slope.mul_(factor)
    return _product(factor, slope)


def _product(factor, slope):
    """Their product; NaN where torch.compile was asked for what this file has not."""
    if slope is None:
        return torch.where(factor == 0.0, factor, _NAN)
    return factor.to(slope.dtype) * slope


def _evaluate(names, x, *parameters):
    """Partials by name, broadcast, in the dtype of x."""
    x = _tensor(x)
    if not x.is_floating_point():
        x = x.to(torch.get_default_dtype())
    dtype = _limits(x).dtype  # in which gradients of parameters are summed, too
    values = [x]
    for each in parameters:
        value = _parameter(each, x)
        values.append(value if value.dtype == dtype else value.to(dtype))
    if _undifferentiated(values):
        if _computed is _ARITHMETIC and _NEAR and not any(v.ndim for v in values[1:]):
            return _by_blocks(names, x.dtype, values)
        return _computed(names, x.dtype, *torch.broadcast_tensors(*values))
    return _in_graph(names, x.dtype, *torch.broadcast_tensors(*values))


def _tensor(value):
    """Value as a tensor of real numbers."""
    value = value if isinstance(value, torch.Tensor) else torch.as_tensor(value)
    inexact = value.is_floating_point() or value.is_complex()
    if inexact and value.dtype not in _REAL:
        raise TypeError(f"real numbers of 16, 32 or 64 bits, not {value.dtype}")
    return value


def _parameter(value, x):
    """A tensor keeps its own dtype; a number is one of the dtype of x."""
    if isinstance(value, (int, float)):
        return torch.full((), value, dtype=x.dtype, device=x.device)
    value = _tensor(value)
    value = value if value.is_floating_point() else value.to(x.dtype)
    return value if value.ndim or value.device == x.device else value.to(x.device)


def _limits(x):
    """The arithmetic for a dtype of x: 16-bit numbers take that of float32."""
    return _DOUBLE if x.dtype == torch.float64 else _SINGLE


class _Activation(torch.nn.Module):
    """The function as a layer; each parameter is learned, or a buffer.

    Both are in the state dict under the same name, so that a layer that learned its
    parameters is loaded into one that keeps them.
    """

    def __init__(
        self, start, learnable=False, num_parameters=1, device=None, dtype=None
    ):
        super().__init__()
        if num_parameters < 1:
            raise ValueError(f"num_parameters must be at least 1, not {num_parameters}")
        if dtype is not None and dtype not in _REAL:
            raise TypeError(f"dtype must be one of real numbers, not {dtype}")
        known = tuple(start)
        learnable = (learnable,) if isinstance(learnable, str) else learnable
        learned = known if learnable is True else tuple(learnable or ())
        for name in learned:
            if name not in known:
                raise ValueError(f"no parameter {name!r} to learn; there are: {known}")
        self.num_parameters = num_parameters
        self._start = {name: _checked(name, value) for name, value in start.items()}
        for name in known:
            values = torch.empty(num_parameters, device=device, dtype=dtype)
            if name in learned:
                self.register_parameter(name, torch.nn.Parameter(values))
            else:
                self.register_buffer(name, values)
        self.reset_parameters()

    def reset_parameters(self):
        """Set every parameter to the value it was constructed with."""
        with torch.no_grad():
            for name, value in self._start.items():
                getattr(self, name).fill_(value)

    def forward(self, x):
        """The function of x, in the dtype of x."""
        return f(x, *[self._beside(getattr(self, name), x) for name in self._start])

    def _beside(self, values, x):
        """A parameter in a shape that meets the channels of x, its dimension 1."""
        if self.num_parameters == 1:
            return values.view(())
        if x.ndim < 2 or x.shape[1] != self.num_parameters:
            raise ValueError(
                f"num_parameters={self.num_parameters}: dimension 1 of x must have "
                f"{self.num_parameters} channels, not shape {tuple(x.shape)}"
            )
        return values.reshape([-1] + [1] * (x.ndim - 2))

    def extra_repr(self):
        """The parameters: their values, or what they started from."""
        shown = [f"{name}={self._shown(name):.6g}" for name in self._start]
        learned = [name for name in self._start if name in self._parameters]
        if learned:
            every = len(learned) == len(self._start)
            shown.append(f"learnable={True if every else tuple(learned)}")
        if self.num_parameters != 1:
            shown.append(f"num_parameters={self.num_parameters}")
        return ", ".join(shown)

    def _shown(self, name):
        values = getattr(self, name)
        if values.numel() == 1 and not values.is_meta:
            return values.item()
        return self._start[name]


def _checked(name, value):
    """Start of a parameter as a float of its domain."""
    low, high = _PARAMETERS[name][1:]
    value = float(value)
    if not -float("inf") < value < float("inf"):
        raise ValueError(f"{name} must be a finite number, not {value}")
    if low is not None and value < low:
        raise ValueError(f"{name} must be at least {low}, not {value}")
    if high is not None and value > high:
        raise ValueError(f"{name} must be at most {high}, not {value}")
    return value
