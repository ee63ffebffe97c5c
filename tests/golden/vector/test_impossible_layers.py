import numpy as np
import pytest

from golden.errors import DittosimError
from golden.vector.descriptor import Op, Parameters
from golden.vector.layer import run_vector_layer
from tests.helpers.vector_bench import machine, plain


@pytest.mark.parametrize("name", ["a_address", "o_address", "o_block"])
def test_beyond_the_memory(name):
    with pytest.raises(DittosimError, match=r"beyond the 4096 bytes of memory"):
        run_vector_layer(np.zeros(4096, np.uint8), plain(**{name: 4096}), machine(16))


@pytest.mark.parametrize(
    ("layer", "shift", "rule"),
    [
        (plain(per_channel=1, p_words=32), 0, "shift = 0 of channel 5: must be 1 to 63"),
        (plain(Op.PIXELS), 7, "shift = 7 of channel 5: must be 8 to 32"),
        (plain(Op.GROUPS), 33, "shift = 33 of channel 5: must be 8 to 32"),
    ],
)
def test_shifts_of_channels(layer, shift, rule):
    """Channels without multiplier may have any: they are padding."""
    memory = np.zeros(16384, np.uint8)
    words = np.zeros(64, "<u8")
    memory[layer.p_address :][:512] = words.view(np.uint8)
    run_vector_layer(memory, layer, machine(16))
    words[5] = Parameters(multiplier=1, shift=shift).word()
    memory[layer.p_address :][:512] = words.view(np.uint8)
    with pytest.raises(DittosimError, match=rule):
        run_vector_layer(memory, layer, machine(16))


def test_a_count_that_cannot_be():
    memory = np.zeros(16384, np.uint8)
    memory[:256] = 5
    layer = plain(Op.PIXELS, count=10)
    memory[layer.p_address :][:512] = np.full(64, Parameters(0, 9, 9).word(), "<u8").view(np.uint8)
    with pytest.raises(DittosimError, match="count = 10: must be the number of elements"):
        run_vector_layer(memory, layer, machine(16))


def test_a_table_without_powers():
    with pytest.raises(DittosimError, match="begins with 0: must be 32768"):
        run_vector_layer(np.zeros(16384, np.uint8), plain(Op.SOFTMAX), machine(16))
