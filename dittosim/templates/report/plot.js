const MARGIN = { left: 62, right: 14, top: 10, bottom: 46 };
const NEAR = 14; // pixels within which a point is under the pointer
const CROWD = 3000; // points from which on they are small

/** Points by two figures on a canvas, their front, and the point that is selected. */
class Plot {
  constructor(place, selection, about) {
    this.place = place;
    this.selection = selection;
    this.about = about;
    [this._points, this._marks] = place.querySelectorAll("canvas");
    /** Columns by name, which of them are logarithmic, and 1 where less is better, or -1 */
    this.x = this.y = this.colour = "";
    this.logarithmic = { x: false, y: false, colour: false };
    this.signs = [1, 1];
    this.zoom = null;
    /** The row under the pointer, and the rectangle that it draws */
    this.hovered = this.dragged = null;
    this.onZoom = this.onColour = () => {};
    selection.on("shown", () => this.later());
    selection.on("chosen", () => this.drawMarks());
    new ResizeObserver(() => this.later()).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Draws all of it with the next frame, once for all that ask for it until then. */
  later() {
    this._asked ??= requestAnimationFrame(() => this.draw());
  }

  /** Draws all of it. */
  draw() {
    cancelAnimationFrame(this._asked);
    this._asked = null;
    if (!this.x || !this.place.clientWidth) return;
    const { clientWidth: width, clientHeight: height } = this.place;
    this.box = { width, height, left: MARGIN.left, top: MARGIN.top };
    this.box.right = width - MARGIN.right;
    this.box.bottom = height - MARGIN.bottom;
    this._style = getComputedStyle(document.documentElement);
    this._first = this.selection.byName.get(this.x).numbers;
    this._second = this.selection.byName.get(this.y).numbers;
    this._makeScales();
    this._placePoints();
    const context = this._canvas(this._points);
    drawAxes(context, this);
    this._drawPoints(context);
    this.fronts = this._groups().map((rows) =>
      frontOf(rows, this._first, this._second, this.signs),
    );
    this.drawMarks();
  }

  /** Draws what lies over the points. */
  drawMarks() {
    if (!this.fronts) return;
    const context = this._canvas(this._marks),
      { chosen } = this.selection;
    for (const front of this.fronts) drawFront(context, this, front);
    if (this.hovered !== null) drawRing(context, this, this.hovered, "ink", 1.5);
    if (chosen !== null && this.selection.isShown(chosen)) {
      drawRing(context, this, chosen, "select", 2.5);
    }
    if (this.dragged) drawRectangle(context, this, this.dragged);
  }

  /** Goes to a rectangle of both figures, or to all points (null). */
  zoomTo(zoom) {
    this.zoom = zoom;
    this.draw();
    this.onZoom();
  }

  /** The row under a pixel; null if there is none near. */
  rowAt(x, y) {
    let best = NEAR * NEAR,
      found = null;
    const { rows } = this.selection;
    for (let at = 0; at < rows.length; at += 1) {
      const dx = this._px[at] - x,
        dy = this._py[at] - y,
        far = dx * dx + dy * dy;
      if (far < best && this.isInside(this._px[at], this._py[at])) [best, found] = [far, rows[at]];
    }
    return found;
  }

  /** The pixel of a row, in the plot. */
  pixelOfRow(row) {
    return [this.scales.x.pixel(this._first[row]), this.scales.y.pixel(this._second[row])];
  }

  isInside(x, y) {
    const { left, right, top, bottom } = this.box;
    return x >= left && x <= right && y >= top && y <= bottom;
  }

  /** A colour of the style sheet. */
  colourOf(name) {
    return this._style.getPropertyValue(`--${name}`).trim();
  }

  _makeScales() {
    const { left, right, top, bottom } = this.box;
    const { x, y } = this.zoom ?? {
      x: this._extent(this._first, this.logarithmic.x),
      y: this._extent(this._second, this.logarithmic.y),
    };
    this.scales = {
      x: new Scale(x, [left, right], this.logarithmic.x),
      y: new Scale(y, [bottom, top], this.logarithmic.y),
    };
  }

  /** Of the points shown, with some room around them. */
  _extent(numbers, logarithmic) {
    let low = Infinity,
      high = -Infinity;
    for (const row of this.selection.rows) {
      const value = numbers[row];
      if (value < low && value > -Infinity) low = value;
      if (value > high && value < Infinity) high = value;
    }
    if (low > high) return [0, 1];
    if (logarithmic && low > 0) {
      const room = (high / low) ** 0.04;
      return [low / room, high * room];
    }
    const room = 0.04 * (high - low);
    return [low - room, high + room];
  }

  _placePoints() {
    const { rows } = this.selection,
      { x, y } = this.scales;
    this._px = new Float32Array(rows.length);
    this._py = new Float32Array(rows.length);
    for (let at = 0; at < rows.length; at += 1) {
      this._px[at] = x.pixel(this._first[rows[at]]);
      this._py[at] = y.pixel(this._second[rows[at]]);
    }
  }

  /** Rows that are shown, apart where they are not to be compared. */
  _groups() {
    const { rows } = this.selection,
      column = this.selection.byName.get(this.about.group);
    if (!column) return [rows];
    const groups = Array.from(column.values, () => []);
    for (const row of rows) groups[column.codes[row]].push(row);
    return groups.filter((group) => group.length);
  }

  _canvas(canvas) {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(this.box.width * ratio);
    canvas.height = Math.round(this.box.height * ratio);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.font = "12px system-ui, sans-serif";
    return context;
  }

  _drawPoints(context) {
    const ratio = window.devicePixelRatio || 1,
      { rows } = this.selection,
      { box } = this;
    const left = Math.round((box.left + 1) * ratio),
      top = Math.round((box.top + 1) * ratio);
    const width = Math.round((box.right - 1) * ratio) - left;
    const height = Math.round((box.bottom - 1) * ratio) - top;
    if (width < 1 || height < 1) return;
    this.radius = rows.length > CROWD ? 1.6 : rows.length > CROWD / 10 ? 3 : 4.5;
    const stamp = new Stamp(width, height, this.radius * ratio);
    const column = this.selection.byName.get(this.colour);
    const { bins, colours, items, ramp } = coloured(column, this.logarithmic.colour);
    const pixels = colours.map(pixelOf);
    for (let at = 0; at < rows.length; at += 1) {
      const x = this._px[at] * ratio - left,
        y = this._py[at] * ratio - top;
      if (x >= 0 && y >= 0 && x < width && y < height) stamp.draw(x, y, pixels[bins[rows[at]]]);
    }
    // Pixels replace what is below them: so they come by a canvas of their own.
    const layer = new OffscreenCanvas(width, height);
    layer.getContext("2d").putImageData(stamp.image, 0, 0);
    context.drawImage(layer, left / ratio, top / ratio, width / ratio, height / ratio);
    this.onColour({ items, ramp, colours });
  }
}
