import numpy as np
import pytest

from golden.errors import DittosimError
from golden.network import nodes as n
from golden.network.graph import IMAGE
from golden.step.channel_maps import ChannelMap, channel_maps

UNIT = 8


def maps(nodes: list[n.Node], image: n.Shape) -> dict[str, ChannelMap]:
    shapes = {IMAGE: image}
    for node in nodes:
        shapes[node.name] = node.output_shape([shapes[name] for name in node.inputs])
    return channel_maps(nodes, shapes, shapes, UNIT)


def linear(name: str, source: str, cin: int, cout: int) -> n.Linear:
    return n.Linear(name=name, inputs=(source,), in_channels=cin, out_channels=cout)


def test_a_map_pads_each_part() -> None:
    one = ChannelMap((3, 8, 9), UNIT)
    assert one.physical == 8 + 8 + 16
    assert one.positions.tolist() == [0, 1, 2, *range(8, 16), *range(16, 25)]
    pixels = one.pixels(np.arange(20, dtype=np.int8).reshape(1, 20), -7)
    assert (pixels[0, one.positions] == np.arange(20)).all()
    assert (pixels == -7).sum() == one.physical - 20


def test_a_concatenation_begins_its_second_part_anew() -> None:
    nodes = [
        linear("a", IMAGE, 3, 5),
        linear("b", IMAGE, 3, 7),
        n.Concat(name="both", inputs=("a", "b")),
        n.Silu(name="silu", inputs=("both",)),
    ]
    found = maps(nodes, (2, 2, 3))
    assert found["both"].parts == found["silu"].parts == (5, 7)
    assert found["a"].parts == (5,)


def test_a_concatenation_takes_the_cuts_of_its_parts_and_gives_them_its_own() -> None:
    nodes = [
        linear("a", IMAGE, 3, 6),
        n.AttentionScores(name="scores", inputs=("a", "a"), heads=2),
        linear("b", IMAGE, 3, 6),
        n.Concat(name="both", inputs=("a", "b")),
        n.AttentionScores(name="others", inputs=("both", "both"), heads=2),
    ]
    found = maps(nodes, (2, 2, 3))
    assert found["a"].parts == (3, 3)
    assert found["both"].parts == (3, 3, 3, 3), "heads of 6 look alike"
    assert found["b"].parts == (3, 3)
    assert found["scores"].parts == found["others"].parts == (4, 4)


def test_pixels_of_a_patch_begin_anew() -> None:
    nodes = [linear("a", IMAGE, 3, 12), n.Unpatchify(name="out", inputs=("a",), patch=2)]
    found = maps(nodes, (2, 2, 3))
    assert found["a"].parts == (3, 3, 3, 3)
    assert found["out"].parts == (3,)


def test_rows_of_a_softmax_are_not_cut() -> None:
    nodes = [
        linear("q", IMAGE, 3, 6),
        n.AttentionScores(name="scores", inputs=("q", "q"), heads=2),
        n.Softmax(name="shares", inputs=("scores",), heads=4),
    ]
    with pytest.raises(DittosimError, match=r"node 'scores'.*2 heads of 4 tokens.*cut otherwise"):
        maps(nodes, (2, 2, 3))
