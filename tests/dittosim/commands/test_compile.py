import json
from pathlib import Path

import numpy as np
import pytest

from dittosim.programs.steps import planned_program
from golden.accelerator.choice import MAGIC as CHOICE_MAGIC
from golden.accelerator.descriptor import DESCRIPTOR_BYTES, MAGIC, Descriptor, ModeCode
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.vector.descriptor import MAGIC as VECTOR_MAGIC
from golden.workload.run import Run
from golden.workload.workload import load_workload
from tests.helpers.command_line import Cli

SMALL = load_config("small")
INTERRUPT_BIT = 2
"""In the fourth byte of a descriptor"""


def test_image_and_listing_of_products(cli: Cli) -> None:
    outcome = cli("compile", "digits-dit", "--products", "--flow", "spatial", "-o", "program")
    assert (outcome.code, outcome.err) == (0, "")
    listing = json.loads(Path("program/program.json").read_text())
    image = np.fromfile("program/memory.bin", np.uint8)
    assert listing["configuration_hash"] == SMALL.digest()
    assert listing["memory_bytes"] == len(image)
    layers = load_workload("digits-dit").layers()
    assert list(dict.fromkeys(layer["layer"] for layer in listing["layers"])) == list(layers)
    for name in layers:
        heads = [layer["head"] for layer in listing["layers"] if layer["layer"] == name]
        attends = name.endswith((".scores", ".mix"))
        assert heads == ([0, 1, 2, 3] if attends else [None])
    for number, layer in enumerate(listing["layers"]):
        first = image[listing["queue_base"] + number * DESCRIPTOR_BYTES :]
        assert first[:3].tolist() == [MAGIC & 255, MAGIC >> 8, ModeCode.SPATIAL]
        assert int.from_bytes(first[4:8].tobytes(), "little") == layer["addresses"]["inputs"]
        assert sum(layer["causes"].values()) == layer["cycles"]


def test_explain_products(cli: Cli) -> None:
    arguments = ("compile", "digits-dit", "--products", "--explain", "--flow", "original")
    lines = cli(*arguments).out.splitlines()
    assert "digits-dit (original) on small, step 1" in lines[0]
    assert max(map(len, lines)) <= 80
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in lines)
    first = [line.split()[0] for line in lines if line.split()]
    layers = [name.partition("[")[0].rstrip("'") for name in first]
    known = load_workload("digits-dit").layers()
    assert list(dict.fromkeys(name for name in layers if name in known)) == list(known)
    assert "block0.attention.mix[3]" in first


def test_interrupt_each_product(cli: Cli) -> None:
    images, flags = [], []
    for output, options in (("end", []), ("each", ["--interrupt-each-layer"])):
        assert (
            cli(
                "compile", "digits-unet", "--products", "--flow", "original", "-o", output, *options
            ).code
            == 0
        )
        listing = json.loads(Path(output, "program.json").read_text())
        images.append(np.fromfile(Path(output, "memory.bin"), np.uint8))
        flags.append([layer["interrupt"] for layer in listing["layers"]])
    end, each = images
    assert [set(values) for values in flags] == [{False}, {True}]
    flag_bytes = np.arange(len(flags[0])) * DESCRIPTOR_BYTES + 3
    assert (np.flatnonzero(end != each) == flag_bytes).all()
    assert (each[flag_bytes] - end[flag_bytes] == INTERRUPT_BIT).all()


def listing_of(cli: Cli, *arguments: object) -> dict:
    outcome = cli("compile", "digits-unet", "--products", *arguments, "--json", "-")
    assert (outcome.code, outcome.err) == (0, "")
    return json.loads(outcome.out)


def cycles_of(listing: dict) -> int:
    return sum(layer["cycles"] for layer in listing["layers"])


def test_step_is_one_of_the_usual_run(cli: Cli) -> None:
    usual, two = listing_of(cli), listing_of(cli, "--steps", 2)
    assert (usual["step"], usual["steps"], two["step"], two["steps"]) == (1, 50, 1, 2)
    assert usual == listing_of(cli, "--steps", 50)
    # Steps that are far apart in time differ more.
    assert cycles_of(usual) < 0.3 * cycles_of(two)


