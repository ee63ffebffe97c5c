"""Checks on the Verilog, run side by side: the table and the figures of what they found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rich.console import RenderableType
from rich.table import Table

from dittosim.console import progress
from dittosim.machines import Config, config_name, machine_of
from dittosim.parallel import in_parallel
from dittosim.streams import say
from dittosim.verification.findings_table import Row, findings_parts
from dittosim.verification.verification import UnfinishedError, Verification
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
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


def machines_of(configs: Sequence[Config], bench: str) -> dict[str, MachineConfig]:
    """Machines by name; DittosimError if one makes no such bench's design."""
    machines = {config_name(config): machine_of(config) for config in configs}
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


def prepare(machines: Mapping[str, MachineConfig], simulator: Simulator) -> None:
    """Says on stderr what building large designs will take; DittosimError without a simulator."""
    require(simulator)
    for config, machine in machines.items():
        if notice := build_notice(machine, simulator):
            say(f"{config}: {notice}")


def run_checks(
    points: Sequence[Point],
    calls: Sequence[tuple[Any, ...]],
    report: Report[Point, Found],
    options: Options,
) -> Verification:
    """Runs a function with its arguments for every point.

    Where some raise a DittosimError the others run, too: UnfinishedError says the first, and how
    many more there were.
    """
    with progress() as bar:
        runs = in_parallel(options.jobs, _outcome, calls, ordered=True)
        label = f"verify on {options.simulator}"
        outcomes = list(bar.track(runs, total=len(points), description=label))
    pairs = zip(points, outcomes, strict=True)
    found = [(point, one) for point, one in pairs if not isinstance(one, DittosimError)]
    rows = [report.row(point, one) for point, one in found]
    title = f"{report.title} on {options.simulator}, seed {options.seed}"
    parts: list[RenderableType] = []
    if rows:
        parts += findings_parts(title, *report.columns, rows, strata=report.strata)
        parts += [*(_speed(rows) if report.speed else []), *report.tables(found)]
    figures = {
        **report.head,
        "simulator": options.simulator.value,
        "seed": options.seed,
        "differences": sum(row.findings.differences for row in rows),
        report.key: [
            {**report.listing(point, one), **row.findings.model_dump()}
            for (point, one), row in zip(found, rows, strict=True)
        ],
    }
    verification = Verification(rows, figures, parts)
    errors = [outcome for outcome in outcomes if isinstance(outcome, DittosimError)]
    if errors:
        more = f" (and {len(errors) - 1} more that did not finish)" if errors[1:] else ""
        raise UnfinishedError(f"{errors[0]}{more}", verification)
    return verification


def _outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns or the DittosimError that it raises: others are not lost by it."""
    try:
        return function(*arguments)
    except DittosimError as error:
        return error


def _speed(rows: Sequence[Row]) -> list[str]:
    """How fast the Verilog ran."""
    clocked = sum(row.findings.clock_cycles for row in rows)
    if seconds := sum(row.findings.seconds for row in rows):
        return [f"{clocked / seconds:,.0f} cycles per second and process"]
    return []
