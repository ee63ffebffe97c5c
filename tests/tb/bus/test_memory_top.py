import numpy as np
import pytest

from golden.machine.config import load_config
from tb.bus.memory import from_hex, to_hex
from tb.harness.task import Task
from tb.runner import BENCHES, Bench, run_bench
from tests.helpers.master_emission import master_emission
from tests.helpers.rude_master import RudeMaster

TINY = load_config("tiny")
SCRATCHPAD = TINY.model_copy(update={"scratchpad_bytes": 4096})


def test_every_broken_rule_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench("rude", "", "tests.helpers.rude_master", "rules", memory=True, cycles=False)
    monkeypatch.setitem(BENCHES, "rude", bench)
    design = master_emission(RudeMaster(SCRATCHPAD))
    findings = run_bench(Task(bench="rude", config=SCRATCHPAD), emission=design)
    assert findings.values == 8
    assert findings.differences == 0, findings.first_difference


@pytest.mark.parametrize("bus_bytes", [4, 16, 128])
def test_hexadecimal_files(bus_bytes: int) -> None:
    words = np.random.default_rng(0).integers(0, 256, (37, bus_bytes), dtype=np.uint8)
    text = to_hex(words, 0x1A)
    assert text.startswith("@1a\n")
    # The last byte of a word comes first: it is the highest.
    assert text.splitlines()[1] == bytes(words[0, ::-1]).hex()
    assert (from_hex(f"// comment\n{text}", bus_bytes) == words).all()
