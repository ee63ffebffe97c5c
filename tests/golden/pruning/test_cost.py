import pytest

from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.pruning.cost import node_costs
from golden.workload.workload import load_workload


@pytest.fixture(scope="module")
def workload():
    return load_workload("digits-unet")


@pytest.fixture(scope="module")
def costs(workload):
    return node_costs(workload.description.graph, workload.description.image_shape)


def test_macs_are_those_of_the_integer_layers(workload, costs):
    found = {}

    def observe(step: LayerStep) -> None:
        first, second = step.operands
        found[step.layer.name] = first.size * second.shape[-1]

    workload.sample(Mode.ACT, workload.noise(1, 0), 1, observe)
    assert {name: cost.macs for name, cost in costs.items() if cost.macs} == found


def test_parameters_are_those_of_the_weights(workload, costs):
    found = dict.fromkeys(costs, 0)
    for name, values in workload.weights.items():
        found[name.rpartition(".")[0]] += values.size
    assert found == {name: cost.parameters for name, cost in costs.items()}
