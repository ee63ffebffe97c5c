import json
import re

import numpy as np
import pytest
from amaranth.hdl import Fragment, Module

from golden.machine.config import MachineConfig, load_config, preset_names
from rtl.blocks.module import RtlModule
from rtl.emission.emit import TOPS, emit
from tests.helpers.emissions import emission
from tests.helpers.random_configs import random_config

TINY = load_config("tiny")
IN_BOARD = ("core", "accelerator")
"""Tops that the board has whole in it"""
long = pytest.mark.long


def modules_of(verilog: str) -> list[str]:
    return re.findall(r"^module (\w+)\(", verilog, re.MULTILINE)


@pytest.mark.parametrize(
    "top", [pytest.param(t, marks=long if t in IN_BOARD else ()) for t in TOPS]
)
def test_output_is_the_same_from_run_to_run(top: str) -> None:
    tiles = TOPS[top].tiles
    config = TINY if TINY.tile in tiles else TINY.model_copy(update={"tile": tiles[0]})
    first, second = emission(top, config), emit(top, MachineConfig(**config.model_dump()))
    assert first.verilog == second.verilog
    assert first.manifest == second.manifest


@pytest.mark.parametrize("name", preset_names())
def test_every_module_is_emitted_once(name: str) -> None:
    design = emission("tile", load_config(name))
    modules = modules_of(design.verilog)
    assert len(modules) == len(set(modules)) == 8
    assert design.verilog.count("\nendmodule") == 8


@pytest.mark.parametrize("name", preset_names())
def test_accelerators_are_small_and_whole(name: str) -> None:
    design = emission("accelerator", load_config(name))
    modules = modules_of(design.verilog.replace(" #(", "("))
    assert len(modules) == len(set(modules))
    instantiated = set(re.findall(r"^  (ditto_\w+) (?:#\(|\w+ \()", design.verilog, re.MULTILINE))
    assert instantiated == set(modules) - {"ditto_accelerator"}
    assert len(design.verilog) < 20e6


def test_one_instance_per_column_and_lane() -> None:
    verilog = emission("tile", TINY).verilog
    assert len(re.findall(r"^  ditto_column column\d+ \(", verilog, re.MULTILINE)) == TINY.columns
    assert len(re.findall(r"^  ditto_lane_fifo lane\d+ \(", verilog, re.MULTILINE)) == TINY.lanes


def test_every_instantiated_module_is_there() -> None:
    verilog = emission("tile", TINY).verilog
    instantiated = set(re.findall(r"^  (ditto_\w+) \w+ \(", verilog, re.MULTILINE))
    assert instantiated < set(modules_of(verilog))


def test_no_trace_of_the_machine_that_made_it() -> None:
    design = emission("tile", TINY)
    text = design.verilog + json.dumps(design.manifest)
    assert not re.search(r"/\w+/|\(\* src", text)


@pytest.mark.parametrize("seed", range(5))
def test_manifest_names_the_ports_of_the_verilog(seed: int) -> None:
    config = random_config(np.random.default_rng(seed))
    design = emission("tile", config)
    for module in design.manifest["modules"]:
        start = design.verilog.index(f"\nmodule {module['name']}(")
        text = design.verilog[start : design.verilog.index("\nendmodule", start)]
        found = {
            (name, direction, int(high or 0) + 1)
            for direction, high, name in re.findall(
                r"^  (input|output) (?:\[(\d+):0\] )?(\w+);", text, re.MULTILINE
            )
        }
        named = {(p["name"], p["direction"], p["width"]) for p in module["ports"]}
        assert named == found


def test_manifest_holds_configuration_and_latencies() -> None:
    manifest = emission("tile", TINY).manifest
    assert manifest["configuration_hash"] == TINY.digest()
    assert MachineConfig(**manifest["parameters"]) == TINY
    latencies = {module["name"]: module["latency"] for module in manifest["modules"]}
    assert (latencies["ditto_encoder"], latencies["ditto_pe"]) == (1, 2)
    assert latencies["ditto_tile"] == 6


class _Leaf(RtlModule):
    module_name = "leaf"

    def __init__(self) -> None:
        super().__init__({})

    def elaborate(self, platform: object) -> Module:
        return Module()


def test_children_are_counted_by_module_not_by_instance() -> None:
    class Parent(RtlModule):
        module_name = "parent"

        def __init__(self) -> None:
            super().__init__({})

        def elaborate(self, platform: object) -> Module:
            m = Module()
            leaf = _Leaf()
            for n in range(3):
                self.instantiate(m, f"leaf{n}", leaf)
            Fragment.get(leaf, None)
            return m

    parent = Parent()
    Fragment.get(parent, None)
    assert [child.module_name for child in parent.children] == ["leaf"]
