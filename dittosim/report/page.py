"""Results as one HTML page that needs no other file, and no network."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from dittosim.report.fields import CHOICES, Meaning, with_front
from dittosim.report.packing import Block
from dittosim.report.results import Results
from dittosim.sweeps.space import Goal

SCRIPTS = (
    "element",
    "numbers",
    "columns",
    "conditions",
    "selection",
    "order",
    "front",
    "scale",
    "colours",
    "stamp",
    "plot",
    "plot_parts",
    "plot_pointer",
    "plot_controls",
    "table",
    "column_chooser",
    "copying",
    "machine",
    "best",
    "filters",
    "main",
)
"""Of the page, in their order: one module together"""
FOLDER = "report"
VERSION = version("dittosim")


def render_report(results: Results) -> str:
    """The page, the same to the byte from run to run."""
    points, meaning = with_front(results)
    block = Block()
    columns = [block.add(points[name]) for name in points]
    environment = Environment(
        loader=PackageLoader("dittosim"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {}  # names in their order
    script = "".join(_own(environment, f"{name}.js") for name in SCRIPTS)
    style = _own(environment, "style.css")
    template = environment.get_template(f"{FOLDER}/page.html")
    return template.render(
        title=_title(results, points),
        results=results,
        count=len(points),
        other_version=_other_version(results),
        facts=list(_facts(results, points, meaning)),
        about={
            "count": len(points),
            "columns": columns,
            "choices": [name for name in CHOICES if name in meaning.varying],
            "goals": {name: goal.value for name, goal in meaning.goals.items()},
            "better": {name: goal.value for name, goal in meaning.better.items()},
            "group": meaning.group,
            "varying": meaning.varying,
            "shown": meaning.shown,
            "best": meaning.best,
        },
        block=base64.b64encode(block.packed()).decode(),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _own(environment: Environment, name: str) -> str:
    assert environment.loader
    return environment.loader.get_source(environment, f"{FOLDER}/{name}")[0]


def _hash(text: str) -> str:
    """By which the page's policy knows its own scripts and styles from all others."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _title(results: Results, points: pd.DataFrame) -> str:
    kind = "Designs" if "design" in points else "Sweep"
    if "workload" not in points:
        return f"{kind} in {results.path.absolute().parent.name}"
    names = [str(name) for name in points["workload"].unique()]
    return f"{kind} of {', '.join(names)}"


def _other_version(results: Results) -> str | None:
    """The version that computed them, if it is not this one."""
    told = results.about.version
    return told if told and told != VERSION else None


def _facts(results: Results, points: pd.DataFrame, meaning: Meaning) -> Iterator[tuple[str, str]]:
    """What the run was, by name."""
    about = results.about
    settings, space = about.settings, about.space
    yield "points", f"{len(points):,}"
    for name in ("workload", "flow", "design", "steps", "images", "seed"):
        if name in points:
            yield name, ", ".join(map(str, points[name].unique()))
    words = {Goal.MIN: "least", Goal.MAX: "most"}
    yield "objectives", ", ".join(f"{words[goal]} {name}" for name, goal in meaning.goals.items())
    for name in ("scope", "base", "dram", "energy"):
        if space.get(name) is not None:
            yield name, str(space[name])
    for name, values in _pairs(space.get("grid")):
        yield f"grid: {name}", _listed(values)
    for condition in space.get("conditions") or ():
        yield "condition", str(condition)
    for name in ("random", "search"):
        if space.get(name):
            yield name, _listed(space[name])
    for name in ("workloads", "energies"):
        for key, digest in _pairs(settings.get(name)):
            yield f"digest of {key}", str(digest)
    if about.version:
        yield "dittosim", about.version
    for name, number in about.versions.items():
        yield name, str(number)


def _pairs(values: Any) -> list[tuple[str, Any]]:
    return list(values.items()) if isinstance(values, Mapping) else []


def _listed(values: Any) -> str:
    if isinstance(values, Mapping):
        return ", ".join(f"{key} = {each}" for key, each in values.items() if each is not None)
    if isinstance(values, list):
        return ", ".join(
            _listed(each) if isinstance(each, Mapping) else str(each) for each in values
        )
    return str(values)
