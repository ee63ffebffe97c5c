"""Compares what the Verilog did with what golden and sim say."""

from collections.abc import Sequence

from tb.harness.task import Findings, current_task, report


def compare(
    name: str,
    values: Sequence[object],
    expected_values: Sequence[object],
    cycles: Sequence[int],
    expected_cycles: Sequence[int] | None,
    *,
    values_per_item: int = 1,
    clock_cycles: int = 0,
    seconds: float = 0.0,
) -> Findings:
    """Compares outputs one by one; a missing or surplus one counts as different.

    ``expected_cycles`` is None where no prediction is made. AssertionError, after a report, at a
    difference that is to end the bench.
    """
    findings = Findings(clock_cycles=clock_cycles, seconds=seconds)
    findings.values = max(len(values), len(expected_values)) * values_per_item
    findings.value_differences, first = _differences(f"{name} value", values, expected_values)
    if expected_cycles is not None:
        findings.cycles_compared = max(len(cycles), len(expected_cycles))
        findings.cycle_differences, second = _differences(f"{name} cycle", cycles, expected_cycles)
        findings.cycles_rtl = cycles[-1] + 1 if cycles else 0
        findings.cycles_sim = expected_cycles[-1] + 1 if expected_cycles else 0
        first = first or second
    findings.first_difference = first
    if findings.differences and current_task().one_difference:
        report(findings)
        raise AssertionError(first)
    return findings


def _differences(name: str, found: Sequence[object], expected: Sequence[object]) -> tuple[int, str]:
    wrong = [n for n, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b]
    count = len(wrong) + abs(len(found) - len(expected))
    if wrong:
        n = wrong[0]
        return count, f"{name} {n} of {len(expected)}: Verilog {found[n]}, expected {expected[n]}"
    if count:
        return count, f"{name}: Verilog gave {len(found)}, expected {len(expected)}"
    return 0, ""
