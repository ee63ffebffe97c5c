"""DRAM and its controller cycle by cycle and tick by tick, as docs/dram.md describes them.

Shares nothing with :mod:`sim.dram`: commands go out when their time has come, found by looking at
everything in every tick.
"""

from dataclasses import dataclass, field

from golden.machine.config import MachineConfig


@dataclass
class Burst:
    number: int
    address: int
    words: int
    write: bool
    seen: int
    left: int = 0
    """Accesses whose column command has not gone out"""
    due: dict[int, int] = field(default_factory=dict)
    """By access (its first address): the cycle in which its data are there"""


@dataclass
class Bank:
    row: int | None = None
    activated: int = -(10**9)
    read: int = -(10**9)
    written: int = -(10**9)
    closed: int = -(10**9)
    planned: int | None = None
    """The row that is open when all that was chosen is done"""


@dataclass
class Access:
    burst: Burst | None
    """None: a refresh"""
    group: int = 0
    bank: int = 0
    row: int = 0
    place: int = 0
    activates: bool = False
    """It has to open its row, and has not done so"""


class Channel:
    def __init__(self, machine: MachineConfig) -> None:
        self.t = machine.dram.timing
        self.banks = {(g, b): Bank() for g in range(self.t.groups) for b in range(self.t.banks)}
        self.queue: list[Access] = []
        self.commands: list[tuple[int, str, int, int]] = []
        """(tick, kind, group, bank) of all so far"""

    def last(self, kind: str, group: int | None = None) -> int:
        for tick, each, g, _ in reversed(self.commands):
            if each == kind and group in (None, g):
                return tick
        return -(10**9)

    def can_close(self, tick: int, bank: Bank) -> bool:
        t = self.t
        return (
            tick >= bank.activated + t.ras
            and tick >= bank.read + t.rtp
            and tick >= bank.written + t.cwl + t.burst + t.wr
        )

    def can_activate(self, tick: int, access: Access, bank: Bank) -> bool:
        t = self.t
        activates = [at for at, kind, _, _ in self.commands if kind == "act"]
        return (
            tick >= bank.closed + t.rp
            and tick >= self.last("refresh") + t.rfc
            and tick >= self.last("act") + t.rrd_s
            and tick >= self.last("act", access.group) + t.rrd_l
            and (len(activates) < 4 or tick >= activates[-4] + t.faw)
        )

    def can_move(self, tick: int, access: Access, bank: Bank) -> bool:
        t, group = self.t, access.group
        if tick < bank.activated + t.rcd:
            return False
        if access.burst.write:
            return (
                tick >= self.last("write") + t.ccd_s
                and tick >= self.last("write", group) + t.ccd_l
                and tick >= self.last("read") + t.cl + t.burst + 2 - t.cwl
            )
        data = t.cwl + t.burst
        return (
            tick >= self.last("read") + t.ccd_s
            and tick >= self.last("read", group) + t.ccd_l
            and tick >= self.last("write") + data + t.wtr_s
            and tick >= self.last("write", group) + data + t.wtr_l
        )

    def tick(self, now: int) -> list[Access]:
        """Sends what can be sent; accesses whose column command went out."""
        moved: list[Access] = []
        busy: set[tuple[int, int]] = set()
        activates = False
        for place, access in enumerate(list(self.queue)):
            if access.burst is None:
                for key, bank in self.banks.items():
                    if key not in busy and bank.row is not None and self.can_close(now, bank):
                        self.close(now, key)
                rested = all(
                    bank.row is None and now >= bank.closed + self.t.rp
                    for bank in self.banks.values()
                )
                if place == 0 and rested and now >= self.last("refresh") + self.t.rfc:
                    self.commands.append((now, "refresh", -1, -1))
                    self.queue.remove(access)
                break
            key = (access.group, access.bank)
            bank = self.banks[key]
            if key not in busy:
                if bank.row == access.row:
                    if place == 0 and self.can_move(now, access, bank):
                        kind = "write" if access.burst.write else "read"
                        self.commands.append((now, kind, *key))
                        setattr(bank, "written" if access.burst.write else "read", now)
                        moved.append(access)
                        self.queue.remove(access)
                elif bank.row is not None:
                    if self.can_close(now, bank):
                        self.close(now, key)
                elif not activates and self.can_activate(now, access, bank):
                    self.commands.append((now, "act", *key))
                    bank.row, bank.activated = access.row, now
                    access.activates = False
            busy.add(key)
            activates = activates or access.activates
        return moved

    def close(self, now: int, key: tuple[int, int]) -> None:
        self.commands.append((now, "pre", *key))
        self.banks[key].row, self.banks[key].closed = None, now


def place_of(address: int, machine: MachineConfig) -> dict[str, int]:
    """Channel, row, bank, column and group, digit by digit from the lowest."""
    dram = machine.dram
    sizes = {
        "channel": dram.channels,
        "group": dram.timing.groups,
        "bank": dram.timing.banks,
        "column": dram.timing.row_bytes // dram.timing.access_bytes,
    }
    rest = address // dram.timing.access_bytes
    found = {}
    for name in reversed(dram.mapping):
        if name == "row":
            found[name] = rest
        else:
            rest, found[name] = divmod(rest, sizes[name])
    return found


