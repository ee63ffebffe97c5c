"""Checks on the Verilog, run side by side: the table and the figures of what they found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import typer
from rich.table import Table

from dittosim.console import console, progress
from dittosim.files import write_json
from dittosim.parallel import in_parallel
from dittosim.streams import say
from dittosim.verification.findings_table import Row, print_findings
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config
from rtl.emission.emit import reasons_against
from tb.harness.build_needs import build_notice
from tb.harness.simulators import Simulator, require
from tb.runner import BENCHES

Point = TypeVar("Point")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Options:
    """What all checks have in common."""

    simulator: Simulator
    seed: int
    jobs: int
    json: Path | None


@dataclass(frozen=True)
class Report(Generic[Point, Found]):
    """How checks are told."""

    title: str
    columns: tuple[str, str]
    """Heads of what a row is, and of its count"""
    row: Callable[[Point, Found], Row]
    head: Mapping[str, Any]
    """Of the figures"""
    key: str
    """Of the list of all checks in the figures"""
    listing: Callable[[Point, Found], Mapping[str, Any]]
    """A check's part of that list, beside its findings"""
    strata: bool = False
    speed: bool = False
    """Whether cycles per second are told"""
    tables: Callable[[Sequence[tuple[Point, Found]]], Sequence[Table]] = lambda _: ()
    """More, below the findings"""


def machines_of(configs: Sequence[str], bench: str) -> dict[str, MachineConfig]:
    """Machines by name; DittosimError if one makes no such bench's design."""
    machines = {config: load_config(config) for config in configs}
    for config, machine in machines.items():
        if reason := reasons_against(machine).get(BENCHES[bench].top):
            raise DittosimError(f"{config} makes no accelerator: {reason}")
    return machines


def described(machines: Mapping[str, MachineConfig]) -> dict[str, Any]:
    """The head of figures of several machines."""
    return {
        "configurations": {
            config: machine.model_dump(mode="json") for config, machine in machines.items()
        }
    }


def prepare(configs: Sequence[str], simulator: Simulator) -> None:
    """Says on stderr what building large designs will take; DittosimError without a simulator."""
    require(simulator)
    for config in configs:
        if notice := build_notice(load_config(config), simulator):
            say(f"{config}: {notice}")


def run_checks(
    points: Sequence[Point],
    calls: Sequence[tuple[Any, ...]],
    report: Report[Point, Found],
    options: Options,
) -> None:
    """Runs a function with its arguments for every point; exit code 1 if anything differs.

    Raises the first DittosimError when all others have run, and says how many there were.
    """
    with progress() as bar:
        runs = in_parallel(options.jobs, _outcome, calls, ordered=True)
        label = f"verify on {options.simulator}"
        outcomes = list(bar.track(runs, total=len(points), description=label))
    pairs = zip(points, outcomes, strict=True)
    found = [(point, one) for point, one in pairs if not isinstance(one, DittosimError)]
    rows = [report.row(point, one) for point, one in found]
    differences = sum(row.findings.differences for row in rows)
    if rows and str(options.json) != "-":
        title = f"{report.title} on {options.simulator}, seed {options.seed}"
        print_findings(title, *report.columns, rows, strata=report.strata)
        if report.speed:
            _print_speed(rows)
        for table in report.tables(found):
            console.print(table)
    _raise_errors(outcomes)
    write_json(
        options.json,
        {
            **report.head,
            "simulator": options.simulator.value,
            "seed": options.seed,
            "differences": differences,
            report.key: [
                {**report.listing(point, one), **row.findings.model_dump()}
                for (point, one), row in zip(found, rows, strict=True)
            ],
        },
    )
    if differences:
        raise typer.Exit(1)


def _outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns or the DittosimError that it raises: others are not lost by it."""
    try:
        return function(*arguments)
    except DittosimError as error:
        return error


def _raise_errors(outcomes: Sequence[Any]) -> None:
    errors = [outcome for outcome in outcomes if isinstance(outcome, DittosimError)]
    if errors:
        more = f" (and {len(errors) - 1} more that did not finish)" if errors[1:] else ""
        raise DittosimError(f"{errors[0]}{more}")


def _print_speed(rows: Sequence[Row]) -> None:
    """How fast the Verilog ran."""
    clocked = sum(row.findings.clock_cycles for row in rows)
    if seconds := sum(row.findings.seconds for row in rows):
        console.print(f"{clocked / seconds:,.0f} cycles per second and process")
