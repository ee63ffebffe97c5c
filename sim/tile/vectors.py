"""One row of sixteen tiles at once, in the processor's vectors.

Written as LLVM's instructions: what Numba makes of loops over tiles is in vectors here and there
only, and keeps them in memory. A vector holds two lanes of each tile, beside each other, int16.
"""

from functools import reduce
from math import gcd

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

SIDE = 16
"""Tiles side by side"""
WIDTH = 2 * SIDE
"""Elements of a vector"""
_I32, _I64 = ir.IntType(32), ir.IntType(64)
_PAIRS = ir.VectorType(ir.IntType(16), WIDTH)
_TILES = ir.VectorType(_I32, SIDE)


@intrinsic
def time_row(_typing, counts, starts, beats, state, lane_zeros, depth, kept, times):
    """Compiled: times the next row of each tile, by :func:`sim.tile.tile.close_rows`' recurrence.

    ``counts`` uint8 (parts,); ``starts`` int64 (SIDE,), where in it each tile's row begins.
    ``state`` int16 (fields, WIDTH) as in :mod:`sim.tile.side_by_side`, whose cycles, and those in
    ``times`` int16 (4, WIDTH), are counted from the last beat of the row before. ``times`` become
    those of the row's last beat and of its closing, then its slots in its fullest lane and in all.
    """
    lanes = lane_zeros.count

    def generate(context, builder, signature, arguments):
        counts, starts, fields, times = (
            context.make_array(signature.args[n])(context, builder, arguments[n]).data
            for n in (0, 1, 3, 7)
        )
        beats, depth, kept = (arguments[n] for n in (2, 5, 6))
        row = _Row(builder, fields, lanes, depth, kept)
        entered = cgutils.alloca_once_value(builder, row.load(builder.sub(kept, _I64(1))))
        sums = [cgutils.alloca_once_value(builder, _all(0)) for _ in row.drained]
        with cgutils.for_range(builder, beats) as beat:
            part = builder.gep(counts, [builder.mul(beat.index, _I64(lanes))])
            slots = _slots(builder, part, starts, lanes)
            builder.store(row.take(builder.load(entered), slots), entered)
            for each, more in zip(sums, slots, strict=True):
                builder.store(builder.add(builder.load(each), more), each)
        last = builder.load(entered)
        of_lanes = [builder.load(each) for each in sums]
        fullest = row.both(reduce(row.most, of_lanes), row.most)
        in_all = row.both(reduce(builder.add, of_lanes), builder.add)
        places = builder.bitcast(times, _PAIRS.as_pointer())
        for n, each in enumerate((last, row.close(last), fullest, in_all)):
            builder.store(each, builder.gep(places, [_I64(n)]), align=2)
        return context.get_dummy_value()

    found = types.void(counts, starts, beats, state, lane_zeros, depth, kept, times)
    return found, generate


class _Row:
    """Instructions on the state."""

    def __init__(self, builder, fields, lanes, depth, kept):
        self.builder = builder
        self.fields = builder.bitcast(fields, _PAIRS.as_pointer())
        self.depth, self.kept = depth, kept
        pairs = -(-lanes // 2)
        self.drained = [builder.add(kept, _I64(pair)) for pair in range(pairs)]
        first = builder.add(kept, _I64(pairs))
        self.newest = [builder.add(first, builder.mul(depth, _I64(pair))) for pair in range(pairs)]
        self.size = builder.add(first, builder.mul(depth, _I64(pairs)))

    def load(self, field):
        return self.builder.load(self.builder.gep(self.fields, [field]), align=2)

    def store(self, value, field):
        self.builder.store(value, self.builder.gep(self.fields, [field]), align=2)

    def down_from(self, age):
        """A loop to 1."""
        return cgutils.for_range_slice(self.builder, age, _I64(0), _I64(-1), intp=_I64, inc=False)

    def most(self, one, other):
        return self.builder.select(self.builder.icmp_signed(">", one, other), one, other)

    def both(self, value, of_two):
        """What ``of_two`` makes of the two lanes, in both."""
        swapped = ir.Constant(ir.VectorType(_I32, WIDTH), [n ^ 1 for n in range(WIDTH)])
        return of_two(value, self.builder.shuffle_vector(value, value, swapped))

    def take(self, entered, slots):
        """A beat; the cycle in which it enters, after that of the one before."""
        builder, zero, one = self.builder, _all(0), _all(1)
        some = [builder.icmp_unsigned("!=", each, zero) for each in slots]
        oldest = builder.sub(self.depth, _I64(1))
        full_until = zero
        for pair, newest in zip(some, self.newest, strict=True):
            waited = builder.select(pair, self.load(builder.add(newest, oldest)), zero)
            full_until = self.most(full_until, waited)
        entered = builder.add(self.most(entered, self.both(full_until, self.most)), one)
        may_leave = self.load(builder.sub(builder.lshr(self.kept, _I64(1)), _I64(1)))
        start = self.most(entered, may_leave)
        for pair, drained in enumerate(self.drained):
            newest = self.newest[pair]
            time = builder.add(self.most(self.load(drained), start), slots[pair])
            self.store(time, drained)
            with self.down_from(oldest) as (age, _):
                place = builder.add(newest, age)
                younger = self.load(builder.sub(place, _I64(1)))
                self.store(builder.select(some[pair], younger, self.load(place)), place)
            self.store(builder.select(some[pair], time, self.load(newest)), newest)
        return entered

    def close(self, last):
        """The row whose last beat entered: when it is closed. Cycles count from that beat on."""
        builder = self.builder
        closed = builder.add(self.most(last, self.load(_I64(0))), _all(1))
        for drained in self.drained:
            closed = self.most(closed, self.load(drained))
        closed = self.both(closed, self.most)
        oldest = builder.sub(self.kept, _I64(1))
        with self.down_from(oldest) as (age, _):
            self.store(self.load(builder.sub(age, _I64(1))), age)
        self.store(closed, _I64(0))
        with cgutils.for_range(builder, self.size) as field:
            since = builder.sub(self.load(field.index), last)
            # What came before changes nothing later.
            self.store(self.most(since, _all(0)), field.index)
        return closed


def _all(value):
    return ir.Constant(_PAIRS, [value] * WIDTH)


def _slots(builder, part, starts, lanes):
    """Slots of a beat, two lanes in a vector; read as the widest words that make up a beat."""
    width = gcd(lanes, 4)
    word = ir.IntType(8 * width)
    firsts = [
        builder.gep(part, [builder.load(builder.gep(starts, [_I64(tile)]))]) for tile in range(SIDE)
    ]

    def words(first):
        found = ir.Constant(ir.VectorType(word, SIDE), ir.Undefined)
        for tile in range(SIDE):
            address = builder.bitcast(builder.gep(firsts[tile], [_I64(first)]), word.as_pointer())
            found = builder.insert_element(found, builder.load(address, align=1), _I32(tile))
        return found if width == 4 else builder.zext(found, _TILES)

    def every(value):
        return ir.Constant(_TILES, [value] * SIDE)

    found = []
    for first in range(0, lanes, 2 if width == 1 else width):
        each = words(first)
        if width == 4:
            found += [each, builder.lshr(each, every(8))]
        elif width == 2:
            found.append(builder.or_(each, builder.shl(each, every(8))))
        elif first + 1 < lanes:
            found.append(builder.or_(each, builder.shl(words(first + 1), every(16))))
        else:
            found.append(each)
    return [builder.bitcast(builder.and_(each, every(0x00FF00FF)), _PAIRS) for each in found]