class NaiveDram:
    def __init__(self, machine: MachineConfig) -> None:
        self.machine, self.dram = machine, machine.dram
        self.channels = [Channel(machine) for _ in range(self.dram.channels)]
        self.ticks = 0
        self.window: list[Burst] = []
        self.batch = 0
        self.refreshes = 0
        self.modes: set[str] = set()
        """What was met"""

    def run(self, requests: list) -> list[tuple[int, int, int]]:
        machine = self.machine
        limits = {False: machine.outstanding_reads, True: machine.outstanding_writes}
        todo = {w: [n for n, r in enumerate(requests) if bool(r.write) is w] for w in limits}
        open_: dict[bool, list[Burst]] = {False: [], True: []}
        waiting: dict[bool, list[Burst]] = {False: [], True: []}
        found: dict[int, list[int]] = {}
        word = dict.fromkeys(limits, 0)
        cycle = 0
        while any(todo.values()) or any(open_.values()):
            assert cycle < 10**6
            # What leaves in this cycle.
            left = []
            if open_[False]:
                burst = open_[False][0]
                if self.there(burst, word[False]) < cycle:
                    word[False] += 1
                    if word[False] == 1:
                        found[burst.number][1] = cycle
                    if word[False] == burst.words:
                        found[burst.number][2] = cycle
                        left.append(False)
            if open_[True]:
                burst = open_[True][0]
                if len(burst.due) == self.accesses(burst) and max(burst.due.values()) < cycle:
                    found[burst.number][1:] = [cycle, cycle]
                    left.append(True)
            # What comes in this cycle; a place that is left is free from the next one on.
            for write, numbers in todo.items():
                if numbers and requests[numbers[0]].cycle <= cycle:
                    if len(open_[write]) < limits[write]:
                        request = requests[numbers[0]]
                        burst = Burst(
                            numbers.pop(0), request.address, request.words, write, cycle + 1
                        )
                        open_[write].append(burst)
                        waiting[write].append(burst)
                        found[burst.number] = [cycle, 0, 0]
                    else:
                        self.modes.add("full")
            for write in left:
                open_[write].pop(0)
                word[write] = 0
            self.tick_through(cycle)
            self.choose(cycle, waiting)
            cycle += 1
        return [tuple(found[number]) for number in range(len(requests))]

    def accesses(self, burst: Burst) -> int:
        size = self.dram.timing.access_bytes
        end = burst.address + burst.words * self.machine.bus_bytes
        return -(-end // size) - burst.address // size

    def there(self, burst: Burst, word: int) -> int:
        size, bus = self.dram.timing.access_bytes, self.machine.bus_bytes
        first = burst.address + word * bus
        places = range(first // size * size, first + bus, size)
        return max(burst.due.get(place, 10**9) for place in places)

    def tick_through(self, cycle: int) -> None:
        clock, tck = self.dram.clock_ps, self.dram.timing.tck_ps
        while self.ticks * tck < (cycle + 1) * clock:
            now, timing = self.ticks, self.dram.timing
            if now and now % timing.refi == 0:
                self.refreshes += 1
                for channel in self.channels:
                    channel.queue.append(Access(None))
                    for bank in channel.banks.values():
                        bank.planned = None
            for channel in self.channels:
                for access in channel.tick(now):
                    data = timing.cwl if access.burst.write else timing.cl
                    end = now + data + timing.burst
                    access.burst.due[access.place] = end * tck // clock
                    access.burst.left -= 1
            self.ticks += 1
        while self.window and self.window[0].left == 0:
            self.window.pop(0)

    def choose(self, cycle: int, waiting: dict[bool, list[Burst]]) -> None:
        if len(self.window) >= self.dram.window:
            self.modes.add("window")
            return
        seen = {w: [b for b in bursts if b.seen <= cycle] for w, bursts in waiting.items()}
        if not any(seen.values()):
            return
        threshold = min(self.dram.write_batch, self.machine.outstanding_writes)
        if self.batch:
            write = True
            self.batch -= 1
        elif len(seen[True]) >= threshold:
            write = True
            self.batch = len(seen[True]) - 1
            self.modes.add("batch over reads" if seen[False] else "batch")
        else:
            write = not seen[False]
            self.modes.add("write alone" if write else "read")
        burst = waiting[write].pop(0)
        self.window.append(burst)
        size = self.dram.timing.access_bytes
        end = burst.address + burst.words * self.machine.bus_bytes
        for place in range(burst.address // size * size, end, size):
            at = place_of(place, self.machine)
            channel = self.channels[at["channel"]]
            bank = channel.banks[at["group"], at["bank"]]
            access = Access(burst, at["group"], at["bank"], at["row"], place)
            access.activates = bank.planned != at["row"]
            bank.planned = at["row"]
            self.modes.add("miss" if access.activates else "hit")
            channel.queue.append(access)
            burst.left += 1