def test_step_is_told(cli: Cli) -> None:
    options = ("--products", "--steps", 4, "--step", 3, "--explain", "-o", "program")
    arguments = ("compile", "digits-unet", *options)
    lines = cli(*arguments).out.splitlines()
    assert lines[0].endswith(", step 3 of 4 (0 to 3)")
    assert lines[1].rstrip() == "digits-unet (temporal) on small, step 3 of 4 (0 to 3)"
    listing = json.loads(Path("program/program.json").read_text())
    assert (listing["step"], listing["steps"], listing["seed"]) == (3, 4, 0)


@pytest.mark.parametrize("options", [["--step", 50], ["--step", 999], ["--steps", 1]])
def test_step_beyond_the_run(cli: Cli, monkeypatch: pytest.MonkeyPatch, options: list) -> None:
    monkeypatch.setattr(Run, "observe", lambda *_, **__: pytest.fail("work"))
    outcome = cli("compile", "digits-unet", *options, "-o", "program")
    outcome.refused("--step ", "digits-unet runs in", "--steps")
    assert not Path("program").exists()


def test_machine_too_small(cli: Cli) -> None:
    Path("my.toml").write_text("input_beats = 64")
    common = ("compile", "digits-unet", "-c", "my.toml")
    cli(*common, "--products").refused("lines are", "more than input_beats = 64")
    cli(*common).refused("'encoder.conv0', 'encoder.conv1'", "all fits with input_beats = 256")


def test_image_and_listing(cli: Cli) -> None:
    outcome = cli("compile", "digits-unet", "-o", "program")
    assert (outcome.code, outcome.err) == (0, "")
    listing = json.loads(Path("program/program.json").read_text())
    image = np.fromfile("program/memory.bin", np.uint8)
    workload = load_workload("digits-unet")
    program = planned_program(workload, SMALL, Mode.TEMPORAL)
    assert image.tobytes() == program.memory[: program.constant_bytes].tobytes()
    assert (listing["image_bytes"], listing["memory_bytes"]) == (len(image), program.size)
    assert listing["configuration_hash"] == SMALL.digest()
    assert list(listing["queues"]) == ["first", "odd", "even"]
    assert listing["measured_queue"] == "odd"
    written = sum(tensor["bytes"] for tensor in listing["inputs"].values())
    assert listing["bytes_written_by_host_per_step"] == written == program.bytes_written_per_step
    assert listing["inputs"]["image"]["shape"] == [16, 16, 1]
    for name, queue in listing["queues"].items():
        assert len(queue["entries"]) == queue["count"]
        assert set(queue["addresses"]) == {*listing["inputs"], listing["output"]["name"]}
        for number, entry in enumerate(queue["entries"]):
            first = image[queue["base"] + number * DESCRIPTOR_BYTES :]
            product = entry["kind"] == "product"
            magic = MAGIC if product else VECTOR_MAGIC
            assert first[:2].tolist() == [magic & 255, magic >> 8]
            assert entry["address"] == queue["base"] + number * DESCRIPTOR_BYTES
            assert {"inputs", "weights", "results"} <= set(entry["addresses"]) or not product
            assert ("cycles" in entry) == (name == "odd")
    entries = listing["queues"]["odd"]["entries"]
    assert sum(entry["cycles"] for entry in entries) + 1 == listing["cycles"]
    assert sum(sum(entry["bytes"].values()) for entry in entries) == listing["bytes"]
    products = sum(entry["cycles"] for entry in entries if entry["kind"] == "product")
    assert 0 < listing["cycles_of_products_alone"] <= products < listing["cycles"]


@pytest.mark.parametrize(
    ("flow", "queue", "mode"), [("original", "step", Mode.ACT), ("temporal", "odd", Mode.TEMPORAL)]
)
def test_sums_that_are_discarded_have_no_address(
    cli: Cli, flow: str, queue: str, mode: Mode
) -> None:
    outcome = cli("compile", "digits-unet-s75", "--flow", flow, "--json", "-")
    entries = json.loads(outcome.out)["queues"][queue]["entries"]
    products = {entry["name"]: entry for entry in entries if entry["kind"] == "product"}
    program = planned_program(load_workload("digits-unet-s75"), SMALL, mode)
    discards = {
        entry.name: bool(entry.descriptor.discard)
        for entry in program.queues[queue].entries
        if isinstance(entry.descriptor, Descriptor)
    }
    assert set(discards.values()) == {mode is Mode.ACT}
    for name, entry in products.items():
        assert ("results" in entry["addresses"]) == (not discards[name])
        assert (entry["bytes"]["results"] > 0) == (not discards[name])


