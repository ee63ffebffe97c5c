"""All proofs."""

from tb.faults import axi, defo, registers, tile, vector
from tb.faults.fault import Fault
from tb.formal.axi_reader import AxiReaderProperties
from tb.formal.axi_writer import AxiWriterProperties
from tb.formal.burst_queue import BurstQueueProperties
from tb.formal.burst_splitter import BurstSplitterProperties
from tb.formal.lane_fifo import LaneFifoProperties
from tb.formal.layer_queue import LayerQueueProperties
from tb.formal.proof import Method, Proof
from tb.formal.register_file import RegisterFileProperties

_BY_NAME = {
    fault.name: fault for wing in (axi, defo, registers, tile, vector) for fault in wing.FAULTS
}


def _of_benches(**names: str) -> dict[str, Fault]:
    """Faults of the benches, by the property that each breaks."""
    return {statement: _BY_NAME[name] for statement, name in names.items()}


def _queue(name: str, pattern: str, replacement: str) -> Fault:
    return Fault(name, "", "ditto_burst_queue_4", pattern, replacement)


_OF_COMMANDS = ("address", "words", "asks_on", "end")
"""Properties of the write engine that speak of whole commands"""

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
                "order": _queue("burst overwritten", r"= ~ kept\[0\];", "= 1'b1;"),
                "offers_stay": _queue("leaves untaken", r"= valid\[0\] & o__ready;", "= valid[0];"),
                "content": _queue("enters unasked", r"= i__valid & i__ready;", "= i__ready;"),
                "room": _BY_NAME["one burst too few in flight"],
            },
        ),
        Proof(
            "burst-splitter",
            BurstSplitterProperties,
            Method.PDR,
            depth=8,
            cover=8,
            faults={
                "page": _BY_NAME["burst across a page"],
                "takes": Fault(
                    "command taken early",
                    "",
                    "ditto_burst_splitter",
                    r"= o__ready & \S+ ;",
                    "= o__ready;",
                ),
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
            )
            | {
                "address_stays": Fault(
                    "write address overwritten while it waits",
                    "",
                    "ditto_axi_writer",
                    r"(= m_axi_awaddr;\s+if )\(\S+ \)",
                    r"\1(1'b1)",
                )
            },
            only=tuple(name for name in AxiWriterProperties.HOLDS if name not in _OF_COMMANDS),
        ),
        # Two are sooner done than all together.
        Proof(
            "axi-writer-commands",
            AxiWriterProperties,
            Method.PDR,
            depth=10,
            cover=12,
            faults=_of_benches(
                end="every burst ends a write",
                words="burst lost behind a write address that waits",
            ),
            only=_OF_COMMANDS,
            helped_by=("splitter", "in_flight"),
        ),
        Proof(
            "register-file",
            RegisterFileProperties,
            Method.PDR,
            depth=8,
            cover=12,
            faults=_of_benches(
                read_response="address without a register answered",
                outputs="write strobes ignored",
                irq="interrupt not enabled",
            ),
        ),
        Proof(
            "lane-fifo",
            LaneFifoProperties,
            Method.PDR,
            depth=8,
            cover=12,
            faults=_of_benches(
                order="skipped slot",
                offers="slot leaves before its row may",
                done="row done too early",
            ),
        ),
        Proof(
            "layer-queue",
            LayerQueueProperties,
            Method.BOUNDED,
            depth=24,
            longer=8,
            cover=30,
            faults={
                **_of_benches(
                    moves_on="a choice is not counted as done",
                    ends_empty="layer counted as done while one before it is under way",
                ),
                "engine_free": Fault(
                    "product handed to a busy loader",
                    "",
                    "ditto_layer_queue",
                    r"= free & (\S+ );",
                    r"= \1;",
                ),
            },
        ),
    )
}
