"""The memories on which designs are compared, all on the same one."""

from collections.abc import Sequence
from dataclasses import dataclass

from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.machine.dram import DramConfig, Standard
from golden.wording import number_of


@dataclass(frozen=True)
class Memory:
    """One of them."""

    name: str
    """Bytes a cycle of one of fixed rate, or the standard of DRAM"""
    bandwidth: float
    """Bytes a cycle at most: in each direction, of DRAM in both together"""
    interval: int
    """``memory_interval``"""
    dram: DramConfig | None = None

    @property
    def title(self) -> str:
        """In words."""
        if self.dram is None:
            return f"{self.name} bytes a cycle"
        channels = number_of(self.dram.channels, "channel")
        return f"{self.name}, {channels}, {self.bandwidth:.1f} bytes a cycle at most"

    def of(self, machine: MachineConfig) -> MachineConfig:
        """The machine on it."""
        changes = {"memory_interval": self.interval, "dram": self.dram}
        if self.dram:
            changes["memory_latency"] = MachineConfig.model_fields["memory_latency"].default
        return machine.model_copy(update=changes)


def memories(
    base: MachineConfig, bandwidths: Sequence[float] | None, standards: Sequence[Standard] | None
) -> list[Memory]:
    """Those asked for, each once, or that of the machine; the widest first.

    DittosimError if one cannot be, or both kinds are asked for.
    """
    if bandwidths and standards:
        raise DittosimError("--bandwidth and --standard: DRAM has its own bandwidth; give one")
    if bandwidths and base.dram:
        raise DittosimError(
            f"--bandwidth: the configuration's memory is {base.dram.standard}, which has its own; "
            "leave it out, or choose others by --standard"
        )
    if standards:
        other = base.dram.model_dump(exclude={"standard"}) if base.dram else {}
        found = [_on_dram(DramConfig(standard=one, **other)) for one in standards]
    elif base.dram:
        found = [_on_dram(base.dram)]
    else:
        own = base.bus_bytes / base.memory_interval
        found = [_of_rate(one, base) for one in bandwidths or [own]]
    each_once = {one.name: one for one in found}
    return sorted(each_once.values(), key=lambda one: -one.bandwidth)


def _on_dram(dram: DramConfig) -> Memory:
    interval = MachineConfig.model_fields["memory_interval"].default
    return Memory(str(dram.standard), dram.peak, interval, dram)


def _of_rate(bandwidth: float, base: MachineConfig) -> Memory:
    """DittosimError if a bus word takes no whole number of cycles."""
    most = MachineConfig.model_fields["memory_interval"]
    limit = next(each.le for each in most.metadata if hasattr(each, "le"))
    interval = round(base.bus_bytes / bandwidth) if bandwidth > 0 else 0
    if not 1 <= interval <= limit or interval * bandwidth != base.bus_bytes:
        examples = ", ".join(f"{base.bus_bytes / n:g}" for n in (1, 2, 4, 8))
        raise DittosimError(
            f"--bandwidth {bandwidth:g}: memory moves a bus word of {base.bus_bytes} bytes in 1 to "
            f"{limit} cycles: {examples} ... bytes a cycle; for more take a wider bus"
        )
    return Memory(f"{bandwidth:g}", bandwidth, interval)
