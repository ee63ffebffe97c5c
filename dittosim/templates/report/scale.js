/** Whether a figure is seen better by its logarithm. */
function isWide(column) {
  const [low, high] = column.extent ?? [0, 0];
  return low > 0 && high >= 100 * low;
}

/** Figures to pixels and back, linear or logarithmic, with round numbers for ticks. */
class Scale {
  constructor([low, high], [start, end], logarithmic) {
    this.logarithmic = logarithmic && low > 0;
    this._of = this.logarithmic ? Math.log10 : (value) => value;
    this._from = this._of(low);
    this._to = this._of(high);
    if (this._from === this._to) {
      const more = this.logarithmic ? 0.1 : Math.abs(low) * 0.1 || 1;
      this._from -= more;
      this._to += more;
    }
    this._start = start;
    this._pixels = (end - start) / (this._to - this._from);
  }

  pixel(value) {
    return this._start + (this._of(value) - this._from) * this._pixels;
  }

  value(pixel) {
    const found = this._from + (pixel - this._start) / this._pixels;
    return this.logarithmic ? 10 ** found : found;
  }

  /** About so many round numbers within. */
  ticks(about) {
    const span = this._to - this._from;
    if (this.logarithmic && span > 1) return this._powers(about);
    const [low, high] = this.logarithmic
      ? [10 ** this._from, 10 ** this._to]
      : [this._from, this._to];
    const step = roundStep((high - low) / about),
      found = [];
    for (let number = Math.ceil(low / step); number * step <= high; number += 1) {
      found.push(Number((number * step).toPrecision(12)));
    }
    return found;
  }

  _powers(about) {
    const decades = this._to - this._from,
      found = [];
    const parts = decades * 3 <= about ? [1, 2, 5] : [1];
    const step = Math.max(1, Math.round(decades / about));
    for (let power = Math.floor(this._from); power <= this._to; power += step) {
      for (const part of parts) {
        const value = part * 10 ** power;
        if (this._of(value) >= this._from && this._of(value) <= this._to) found.push(value);
      }
    }
    return found;
  }
}

function roundStep(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return power * [1, 2, 5, 10].find((part) => part * power >= size * 0.999);
}
