"""Faults of the vector unit and of the check of its descriptors."""

from golden.vector.descriptor import FIELDS
from tb.faults.fault import Fault


def _of_layer(name: str) -> str:
    """The pattern of a field of the descriptor, which every part of the unit has as ``layer``."""
    first = 0
    for field in FIELDS:
        if field.name == name:
            last = first + field.bits - 1
            return rf"layer\[{last}:{first}\]"
        first += field.bits
    raise KeyError(name)


FAULTS = (
    Fault(
        "results not rounded",
        "vector",
        "ditto_vector_lane",
        r"= \$signed\(addend\) \+ \$signed\(\{ 1'h0, \S+ +\}\);",
        "= $signed(addend);",
    ),
    Fault(
        "16 bits saturated one too low",
        "vector",
        "ditto_vector_lane",
        r"15'h7fff",
        "15'h7ffe",
    ),
    Fault(
        "far powers shifted by too little",
        "vector",
        "ditto_vector_lane",
        r"(= entry >> \S+ +)\[11:8\]",
        r"\1[10:8]",
    ),
    Fault(
        "sums miss what was added a cycle before",
        "vector",
        "ditto_vector_statistics",
        r"= wrote & \S+ +;",
        "= 1'b0;",
    ),
    Fault(
        "one place of a reciprocal root too few",
        "vector",
        "ditto_vector_reciprocal",
        r"6'h10;",
        "6'h0f;",
    ),
    Fault(
        "transfers of the last block not fewer",
        "vector",
        "ditto_vector_loader",
        rf"\? {_of_layer('a_tail_count')} : ({_of_layer('a_count')})",
        r"? \1 : \1",
    ),
    Fault(
        "b loaded as long as in the block before",
        "vector",
        "ditto_vector_loader",
        rf"\? {_of_layer('b_tail_words')} : ({_of_layer('b_words')})",
        r"? \1 : \1",
    ),
    Fault(
        "transfers of the output stored without a stride",
        "vector",
        "ditto_vector_store",
        rf"command_address \+ {_of_layer('o_stride')}",
        "command_address + 32'd0",
    ),
    Fault(
        "all elements of a row of softmax count",
        "vector",
        "ditto_vector_engine",
        rf"counted = \S+ +< {_of_layer('valid')};",
        "counted = 1'b1;",
    ),
    Fault(
        "largest element of softmax taken of powers, too",
        "vector",
        "ditto_vector_reductions",
        r"= kept0;(\s+)if \(later\)",
        r"= kept0;\1if (takes)",
    ),
    Fault(
        "sums of a pixel go on from the one before",
        "vector",
        "ditto_vector_reductions",
        r"= begins \? 95'h0+ : sums",
        "= sums",
    ),
    Fault(
        "elements of a line gathered behind the last",
        "vector",
        "ditto_vector_gatherer",
        r"assign \\within += .*;",
        r"assign \\within = 1'b1;",
    ),
    Fault(
        "error of a vector layer told for another",
        "vector-errors",
        "ditto_vector_unit",
        r"\.number\(\\number\$\d+ +\)",
        ".number(32'h0)",
    ),
    Fault(
        "b of 32 bits not refused",
        "vector-check",
        "ditto_vector_check",
        rf"{_of_layer('b_size')} > 1'h1",
        "1'b0",
    ),
    Fault(
        "product started beside a vector layer",
        "sampling",
        "ditto_layer_queue",
        r"vector_runs <= \S+ +;",
        "vector_runs <= 1'b0;",
    ),
)
