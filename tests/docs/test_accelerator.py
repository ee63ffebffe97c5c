from golden.accelerator.descriptor import FIELDS
from tests.helpers.command_line import REPOSITORY

PAGE = REPOSITORY / "docs" / "accelerator.md"


def test_descriptor_table_is_current() -> None:
    place, rows = 0, []
    for field in FIELDS:
        rows.append(f"| {place} | {field.bits} | `{field.name}` | {field.meaning} |")
        place += field.bits
    assert "\n".join(rows) in PAGE.read_text()
