"""Whole runs, with guidance and with flows, are those of diffusers' pipelines."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dittosim.importing.flow_schedule import FlowSchedule
from dittosim.importing.scheduler import schedule_of
from golden.workload.trace import load_trace
from tests.helpers.command_line import Cli
from tests.helpers.denoisers import (
    CASES,
    CONTEXT,
    DYNAMIC_FLOW,
    FLOW,
    NOISE,
    random_model,
    write_case,
)

pytestmark = pytest.mark.filterwarnings("ignore")
STEPS, SCALE = 3, 4.0


def sampling_of(folder: Path, name: str, negative: dict[str, np.ndarray] | None = None) -> Any:
    """A random model of a case as capture runs it, and its run."""
    pytest.importorskip("diffusers")
    from dittosim.capture.guidance import Guidance
    from dittosim.capture.model import CapturedModel, DenoiserClass
    from dittosim.capture.sampling import Sampling

    case = CASES[name]
    random_model(case.config).save_pretrained(folder)
    kind = DenoiserClass(folder / "config.json", case.config)
    shape = kind.image_shape((case.size, case.size) if case.size else None)
    options = {key: value for key, value in case.scheduler.items() if key != "_class_name"}
    flow = "Flow" in case.scheduler["_class_name"]
    given = kind.inputs(case.inputs, 2, "")
    led_from = None if negative is None else kind.inputs({**case.inputs, **negative}, 2, "")
    sampling = Sampling(
        schedule=FlowSchedule(**options) if flow else schedule_of(case.scheduler, ""),
        steps=STEPS,
        seed=3,
        guidance=Guidance(given, led_from, 1.0 if negative is None else SCALE),
        image_shape=shape,
        images=2,
        tokens=kind.tokens(shape),
        packed=kind.denoiser.packed,
    )
    return CapturedModel(folder, kind), sampling


@pytest.mark.parametrize("name", ["condition", "sdxl", "sd3"])
def test_guidance_is_that_of_pipelines(tmp_path: Path, name: str) -> None:
    """Both passes as one batch, the negative one first, on diffusers' scheduler."""
    tokens = CASES[name].inputs["encoder_hidden_states"]
    negative = {"encoder_hidden_states": -tokens}
    model, sampling = sampling_of(tmp_path, name, negative)
    found = sampling.run(model, lambda: None)

    import diffusers
    import torch

    from dittosim.capture.model import _nested

    case = CASES[name]
    scheduler = getattr(diffusers, case.scheduler["_class_name"]).from_config(case.scheduler)
    scheduler.set_timesteps(STEPS)
    pairs = (sampling.guidance.negative, sampling.guidance.inputs)
    both = _nested(
        {
            each: torch.cat([torch.from_numpy(np.array(pair[each])) for pair in pairs])
            for each in pairs[0]
        }
    )
    latents = torch.from_numpy(sampling.noise()).permute(0, 3, 1, 2)
    with torch.no_grad():
        for time in scheduler.timesteps:
            predicted = model.model(
                torch.cat([latents] * 2), timestep=time.expand(4), **both, return_dict=False
            )[0]
            without, towards = predicted.chunk(2)
            predicted = without + SCALE * (towards - without)
            latents = scheduler.step(predicted, time, latents, return_dict=False)[0]
    expected = latents.permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_flux_runs_as_in_its_pipeline(tmp_path: Path) -> None:
    """Packed latents, positions, and times from 1 to 1 / steps shifted by the image's size."""
    model, sampling = sampling_of(tmp_path, "flux")
    found = sampling.run(model, lambda: None)

    import diffusers
    import torch

    noise = torch.from_numpy(sampling.noise()).permute(0, 3, 1, 2)
    pipeline = diffusers.FlowMatchEulerDiscreteScheduler.from_config(DYNAMIC_FLOW)
    # A line through shift 0.5 at 256 tokens and 1.15 at 4,096: there are 4 x 4.
    mu = 0.5 + (16 - 256) * (1.15 - 0.5) / (4096 - 256)
    pipeline.set_timesteps(sigmas=np.linspace(1.0, 1 / STEPS, STEPS), mu=mu)
    tokens = noise.view(2, 4, 4, 2, 4, 2).permute(0, 2, 4, 1, 3, 5).reshape(2, 16, 16)
    positions = torch.tensor([[0, row, column] for row in range(4) for column in range(4)])
    options = {
        name: torch.from_numpy(np.array(array)) for name, array in sampling.guidance.inputs.items()
    }
    with torch.no_grad():
        for time in pipeline.timesteps:
            predicted = model.model(
                tokens,
                timestep=time.expand(2) / 1000,
                img_ids=positions.float(),
                txt_ids=torch.zeros(5, 3),
                **options,
            ).sample
            tokens = pipeline.step(predicted, time, tokens).prev_sample
    latents = tokens.view(2, 4, 4, 4, 2, 2).permute(0, 3, 1, 4, 2, 5).reshape(2, 4, 8, 8)
    np.testing.assert_allclose(found, latents.permute(0, 2, 3, 1).numpy(), rtol=1e-4, atol=1e-4)


