"""Generated torch code in blocks: what is in them, and when it is not used at all."""

from __future__ import annotations

import pytest
import torch
from torch.func import vmap

from mila_analysis.backends.torch import namespace
from mila_analysis.backends.torch.inplace import body_in_place
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.derivation import derive
from mila_analysis.program import Binding, Name, number, op
from mila_analysis.stability import Program, stabilize

MILA = get("mila")
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
EVERY = pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
DTYPE = pytest.mark.parametrize("dtype", FLOATS, ids=str)


@pytest.fixture
def fresh(generated):
    """Function of an activation: names of its torch file, run anew."""
    return lambda activation: namespace(generated(activation), str(activation))


@pytest.fixture
def short(fresh, monkeypatch):
    """Names of Mila's file with blocks of five numbers, and the sizes computed."""
    found = dict(fresh(MILA))
    names = fresh(MILA)
    sizes: list[tuple[str, int]] = []

    def counting(kind, function):
        def counted(x, *rest):
            sizes.append((kind, x.numel()))
            return function(x, *rest)

        return counted

    monkeypatch.setitem(names, "_size", lambda *_: 5)
    for key, (function, rooms) in found["_NEAR"].items():
        monkeypatch.setitem(names["_NEAR"], key, (counting("near", function), rooms))
    for key, function in found["_WHOLE"].items():
        monkeypatch.setitem(names["_WHOLE"], key, counting("whole", function))
    return names, sizes


def numbers(dtype, count=1003):
    torch.manual_seed(1)
    x = torch.randn(count, dtype=torch.float64) * 8
    x[::50], x[::70], x[::90] = 1e3, -1e3, float("nan")
    return x.to(dtype)


def same(found, wanted):
    return torch.equal(found.isnan(), wanted.isnan()) and torch.equal(
        found.nan_to_num(), wanted.nan_to_num()
    )


class TestTheSizeOfABlock:
    @DTYPE
    @EVERY
    @pytest.mark.parametrize("size", [1, 7, 100])
    def test_is_no_matter(self, activation, dtype, size, fresh, monkeypatch):
        names, x = fresh(activation), numbers(dtype, 203)
        wanted = names["partials"](x)
        monkeypatch.setitem(names, "_size", lambda *_: size)
        for name, values in names["partials"](x).items():
            assert same(values, wanted[name])
            assert same(names[name](x), wanted[name])

    @DTYPE
    def test_nor_beside_a_parameter_a_channel(self, dtype, fresh, monkeypatch):
        names, x = fresh(MILA), numbers(dtype, 204).reshape(4, 3, 17)
        beta = torch.tensor([-1.0, 0.5, 200.0])[:, None]
        wanted = names["f_x"](x, beta)
        monkeypatch.setitem(names, "_size", lambda *_: 10)
        assert same(names["f_x"](x, beta), wanted)
        for i in range(3):
            assert same(names["f_x"](x[:, i], beta[i, 0]), wanted[:, i])

    def test_nor_how_many_threads_there_are(self, fresh):
        names, x = fresh(MILA), numbers(torch.float32, 300_001)
        x.requires_grad_()
        beta = torch.tensor(0.5, requires_grad=True)
        found = []
        before = torch.get_num_threads()
        try:
            for threads in (1, 2, 3):
                torch.set_num_threads(threads)
                value = names["f"](x, beta)
                found.append([value, *torch.autograd.grad(value, (x, beta), x)[:1]])
        finally:
            torch.set_num_threads(before)
        for value, slope in found[1:]:
            assert same(value, found[0][0])
            assert same(slope, found[0][1])

    def test_it_grows_with_the_threads_and_shrinks_with_the_arrays(self, fresh):
        names = fresh(MILA)
        x, before = torch.zeros(9), torch.get_num_threads()
        everything = tuple(names["_WHOLE"])

        def size(wanted, dtype=torch.float32):
            return names["_size"](wanted, [x], names["_limits"](x.to(dtype)))

        assert size(("f",)) > 2 * size(everything)
        assert size(("f",)) >= 2 * size(("f",), torch.float64) > 0
        try:
            torch.set_num_threads(1)
            one = size(("f",))
            torch.set_num_threads(2)
            assert size(("f",)) == 2 * one
        finally:
            torch.set_num_threads(before)


