import pytest

from dittosim.designs.layer_sizes import layer_sizes
from golden.flow.macs import macs
from golden.workload.workload import load_workload


@pytest.mark.parametrize("name", ["digits-unet", "digits-cond", "digits-dit"])
def test_as_many_multiplications_as_the_graph_has(name: str) -> None:
    workload = load_workload(name)
    d = workload.description
    counted = macs(d.graph, d.image_shape)
    assert sum(one.macs for one in layer_sizes(workload)) == sum(
        counted[layer] for layer in workload.layers()
    )
