"""Figures of kinds of DRAM, with their sources."""

from dataclasses import dataclass

from dittosim.energy.dram import Commands, Dram, DramEnergy
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.machine.dram import Standard, standard_timing

DEFAULT_DRAM = Dram.LPDDR4
BIT_PJ = {Dram.LPDDR4: 8.0, Dram.DDR3: 70.0, Dram.HBM2: 6.25, Dram.HBM3: 4.05}
"""Picojoules of a bit moved, as the package hwcomponents-cacti has them"""


@dataclass(frozen=True)
class Currents:
    """Of a device, in mA, named as data sheets name them."""

    devices: int
    """Of a channel"""
    vdd: float
    """Volts"""
    idd0: float
    idd2n: float
    idd3n: float
    idd4r: float
    idd4w: float
    idd5ab: float
    source: str


CURRENTS = {
    Dram.DDR4_2400: Currents(
        devices=8,
        vdd=1.2,
        idd0=48,
        idd2n=34,
        idd3n=43,
        idd4r=135,
        idd4w=123,
        idd5ab=250,
        source="DRAMsim3, configs/DDR4_8Gb_x8_2400.ini",
    ),
    Dram.DDR4_3200: Currents(
        devices=8,
        vdd=1.2,
        idd0=57,
        idd2n=37,
        idd3n=52,
        idd4r=168,
        idd4w=150,
        idd5ab=250,
        source="DRAMsim3, configs/DDR4_8Gb_x8_3200.ini",
    ),
}
OF_STANDARD = {
    Standard.DDR4_2400: Dram.DDR4_2400,
    Standard.DDR4_3200: Dram.DDR4_3200,
    Standard.LPDDR4_3200: Dram.LPDDR4,
    Standard.HBM2: Dram.HBM2,
    Standard.HBM3: Dram.HBM3,
}


def dram_energy(config: MachineConfig, kind: Dram | None = None) -> DramEnergy:
    """What memory outside of a machine takes: of the kind that it is on, if none is given.

    DittosimError if a kind needs counts that the machine's memory does not have.
    """
    own = OF_STANDARD[config.dram.standard] if config.dram else None
    kind = kind or own or DEFAULT_DRAM
    if kind in BIT_PJ:
        return _of_bits(kind)
    if config.dram is None or own is not kind:
        raise DittosimError(
            f"{kind}: its energy is that of activations, refreshes and standby, too, which only "
            f'machines on it count; give the configuration dram = "{kind}", or choose one of '
            f"{', '.join(BIT_PJ)}"
        )
    return _of_currents(kind, config.dram.channels)


def _of_bits(kind: Dram) -> DramEnergy:
    source = (
        f"{kind}, a bit: hwcomponents-cacti; of its own node, not the machine's; activation and "
        "standby are not told apart"
    )
    return DramEnergy(kind, BIT_PJ[kind], BIT_PJ[kind], source)


def _of_currents(kind: Dram, channels: int) -> DramEnergy:
    """By DRAMsim3's formula (src/configuration.cc, InitPowerParams): a rank of equal devices."""
    of, timing = CURRENTS[kind], standard_timing(Standard(kind))
    volts = of.vdd * of.devices
    # V x mA x ns is pJ.
    tick = volts * timing.tck_ps / 1000
    bits = 8 * timing.access_bytes
    open_row = of.idd3n * timing.ras + of.idd2n * timing.rp
    commands = Commands(
        access_bytes=timing.access_bytes,
        activation_pj=tick * (of.idd0 * (timing.ras + timing.rp) - open_row),
        refresh_pj=channels * tick * (of.idd5ab - of.idd3n) * timing.rfc,
        standby_mw=channels * volts * of.idd3n,
    )
    source = (
        f"{kind}: currents of {of.devices} devices ({of.source}), energies by DRAMsim3's formula; "
        "a row always open; no drivers and terminations of its bus"
    )
    read, write = ((each - of.idd3n) * timing.burst for each in (of.idd4r, of.idd4w))
    return DramEnergy(kind, tick * read / bits, tick * write / bits, source, commands)