def test_passes_have_ranges_of_their_own(cli: Cli) -> None:
    write_case(CASES["condition"], Path("model"))
    np.save("negative.npy", 0.01 * CONTEXT["encoder_hidden_states"])
    outcome = cli(
        *("capture", "model", "-o", "trace", "--inputs", "inputs.npz", "--steps", 2),
        *("--guidance", SCALE, "--negative", "negative.npy", "--layers", "down*attn2*"),
    )
    assert outcome.code == 0, outcome.err
    trace = load_trace(Path("trace"))
    assert trace.description.source.endswith(", guidance 4")
    names = [layer.name for layer in trace.description.layers]
    half = len(names) // 2
    assert [f"negative.{name}" for name in names[half:]] == names[:half]
    # The keys of the negative context are far smaller, and fill their range as well.
    for layer_input in trace.layer_inputs(1):
        if layer_input.layer.name.endswith(".scores"):
            assert np.abs(layer_input.operands.second).max() == 127
    assert cli("simulate", "trace", "-c", "tiny").code == 0


def test_one_step_knows_what_depends_on_nothing(cli: Cli) -> None:
    """By an evaluation elsewhere, which is not in the ranges."""
    write_case(CASES["condition"], Path("model"))
    arguments = ("capture", "model", "--inputs", "inputs.npz", "--layers", "down*attn*")
    for steps in (1, 2):
        assert cli(*arguments, "-o", f"trace{steps}", "--steps", steps).code == 0
    one, two = (load_trace(Path(f"trace{steps}")).description for steps in (1, 2))
    assert [layer.name for layer in one.layers] == [layer.name for layer in two.layers]
    assert [layer.second for layer in one.layers] == [layer.second for layer in two.layers]


def test_layers_of_the_context_alone_make_no_trace(cli: Cli) -> None:
    write_case(CASES["condition"], Path("model"))
    options = ("--inputs", "inputs.npz", "--steps", 1, "--layers", "*attn2.to_k")
    cli("capture", "model", "-o", "t", *options).refused("same at all steps", "ahead")
    assert not Path("t").exists()


def test_a_class_itself_stands_for_no_condition(cli: Cli) -> None:
    write_case(CASES["dit"], Path("model"))
    options = ("-o", "trace", "--steps", 1, "--guidance", 2, "--layers", "*to_q")
    outcome = cli("capture", "model", *options)
    assert outcome.code == 0, outcome.err
    names = [layer.name for layer in load_trace(Path("trace")).description.layers]
    assert "negative.transformer_blocks.1.attn1.to_q" in names


def test_schedules_of_noise_and_of_flow(cli: Cli) -> None:
    write_case(CASES["sd3"], Path("model"))
    options = ("-o", "t", "--inputs", "inputs.npz", "--steps", 1)
    cli("capture", "model", *options, "--sampler", "ddim").refused("steps of its own", "leave it")
    scheduler = Path("model/scheduler_config.json")
    import json

    scheduler.write_text(json.dumps(NOISE))
    cli("capture", "model", *options).refused("needs one of flow matching", str(scheduler))
    Path("model/other_scheduler.json").write_text(json.dumps(FLOW))
    cli("capture", "model", *options).refused("different", "of noise and of flow")
    Path("model/other_scheduler.json").unlink()
    scheduler.write_text(json.dumps(FLOW | {"shift": 0}))
    cli("capture", "model", *options).refused("shift = 0")
    scheduler.write_text(json.dumps(FLOW | {"use_karras_sigmas": 1, "use_beta_sigmas": 1}))
    cli("capture", "model", *options).refused("diffusers cannot take the flow's schedule")
    scheduler.unlink()
    cli("capture", "model", *options).refused("flow matching's with --schedule default")
    assert not Path("t").exists()
    assert cli("capture", "model", *options, "--schedule", "default").code == 0
