"""Random queues of products, pairs and vector layers that share tensors in random memory.

Each layer waits for what it must (:mod:`golden.vector.dependencies`), some for more than that.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from golden.accelerator.accesses import Accesses, product_accesses
from golden.accelerator.assemble import Addresses, assemble
from golden.accelerator.descriptor import DESCRIPTOR_BYTES, Descriptor
from golden.accelerator.intervals import Intervals
from golden.accelerator.layout import (
    accumulator_bytes,
    input_bytes,
    pack_accumulators,
    weight_bytes,
)
from golden.accelerator.program import LayerRun
from golden.machine.config import MachineConfig
from golden.step.drafts import ProductOf
from golden.step.execute import product_run
from golden.vector.accesses import stream_bytes, vector_accesses
from golden.vector.dependencies import with_waits
from golden.vector.descriptor import Op, VectorDescriptor
from golden.vector.layer import run_vector_layer
from golden.vector.run import MixedQueue, VectorRun
from tb.harness.coverage import Coverage
from tb.stimuli.descriptor_rules import with_fields
from tb.stimuli.mixture_strata import WAITS, AnyLayer, output_transfers, see_mixture
from tb.stimuli.random_outputs import (
    ADDENDS,
    MODES,
    addend_bytes,
    placed_output,
    random_pair,
)
from tb.stimuli.random_outputs import STRATA as OUTPUT_STRATA
from tb.stimuli.random_vectors import SIZES, VectorDraw, VectorQueue, vector_strata
from tb.stimuli.random_vectors import STRATA as VECTOR_STRATA

READ = 0.4
"""Of operands begin where one of the last results does, however long that is"""
WRITTEN = 0.1
"""Of results lie where a tensor does that they fit"""
RECENT, ROOMS = 4, 12
"""Results, and rooms of tensors, just before"""
STREAMED = 0.5
"""Of products right behind a vector layer read its output as inputs, and nothing else of it"""
FOLLOWED = 0.8
"""Of vector layers right behind a pair read its output as a or b, and nothing else of it"""
AT_END = 0.7
"""Of them end where the output does, if they do not begin there"""
LONG_DRAWN = 8
"""Draws of a queue's first pair, of which the one with the most transfers of output is taken"""
TWICE_DRAWN = 24
"""Draws of a layer that reads such an output twice until it has several blocks, and takes the first
half of the output at most: it is there long before the rest"""
NEEDLESS = 0.2
"""Of waits are longer than they must be"""
LARGER = 0.4
"""Of parts of an output that are waited for are larger than they must be"""
MOST = (1 << 16) - 1
"""Transfers that a wait for a part of an output can be for"""
LAYERS = {"product": 8, "pair": 3, "vector": 10, "pair, vector": 4}


