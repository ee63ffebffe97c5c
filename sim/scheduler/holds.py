"""What holds loads while the sequencer waits for operands, compiled.

Whichever of a hold and a wait is known later counts the cycles that both have: the loader may stand
before a load that is held while words of those before it are on their way. Of either, those of the
last two passes can still meet one of the other: each pass takes another half of some buffer.
"""

from golden.accelerator.counters import CAUSES
from golden.jit import engine
from sim.blocks.queue_columns import COUNTED, RING

_HOLDS = tuple(COUNTED.index(f"cycles_{cause}") for cause in ("dependency", "vector"))
"""By what holds: by products, by vector layers"""
assert CAUSES.index("dependency") < CAUSES.index("vector")


@engine(inline="always")
def overlap(first, second, a, b):  # pragma: no cover - compiled
    """Cycles from ``first`` to before ``second`` that lie in those from ``a`` to before ``b``."""
    return max(0, min(second, b) - max(first, a))


@engine(inline="always")
def hold(m, product, first, second, what):  # pragma: no cover - compiled
    """A load of ``product`` was held from ``first`` to before ``second``, by ``what``."""
    if second <= first:
        return
    row = product.held[product.holds % RING]
    row[0], row[1], row[2] = first, second, _HOLDS[what]
    product.holds += 1
    for number in range(min(product.waits, RING)):
        _count_both(m, product, row, product.waited[number])


@engine(inline="always")
def wait(m, product, first, second, cause):  # pragma: no cover - compiled
    """A pass of ``product`` waited for operands: if nothing was held, that is the ``cause``."""
    if second <= first:
        return
    m.trace.counts[product.number, cause] += second - first
    row = product.waited[product.waits % RING]
    row[0], row[1], row[2] = first, second, cause
    product.waits += 1
    for number in range(min(product.holds, RING)):
        _count_both(m, product, product.held[number], row)


@engine
def _count_both(m, product, held, waited):  # pragma: no cover - compiled
    """Moves the cycles of both from the cause of the wait to that of the hold."""
    counts = m.trace.counts[product.number]
    cycles = overlap(waited[0], waited[1], held[0], held[1])
    counts[waited[2]] -= cycles
    counts[held[2]] += cycles
