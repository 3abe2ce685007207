import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mila_analysis.catalog import resolve
from mila_analysis.errors import MilaAnalysisError, ParameterError
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.sweeping import grid, name

BASE = RunConfig(dataset="digits", activation="relu", epochs=2)


def test_every_model_with_every_seed_and_every_activation():
    configs = grid(BASE, ["relu", "mish"], range(2), ["mlp", "cnn"])
    assert [(c.model, c.seed, c.activation) for c in configs] == [
        (model, seed, activation)
        for model in ("mlp", "cnn")
        for seed in (0, 1)
        for activation in ("relu", "mish")
    ]
    assert {replace(c, model="mlp", seed=0, activation="relu") for c in configs} == {
        BASE
    }


def test_what_is_not_varied_is_that_of_the_base():
    assert grid(BASE) == (BASE,)


def test_none_twice_however_it_is_written():
    beta = resolve("mila:beta=1")
    assert len(grid(BASE, ["mila:beta=1", "mila:beta=1.0", beta], (0, 0))) == 1


def test_parameters_are_learned_where_an_activation_has_them():
    base = replace(BASE, activation="mila:beta=1", learnable=("beta",))
    relu, mila = grid(base, ["relu", "mila:beta=-0.25"])
    assert relu.learnable == ()
    assert mila.learnable == ("beta",)
    assert grid(BASE, ["mila"], learnable=["beta"])[0].learnable == ("beta",)


def test_a_parameter_that_none_has():
    with pytest.raises(ParameterError, match=r"none of these .* parameter 'gamma'"):
        grid(BASE, ["relu", "mila"], learnable=["gamma"])


def test_names_say_what_runs_are_and_differ():
    configs = grid(BASE, ["relu", "mila:beta=-0.25", "x*tanh(x)/(1+x**2)"], range(3))
    names = [name(config) for config in configs]
    assert names[1].startswith("digits-mlp-mila-beta=-0.25-seed0-")
    assert len(set(names)) == len(names)
    assert name(replace(configs[0], epochs=3)) != names[0]


@given(st.text(max_size=60))
def test_names_are_plain_whatever_the_formula(text: str):
    try:
        config = replace(BASE, activation=text)
    except MilaAnalysisError:
        return
    assert re.fullmatch(r"[A-Za-z0-9_.=-]{1,100}", name(config))
