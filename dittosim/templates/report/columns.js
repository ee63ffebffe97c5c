const ARRAYS = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, f8: Float64Array };
const ABSENT = "";

/** A column of all points, read from the block when it is first needed. */
class Column {
  constructor(about, buffer) {
    Object.assign(this, {
      name: about.name,
      group: about.group,
      meaning: about.meaning,
      kind: about.kind,
    });
    this._about = about;
    this._buffer = buffer;
    this.isNumber = about.kind === "number";
    this.codes = about.codes ? this._array(about.codes) : null;
  }

  /** Different values, by code; of numbers without codes, those of the rows. */
  get values() {
    this._values ??= this.isNumber ? this._array(this._about.values) : this._json("values");
    return this._values;
  }

  /** Different texts in small letters, by code. */
  get lowered() {
    this._lowered ??= this.values.map((value) => (value ?? ABSENT).toLowerCase());
    return this._lowered;
  }

  /** A number for every row, NaN where none is. */
  get numbers() {
    if (!this._numbers) {
      const { codes, values } = this;
      this._numbers = codes ? Float64Array.from(codes, (code) => values[code]) : values;
    }
    return this._numbers;
  }

  /** Smallest and largest finite number; none if there is none. */
  get extent() {
    if (this._extent === undefined) {
      let low = Infinity,
        high = -Infinity;
      for (const value of this.isNumber ? this.values : []) {
        if (!Number.isFinite(value)) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      this._extent = low <= high ? [low, high] : null;
    }
    return this._extent;
  }

  /** What a row shows. */
  text(row) {
    const value = this.values[this.codes ? this.codes[row] : row];
    return this.isNumber ? shownNumber(value) : (value ?? ABSENT);
  }

  /** A row's line of TOML; none for a default. */
  line(row) {
    if (!this._about.lines) return "";
    this._lines ??= this._json("lines");
    return this._lines[this.codes[row]];
  }

  _array({ type, at, length }) {
    return new ARRAYS[type](this._buffer, at, length);
  }

  _json(name) {
    const { at, length } = this._about[name];
    return JSON.parse(new TextDecoder().decode(new Uint8Array(this._buffer, at, length)));
  }
}

/** The bytes of all columns. */
async function unpacked(base64) {
  const packed = Uint8Array.fromBase64 ? Uint8Array.fromBase64(base64) : fromBase64(base64);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

function fromBase64(base64) {
  const text = atob(base64),
    bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}