@dataclass
class _Mixture:
    """Layers so far, with the tensors that those behind may share."""

    draw: VectorDraw
    layers: list[AnyLayer] = field(default_factory=list)
    of: list[VectorRun | ProductOf] = field(default_factory=list)
    """What the cycles of each depend on"""
    rooms: list[tuple[int, int]] = field(default_factory=list)
    """Address and size of each tensor that does not lie in another's"""
    written: list[int] = field(default_factory=list)
    """Addresses of results"""
    longest: int = 0
    """Operand, in bytes"""

    def operand(self, size: int) -> int:
        """Where a layer reads: in room of its own or what another leaves."""
        self.longest = max(self.longest, size)
        if self.written and self.draw.chance(READ):
            return int(self.draw.rng.choice(self.written[-RECENT:]))
        return self.own(size)

    def result(self, size: int) -> int:
        """Where a layer writes: in room of its own or where another has a tensor."""
        fits = [address for address, held in self.rooms[-ROOMS:] if held >= size]
        if fits and self.draw.chance(WRITTEN):
            return int(self.draw.rng.choice(fits))
        return self.own(size)

    def own(self, size: int) -> int:
        """Room that no layer before has."""
        self.rooms.append((self.draw.place(size), size))
        return self.rooms[-1][0]

    def _read_of(self, layer: VectorDescriptor, size: int, at_end: float = AT_END) -> int:
        """Where ``size`` bytes begin, or end, that hold what a vector layer writes."""
        self.longest = max(self.longest, size)
        first = layer.o_address
        written = _span(stream_bytes(layer, "o", self.draw.config.bus_bytes))
        behind = first + written - size
        return behind if behind >= 0 and self.draw.chance(at_end) else first

    def _near(self, layer: AnyLayer | None, size: int, elsewhere: Callable[[int], int]) -> int:
        """Often where the layer before writes, which may not have ended."""
        if layer is None or self.draw.chance():
            return elsewhere(size)
        if isinstance(layer, VectorDescriptor):
            return self._read_of(layer, size)
        self.longest = max(self.longest, size)
        return layer.results_address

    def _within_last(self, layer: VectorDescriptor) -> bool:
        """Whether the layer reads half of the pair's output at most, more of it for each block."""
        fused = self.layers[-2] if len(self.layers) > 1 else None
        if not isinstance(fused, VectorDescriptor):
            return False
        bus_bytes = self.draw.config.bus_bytes
        read, written = stream_bytes(layer, "a", bus_bytes), stream_bytes(fused, "o", bus_bytes)
        return layer.a_block >= fused.o_stride and 2 * _span(read) <= _span(written)

    def vector(self, op: Op) -> None:
        """A layer of the vector unit."""
        draw, config = self.draw, self.draw.config
        sizes = SIZES[op]
        a, o = sizes[draw.integer(0, len(sizes) - 1)]
        order = str(draw.rng.choice(vector_strata(config)["gather"])) if op is Op.GATHER else ""
        before = self.layers[-1] if self.layers else None
        follows = isinstance(before, Descriptor) and bool(before.output)
        for _ in range(TWICE_DRAWN if follows and op is Op.GROUPS else 1):
            run = draw.layer(op, a, o, Coverage(VECTOR_STRATA), order)
            if run.layer.blocks > 1 and self._within_last(run.layer):
                break
        layer = run.layer
        tensors = {
            f"{name}_address": _span(stream_bytes(layer, name, config.bus_bytes)) for name in "ao"
        }
        if layer.b_words:
            words = layer.b_words if layer.blocks > 1 else layer.b_tail_words
            tensors["b_address"] = layer.b_block * (layer.blocks - 1) + words * config.bus_bytes
        if follows and (op is Op.GROUPS or draw.chance(FOLLOWED)):
            places = {name: self.own(size) for name, size in tensors.items()}
            read = "b_address" if layer.b_words and draw.chance() else "a_address"
            fused = self.layers[-2]
            assert isinstance(fused, VectorDescriptor)
            at_end = 0 if op is Op.GROUPS else AT_END
            places[read] = self._read_of(fused, tensors[read], at_end)
        else:
            places = {
                name: (self.result if name == "o_address" else self.operand)(size)
                for name, size in tensors.items()
            }
        shared = replace(layer, **places)
        layer = shared if _sound(vector_accesses(shared, config)) else layer
        layer = replace(layer, interrupt=int(draw.chance()))
        self.written.append(layer.o_address)
        self.layers.append(layer)
        self.of.append(replace(run, layer=layer))

    def product(self, *, output: bool) -> None:
        """A product, or a pair."""
        draw, config = self.draw, self.draw.config
        mode = MODES[str(draw.rng.choice(list(MODES)))]
        groups = str(draw.rng.choice(OUTPUT_STRATA["groups"]))
        before = self.layers[-1] if self.layers else None
        streamed = isinstance(before, VectorDescriptor) and draw.chance(STREAMED)
        passes = "several blocks" if streamed or draw.chance() else "one block"
        stored = not output or draw.chance()
        addends = str(draw.rng.choice(ADDENDS))
        # The first of a queue is long: what reads its begin runs beside it.
        pairs = [
            random_pair(config, draw.rng, mode, stored, "several blocks", groups, addends)
            for _ in range(0 if self.layers or not output else LONG_DRAWN)
        ]
        if not pairs:
            pairs = [random_pair(config, draw.rng, mode, stored, passes, groups, addends)]
        run, fused = max(pairs, key=lambda pair: output_transfers(pair[1]))
        plan = run.plan
        sizes = {
            "inputs": input_bytes(plan),
            "weights": weight_bytes(plan),
            "results": accumulator_bytes(plan),
            "reference": input_bytes(plan),
            "previous": accumulator_bytes(plan),
        }
        if output:
            fused, data = placed_output(fused, draw.rng, config, draw.place)
            for address, constant in data:
                draw.memory[address : address + len(constant)] = np.frombuffer(constant, np.uint8)
        own = self.own, self.own
        for operand, result in (own if streamed else (self.operand, self.result), own):
            addresses = {
                name: (result if name == "results" else operand)(size)
                for name, size in sizes.items()
            }
            if streamed:
                assert isinstance(before, VectorDescriptor)
                addresses["inputs"], streamed = self._read_of(before, sizes["inputs"]), False
            if output and fused.op == Op.SUM:
                near = self._near(before, addend_bytes(fused, config), operand)
                fused = replace(fused, b_address=near)
            product = assemble(plan, mode, run.zero_point, Addresses(**addresses))
            product = replace(product, output=int(output), discard=int(output and not stored))
            accesses = product_accesses(product, config)
            if output:
                of_output = vector_accesses(fused, config)
                apart = not accesses.writes.meets(of_output.writes)
                accesses |= of_output
            if _sound(accesses) and (not output or apart):
                break
        self.written.append(fused.o_address if output else addresses["results"])
        if output:
            self.layers.append(fused)
            self.of.append(VectorRun(fused, config))
        self.layers.append(replace(product, interrupt=int(draw.chance())))
        self.of.append(ProductOf(plan, mode, f"layer {len(self.layers)}"))


