"""Rules of descriptors as hardware: the first one that is broken, as a code of the registers."""

from collections.abc import Sequence

from amaranth.hdl import Module, Signal, Value, ValueLike

from rtl.scheduler.error_codes import CODES

Rule = tuple[str, ValueLike, Value | None]
"""Name of its code, whether it is broken, and the address that is wrong, if one is"""


def first_broken(m: Module, rules: Sequence[Rule], code: Signal, address: Signal) -> None:
    """Tells ``code`` and ``address`` a cycle after what breaks a rule, whose address must stand.

    Those of no error if all rules are kept.
    """
    m.d.comb += [code.eq(CODES["none"]), address.eq(0)]
    for number, (name, broken, where) in reversed(list(enumerate(rules))):
        found = Signal(name=f"broken{number}")
        m.d.sync += found.eq(broken)
        with m.If(found):
            m.d.comb += [code.eq(CODES[name]), address.eq(0 if where is None else where)]
