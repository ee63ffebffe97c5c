import json
from pathlib import Path

import pytest

from tests.helpers.command_line import Cli
from tests.helpers.tiny_digits import save_tiny_digits

FAST = ("--count", 4, "--images", 1, "--config", "tiny")


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
    quality = json.loads(cli("quality", "tiny", "--count", 4, "--json", "-").out)
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
    save_tiny_digits(Path("tiny"))
    cli("corners", "digits-unet", "tiny").refused("differ in their steps", "--steps")
    save_tiny_digits(Path("wide"), image=(16, 12, 1))
    cli("corners", "wide", "wide").refused("16 x 12 x 1")
