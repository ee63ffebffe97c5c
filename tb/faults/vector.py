"""Faults of the vector unit and of the check of its descriptors."""

from golden.vector.descriptor import FIELDS
from tb.faults.fault import Fault


def _of_layer(name: str, signal: str = "layer") -> str:
    """The pattern of a field of the descriptor, which most parts have as ``layer``."""
    first = 0
    for field in FIELDS:
        if field.name == name:
            last = first + field.bits - 1
            bits = f"{last}:{first}" if last > first else f"{first}"
            return rf"{signal}\[{bits}\]"
        first += field.bits
    raise KeyError(name)


FAULTS = (
    Fault(
        "results not rounded",
        "vector",
        "ditto_vector_lane",
        r"(= exact\[16:0\] \+ \{ \S+) exact\[0\] \};",
        r"\1 1'b0 };",
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
        r"(= lookup__entry >> \S+ +)\[11:8\]",
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
        r"= begins \? \d+'h0+ : sum_of_squares",
        "= sum_of_squares",
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
        "error of a vector layer's write told for a product",
        "vector-errors",
        "ditto_core",
        r"queue__write_vector = .*;",
        "queue__write_vector = 1'b0;",
    ),
    Fault(
        "vector layer told although its read failed",
        "vector-errors",
        "ditto_bus_errors",
        r"vector_read\[0\] & vector_read_own",
        "1'b0",
    ),
    Fault(
        "vector layer started beside products that it waits for",
        "overlap",
        "ditto_layer_queue",
        rf"under_way__products <= {_of_layer('products', 'descriptor')}",
        "1'b1",
    ),
    Fault(
        "operands loaded before the vector layer before is in memory",
        "overlap",
        "ditto_loader",
        r"held_vectors = .*;",
        "held_vectors = 1'b0;",
    ),
    Fault(
        "output of a vector layer taken as in memory a transfer too early",
        "overlap",
        "ditto_loader",
        r"progress >= need;",
        "{1'b0, progress} + 17'd1 >= need;",
    ),
    Fault(
        "all blocks of rows wait for what the first one does",
        "overlap",
        "ditto_loader",
        r"need \+ layer\[1023:1008\];",
        "need;",
    ),
    Fault(
        "output of a product taken as in memory a transfer too early",
        "overlap",
        "ditto_vector_loader",
        r"progress >= need;",
        "{1'b0, progress} + 17'd1 >= need;",
    ),
    Fault(
        "all blocks of a vector layer wait for what the first one does",
        "overlap",
        "ditto_vector_loader",
        rf"need \+ {_of_layer('results_step')};",
        "need;",
    ),
    Fault(
        "vector layer waits for an output that it did not begin beside",
        "overlap",
        "ditto_vector_unit",
        r"(assign \S+ += )start & output_active;",
        r"\1start;",
    ),
    Fault(
        "layer counted as done while one before it is under way",
        "overlap",
        "ditto_under_way",
        r">> entry0\[1:0\];",
        "!= 3'h0;",
    ),
    Fault(
        "product and vector unit ask memory at once",
        "overlap",
        "ditto_core",
        r"vector_free = ~ loader_asks;",
        "vector_free = ~ output_asks;",
    ),
    Fault(
        "vector unit begins to store while a product does",
        "overlap",
        "ditto_write_port",
        r"vector_may_write = .*;",
        "vector_may_write = ~output_writes;",
    ),
    Fault(
        "vector unit begins to store with a product that wants to",
        "overlap",
        "ditto_write_port",
        r"(output_may_write = [\s\S]*)= ~ products_wants;",
        r"\g<1>= 1'b1;",
    ),
    Fault(
        "output stage begins to store while its product does",
        "output",
        "ditto_write_port",
        r"output_may_write = .*;",
        "output_may_write = 1'b1;",
    ),
    Fault(
        "block taken into a half of the output that is being stored",
        "output",
        "ditto_output_intake",
        r"(used != 2'h2;[\s\S]*)used != 2'h2;",
        r"\g<1>1'b1;",
    ),
    Fault(
        "results added to addends that have not come",
        "output",
        "ditto_output_addends",
        r"there = .*;",
        "there = 1'b1;",
    ),
    Fault(
        "addends of an output of 8 bits as close as its elements",
        "output",
        "ditto_output_addends",
        rf"({_of_layer('o_stride')}) << \S+ +;",
        r"\1;",
    ),
    Fault(
        "all groups with the addends of the first",
        "output",
        "ditto_output_addends",
        r"= of_group \+ \S+ +;",
        "= of_group;",
    ),
    Fault(
        "one pixel of addends is not taken again",
        "output",
        "ditto_output_intake",
        r"addend_row = .*;",
        "addend_row = block_row;",
    ),
    Fault(
        "addends of a block read where those of the one before are",
        "output",
        "ditto_output_stage",
        r"b_half <= .*;",
        "b_half <= 1'b0;",
    ),
    Fault(
        "addend with its zero point",
        "output",
        "ditto_output_lane",
        r"\+ \$signed\(uniform\[67:51\]\);",
        "+ 17'sd0;",
    ),
    Fault(
        "fused layer begins while the vector unit writes its addends",
        "overlap",
        "ditto_layer_queue",
        rf"{_of_layer('waits_vector', 'descriptor')} & vector_active",
        "1'b0",
    ),
    Fault(
        "output of a block written where the one before is",
        "output",
        "ditto_output_stage",
        r"slot <= .*;",
        "slot <= 1'b0;",
    ),
    Fault(
        "all groups with the parameters of the first",
        "output",
        "ditto_output_intake",
        rf"first_row \+ {_of_layer('rows')}",
        "first_row",
    ),
    Fault(
        "output not rounded",
        "output",
        "ditto_output_lane",
        r"\+ exact\[0\];",
        ";",
    ),
)
