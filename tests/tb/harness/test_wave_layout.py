import re
from pathlib import Path

import pytest

from golden.machine.config import load_config
from tb.bus.memory_top import with_memory
from tb.harness.wave_layout import wave_layout
from tests.helpers.emissions import emission

CONFIG = load_config("tiny")


@pytest.mark.parametrize("top", ["tile", "core", "axi-reader", "accelerator"])
def test_every_signal_is_in_the_design(top: str) -> None:
    design = emission(top, CONFIG)
    joined = top in ("axi-reader", "accelerator")
    if joined:
        design = with_memory(design, CONFIG)
    layout = wave_layout(design, Path("dump.vcd"), Path("bench.gtkw"))
    shown = [line for line in layout.splitlines() if line and line[0] not in "[@-"]
    assert len(shown) == len(set(shown)) > 5
    for signal in shown:
        first, *path, last = signal.split(".")
        name, _, bits = last.partition("[")
        module = first
        for instance in path:
            found = re.search(rf"^  (\w+) {instance} \(", body(design.verilog, module), re.M)
            assert found, signal
            module = found[1]
        width = rf"\[{bits.rstrip(']')}\] " if bits else ""
        declared = rf"^  (input|output) {width}{name};"
        assert re.search(declared, body(design.verilog, module), re.M), signal
    groups = re.findall(r"@800200\n-(.+)", layout)
    assert ("vector unit" in groups) == (top in ("core", "accelerator"))
    assert "m_axi_ar" in groups or not joined
    assert layout.count("@800200") == layout.count("@1000200") == len(set(groups))


def body(verilog: str, module: str) -> str:
    found = re.search(rf"^module {module}\b.*?^endmodule", verilog, re.M | re.S)
    assert found
    return found[0]
