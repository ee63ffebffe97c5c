"""Commands of a channel, compiled: one access or refresh after the other, in ticks of its clock.

The recurrence is that of docs/dram.md.
"""

from golden.jit import engine
from sim.dram.state import FAW_ACTIVATES


@engine(inline="always")
def _closed(bank, times, first):  # pragma: no cover - compiled
    """From when on a bank can be activated, or is ready to be refreshed, if it is closed."""
    if bank.row < 0:
        return bank.ready
    after = max(bank.activated + times.ras, bank.read + times.rtp)
    return max(first, after, bank.written + times.write_to_precharge) + times.rp


@engine(inline="always")
def _activate(times, controller, channel, group, bank, first):  # pragma: no cover - compiled
    """Opens a row, after its bank's own is closed: the tick of the activate."""
    tick = max(
        first,
        _closed(bank, times, first),
        channel.activated + times.rrd_s,
        group.activated + times.rrd_l,
        channel.activates[channel.activations % FAW_ACTIVATES] + times.faw,
    )
    channel.activates[channel.activations % FAW_ACTIVATES] = tick
    channel.activations += 1
    channel.activated = group.activated = bank.activated = tick
    controller.activations += 1
    return tick


@engine(inline="always")
def access(
    times, controller, channels, groups, banks, address, write, first
):  # pragma: no cover - compiled
    """An access whose commands come from tick ``first`` on: the tick of its column command."""
    c = (address >> times.channel_shift) & times.channel_mask
    g = c * times.groups + ((address >> times.group_shift) & times.group_mask)
    b = g * times.banks + ((address >> times.bank_shift) & times.bank_mask)
    row = address >> times.row_shift
    channel, group, bank = channels[c], groups[g], banks[b]
    tick = first
    if bank.row != row:
        tick = _activate(times, controller, channel, group, bank, first)
        bank.row = row
    tick = max(tick, bank.activated + times.rcd)
    if write:
        tick = max(
            tick,
            channel.read + times.read_to_write,
            channel.written + times.ccd_s,
            group.written + times.ccd_l,
        )
        channel.written = group.written = bank.written = tick
    else:
        tick = max(
            tick,
            channel.written + times.write_to_read_s,
            group.written + times.write_to_read_l,
            channel.read + times.ccd_s,
            group.read + times.ccd_l,
        )
        channel.read = group.read = bank.read = tick
    return tick


@engine
def refresh(dram, due):  # pragma: no cover - compiled
    """Closes all banks of every channel and refreshes them, from tick ``due`` on."""
    times, states = dram.times[0], dram.banks
    banks = times.groups * times.banks
    for c in range(len(dram.channels)):
        tick = due
        for b in range(c * banks, (c + 1) * banks):
            tick = max(tick, _closed(states[b], times, due))
        for b in range(c * banks, (c + 1) * banks):
            states[b].row, states[b].ready = -1, tick + times.rfc
    dram.controller[0].refreshes += 1
