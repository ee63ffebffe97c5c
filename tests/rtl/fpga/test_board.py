import pytest

from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config
from rtl.fpga.board import Board
from tests.helpers.emissions import emission

TINY = load_config("tiny")


def test_five_pins() -> None:
    made = emission("board", TINY)
    ports = made.manifest["modules"][0]["ports"]
    assert sorted(port["name"] for port in ports) == ["clk", "irq", "rst", "rx", "tx"]
    assert {port["width"] for port in ports} == {1}
    names = [module["name"] for module in made.manifest["modules"]]
    assert len(names) == len(set(names))
    assert {"ditto_accelerator", "ditto_block_memory", "ditto_bridge"} < set(names)


def test_what_cannot_be_made() -> None:
    quick = MachineConfig(**{**TINY.model_dump(), "memory_latency": 2})
    with pytest.raises(DittosimError, match=r"memory_latency = 2: .* at least 3 cycles"):
        Board.check(quick)
    near = MachineConfig(**{**TINY.model_dump(), "scratchpad_bytes": 4096})
    with pytest.raises(DittosimError, match=r"scratchpad_bytes = 4096: .* use 0$"):
        Board.check(near)
    for memory_bytes in (0, 2048, 5000, 12 << 10, 1 << 31):
        with pytest.raises(DittosimError, match=f"memory of {memory_bytes} bytes"):
            Board.check(TINY, memory_bytes=memory_bytes)
    with pytest.raises(DittosimError, match="3 clock cycles to a bit: at least 4"):
        Board.check(TINY, bit_cycles=3)
    Board.check(TINY, memory_bytes=4096)
