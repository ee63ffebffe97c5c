from amaranth.hdl import Fragment

from golden.machine.config import load_config
from rtl.registers.register_file import RegisterFile, slave_ports
from rtl.registers.register_map import ADDRESS_BITS, WORD_BYTES, Kind, error_codes, registers
from tests.helpers.command_line import REPOSITORY


def test_registers_do_not_overlap_and_are_reached():
    places = [
        register.address + WORD_BYTES * n
        for register in registers().values()
        for n in range(register.words)
    ]
    assert len(places) == len(set(places))
    assert max(places) < 1 << ADDRESS_BITS
    for register in registers().values():
        assert register.address % (WORD_BYTES * register.words) == 0
        taken = [range(f.low, f.low + f.width) for f in register.fields]
        bits = [bit for field in taken for bit in field]
        assert len(bits) == len(set(bits))
        assert max(bits) < 32 * register.words


def test_every_register_and_field_is_described():
    for register in registers().values():
        for field in register.fields:
            assert field.description.endswith("."), f"{register.name}.{field.name}"


def test_interrupts_have_their_enables():
    for field in registers()["IRQ_STATUS"].fields:
        assert field.kind is Kind.INTERRUPT
        assert field.enabled_by == f"irq_enable_{field.name}"


def test_error_codes_start_with_none():
    codes = error_codes()
    assert codes[0][0] == "none"
    assert all(meaning.endswith(".") for _, meaning in codes.values())


def test_every_field_but_constants_is_a_port():
    module = RegisterFile(load_config("tiny"))
    Fragment.get(module, None)  # Amaranth warns of modules that are never used
    ports = set(module.signature.members) - set(slave_ports())
    fields = [field for register in registers().values() for field in register.fields]
    expected = {field.port for field in fields if field.kind is not Kind.CONSTANT}
    assert ports == expected - {"config_hash_hash"} | {"irq", "clear_counters"}


def test_page_is_current():
    from rtl.registers.register_page import page

    current = REPOSITORY / "docs" / "registers.md"
    assert current.read_text() == page(), (
        "run python -m rtl.registers.register_page > docs/registers.md"
    )
