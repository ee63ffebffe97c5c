from collections.abc import Callable

import pytest
from amaranth.back import verilog

from golden.cache import cache_folder
from golden.errors import DittosimError
from golden.machine.config import load_config
from rtl.blocks.module import RtlModule
from rtl.emission import backend
from rtl.emission.emit import TOPS

TINY = load_config("tiny")


Convert = Callable[[RtlModule, str], str]


def text_of(top: str, convert: Convert) -> str:
    module = TOPS[top](TINY)
    text = convert(module, module.module_name)
    for child in module.children:
        child._MustUse__silence = True  # emitted on their own
    return text


def by_amaranth(module: RtlModule, name: str) -> str:
    return verilog.convert(module, name=name, emit_src=False, strip_internal_attrs=True)


@pytest.mark.parametrize("top", ["pe", "tile", "register-file", "axi-reader", "defo-unit"])
def test_is_what_amaranth_makes_of_it(top: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte for byte, whatever was made before."""
    monkeypatch.setenv("AMARANTH_USE_YOSYS", "builtin")
    monkeypatch.setenv(backend.CACHE_HOME, str(cache_folder()))
    expected = text_of(top, by_amaranth)
    assert [text_of(top, backend.convert) for _ in range(2)] == [expected] * 2


def test_what_yosys_says_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "_COMMANDS", "read_rtlil nothing.il")
    with pytest.raises(DittosimError, match=r"fails at ditto_pe: ERROR: Can't open .*nothing.il"):
        text_of("pe", backend.convert)