class TestWhichArithmetic:
    def test_only_what_is_too_far_is_computed_by_the_other(self, short):
        names, sizes = short
        x = torch.tensor([0.0, 1.0, 30.0, -90.0, float("nan"), *[0.5] * 7])
        names["f"](x)
        near = ("near", 4)  # at most 5, and all of one size
        assert sizes == [near, ("whole", 2), near, ("whole", 1), near]

    @pytest.mark.parametrize("x", [26.0, 27.0, -79.0, -81.0, 88.0, -1e30, 3e38])
    def test_where_the_short_one_holds(self, x, short):
        names, sizes = short
        names["f"](torch.tensor([x]))
        assert sizes[0] == ("near", 1)
        assert (("whole", 1) in sizes) == (not -80 <= x <= 80 / 3)

    def test_a_sum_is_near_and_its_summands_are_not(self, short):
        names, sizes = short
        assert names["f"](torch.tensor([-100.0]), 100.0) == pytest.approx(-60)
        assert ("whole", 1) in sizes

    @pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
    def test_traces_and_transforms(self, short):
        from torch._subclasses.fake_tensor import FakeTensorMode
        from torch.fx.experimental.proxy_tensor import make_fx

        names, sizes = short
        f, x = names["f"], torch.linspace(-1, 1, 3)
        make_fx(f)(x, torch.tensor(0.5))
        make_fx(f, tracing_mode="fake")(x, torch.tensor(0.5))
        torch.jit.trace(f, (x, torch.tensor(0.5)), check_trace=False)
        with FakeTensorMode():
            f(torch.empty(3))
        f(torch.empty(3, device="meta"))
        assert {kind for kind, _ in sizes} == {"whole"}
        sizes.clear()
        vmap(f)(x[None])
        vmap(torch.func.grad(f))(x)
        torch.func.jvp(f, (x,), (x,))
        assert {kind for kind, _ in sizes} == {"near"}

    def test_a_formula_without_exponentials_has_one_only(self, fresh):
        assert fresh(get("relu"))["_NEAR"] == {}

    def test_other_code_in_its_place_is_asked(self, fresh, monkeypatch):
        """As native code is: it takes the place of `_computed`."""
        names, asked = fresh(MILA), []
        own = names["_computed"]

        def computed(partials, dtype, *values):
            asked.append((partials, [tuple(v.shape) for v in values]))
            return own(partials, dtype, *values)

        monkeypatch.setitem(names, "_computed", computed)
        names["f"](torch.zeros(3), 0.5)
        assert asked == [(("f",), [(3,), (3,)])]


class TestWhatItLeavesAlone:
    @DTYPE
    def test_inputs_and_gradients(self, dtype, fresh):
        names = fresh(MILA)
        x, given = numbers(dtype, 50), torch.ones(50, dtype=dtype)
        beta = torch.tensor(0.5)
        kept = [v.clone() for v in (x, given, beta)]
        inputs = [x.clone().requires_grad_(), beta.clone().requires_grad_()]
        value = names["f"](*inputs)
        first = torch.autograd.grad(value, inputs, given, retain_graph=True)
        again = torch.autograd.grad(value, inputs, given)
        for a, b in zip(first, again, strict=True):
            assert same(a, b)
            assert a.data_ptr() != b.data_ptr()
        names["partials"](x, beta)
        now = [inputs[0].detach(), given, inputs[1].detach()]
        assert all(same(a, b) for a, b in zip(now, kept, strict=True))

    def test_numbers_made_in_inference_are_of_use_afterwards(self, fresh):
        names = fresh(MILA)
        with torch.inference_mode():
            names["f"](torch.zeros(3), 0.25)
        x = torch.zeros(3, requires_grad=True)
        (slope,) = torch.autograd.grad(names["f"](x, 0.25).sum(), x)
        assert torch.equal(slope, names["f_x"](torch.zeros(3), 0.25))

    def test_a_default_device_and_dtype(self, fresh):
        names, x = fresh(MILA), torch.linspace(-3, 3, 5)
        wanted = fresh(MILA)["f"](x, 0.25)
        torch.set_default_dtype(torch.float64)
        try:
            with torch.device("meta"):
                assert torch.equal(names["f"](x, 0.25), wanted)
        finally:
            torch.set_default_dtype(torch.float32)

    def test_two_gradients_at_once(self, fresh):
        """A product may be written over a slope only where no other needs that."""
        names = fresh(MILA)
        x = torch.linspace(-2, 2, 9, dtype=torch.float64, requires_grad=True)
        beta = torch.full((9,), 0.25, dtype=torch.float64, requires_grad=True)
        found = names["partials"](x, beta)
        values = [found["f"], found["f_x"], found["f_beta"]]
        weights = [torch.full_like(x, w) for w in (2.0, 3.0, 5.0)]
        slopes = torch.autograd.grad(values, (x, beta), weights)
        p = {n: v.detach() for n, v in found.items()}
        wanted = (
            2 * p["f_x"] + 3 * p["f_xx"] + 5 * p["f_xbeta"],
            2 * p["f_beta"] + 3 * p["f_xbeta"] + 5 * p["f_betabeta"],
        )
        torch.testing.assert_close(slopes, wanted, rtol=1e-14, atol=1e-15)


