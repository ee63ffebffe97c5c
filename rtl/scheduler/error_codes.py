"""Codes of the error register, by the names that rtl/registers/registers.rdl gives them."""

from rtl.registers.register_map import error_codes

CODES: dict[str, int] = {name: value for value, (name, _) in error_codes().items()}
CODE_BITS = 8
