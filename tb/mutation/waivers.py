"""Mutants that may survive, each with why: tb/mutation/waivers.toml."""

import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from golden.errors import DittosimError
from tb.mutation.mutants import Mutant

WAIVERS = Path(__file__).with_name("waivers.toml")


class Waiver(BaseModel):
    """One change of one statement, wherever in its module that reads so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    module: str
    operator: str
    statement: str
    change: str
    reason: str = ""
    """Why no bench can or need see it, although it makes another machine"""
    proof: str = ""
    """Why it makes no other machine, where no solver could show it"""

    @model_validator(mode="after")
    def _says_why(self) -> "Waiver":
        if bool(self.reason) == bool(self.proof):
            raise ValueError("give either a reason or a proof")
        return self

    def fits(self, mutant: Mutant) -> bool:
        """Whether it speaks of that mutant."""
        ours = (self.module, self.operator, self.statement, self.change)
        return ours == (mutant.module, mutant.operator, mutant.statement, mutant.change)


@dataclass(frozen=True)
class Waivers:
    """All of them."""

    waivers: Sequence[Waiver] = ()

    def of(self, mutant: Mutant) -> Waiver | None:
        """The one that speaks of a mutant."""
        return next((waiver for waiver in self.waivers if waiver.fits(mutant)), None)

    def lost(self, mutants: Iterable[Mutant], modules: Iterable[str]) -> list[Waiver]:
        """Those of ``modules`` that speak of none of ``mutants``: nothing reads so any more."""
        there = list(mutants)
        names = set(modules)
        return [
            waiver
            for waiver in self.waivers
            if waiver.module in names and not any(map(waiver.fits, there))
        ]


def read_waivers(path: Path = WAIVERS) -> Waivers:
    """The waivers of a TOML file; DittosimError if it is not one, or says why twice or never."""
    try:
        text = tomllib.loads(path.read_text())
        stanzas = text.pop("waiver", [])
        if text:
            raise DittosimError(f"{path}: {', '.join(text)} unknown; only [[waiver]] is read")
        return Waivers([Waiver.model_validate(stanza) for stanza in stanzas])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise DittosimError(f"cannot read waivers {path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "waiver"
        raise DittosimError(f"{path}: {place}: {first['msg']}") from error


def stanza(mutant: Mutant) -> str:
    """What a waiver of the mutant looks like, but for its reason."""
    fields = {
        "module": mutant.module,
        "operator": mutant.operator,
        "statement": mutant.statement,
        "change": mutant.change,
    }
    lines = [f"{key} = {_quoted(value)}" for key, value in fields.items()]
    return "\n".join(["[[waiver]]", *lines, 'reason = ""'])


def _quoted(text: str) -> str:
    return f"'{text}'" if "'" not in text else json.dumps(text, ensure_ascii=False)