class TestStatements:
    """The spelling of programs that no activation of the catalog has."""

    @staticmethod
    def run(program, wanted, *values):
        body = body_in_place(program, wanted, ("x", "b"))
        arrays = {n: torch.empty_like(values[0]) for n in [*wanted, *body.rooms]}
        scope = {"torch": torch, "x": values[0], "b": values[1], "_k": None, **arrays}
        scope["_n"] = {c: torch.tensor(float(c)) for c in (1.0, 2.0)}
        exec("\n".join(body.lines), scope)
        return [arrays[name] for name in wanted], body

    x, b = torch.tensor([3.0, 5.0]), torch.tensor(2.0)

    def test_an_output_that_is_another_or_an_input_or_a_number(self):
        outputs = {"f": Name("p"), "g": Name("p"), "h": Name("x"), "i": number(2)}
        program = Program((Binding("p", op("mul", Name("x"), Name("b"))),), outputs)
        found, _ = self.run(program, ["f", "g", "h", "i"], self.x, self.b)
        assert [v.tolist() for v in found] == [[6, 10], [6, 10], [3, 5], [2, 2]]
        assert len({v.data_ptr() for v in found}) == 4

    def test_an_output_that_others_are_made_of(self):
        p, q = Name("p"), Name("q")
        bindings = (
            Binding("p", op("add", Name("x"), number(1))),
            Binding("q", op("mul", p, p)),
        )
        program = Program(bindings, {"f": op("sub", q, p), "g": q, "h": p})
        found, _ = self.run(program, ["f", "g", "h"], self.x, self.b)
        assert [v.tolist() for v in found] == [[12, 30], [16, 36], [4, 6]]

    def test_a_value_of_parameters_alone_is_a_number(self):
        program = Program(
            (Binding("c", op("exp", Name("b"))),), {"f": Name("c"), "g": Name("x")}
        )
        found, body = self.run(program, ["f", "g"], self.x, self.b)
        assert torch.equal(found[0], torch.exp(self.b).expand(2))
        assert body.rooms == ()

    def test_a_reciprocal_of_one_use_is_a_division(self):
        inverse = Binding("c", op("div", number(1), Name("x")))
        once = op("mul", Name("c"), Name("x"))
        program = Program((inverse,), {"f": once})
        assert (
            "torch.div(x, x, out=f)"
            in self.run(program, ["f"], self.x, self.b)[1].lines
        )
        for twice in (op("mul", Name("c"), Name("c")), op("add", once, Name("c"))):
            program = Program((inverse,), {"f": twice})
            lines = self.run(program, ["f"], self.x, self.b)[1].lines
            assert any("torch.div(_n[1.0], x" in line for line in lines)

    def test_few_arrays_are_needed(self):
        program = stabilize(derive(MILA, 2)).near.program
        assert len(body_in_place(program, ["f"], ("x", "beta")).rooms) == 1
        assert len(body_in_place(program, ["f_x", "f_beta"], ("x", "beta")).rooms) <= 3


def test_a_formula_of_two_exponentials(fresh):
    two = define("two", "tanh(x) * (1 / (1 + exp(-b * x)))", b=0.5)
    names = fresh(two)
    x = torch.linspace(-200, 200, 4001)
    exact = names["partials"](x.double(), 0.5)
    for name, values in names["partials"](x, 0.5).items():
        torch.testing.assert_close(
            values.double(), exact[name], rtol=1e-4, atol=1e-5, msg=name
        )
