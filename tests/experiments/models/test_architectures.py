"""Names of networks: which there are, and what a wrong one is told."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mila_analysis.errors import ParameterError, UnknownNameError
from mila_analysis.experiments.architectures import MODELS, Architecture, architecture
from mila_analysis.experiments.config import RunConfig

# Versions and depths of the original's tables.
PUBLISHED = {1: (20, 32, 44, 56, 110, 164), 2: (20, 56, 110, 164)}

DEPTHS = "depths of v{} are {}n + 2 from 20 to 164, the nearest is {}"


class TestNames:
    @pytest.mark.parametrize("name", MODELS)
    def test_each_is_read_as_it_is_written(self, name):
        assert str(architecture(name)) == name

    @pytest.mark.parametrize("version", [1, 2])
    def test_depths_are_what_whole_blocks_give(self, version):
        found = [architecture(m) for m in MODELS if m.endswith(f"-v{version}")]
        period = {1: 6, 2: 9}[version]
        valid = [d for d in range(20, 165) if (d - 2) % period == 0]
        assert [a.depth for a in found] == valid
        assert all(period * a.blocks + 2 == a.depth for a in found)

    def test_the_networks_of_the_published_tables_are_there(self):
        names = {f"resnet{d}-v{v}" for v, depths in PUBLISHED.items() for d in depths}
        assert names <= set(MODELS)

    def test_others_have_no_depth(self):
        assert architecture("cnn") == Architecture("cnn", 0, 0)


class TestWrongNames:
    @pytest.mark.parametrize(
        ("name", "advice"),
        [
            ("resnet21-v1", DEPTHS.format(1, 6, 20)),
            ("resnet32-v2", DEPTHS.format(2, 9, 29)),
            ("resnet1001-v2", DEPTHS.format(2, 9, 164)),
            ("resnet2-v1", DEPTHS.format(1, 6, 20)),
            ("ResNet20v1", "did you mean 'resnet20-v1'?"),
            ("mpl", "did you mean 'mlp'?"),
            ("vgg", "choose from mlp, cnn, resnet20-v1 to resnet164-v2"),
            ("", "choose from mlp, cnn, resnet20-v1 to resnet164-v2"),
        ],
    )
    def test_one_line_says_what_would_do(self, name, advice):
        with pytest.raises(UnknownNameError) as caught:
            architecture(name)
        assert str(caught.value) == f"no model '{name}'; {advice}"

    @pytest.mark.parametrize(
        "name",
        [
            "resnet" + "9" * 9999 + "-v1",
            "resnet20-v1\n\x1b[31m",
            "resnet٢٠-v1",
            "resnet20-v3",
            "resnet020-v1",
            "resnet-20-v1",
        ],
    )
    def test_a_hostile_one_stays_one_short_printable_line(self, name):
        with pytest.raises(UnknownNameError) as caught:
            architecture(name)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 160

    def test_a_configuration_refuses_it_at_once(self):
        with pytest.raises(UnknownNameError, match="resnet21-v1"):
            RunConfig(model="resnet21-v1")

    @pytest.mark.parametrize("model", ["cnn", "resnet20-v1"])
    def test_a_build_that_a_model_does_not_have(self, model):
        with pytest.raises(ParameterError, match=f"model '{model}' has no build"):
            RunConfig(model=model, build="sequential")

    def test_a_model_that_is_no_text(self):
        with pytest.raises(ParameterError):
            RunConfig.from_mapping({"model": 20})

    def test_a_number_that_no_float_holds(self):
        with pytest.raises(ParameterError, match="learning rate must be a number"):
            RunConfig.from_mapping({"learning_rate": 10**400})


def test_names_do_not_need_torch():
    code = (
        "import sys, mila_analysis.experiments.architectures as a;"
        "assert 'resnet20-v1' in a.MODELS;"
        "assert not {'torch', 'numpy', 'sympy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
