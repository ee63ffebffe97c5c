from pathlib import Path

import pytest

from dittosim.layers.models.shipped import MODELS
from dittosim.layers.topology import read_topology, topology_text
from golden.errors import DittosimError

HEAD = (
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, S,\n"
)


def topology(tmp_path: Path, lines: str, head: str = HEAD) -> Path:
    path = tmp_path / "net.csv"
    path.write_text(head + lines)
    return path


def test_convolutions_and_products(tmp_path: Path) -> None:
    text = "Conv1, 230, 230, 7, 7, 3, 64, 2,\n\nflat, 9, 12, 1, 3, 8, 5, 1, 1:1,\n"
    square, flat = read_topology(topology(tmp_path, text))
    (product,) = read_topology(topology(tmp_path, "fc, 10, 30, 20,\n", "Layer, M, N, K,\n"))
    assert (square.name, square.shape.rows, square.shape.k) == ("Conv1", 112 * 112, 147)
    assert (square.shape.columns, square.shape.kernel, square.shape.stride) == (64, 7, 2)
    assert (flat.shape.rows, flat.shape.k, flat.shape.columns) == (9 * 10, 24, 5)
    assert (product.shape.rows, product.shape.k, product.shape.columns) == (10, 20, 30)
    assert [one.macs for one in (square, product)] == [112 * 112 * 147 * 64, 6000]


def test_depthwise_layers_are_one_for_each_channel(tmp_path: Path) -> None:
    (found,) = read_topology(topology(tmp_path, "Conv2DP, 10, 10, 3, 3, 32, 1, 1,\n"))
    assert (found.count, found.shape.channels, found.shape.columns) == (32, 1, 1)
    assert found.macs == 32 * 64 * 9


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("a, 10, 10, 3, 3, x, 4, 1,\n", ("line 2", "channels = x", "whole number")),
        ("a, 10, 10, 3, 3, 4, 0, 1,\n", ("number of filters = 0", "at least 1")),
        ("a, 10, 10, 3, 3, 4, 4, 1,\nb, 1, 2, 3,\n", ("line 3", "3 numbers", "have 7", "strides")),
        ("a, 2, 10, 3, 3, 4, 4, 1,\n", ("3 x 3", "larger than the image of 2 x 10")),
        ("a, 10, 10, 3, 3, 4, 4, 1, 2:4,\n", ("sparsity 2:4",)),
        ("", ("no layers",)),
    ],
)
def test_wrong_lines(tmp_path: Path, lines: str, words: tuple[str, ...]) -> None:
    with pytest.raises(DittosimError) as caught:
        read_topology(topology(tmp_path, lines))
    for word in ("net.csv", *words):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("Layer, M, K, N", ("line 1", "column 3 is K", "where N belongs", "M, N, K")),
        ("Layer, IFMAP Height, IFMAP Width, Filter Height", ("line 2", "3 numbers", "have 7")),
        ("Layer, IFMAP Width, IFMAP Height", ("column 2 is IFMAP Width", "IFMAP height belongs")),
        ("Layer, M, N, Stride", ("column 4 is Stride", "where filter height belongs")),
    ],
)
def test_wrong_names_of_columns(tmp_path: Path, head: str, words: tuple[str, ...]) -> None:
    """What numbers mean is not guessed by how many there are."""
    with pytest.raises(DittosimError) as caught:
        read_topology(topology(tmp_path, "a, 10, 30, 20,\n", f"{head},\n"))
    for word in ("net.csv", *words):
        assert word in str(caught.value)


def test_names_that_say_nothing(tmp_path: Path) -> None:
    text = "fc, 10, 30, 20,\nConv1, 10, 10, 3, 3, 3, 64, 1,\n"
    product, square = read_topology(topology(tmp_path, text, "of a layer,\n"))
    assert (product.shape.k, square.shape.k) == (20, 27)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    layers = MODELS["ddpm"].layers()[:20] + MODELS["dit"].layers()[:8]
    shapes = [one.shaped for one in layers]
    path = tmp_path / "net.csv"
    path.write_text(topology_text(shapes))
    found = read_topology(path)
    assert len(found) == sum(one.count for one in shapes)
    assert sum(one.macs for one in found) == sum(one.macs for one in shapes)
    sizes = [
        {(one.shape.rows, one.shape.k, one.shape.columns) for one in each}
        for each in (found, shapes)
    ]
    assert sizes[0] == sizes[1]
    assert found[2].name == "conv_in"
    assert (found[2].shape.height, found[2].shape.padding) == (34, 0)
    assert path.read_text().splitlines()[0].startswith("Layer,IFMAP height,")
