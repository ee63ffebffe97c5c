"""All proofs."""

from tb.faults import axi, registers, tile
from tb.faults.fault import Fault
from tb.formal.axi_reader import AxiReaderProperties
from tb.formal.axi_writer import AxiWriterProperties
from tb.formal.burst_queue import BurstQueueProperties
from tb.formal.proof import Method, Proof

_BY_NAME = {fault.name: fault for fault in (*axi.FAULTS, *registers.FAULTS, *tile.FAULTS)}


def _of_benches(**names: str) -> dict[str, Fault]:
    """Faults of the benches, by the property that each breaks."""
    return {statement: _BY_NAME[name] for statement, name in names.items()}


PROOFS = {
    proof.name: proof
    for proof in (
        Proof(
            "burst-queue",
            BurstQueueProperties,
            Method.PDR,
            depth=8,
            cover=8,
            faults={
                "order": Fault(
                    "burst overwritten", "", "ditto_burst_queue_4", r"if \(\\\$8 \)", "if (1'b1)"
                ),
                "room": _BY_NAME["one burst too few in flight"],
            },
        ),
        Proof(
            "axi-reader",
            AxiReaderProperties,
            Method.PDR,
            depth=10,
            cover=12,
            faults=_of_benches(
                page="burst across a page",
                asks_on="one burst too few in flight",
                last="every burst ends a command",
            ),
        ),
        Proof(
            "axi-writer",
            AxiWriterProperties,
            Method.PDR,
            depth=10,
            cover=12,
            faults=_of_benches(
                page="burst across a page",
                last="WLAST a word early",
                word_after_address="word offered before its burst",
                end="every burst ends a write",
                address_stays="write address overwritten while it waits",
            ),
        ),
    )
}
