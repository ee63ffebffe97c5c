import pytest

from dittosim.verification.layer_shapes import EXAMPLE, LARGEST_K, parse_layer
from golden.accelerator.shape import LayerShape
from golden.errors import DittosimError


def test_an_example() -> None:
    shape = parse_layer(EXAMPLE)
    assert shape == LayerShape(height=64, width=64, channels=320, columns=320, kernel=3, padding=1)
    assert (shape.out_height, shape.out_width) == (64, 64)
    assert parse_layer("7,5,1,3x9").rows == 27


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("320,320,3", "write it as CHANNELS,COLUMNS,KERNEL,HEIGHTxWIDTH"),
        ("320,320,3,64", "write it as"),
        ("-1,320,3,64x64", "write it as"),
        ("320,0,3,64x64", "at least 1"),
        ("320,320,2,64x64", "kernel 2 must be odd"),
        (f"{LARGEST_K + 1},320,1,64x64", "leave int32"),
    ],
)
def test_what_is_no_layer(text: str, reason: str) -> None:
    with pytest.raises(DittosimError, match=reason):
        parse_layer(text)
