/** Draws discs into pixels: a canvas takes ten times as long for thousands of paths. */
class Stamp {
  constructor(width, height, radius) {
    this.image = new ImageData(width, height);
    this._pixels = new Uint32Array(this.image.data.buffer);
    this._width = width;
    this._height = height;
    this._radius = radius;
    this._reach = Math.ceil(radius);
    const solid = [],
      edge = [];
    for (let y = -this._reach; y <= this._reach; y += 1) {
      for (let x = -this._reach; x <= this._reach; x += 1) {
        const cover = Math.min(1, radius + 0.5 - Math.hypot(x, y));
        if (cover >= 1) solid.push(x, y, 255);
        else if (cover > 0.25) edge.push(x, y, Math.round(255 * cover));
      }
    }
    /** Pixels of a disc, the solid ones first: across, down, opacity */
    this._disc = Int32Array.from([...solid, ...edge]);
    this._solid = solid.length;
    this._offsets = Int32Array.from(
      { length: this._disc.length / 3 },
      (_, at) => this._disc[3 * at + 1] * width + this._disc[3 * at],
    );
  }

  /** A disc in the middle of a pixel; colours as 0xAABBGGRR. */
  draw(x, y, colour) {
    x = Math.round(x);
    y = Math.round(y);
    const { _reach: reach, _width: width, _height: height, _pixels: pixels, _disc: disc } = this;
    const middle = y * width + x,
      offsets = this._offsets,
      solid = this._solid;
    const inside = x >= reach && y >= reach && x < width - reach && y < height - reach;
    for (let at = 0, part = 0; at < disc.length; at += 3, part += 1) {
      if (!inside) {
        const across = x + disc[at],
          down = y + disc[at + 1];
        if (across < 0 || down < 0 || across >= width || down >= height) continue;
      }
      const pixel = middle + offsets[part];
      if (at < solid) pixels[pixel] = colour;
      // Edges do not cover what is there already, so that discs on discs stay sharp.
      else if (!pixels[pixel]) pixels[pixel] = (disc[at + 2] << 24) | (colour & 0xffffff);
    }
  }
}

/** A colour as a pixel has it. */
function pixelOf([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
