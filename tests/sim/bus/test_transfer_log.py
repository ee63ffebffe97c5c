import pytest

from golden.machine.config import MachineConfig
from sim.bus.axi_reader import read_transfer
from sim.bus.axi_writer import write_transfer
from sim.bus.memory_ports import MemoryPorts
from sim.bus.transfer_log import COLUMNS, KIND, label


def test_transfers_are_kept_with_their_layer_and_kind() -> None:
    ports = MemoryPorts.of(MachineConfig(), (2, 1))
    label(ports.reader, 7, KIND["inputs"])
    accepted, first, last = read_transfer(ports.reader, ports.reader_parameters, 64, 5, 3)
    row = dict(zip(COLUMNS, ports.reader.rows[0].tolist(), strict=True))
    assert row == {
        "layer": 7,
        "kind": KIND["inputs"],
        "address": 64,
        "words": 5,
        "accepted": accepted,
        "first": first,
        "last": last,
        "done": last,
    }
    label(ports.writer, 8, KIND["results"])
    times = write_transfer(ports.writer, ports.writer_parameters, 128, 2, 9, 20)
    assert ports.writer.rows[0].tolist() == [8, KIND["results"], 128, 2, *times]


@pytest.mark.parametrize("logged", [0, 2])
def test_further_ones_are_counted(logged: int) -> None:
    ports = MemoryPorts.of(MachineConfig(), (logged, 0))
    for number in range(3):
        read_transfer(ports.reader, ports.reader_parameters, 0, 1, 100 * number)
    assert ports.reader.now[0] == 3
    assert len(ports.reader.rows) == logged
