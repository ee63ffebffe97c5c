"""Cycles of every layer and step in each mode, from computing and from moving bytes.

What a layer takes is the longer of the two: loads and stores run under the computation, and one
memory port serves all. How Defo fares on such a table, :func:`golden.flow.defo.judge` tells.
"""

from collections.abc import Mapping

from golden.difference.matmul import Mode
from golden.flow.dataflow import Link
from golden.flow.defo import Cycles
from golden.flow.traffic import Traffic, step_traffic
from golden.formats.quantization import TensorFormat
from golden.network.graph import Graph
from golden.network.nodes import Shape

ModeTraffic = Mapping[tuple[Mode, str, int], Traffic]
"""Bytes by mode, layer and step"""


def mode_traffic(
    graph: Graph,
    image_shape: Shape,
    formats: Mapping[str, TensorFormat],
    steps: int,
    links: Mapping[str, Link] | None = None,
) -> dict[tuple[Mode, str, int], Traffic]:
    """Bytes of every layer and step of runs that keep to one mode, for one image."""
    found = {}
    for mode in Mode:
        modes = {node.name: [mode] * steps for node in graph.matmuls()}
        run = step_traffic(graph, image_shape, formats, modes, links)
        found.update({(mode, *key): traffic for key, traffic in run.items()})
    return found


def defo_traffic(traffic: ModeTraffic) -> dict[tuple[Mode, str, int], Traffic]:
    """Bytes of every layer and step under Defo.

    Its first step stores the sums of every layer, since the second runs on temporal differences.
    A layer that leaves temporal differences after that has stored its sums once more than needed:
    when the second step ends, Defo has not decided yet.
    """
    return {
        (mode, layer, step): bytes_ if step else traffic[Mode.TEMPORAL, layer, step]
        for (mode, layer, step), bytes_ in traffic.items()
    }


def bounded_cycles(
    compute: Cycles, traffic: ModeTraffic, bytes_per_cycle: float
) -> dict[tuple[Mode, str, int], float]:
    """The longer of computing and moving, for every entry of ``compute``; all of one image."""
    return {
        key: max(cycles, traffic[key].total / bytes_per_cycle) for key, cycles in compute.items()
    }
