"""``dittosim verify``: the benches on the emitted Verilog."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypedDict

import typer

from dittosim.api import verification as api
from dittosim.api.verification import UnfinishedError, Verification
from dittosim.console import print_parts
from dittosim.files import check_writable, write_json
from dittosim.flows import FlowName
from dittosim.options import ForceOption, JsonOption, SeedOption, jobs_option, steps_option
from dittosim.verification.benches import WAVES_FOLDER
from dittosim.verification.layer_shapes import EXAMPLE
from dittosim.verification.sampling import BENCH as SAMPLING_BENCH
from dittosim.verification.workloads import BENCH as WORKLOAD_BENCH
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from tb.harness.simulators import Simulator
from tb.runner import BENCHES


class Common(TypedDict):
    """Options of all checks."""

    simulator: str
    seed: int
    jobs: int


class OfSampling(TypedDict):
    """Options of whole steps."""

    steps: int | None
    until: int | None
    energy: str | None


def verify(
    benches: Annotated[
        list[str] | None, typer.Argument(metavar="BENCH", help=f"{', '.join(BENCHES)}.")
    ] = None,
    config: Annotated[
        list[str] | None,
        typer.Option(
            "--config",
            "-c",
            metavar="C",
            help="Preset (tiny, small, paper) or TOML file; small if absent. With --workload it "
            "may be repeated.",
        ),
    ] = None,
    simulator: Annotated[Simulator, typer.Option(help="Verilog simulator.")] = Simulator.VERILATOR,
    seed: SeedOption = 0,
    waves: Annotated[
        bool, typer.Option("--waves", help=f"Keep waveforms and logs in {WAVES_FOLDER}/.")
    ] = False,
    workload: Annotated[
        list[str] | None,
        typer.Option(
            help="Run all layers of this workload on the accelerator, in all modes, or with bench "
            f"{SAMPLING_BENCH} its steps. May be repeated."
        ),
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="L",
            help=f"Run a layer of this shape on the accelerator, such as {EXAMPLE}: channels, "
            "columns, kernel, height x width. May be repeated.",
        ),
    ] = None,
    mode: Annotated[
        list[Mode] | None,
        typer.Option(help="With --layer: temporal if absent. May be repeated."),
    ] = None,
    step: Annotated[
        int | None,
        typer.Option(min=0, help="With --workload: denoising step; 1, the second, if absent."),
    ] = None,
    steps: Annotated[
        int | None,
        steps_option("With --workload: denoising steps; the workload's own if absent."),
    ] = None,
    flow: Annotated[
        list[FlowName] | None,
        typer.Option(
            help=f"With {SAMPLING_BENCH} --workload: original, temporal, spatial; temporal if "
            "absent. May be repeated."
        ),
    ] = None,
    until: Annotated[
        int | None,
        typer.Option(
            min=0, help=f"With {SAMPLING_BENCH} --workload: last step that is run, from 0."
        ),
    ] = None,
    energy: Annotated[
        str | None,
        typer.Option(
            metavar="TABLE",
            help=f"With {SAMPLING_BENCH} --workload: also count what takes energy, in the Verilog "
            "and by sim, and weigh both by this table; small45 is that of small.",
        ),
    ] = None,
    jobs: Annotated[int, jobs_option("Benches at once.")] = 1,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Run the emitted Verilog against golden (values) and sim (cycles); differences must be zero.

    Without BENCH, all of them. "values" and "output times" were compared one by one; "cycles" are
    when the last output came, in the Verilog and as predicted; "strata" are the kinds of stimulus
    that the bench must meet, all of which it met (--json has how often). Examples:

    `dittosim verify --config tiny -j 2`

    `dittosim verify tile --config my.toml --simulator icarus --waves`

    With --workload the layers of one denoising step of a sampling run, and every counter of the
    accelerator:

    `dittosim verify accelerator --workload digits-unet --workload digits-dit -c tiny -c small`

    With --layer convolutions of any shape, stride 1, on random activations whose differences to the
    step before have the bit widths of the paper's averages:

    `dittosim verify accelerator --layer 320,320,3,64x64 --layer 40,100,1,8x8 -c paper`

    With sampling and --workload whole steps of its run: the image, and after every step all bytes
    of memory and all counters:

    `dittosim verify sampling --workload digits-unet -c small --flow temporal --until 9`

    With --energy the Verilog counts every event that takes energy, step by step; the simulator must
    count as many, so that the energy of the run is that of its prediction:

    `dittosim verify sampling --workload digits-unet -c small --until 1 --energy small45`
    """
    check_writable(json, force=force)
    configs = config or ["small"]
    common: Common = {"simulator": simulator, "seed": seed, "jobs": jobs}
    if layer:
        of_steps = (step, steps, until)
        if workload or waves or flow or energy or any(number is not None for number in of_steps):
            raise DittosimError("--layer goes with --mode: leave out --waves and what is of steps")
        if benches not in (None, [], [WORKLOAD_BENCH]):
            raise DittosimError(f"--layer runs on bench {WORKLOAD_BENCH} alone: name no other")
        _tell(lambda: api.verify_layers(layer, configs, mode or Mode.TEMPORAL, **common), json)
        return
    if mode:
        raise DittosimError("--mode is for --layer: give one, or leave it out")
    if workload and benches == [SAMPLING_BENCH]:
        if waves or step is not None:
            raise DittosimError(
                f"--waves and --step are not for {SAMPLING_BENCH} --workload: leave them out"
            )
        run: OfSampling = {"steps": steps, "until": until, "energy": energy}
        flows = flow or FlowName.TEMPORAL
        _tell(lambda: api.verify_sampling(workload, configs, flows, **run, **common), json)
        return
    if flow or energy or until is not None:
        raise DittosimError(
            f"--flow and --until, and --energy, are for bench {SAMPLING_BENCH} with --workload: "
            "leave them out"
        )
    if workload:
        if benches not in (None, [], [WORKLOAD_BENCH]):
            raise DittosimError(
                f"--workload runs on bench {WORKLOAD_BENCH} alone, or on {SAMPLING_BENCH} alone: "
                "name no other"
            )
        if waves:
            raise DittosimError("--workload keeps no waveforms: leave out --waves")
        chosen = 1 if step is None else step
        _tell(
            lambda: api.verify_workloads(workload, configs, step=chosen, steps=steps, **common),
            json,
        )
        return
    if step is not None or steps is not None:
        raise DittosimError("--step and --steps are for --workload: give one, or leave them out")
    if len(configs) > 1:
        raise DittosimError("several --config are for --workload: give one, or a workload")
    folder = WAVES_FOLDER if waves else None
    _tell(
        lambda: api.verify(
            *(benches or []), config=configs[0], waves=folder, force=force, **common
        ),
        json,
    )


def _tell(verify: Callable[[], Verification], json: Path | None) -> None:
    """Prints and writes what was found; exit code 1 if anything differs.

    What did not come to its end is an error, but what did is printed.
    """
    try:
        found = verify()
    except UnfinishedError as error:
        print_parts(error.others.tables())
        raise
    print_parts(found.tables())
    write_json(json, found.to_dict())
    if not found.passed:
        raise typer.Exit(1)
