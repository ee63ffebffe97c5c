"""Which mutants are tried: the same for the same seed, hardly others after an edit."""

import hashlib
from collections.abc import Sequence
from itertools import zip_longest

from tb.mutation.mutants import Mutant


def sample(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """``count`` of a module's mutants, as many of each operator as there are.

    Drawn by a hash of each one's name, module and seed, so that a mutant stays in the sample for
    as long as its statement stays.
    """

    def lot(mutant: Mutant) -> str:
        return hashlib.sha256(f"{seed} {mutant.module} {mutant.name}".encode()).hexdigest()

    kinds: dict[str, list[Mutant]] = {}
    for mutant in sorted(mutants, key=lot):
        kinds.setdefault(mutant.operator, []).append(mutant)
    dealt = [each for row in zip_longest(*kinds.values()) for each in row if each is not None]
    return dealt[:count]
