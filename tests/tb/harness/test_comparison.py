from pathlib import Path

import pytest

from golden.machine.config import load_config
from tb.harness.comparison import compare
from tb.harness.task import TASK_VARIABLE, Findings, Task, findings_path


def test_a_difference_ends_the_bench_that_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "task.json"
    monkeypatch.setenv(TASK_VARIABLE, str(path))
    task = Task(bench="pe", config=load_config("tiny"))
    path.write_text(task.model_dump_json())
    assert compare("row", [1, 3], [1, 2], [], None).differences == 1
    assert not findings_path(path).exists()
    path.write_text(task.model_copy(update={"one_difference": True}).model_dump_json())
    assert compare("row", [1, 2], [1, 2], [], None).differences == 0
    with pytest.raises(AssertionError, match="row value 1 of 2: Verilog 3, expected 2"):
        compare("row", [1, 3], [1, 2], [], None)
    found = Findings.model_validate_json(findings_path(path).read_text())
    assert (found.values, found.differences) == (2, 1)
