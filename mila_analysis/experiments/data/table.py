"""Name of a dataset to its classes, its files and what is known of their bytes."""

from __future__ import annotations

from mila_analysis.errors import UnknownNameError, suggestion
from mila_analysis.experiments.data import classes
from mila_analysis.experiments.data.source import Fetched, Part, Source

__all__ = ["DATASETS", "get"]


def _table(*sources: Source) -> dict[str, Source]:
    return {source.name: source for source in sources}


IDX = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_SIZES = (47_040_016, 60_008, 7_840_016, 10_008)
_COUNTS = (60_000, 60_000, 10_000, 10_000)


def _parts(hashes: tuple[str, ...]) -> tuple[Part, ...]:
    """The four files of MNIST and of what is made like it."""
    rows = zip(IDX, _COUNTS, _SIZES, hashes, strict=True)
    return tuple(Part(*row) for row in rows)


def _compressed(*sums: tuple[int, str]) -> tuple[Fetched, ...]:
    """The same four as servers have them: bytes and SHA-256 of each."""
    rows = zip(IDX, sums, strict=True)
    return tuple(
        Fetched(f"{name}.gz", size, sha, (name,)) for name, (size, sha) in rows
    )


def _batch(name: str, sha256: str, count: int = 10_000, labels: int = 1) -> Part:
    """A file of CIFAR: labels and 3 · 32 · 32 bytes an example."""
    return Part(name, count, count * (labels + 3072), sha256)


# Bytes and SHA-256 of what servers have: TensorFlow Datasets, `url_checksums`.
# SHA-256 of what is in them: CIFAR, TorchVision for Ruby; MNIST and Fashion-MNIST,
# tables that several projects print alike; the latter is also what Debian has.
_MNIST = _parts(
    (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    )
)
_FASHION = _parts(
    (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    )
)
_CIFAR10 = (
    _batch(
        "data_batch_1.bin",
        "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    ),
    _batch(
        "data_batch_2.bin",
        "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    ),
    _batch(
        "data_batch_3.bin",
        "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    ),
    _batch(
        "data_batch_4.bin",
        "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    ),
    _batch(
        "data_batch_5.bin",
        "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    ),
    _batch(
        "test_batch.bin",
        "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
    ),
)
_CIFAR100 = (
    _batch(
        "train.bin",
        "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29",
        50_000,
        labels=2,
    ),
    _batch(
        "test.bin",
        "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a",
        labels=2,
    ),
)
_TORONTO = ("https://www.cs.toronto.edu/~kriz/",)

DATASETS = _table(
    Source(
        "digits",
        "Digits of scikit-learn",
        "1797 handwritten digits, 8 × 8; comes with scikit-learn",
        classes.DIGITS,
        (1, 8, 8),
        "digits",
    ),
    Source(
        "mnist",
        "MNIST",
        "70 000 handwritten digits, 28 × 28",
        classes.DIGITS,
        (1, 28, 28),
        "idx",
        train=_MNIST[:2],
        validation=_MNIST[2:],
        fetched=_compressed(
            (
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            (
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            (
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            (
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ),
        servers=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        folders=("MNIST/raw",),
    ),
    Source(
        "fashion-mnist",
        "Fashion-MNIST",
        "70 000 pictures of clothes, 28 × 28",
        classes.FASHION,
        (1, 28, 28),
        "idx",
        train=_FASHION[:2],
        validation=_FASHION[2:],
        fetched=_compressed(
            (
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            (
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            (
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            (
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
        servers=(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        folders=("FashionMNIST/raw",),
        package="dataset-fashion-mnist",
        installed="/usr/share/datasets/fashion-mnist",
    ),
    Source(
        "cifar10",
        "CIFAR-10",
        "60 000 photographs in colour, 32 × 32, of 10 things",
        classes.CIFAR10,
        (3, 32, 32),
        "cifar",
        train=_CIFAR10[:5],
        validation=_CIFAR10[5:],
        fetched=(
            Fetched(
                "cifar-10-binary.tar.gz",
                170_052_171,
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                tuple(part.name for part in _CIFAR10),
            ),
        ),
        servers=_TORONTO,
        folders=("cifar-10-batches-bin",),
    ),
    Source(
        "cifar100",
        "CIFAR-100",
        "60 000 photographs in colour, 32 × 32, of 100 things",
        classes.CIFAR100,
        (3, 32, 32),
        "cifar",
        train=_CIFAR100[:1],
        validation=_CIFAR100[1:],
        fetched=(
            Fetched(
                "cifar-100-binary.tar.gz",
                168_513_733,
                "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
                tuple(part.name for part in _CIFAR100),
            ),
        ),
        servers=_TORONTO,
        folders=("cifar-100-binary",),
    ),
)


def get(name: str) -> Source:
    """Dataset of a name.

    Raises:
        UnknownNameError: no such dataset; names the nearest.
    """
    found = DATASETS.get(name.strip().lower())
    if found is None:
        hint = suggestion(name, DATASETS) or f"; choose from {', '.join(DATASETS)}"
        raise UnknownNameError(f"no dataset '{name}'{hint}")
    return found