@pytest.mark.parametrize(("flow", "chosen"), [("defo", {"act"}), ("defo+", {"spatial"})])
def test_listing_walks_into_variants(cli: Cli, flow: str, chosen: set[str]) -> None:
    options = ("--flow", flow, "--step", 2, "-o", "program", "--json", "-")
    outcome = cli("compile", "digits-unet", *options)
    assert outcome.code == 0
    listing = json.loads(Path("program/program.json").read_text())
    image = np.fromfile("program/memory.bin", np.uint8)
    assert listing["flow"] == flow
    assert list(listing["queues"]) == ["odd", "even"]
    addresses, cycles, modes = [], 0, set()

    def walk(entries: list[dict]) -> None:
        nonlocal cycles
        for entry in entries:
            addresses.append(entry["address"])
            first = image[entry["address"] :][:2].tolist()
            magic = {"product": MAGIC, "vector": VECTOR_MAGIC, "choose": CHOICE_MAGIC}
            assert first == [magic[entry["kind"]] & 255, magic[entry["kind"]] >> 8]
            cycles += entry.get("cycles", 0)
            if entry["kind"] != "choose":
                continue
            variants = entry["variants"]
            assert list(entry["addresses"]) == list(variants)
            for mode, variant in variants.items():
                assert entry["addresses"][mode] == variant[0]["address"]
                ran = ["cycles" in one for one in variant]
                assert set(ran) == {mode == entry["chosen"]}
                walk(variant)
            modes.add(entry["chosen"])

    for queue in listing["queues"].values():
        walk(queue["entries"])
    assert len(addresses) == len(set(addresses))
    assert f"{len(addresses)} descriptors" in " ".join(
        cli("compile", "digits-unet", *options[:4], "-o", "again").out.split()
    )
    assert cycles + 1 == listing["cycles"]
    assert modes == {None, "temporal"} | chosen


def test_products_alone_choose_nothing(cli: Cli) -> None:
    cli("compile", "digits-unet", "--products", "--flow", "defo").refused("--products", "original")


def test_explain(cli: Cli) -> None:
    outcome = cli("compile", "digits-cond", "--flow", "original", "--step", 2)
    lines = outcome.out.splitlines()
    assert "digits-cond (original) on small, step 2 of 50" in lines[0]
    assert max(map(len, lines)) <= 80
    rows = [line.split() for line in lines if line.split()]
    graph = load_workload("digits-cond").description.graph
    names = {node.name for node in graph.nodes}
    assert [row[0] for row in rows if row[0] in names] == [node.name for node in graph.nodes]
    last = {row[0]: row[-1] for row in rows}
    assert last["time.linear0"] == "host"
    assert last["encoder.in.silu"] == "encoder.in.norm"
    assert not any(row[-1] == "-" for row in rows)
    assert "times those of the products in a queue of their own" in " ".join(lines[-2:])


def test_interrupt_each_layer(cli: Cli) -> None:
    for output, options in (("end", []), ("each", ["--interrupt-each-layer"])):
        arguments = ("compile", "digits-unet-s75", "--flow", "original", "-o", output, *options)
        assert cli(*arguments).code == 0
    end, each = (np.fromfile(Path(name, "memory.bin"), np.uint8) for name in ("end", "each"))
    queue = json.loads(Path("each/program.json").read_text())["queues"]["step"]
    assert {entry["interrupt"] for entry in queue["entries"]} == {True}
    changed = np.flatnonzero(end != each)
    assert changed.tolist() == (3 + DESCRIPTOR_BYTES * np.arange(queue["count"])).tolist()


def test_machine_that_makes_no_accelerator(cli: Cli) -> None:
    Path("my.toml").write_text("lanes = 3\nbeat_elements = 12")
    cli("compile", "digits-unet", "-c", "my.toml").refused("bus_bytes = 16", "beat_elements = 12")


def test_unknown_workload(cli: Cli) -> None:
    cli("compile", "nothing").refused("no workload 'nothing'", "digits-unet")
