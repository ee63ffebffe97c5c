"""The results of a sweep on disk: points as they come, in Parquet files of some seconds' work each.

A folder is one sweep's at a time. Its points are those of one version, and of the same settings.
"""

import hashlib
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict

from dittosim.energy.table import load_energies
from dittosim.files import output_folder, whole_file, write_whole
from dittosim.machines import machine_row
from dittosim.origin import origin
from dittosim.sweeps.figures import FIGURES, Scope
from dittosim.sweeps.lattice import Candidate
from dittosim.sweeps.run import VERSION, Answer, columns_of
from dittosim.sweeps.space import Space
from golden.errors import DittosimError
from golden.files import naming
from golden.machine.config import MachineConfig
from golden.reading import read_json
from golden.workload.run import Run
from golden.workload.workload import Workload

RESULTS, PLOT = "results.parquet", "pareto.png"
POINTS, SETTINGS, LOCK = "points", "settings.json", "sweep.lock"
FORMAT = 1
"""Of the files"""
SECONDS = 5.0
"""Between two files: what is not yet in one is lost if the command is killed outright"""


class Settings(BaseModel):
    """What all points of a folder have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    dittosim: str
    scope: Scope
    steps: int | None
    images: int
    seed: int
    dram: str | None
    energies: dict[str, str]
    """Digests of tables by name"""
    workloads: dict[str, str]
    """Digests by name; more may come"""

    @classmethod
    def of(cls, space: Space, workloads: Mapping[str, Workload]) -> "Settings":
        """Those of a space."""
        energies = {
            name: hashlib.sha256(load_energies(name).model_dump_json().encode()).hexdigest()[:12]
            for name in space.energy_tables
        }
        return cls(
            format=FORMAT,
            dittosim=VERSION,
            scope=space.scope,
            steps=space.steps,
            images=space.images,
            seed=space.seed,
            dram=space.dram,
            energies=energies,
            workloads={name: one.digest for name, one in workloads.items()},
        )

    def differences(self, other: "Settings") -> list[str]:
        """What another sweep has different; not what workloads it has beside these."""
        mine, others = self.model_dump(mode="json"), other.model_dump(mode="json")
        known = mine.pop("workloads"), others.pop("workloads")
        found = [
            f"{name} = {others[name]} instead of {value}"
            for name, value in mine.items()
            if others[name] != value
        ]
        return found + [
            f"another workload by the name {name}"
            for name in known[0]
            if known[1].get(name, known[0][name]) != known[0][name]
        ]


class Store:
    """The points of a sweep: those that are known, and new ones, written every few seconds."""

    def __init__(self, folder: Path, settings: Settings, space: Space) -> None:
        self._folder, self._settings, self._space = folder, settings, space
        self._schema = _schema(settings)
        self._rows: dict[str, dict[str, Any]] = {}
        self._unsaved: list[dict[str, Any]] = []
        self._saved = time.monotonic()

    @classmethod
    @contextmanager
    def opened(
        cls, folder: Path, space: Space, workloads: Mapping[str, Workload], *, force: bool
    ) -> Iterator[Self]:
        """The store in a folder, made if it is not there; what comes in is written at the end, too.

        DittosimError if another sweep is at work there, or it holds points of other settings, or
        results of other work; with ``force`` all points are computed again.
        """
        settings = Settings.of(space, workloads)
        points = folder / POINTS
        there = (points / SETTINGS).exists()
        output_folder(folder, RESULTS, PLOT, force=force or there)
        with _locked(folder):
            before = _settings_of(points / SETTINGS) if there and not force else None
            if before and (found := before.differences(settings)):
                raise DittosimError(
                    f"{folder} holds a sweep with other settings ({'; '.join(found)}): choose "
                    "another folder with -o, or begin anew with --force"
                )
            output_folder(points)
            for part in (*points.glob("*.part"), *folder.glob(f"{RESULTS}.*.part")):
                part.unlink()  # of a command that was killed: no other is at work here
            if force:
                for path in points.glob("*.parquet"):
                    path.unlink()
            elif before:
                settings = settings.model_copy(
                    update={"workloads": before.workloads | settings.workloads}
                )
            write_whole(points / SETTINGS, settings.model_dump_json(indent=2) + "\n")
            store = cls(folder, settings, space)
            store._read()
            try:
                yield store
            finally:
                store.save()

    def key(self, workload: str, candidate: Candidate) -> str:
        """Names a point."""
        of = f"{workload} {self._settings.workloads[workload]}"
        text = f"{candidate.machine.digest()} {candidate.flow} {of}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def columns(self) -> list[str]:
        """Of a point, in their order."""
        return self._schema.names

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        return self._rows[key]

    def add(self, workload: str, run: Run, candidate: Candidate, answer: Answer) -> None:
        """Keeps what came of a point. DittosimError if it cannot be written."""
        key = self.key(workload, candidate)
        row = {
            "point": key,
            **machine_row(candidate.machine),
            "hash": candidate.machine.digest(),
            "workload": workload,
            "flow": candidate.flow.value,
            "steps": run.steps,
            "images": run.images,
            "seed": run.seed,
            **columns_of(answer),
        }
        self._rows[key] = row
        self._unsaved.append(row)
        if time.monotonic() > self._saved + SECONDS:
            self.save()

    def save(self) -> None:
        """Writes what is not written yet. DittosimError if that cannot be."""
        if self._unsaved:
            keys = "".join(row["point"] for row in self._unsaved)
            name = hashlib.sha256(keys.encode()).hexdigest()[:16]
            table = pa.Table.from_pylist(self._unsaved, self._schema)
            _write(table, self._folder / POINTS / f"{name}.parquet")
            self._unsaved = []
        self._saved = time.monotonic()

    def write_results(self, table: pa.Table) -> None:
        """Writes the table of all points, with what they are of."""
        mine = origin(self._settings.model_dump(mode="json"), self._space.model_dump(mode="json"))
        _write(
            table.replace_schema_metadata({**(table.schema.metadata or {}), **mine}),
            self._folder / RESULTS,
        )

    def _read(self) -> None:
        """The points that are there; a file that holds none is put aside, and that is said."""
        for path in sorted((self._folder / POINTS).glob("*.parquet")):
            try:
                table = pq.read_table(path)
                if not table.schema.equals(self._schema):
                    raise pa.ArrowInvalid("it has other columns")
            except (pa.ArrowException, OSError) as error:
                aside = path.with_suffix(".damaged")
                path.replace(aside)
                reason = " ".join(str(error).split())
                print(
                    f"no points of a sweep, computed again: {path}: {reason}; it is now {aside}",
                    file=sys.stderr,
                )
                continue
            self._rows |= {row["point"]: row for row in table.to_pylist()}


def _schema(settings: Settings) -> pa.Schema:
    kinds = {int: pa.int64(), float: pa.float64(), str: pa.string()}
    run = {"hash": str, "workload": str, "flow": str, "steps": int, "images": int, "seed": int}
    machine = {
        name: int if field.annotation is int else str
        for name, field in MachineConfig.model_fields.items()
    }
    columns = {"point": str, **machine, **run, **FIGURES[settings.scope], "refused": str}
    fields = [pa.field(name, kinds[kind]) for name, kind in columns.items()]
    return pa.schema(fields, origin(settings.model_dump(mode="json")))


def _write(table: pa.Table, path: Path) -> None:
    with whole_file(path) as part:
        pq.write_table(table, part)


def _settings_of(path: Path) -> Settings:
    """DittosimError if they are of another version."""
    values = read_json(path)
    told = values.get("dittosim")
    if isinstance(told, str) and told != VERSION:
        raise DittosimError(
            f"{path.parent.parent} holds results of dittosim {told}, this is {VERSION}: choose "
            "another folder with -o, or begin anew with --force"
        )
    try:
        return Settings.model_validate(values)
    except ValueError as error:
        raise DittosimError(
            f"{path} is not what a sweep writes: choose another folder with -o, or begin anew "
            "with --force"
        ) from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """DittosimError if another sweep is at work in that folder."""
    path = folder / LOCK
    lock = FileLock(path, timeout=0)
    with naming(path):
        try:
            lock.acquire()
        except Timeout as error:
            raise DittosimError(
                f"another sweep is at work in {folder}: wait for its end, or choose another "
                "folder with -o"
            ) from error
    try:
        yield
    finally:
        lock.release()
