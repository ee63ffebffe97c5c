import pytest

from dittosim.energy.dram import Dram
from dittosim.energy.dram_figures import DEFAULT_DRAM, dram_energy
from golden.accelerator.counters import KINDS
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.machine.dram import DramConfig
from sim.dram.counts import DramCounts

DDR4 = MachineConfig(dram="ddr4-2400")
MOVED = dict.fromkeys(KINDS, 0) | {"inputs": 100, "results": 48, "vector_written": 16}


def test_energy_is_that_of_the_machines_own_dram() -> None:
    assert dram_energy(MachineConfig()).kind is DEFAULT_DRAM
    assert dram_energy(MachineConfig(dram="hbm2")).kind is Dram.HBM2
    assert dram_energy(MachineConfig(dram="hbm2"), Dram.DDR3).read_pj_bit == 70
    assert dram_energy(DDR4).kind is Dram.DDR4_2400


@pytest.mark.parametrize(
    ("standard", "read", "write", "activation", "refresh", "standby"),
    [
        # Published for DDR4-2400 of eight devices, by the same currents.
        ("ddr4-2400", 5.73, 4.98, 3.45, 693, 413),
        # (168 - 52) mA, 1.2 V, 8 devices, 4 ticks of 0.63 ns, over 512 bits; and so on.
        ("ddr4-3200", 5.48, 4.63, 4.23, 671, 499),
    ],
)
def test_figures_of_ddr4(
    standard: str, read: float, write: float, activation: float, refresh: float, standby: float
) -> None:
    found = dram_energy(MachineConfig(dram=standard))
    commands = found.commands
    assert commands
    figures = (
        found.read_pj_bit,
        found.write_pj_bit,
        commands.activation_pj / 1e3,
        commands.refresh_pj / 1e3,
        commands.standby_mw,
    )
    for figure, wanted in zip(figures, (read, write, activation, refresh, standby), strict=True):
        assert figure == pytest.approx(wanted, rel=1e-3)


def test_whole_accesses_move_and_time_counts() -> None:
    energy = dram_energy(DDR4)
    counts = DramCounts(reads=3, writes=2, activations=4, refreshes=5)
    found = energy.commands_pj(MOVED, counts, nanoseconds=1000)
    assert found["activations"] == pytest.approx(4 * 3450.144)
    assert found["refreshes"] == pytest.approx(5 * 692737.92)
    assert found["standby"] == pytest.approx(412.8e3)
    # 3 x 64 bytes read for 100, 2 x 64 written for 64.
    assert found["bytes beside those asked for"] == pytest.approx(8 * (92 * 5.727 + 64 * 4.98))
    assert energy.bytes_pj("inputs", 10) == pytest.approx(80 * 5.727)
    assert energy.bytes_pj("results", 10) == pytest.approx(80 * 4.98)
    assert energy.commands_pj(MOVED, None, 1000) == {}
    of_bits = dram_energy(MachineConfig(dram="hbm3"))
    assert of_bits.commands_pj(MOVED, counts, 1000) == {}


def test_channels_all_refresh_and_stand_by() -> None:
    one, two = (
        dram_energy(MachineConfig(dram=DramConfig(standard="ddr4-2400", channels=n))).commands
        for n in (1, 2)
    )
    assert one and two
    assert (two.refresh_pj, two.standby_mw) == (2 * one.refresh_pj, 2 * one.standby_mw)
    assert two.activation_pj == one.activation_pj


@pytest.mark.parametrize("config", [MachineConfig(), MachineConfig(dram="ddr4-3200")])
def test_counts_of_another_memory(config: MachineConfig) -> None:
    with pytest.raises(DittosimError, match=r'ddr4-2400: .* give the configuration dram = "ddr4-'):
        dram_energy(config, Dram.DDR4_2400)
