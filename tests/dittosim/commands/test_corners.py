import json
import shutil
from pathlib import Path

import pytest

from tests.helpers.command_line import Cli
from tests.helpers.tiny_digits import SCHEDULE, save_tiny_digits

FAST = ("--quality-images", 4, "--images", 1, "--config", "tiny")


def test_all_corners(cli: Cli):
    save_tiny_digits(Path("tiny"), classes=0)
    assert cli("prune", "tiny", "--sparsity", 0.5, "-o", "pruned").code == 0
    outcome = cli("corners", "tiny", "pruned", *FAST)
    assert (outcome.code, outcome.err) == (0, "")
    assert max(map(len, outcome.out.splitlines())) <= 80
    for words in ("tiny", "pruned", "  original", "  temporal", "  Defo", "slots"):
        assert words in outcome.out

    outcome = cli("corners", "tiny", "pruned", *FAST, "--json", "-")
    figures = json.loads(outcome.out)
    dense, pruned = (figures["models"][name] for name in ("tiny", "pruned"))
    for flow in ("original", "temporal", "Defo"):
        for figure in ("macs", "slots", "bit_operations", "cycles", "bytes"):
            assert 0 < pruned["corners"][flow][figure] <= dense["corners"][flow][figure]
        assert pruned["corners"][flow]["macs"] < dense["corners"][flow]["macs"]
    assert dense["corners"]["Defo"]["cycles"] <= max(
        dense["corners"][flow]["cycles"] for flow in ("original", "temporal")
    )
    assert dense["temporal_slots_per_element"].keys() == pruned["temporal_slots_per_element"].keys()
    assert dense["frechet_distance"] > 0


def test_figures_are_those_of_stats_and_quality(cli: Cli):
    save_tiny_digits(Path("tiny"))
    corners = json.loads(cli("corners", "tiny", "tiny", *FAST, "--json", "-").out)
    stats = json.loads(cli("stats", "tiny", "--config", "tiny", "--images", 1, "--json", "-").out)
    quality = json.loads(cli("quality", "tiny", "--images", 4, "--json", "-").out)
    found = corners["models"]["tiny"]
    for flow, name in (("original", "original"), ("Defo", "Defo")):
        assert found["corners"][flow]["cycles"] == stats["cycles"][name]
        assert found["corners"][flow]["bytes"] == sum(stats["traffic"][name].values())
    expected = quality["models"]["int8, as shipped"]
    assert found["frechet_distance"] == pytest.approx(expected["frechet_distance"])
    assert found["accuracy"] == expected["accuracy"]


def test_wrong_use_is_refused(cli: Cli):
    cli("corners", "digits-unet", "nothing").refused("no workload 'nothing'")
    cli("corners", "digits-unet", "digits-dit", "--steps", 1).refused("no temporal differences")
    save_tiny_digits(Path("wide"), image=(16, 12, 1))
    cli("corners", "wide", "wide").refused("16 x 12 x 1")


def test_models_that_have_nothing_to_do_with_each_other(cli: Cli):
    save_tiny_digits(Path("tiny"), classes=0)
    cli("corners", "digits-unet", "tiny").refused(
        "'tiny' is no pruned 'digits-unet'", "node 'time.wave'", "instead of"
    )
    cli("corners", "digits-unet", "digits-dit").refused("classes of 10 instead of 0")
    cli("corners", "digits-dit", "digits-cond").refused("their graphs have other nodes")
    # The other way round it is the pruned one that has more channels.
    cli("corners", "digits-unet-s75", "digits-unet").refused("out_channels = 32 instead of")
    for field, value, words in (
        ("steps", 2, ["differ in their steps", "--steps"]),
        ("schedule", SCHEDULE.model_dump() | {"beta_last": 0.2}, ["noise schedule"]),
    ):
        path = Path("tiny/workload.json")
        description = json.loads(path.read_text())
        other = Path(field)
        shutil.copytree("tiny", other)
        (other / path.name).write_text(json.dumps(description | {field: value}))
        cli("corners", "tiny", other).refused(*words)
