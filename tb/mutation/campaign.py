"""A sample of the mutants of a machine, from the first bench to the verdicts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from rtl.emission.emit import Emission
from tb.harness.tools import YOSYS, tool
from tb.mutation.equivalence import is_equivalent
from tb.mutation.mutants import Mutant, mutants_of
from tb.mutation.reach import emission_of, modules_in, stages
from tb.mutation.sample import sample
from tb.mutation.score import Fate, Verdict
from tb.mutation.trials import Trials
from tb.mutation.waivers import Waiver, Waivers


@dataclass(frozen=True)
class Campaign:
    """What is tried: ``per_module`` mutants of each of ``modules``, or of all; or those named.

    DittosimError if a module or a mutant is not there.
    """

    config: MachineConfig
    per_module: int
    seed: int = 0
    """Of the sample, and of the benches"""
    modules: Sequence[str] = ()
    names: Sequence[str] = ()
    tops: Sequence[str] = ()
    """Whose benches are run; all that hold a module if there are none"""
    inside: Sequence[str] = ()
    """Only modules whose smallest top is one of these, if there are any"""
    jobs: int = 1
    waivers: Waivers = field(default_factory=Waivers)
    tell: Callable[[str], None] = lambda _: None

    def verdicts(self) -> list[Verdict]:
        """What became of each mutant of the sample."""
        tool(*YOSYS)  # before anything takes time
        mutants = self.chosen
        trials = Trials(self.config, self.seed, self.jobs, self.tell)
        trials.run(mutants, self._stages)
        return [self._verdict(mutant, trials) for mutant in mutants]

    @cached_property
    def chosen(self) -> list[Mutant]:
        """The sample."""
        if self.names:
            found = [m for ones in self._mutants.values() for m in ones if m.name in self.names]
            if missing := set(self.names) - {mutant.name for mutant in found}:
                raise DittosimError(f"no mutant is called {', '.join(sorted(missing))}")
            return found
        return [
            mutant
            for name in self._wanted
            for mutant in sample(self._mutants[name], self.per_module, self.seed)
        ]

    def there(self, module: str) -> int:
        """How many mutants a module has."""
        return len(self._mutants[module])

    def emission_with(self, module: str) -> Emission:
        """The smallest design that holds a module."""
        return emission_of(self._holders[module], self.config)

    def lost_waivers(self) -> list[Waiver]:
        """Those of the modules looked at that speak of no statement any more."""
        there = [mutant for name in self._wanted for mutant in self._mutants[name]]
        return self.waivers.lost(there, self._wanted)

    def _verdict(self, mutant: Mutant, trials: Trials) -> Verdict:
        if kill := trials.kills.get(mutant.name):
            return Verdict(mutant, Fate.KILLED, f"{kill.run}: {kill.difference}")
        if waiver := self.waivers.of(mutant):
            fate = Fate.EQUIVALENT if waiver.proof else Fate.WAIVED
            return Verdict(mutant, fate, waiver.proof or waiver.reason)
        if trials.proven.get(mutant.name):
            return Verdict(mutant, Fate.EQUIVALENT, "proven by Yosys")
        self.tell(f"{mutant.name} {mutant.module} {mutant.operator}: is it equivalent?")
        try:
            if is_equivalent(self.emission_with(mutant.module), mutant):
                return Verdict(mutant, Fate.EQUIVALENT, "proven by Yosys")
        except DittosimError as error:
            self.tell(str(error))  # what the trials found is not lost for it
        return Verdict(mutant, Fate.SURVIVED, "")

    @cached_property
    def _wanted(self) -> list[str]:
        if unknown := set(self.modules) - set(self._holders):
            raise DittosimError(
                f"no module is called {', '.join(sorted(unknown))}; there are "
                f"{', '.join(sorted(self._holders))}"
            )
        self._known(self.inside)
        wanted = self.modules or self._holders
        return sorted(m for m in wanted if not self.inside or self._holders[m] in self.inside)

    @cached_property
    def _stages(self) -> list[list[str]]:
        self._known(self.tops)
        return [
            [top for top in tops if top in self.tops or not self.tops]
            for tops in stages(self.config)
        ]

    def _known(self, names: Sequence[str]) -> None:
        if unknown := set(names) - {top for tops in stages(self.config) for top in tops}:
            raise DittosimError(f"no top is called {', '.join(sorted(unknown))}")

    @cached_property
    def _holders(self) -> dict[str, str]:
        """The smallest top that holds each module."""
        tops = [top for tops in self._stages for top in tops]
        return {m: top for top in reversed(tops) for m in modules_in(top, self.config)}

    @cached_property
    def _mutants(self) -> dict[str, list[Mutant]]:
        return {
            module: mutants
            for top in {self._holders[module] for module in self._wanted}
            for module, mutants in mutants_of(emission_of(top, self.config)).items()
            if module in self._wanted and self._holders[module] == top
        }
