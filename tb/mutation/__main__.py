"""Mutation testing of the emitted Verilog: ``make mutate`` or ``python -m tb.mutation``."""

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console

from golden.errors import DittosimError
from golden.machine.config import load_config
from tb.mutation.campaign import Campaign
from tb.mutation.score import Fate, score_table, survivor_report
from tb.mutation.waivers import read_waivers

WIDTH = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Tries a sample of mutants; 1 if one survives without a waiver, 2 for wrong use."""
    options = _parser().parse_args(arguments)
    screen = Console(highlight=False, width=WIDTH)
    try:
        campaign = Campaign(
            config=load_config(options.config),
            per_module=options.per_module,
            seed=options.seed,
            modules=options.module,
            names=options.only,
            tops=options.top,
            inside=options.inside,
            jobs=options.jobs,
            waivers=read_waivers(),
            tell=lambda line: print(line, file=sys.stderr, flush=True),
        )
        verdicts = campaign.verdicts()
    except DittosimError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    screen.print(score_table(verdicts, campaign.there))
    survivors = [verdict.mutant for verdict in verdicts if verdict.fate is Fate.SURVIVED]
    for mutant in survivors:
        command = f"python -m tb.mutation --config {options.config} --only {mutant.name}"
        print(survivor_report(mutant, campaign.emission_with(mutant.module), command))
    for waiver in campaign.lost_waivers():
        print(f"a waiver fits nothing any more: {waiver.module}: {waiver.statement}")
    if survivors:
        print(f"{len(survivors)} survived without a waiver (tb/mutation/waivers.toml)")
    return bool(survivors)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tb.mutation", description="Mutation testing of the emitted Verilog."
    )
    parser.add_argument("--config", default="tiny", help="preset or TOML file")
    parser.add_argument("--per-module", type=int, default=12, help="mutants of each module")
    parser.add_argument("--module", action="append", default=[], help="only this one; repeatable")
    parser.add_argument("--top", action="append", default=[], help="only benches of this top")
    parser.add_argument(
        "--inside", action="append", default=[], help="only modules that no smaller top holds"
    )
    parser.add_argument("--only", action="append", default=[], help="a mutant by name; repeatable")
    parser.add_argument("--seed", type=int, default=0, help="of the sample and the benches")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="benches at once")
    return parser


if __name__ == "__main__":
    sys.exit(main())
