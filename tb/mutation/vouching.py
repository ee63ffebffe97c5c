"""What a valid bit vouches for: payloads that nobody may look at while it is 0."""

import re

from tb.mutation.verilog import ModuleText

_STREAM = re.compile(r"(.+)__payload(?:__\d+)?")
_ERROR = re.compile(r"(.*error)_(?:response|address)")
_AXI = re.compile(r"([ms]_axi_(?:ar|aw|w|r|b))(?!valid|ready)\w+")


def voucher(output: str, outputs: set[str]) -> str:
    """The valid bit that an output's value depends on, by the names of streams, of AXI and of
    the ports that tell an error of memory (:func:`rtl.bus.axi.error_ports`).

    Empty if it is none's payload.
    """
    for pattern, valid in ((_STREAM, "__valid"), (_AXI, "valid"), (_ERROR, "")):
        if (found := pattern.fullmatch(output)) and f"{found[1]}{valid}" in outputs:
            return f"{found[1]}{valid}"
    return ""


def vouched(module: ModuleText) -> str:
    """The module with outputs that are 0 beside a valid bit that is 0."""
    text = module.text
    for output in sorted(module.outputs):
        valid = voucher(output, module.outputs)
        if not valid:
            continue
        width = f"[{module.widths[output] - 1}:0]"
        text = re.sub(rf"^  output (?:\[[^]]*\] )?{output};\n", "", text, flags=re.MULTILINE)
        header, body = text.split(";\n", 1)
        header = re.sub(rf"\b{output}\b", f"{output}_seen", header)
        text = (
            f"{header};\n  output {width} {output}_seen;\n"
            f"  assign {output}_seen = {valid} ? {output} : 0;\n{body}"
        )
    return text
