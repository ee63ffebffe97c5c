"""The C driver: as a compiler takes it, on registers in memory, on the emitted Verilog."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from golden.errors import DittosimError
from golden.files import write_changed
from golden.machine.config import load_config
from rtl.registers.register_header import c_texts
from rtl.registers.register_map import WORD_BYTES, counters, registers
from tb.driver import complete
from tb.harness.task import Task
from tb.runner import BENCHES, run_bench
from tests.helpers.c_driver import (
    LIBRARY_VARIABLE,
    OPTIONS,
    Bus,
    CDriver,
    build_library,
    load,
)
from tests.helpers.c_driver_bench import BENCH
from tests.helpers.command_line import REPOSITORY
from tests.helpers.emissions import emission

TINY = load_config("tiny")
EXAMPLES = re.findall(
    r"```c\n(.*?)```", (REPOSITORY / "docs" / "howto" / "drive-from-c.md").read_text(), re.DOTALL
)


def compiled(compiler: str, folder: Path, *arguments: str) -> None:
    write_changed(folder, c_texts(TINY))
    subprocess.run([compiler, *arguments], cwd=folder, check=True)


@pytest.mark.parametrize("standard", ["c99", "c11", "c17"])
def test_compiles_without_a_warning(tmp_path: Path, standard: str) -> None:
    compiled("gcc", tmp_path, *OPTIONS, f"-std={standard}", "-Wcast-qual", "-c", "ditto_driver.c")


@pytest.mark.parametrize("standard", ["c++11", "c++20"])
def test_programs_in_cpp_use_it(tmp_path: Path, standard: str) -> None:
    (tmp_path / "main.cpp").write_text(
        '#include "ditto_driver.h"\n#include "ditto_machine.h"\n'
        "int main() { ditto_t ditto = {{}, DITTO_MACHINE, DITTO_OK, 0, 0, {}};\n"
        "char text[DITTO_TEXT_BYTES]; return *ditto_explain(&ditto, text, sizeof text) != 'n'; }\n"
    )
    compiled("gcc", tmp_path, *OPTIONS, "-c", "ditto_driver.c")
    options = [f"-std={standard}", "-Wall", "-Werror", "-pedantic", "-o", "main"]
    compiled("g++", tmp_path, *options, "main.cpp", "ditto_driver.o")
    subprocess.run([tmp_path / "main"], check=True)


def test_examples_of_the_docs_compile(tmp_path: Path) -> None:
    """The first is what the others call."""
    run_queue, *programs = EXAMPLES
    (tmp_path / "run_queue.c").write_text(run_queue)
    assert len(programs) == 2
    for number, program in enumerate(programs):
        (tmp_path / "main.c").write_text(program)
        options = ["-D_POSIX_C_SOURCE=200809L", "-o", f"program{number}"]
        compiled("gcc", tmp_path, *OPTIONS, *options, "main.c", "run_queue.c", "ditto_driver.c")


class TestMapped:
    """Registers in memory: here an array, in which nothing moves."""

    def place(self, name: str) -> int:
        return registers()[name].address // WORD_BYTES

    def words_of(self, name: str) -> slice:
        return slice(self.place(name), self.place(name) + registers()[name].words)

    @pytest.fixture
    def words(self) -> np.ndarray:
        last = list(registers())[-1]
        words = 0x01010101 * np.arange(self.words_of(last).stop, dtype="<u4")
        fields = (("ID", "magic"), ("VERSION", "major"))
        for name, field in ((name, registers()[name][field]) for name, field in fields):
            words[self.place(name)] = field.reset << field.low
        words[self.place("CONFIG_HASH")] = int(TINY.digest()[:8], 16)
        words[self.place("STATUS")] = 1 << registers()["STATUS"]["done"].low
        return words

    @pytest.fixture
    def driver(self, words: np.ndarray, tmp_path: Path) -> CDriver:
        driver = CDriver(None, TINY, load(build_library(tmp_path, TINY)))
        driver.ditto.bus = Bus(registers=words.ctypes.data)
        return driver

    def test_reaches_every_register(self, driver: CDriver, words: np.ndarray) -> None:
        for name in registers():
            wanted = int.from_bytes(words[self.words_of(name)].tobytes(), "little")
            assert complete(driver.read(name)) == wanted
            complete(driver.write(name, 2))
            assert words[self.place(name)] == 2

    def test_runs_a_queue(self, driver: CDriver, words: np.ndarray) -> None:
        complete(driver.check())
        found = complete(driver.run(0x100, 5))
        for name in counters():
            if name != "QUEUE_DONE":
                low, high = words[self.words_of(name)].tolist()
                assert found[name] == high << 32 | low
        written = ("IRQ_ENABLE", "QUEUE_BASE", "QUEUE_COUNT", "CTRL")
        assert [words[self.place(name)] for name in written] == [3, 0x100, 5, 1]

    def test_does_not_wait_for_ever(self, driver: CDriver, words: np.ndarray) -> None:
        words[self.place("STATUS")] = 0
        words[self.place("QUEUE_DONE")] = 1
        with pytest.raises(DittosimError, match="come to its end: 1 of 2 descriptors done"):
            complete(driver.run(0, 2, pauses=1000))

    @pytest.mark.parametrize(
        ("step", "plus", "value"), [(0, False, 0), (1, True, 5), (2, False, 2), (49, True, 6)]
    )
    def test_tells_the_step(
        self, driver: CDriver, words: np.ndarray, step: int, plus: bool, value: int
    ) -> None:
        complete(driver.c("set_step", step, plus))
        assert words[self.place("DEFO")] == value


def test_on_the_verilog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = tmp_path / "run_queue.c"
    example.write_text(EXAMPLES[0])
    library = build_library(tmp_path, TINY, example)
    monkeypatch.setitem(BENCHES, BENCH.name, BENCH)
    monkeypatch.setenv(LIBRARY_VARIABLE, str(library))
    task = Task(bench=BENCH.name, config=TINY)
    findings = run_bench(task, emission=emission("accelerator", TINY))
    assert findings.values > 10_000
    assert findings.cycles_rtl == findings.cycles_sim > 0
    assert findings.differences == 0, findings.first_difference