def random_mixture(
    config: MachineConfig, rng: np.random.Generator, size: int, coverage: Coverage
) -> VectorQueue:
    """A queue of :data:`LAYERS` in any order, in ``size`` bytes of memory at most."""
    draw = VectorDraw(config, rng, size)
    groups = [kind for kind, count in LAYERS.items() for _ in range(count)]
    order = [groups[number] for number in rng.permutation(len(groups))]
    order.insert(0, order.pop(order.index("pair, vector")))
    kinds = ", ".join(order).split(", ")
    queue = draw.place(DESCRIPTOR_BYTES * (len(kinds) + kinds.count("pair")))
    mixture = _Mixture(draw)
    ops = [list(Op)[number % len(Op)] for number in rng.permutation(kinds.count("vector"))]
    for before, kind in pairwise(["", *kinds]):
        if kind != "vector":
            mixture.product(output=kind == "pair")
            continue
        fused = mixture.layers[-2] if before == "pair" else None
        if Op.GROUPS in ops and isinstance(fused, VectorDescriptor) and fused.blocks > 1:
            # Of all that take a product's output as it comes the one that reads it twice.
            ops.append(ops.pop(ops.index(Op.GROUPS)))
        mixture.vector(ops.pop())
    # What begins at another's tensor may end behind the last one.
    draw.place(mixture.longest)
    must = [_layer(one) for one in with_waits(mixture.layers, config)]
    layers = [_longer(one, draw, coverage) for one in must]
    see_mixture(coverage, must, layers)
    packed = b"".join(layer.pack() for layer in layers)
    draw.memory[queue : queue + len(packed)] = np.frombuffer(packed, np.uint8)
    memory = draw.memory[: draw.end]
    after = memory.copy()
    runs = list(_run(after, layers, mixture.of, config))
    places = tuple(_addresses(layer) for layer in layers)
    return VectorQueue(MixedQueue(tuple(runs), places, queue, config), memory, after)


def _run(
    memory: np.ndarray,
    layers: Sequence[AnyLayer],
    of: Sequence[VectorRun | ProductOf],
    config: MachineConfig,
) -> Iterator[LayerRun | VectorRun]:
    """One layer after the other, with what each finds in memory."""
    fused: VectorDescriptor | None = None
    for layer, one in zip(layers, of, strict=True):
        if isinstance(layer, VectorDescriptor):
            assert isinstance(one, VectorRun)
            if layer.fused:
                fused = layer
            else:
                run_vector_layer(memory, layer, config)
            yield replace(one, layer=layer)
            continue
        assert isinstance(one, ProductOf)
        run = product_run(memory, layer, one)
        run = replace(run, interrupt=bool(layer.interrupt))
        results = pack_accumulators(run.accumulators(), run.plan)
        if not layer.discard:
            memory[layer.results_address : layer.results_address + len(results)] = results
        if layer.output:
            assert fused
            run_vector_layer(memory, fused, config, results)
        yield run


def _addresses(layer: AnyLayer) -> Addresses | None:
    if isinstance(layer, VectorDescriptor):
        return None
    names = ("inputs", "weights", "results", "reference", "previous")
    return Addresses(**{name: getattr(layer, f"{name}_address") for name in names})


def _layer(descriptor: object) -> AnyLayer:
    assert isinstance(descriptor, Descriptor | VectorDescriptor)
    return descriptor


def _span(stream: Intervals) -> int:
    """Bytes from the first to the last, with those between that are not in it."""
    return int(stream.ends[-1] - stream.starts[0])


def _sound(accesses: Accesses) -> bool:
    """Whether a layer overwrites nothing that it reads itself."""
    return not (accesses.writes.meets(accesses.operands) or accesses.writes.meets(accesses.weights))


def _longer(layer: AnyLayer, draw: VectorDraw, coverage: Coverage) -> AnyLayer:
    """The same layer, or one that waits for more than it must."""
    needless: dict[str, int] = {}
    if isinstance(layer, Descriptor):
        needless = {wait: 1 for wait in WAITS if draw.chance(NEEDLESS) and not getattr(layer, wait)}
        if layer.inputs_first or "inputs_wait_vectors" in needless:
            needless |= _larger_part(layer, "inputs", draw, coverage, "parts of a vector layer")
    elif layer.fused and draw.chance(NEEDLESS):
        needless = {"products": draw.integer(0, layer.products), "waits_vector": 1}
    elif layer.products and draw.chance(NEEDLESS):
        needless = {"products": draw.integer(min(1, layer.products - 1), layer.products - 1)}
    elif not layer.fused and (layer.results_first or (layer.products and draw.chance(NEEDLESS))):
        needless = _larger_part(layer, "results", draw, coverage, "parts of a product's output")
    coverage.see("waits", "longer" if needless else "as must be")
    return with_fields(layer, needless)


def _larger_part(
    layer: AnyLayer, what: str, draw: VectorDraw, coverage: Coverage, stratum: str
) -> dict[str, int]:
    """Another part of an output that a layer waits for; it needs less, or nothing of it."""
    part: dict[str, int] = {}
    for name in (f"{what}_first", f"{what}_step"):
        if draw.chance(LARGER):
            least = getattr(layer, name)
            part[name] = draw.integer(least, min(MOST, least + 4) if draw.chance() else MOST)
    if any(part.values()):
        far = max(part.values()) > MOST // 2
        coverage.see(stratum, "larger than the output" if far else "larger")
    return part
