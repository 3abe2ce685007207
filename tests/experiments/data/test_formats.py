"""Bytes to arrays: what was written is what is read, and each damage has its line."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mila_analysis.errors import DataError
from mila_analysis.experiments.data import cifar, idx

SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5)
ARRAYS = hnp.arrays(np.uint8, SHAPES)


def written(array):
    """The IDX format as its authors describe it."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes((0, 0, 8, array.ndim)) + sizes + array.tobytes()


@given(ARRAYS)
def test_idx_is_read_as_it_was_written(array):
    found = idx.array(written(array), array.shape, "f")
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, array)


@given(ARRAYS, st.data())
def test_idx_that_ends_anywhere_else_is_refused(array, data):
    content = written(array)
    end = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(DataError, match=r"cut off|no IDX"):
        idx.array(content[:end], array.shape, "f")
    with pytest.raises(DataError, match="after its end"):
        idx.array(content + b"\0\0\0", array.shape, "f")


def line(call):
    """What a call is refused with, or nothing."""
    try:
        call()
    except DataError as error:
        return str(error)
    return ""


@given(st.binary(max_size=40))
def test_any_bytes_are_an_array_or_refused(content):
    said = line(lambda: idx.array(content, (2, 1), "f"))
    assert said.startswith("f ") or content == b"\0\0\x08\2" + content[4:]
    assert "\n" not in said
    assert said or written(idx.array(content, (2, 1), "f")) == content


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no IDX file of bytes: it begins with nothing"),
        (b"\0\0\x08", "no IDX file"),
        (b"\x1f\x8b\x08\0", "begins with 1f 8b 08 00"),
        (b"\0\0\x0d\1\0\0\0\1abcd", "begins with 00 00 0d 01"),  # of floats
        (b"\0\0\x08\xff", "cut off in its first 1024 bytes"),
        (b"\0\0\x08\0", "holds 0 bytes, not 2 × 3"),
        (b"\0\0\x08\2\0\0\0\3\0\0\0\2abcdef", "holds 3 × 2 bytes, not 2 × 3"),
        (b"\0\0\x08\2\xff\xff\xff\xff\xff\xff\xff\xff", "holds 4294967295"),
        (b"\0\0\x08\2\0\0\0\2\0\0\0\3abcde", "is cut off: 1 byte missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_idx_is_said(content, words):
    with pytest.raises(DataError, match=re.escape(words)):
        idx.array(content, (2, 3), "f")


@given(st.integers(0, 4), st.sampled_from([2, 10, 20, 21, 100]), st.data())
def test_cifar_is_read_as_it_was_written(count, classes, data):
    shape = (3, 2, 1)

    def draw(width, limit):
        numbers = st.integers(0, limit - 1)
        return data.draw(hnp.arrays(np.uint8, (count, width), elements=numbers))

    images = draw(6, 256).reshape(count, *shape)
    labels, coarse = draw(1, classes), draw(int(classes > 20), 20)
    rows = np.hstack([coarse, labels, images.reshape(count, 6)])
    found, classed = cifar.records(rows.tobytes(), count, shape, classes, "f")
    np.testing.assert_array_equal(found, images)
    np.testing.assert_array_equal(classed, labels[:, 0])
    assert found.flags.c_contiguous


@pytest.mark.parametrize(
    ("content", "classes", "words"),
    [
        (b"", 10, "is cut off: 8 bytes"),
        (b"\0aaa\1b", 10, "is cut off: 2 bytes missing"),
        (b"\0aaa\1bbbc", 10, "goes on after its end"),
        (b"\0aaa\x0abbb", 10, "has a label 10; there are 10 classes"),
        (b"\0\0aaa\x14\1bbb", 100, "has a label 20; there are 20 classes"),
        (b"\0\0aaa\1\x64bbb", 100, "has a label 100; there are 100 classes"),
    ],
)
def test_what_is_wrong_with_cifar_is_said(content, classes, words):
    with pytest.raises(DataError, match=re.escape(words)):
        cifar.records(content, 2, (3, 1, 1), classes, "f")
