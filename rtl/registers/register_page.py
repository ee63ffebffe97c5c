"""The documentation page of the registers, docs/registers.md.

Write it again with ``python -m rtl.registers.register_page > docs/registers.md``.
"""

import re
import tempfile
from pathlib import Path

from peakrdl_markdown import MarkdownExporter

from rtl.registers.register_map import address_map, registers


def page() -> str:
    """Every register and field, and the values that have names, in Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "registers.md"
        MarkdownExporter().export(
            address_map(), str(path), input_files=["rtl/registers/registers.rdl"]
        )
        text = path.read_text()
    text = re.sub(r"^## .* address map$", "## Registers", text, flags=re.MULTILINE)
    text = re.sub(r"^##", "#", text, flags=re.MULTILINE)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n" + "".join(_values())


def _values() -> list[str]:
    tables = []
    for register in registers().values():
        for field in register.fields:
            if field.choices:
                tables.append(f"\n## Values of {register.name}.{field.name}\n\n")
                tables.append("| Value | Name | Meaning |\n|---|---|---|\n")
                tables += [
                    f"| {value} | {name} | {description} |\n"
                    for value, (name, description) in field.choices.items()
                ]
    return tables


if __name__ == "__main__":
    print(page(), end="")
