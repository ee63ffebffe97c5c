const MARGIN = { left: 62, right: 14, top: 10, bottom: 46 };
const NEAR = 14; // pixels within which a point is under the pointer
const DRAGGED = 5; // pixels from which on a press is no click
const CROWD = 3000; // points from which on they are small

/** Points by two figures on a canvas, their front, and the point that is selected. */
class Plot {
  constructor(place, selection, about) {
    this.place = place;
    this.selection = selection;
    this.about = about;
    [this._points, this._marks] = place.querySelectorAll("canvas");
    this._tip = place.querySelector("#tip");
    /** Axes by name, whether they are logarithmic, what is better, and the colour */
    this.x = this.y = this.colour = "";
    this.logarithmic = { x: false, y: false, colour: false };
    this.signs = [1, 1];
    this.zoom = null;
    this.onZoom = this.onColour = () => {};
    selection.on("shown", () => this.later());
    selection.on("chosen", () => this._drawMarks());
    new ResizeObserver(() => this.later()).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this._listen();
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
    this._width = this.place.clientWidth;
    this._height = this.place.clientHeight;
    this._style = getComputedStyle(document.documentElement);
    this._first = this.selection.byName.get(this.x).numbers;
    this._second = this.selection.byName.get(this.y).numbers;
    this._makeScales();
    this._placePoints();
    this._drawAxes();
    this._drawPoints();
    this._fronts = this._groups().map((rows) => frontOf(rows, this._first, this._second, this.signs));
    this._drawMarks();
  }

  /** Goes to a rectangle of both figures, or to all points (null). */
  zoomTo(zoom) {
    this.zoom = zoom;
    this.draw();
    this.onZoom();
  }

  _makeScales() {
    const across = [MARGIN.left, this._width - MARGIN.right];
    const up = [this._height - MARGIN.bottom, MARGIN.top];
    const { x, y } = this.zoom ?? this._extents();
    this._x = new Scale(x, across, this.logarithmic.x);
    this._y = new Scale(y, up, this.logarithmic.y);
  }

  /** Of the points shown, with some room around them. */
  _extents() {
    const of = (numbers, logarithmic) => {
      let low = Infinity, high = -Infinity;
      for (const row of this.selection.rows) {
        const value = numbers[row];
        if (value < low && value > -Infinity) low = value;
        if (value > high && value < Infinity) high = value;
      }
      if (low > high) return [0, 1];
      if (logarithmic && low > 0) return [low / (high / low) ** 0.04, high * (high / low) ** 0.04];
      return [low - 0.04 * (high - low), high + 0.04 * (high - low)];
    };
    return { x: of(this._first, this.logarithmic.x), y: of(this._second, this.logarithmic.y) };
  }

  _placePoints() {
    const rows = this.selection.rows;
    this._px = new Float32Array(rows.length);
    this._py = new Float32Array(rows.length);
    for (let at = 0; at < rows.length; at += 1) {
      this._px[at] = this._x.pixel(this._first[rows[at]]);
      this._py[at] = this._y.pixel(this._second[rows[at]]);
    }
  }

  /** Rows that are shown, apart where they are not to be compared. */
  _groups() {
    const rows = this.selection.rows, column = this.selection.byName.get(this.about.group);
    if (!column?.codes) return [rows];
    const groups = column.values.map ? Array.from(column.values, () => []) : [];
    for (const row of rows) groups[column.codes[row]].push(row);
    return groups.filter((group) => group.length);
  }

  _canvas(canvas) {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(this._width * ratio);
    canvas.height = Math.round(this._height * ratio);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.font = "12px system-ui, sans-serif";
    return context;
  }

  _colour(name) {
    return this._style.getPropertyValue(`--${name}`).trim();
  }

  _drawAxes() {
    const c = this._canvas(this._points);
    this._context = c;
    const [right, bottom] = [this._width - MARGIN.right, this._height - MARGIN.bottom];
    c.strokeStyle = this._colour("line");
    c.fillStyle = this._colour("quiet");
    c.lineWidth = 0.6;
    c.beginPath();
    c.textAlign = "center";
    for (const tick of this._x.ticks(Math.max(3, this._width / 90))) {
      const x = Math.round(this._x.pixel(tick)) + 0.5;
      c.moveTo(x, MARGIN.top);
      c.lineTo(x, bottom);
      c.fillText(shortNumber(tick), x, bottom + 16);
    }
    c.textAlign = "right";
    for (const tick of this._y.ticks(Math.max(3, this._height / 70))) {
      const y = Math.round(this._y.pixel(tick)) + 0.5;
      c.moveTo(MARGIN.left, y);
      c.lineTo(right, y);
      c.fillText(shortNumber(tick), MARGIN.left - 6, y + 4);
    }
    c.stroke();
    c.strokeStyle = this._colour("quiet");
    c.strokeRect(MARGIN.left + 0.5, MARGIN.top + 0.5, right - MARGIN.left - 1, bottom - MARGIN.top - 1);
    c.textAlign = "center";
    c.fillStyle = this._colour("ink");
    const words = (sign) => (sign < 0 ? "more is better" : "less is better");
    c.fillText(`${this.x} (${words(this.signs[0])})`, (MARGIN.left + right) / 2, this._height - 8);
    c.save();
    c.translate(12, (MARGIN.top + bottom) / 2);
    c.rotate(-Math.PI / 2);
    c.fillText(`${this.y} (${words(this.signs[1])})`, 0, 0);
    c.restore();
  }

  _drawPoints() {
    const ratio = window.devicePixelRatio || 1, rows = this.selection.rows;
    const left = Math.round((MARGIN.left + 1) * ratio), top = Math.round((MARGIN.top + 1) * ratio);
    const width = Math.round((this._width - MARGIN.right - 1) * ratio) - left;
    const height = Math.round((this._height - MARGIN.bottom - 1) * ratio) - top;
    if (width < 1 || height < 1) return;
    this.radius = rows.length > CROWD ? 1.6 : rows.length > CROWD / 10 ? 3 : 4.5;
    const stamp = new Stamp(width, height, this.radius * ratio);
    const column = this.selection.byName.get(this.colour);
    const { bins, colours, items, ramp } = coloured(column, this.logarithmic.colour);
    const pixels = colours.map(pixelOf);
    for (let at = 0; at < rows.length; at += 1) {
      const x = this._px[at] * ratio - left, y = this._py[at] * ratio - top;
      if (x >= 0 && y >= 0 && x < width && y < height) stamp.draw(x, y, pixels[bins[rows[at]]]);
    }
    // Pixels replace what is below them: so they come by a canvas of their own.
    const layer = new OffscreenCanvas(width, height);
    layer.getContext("2d").putImageData(stamp.image, 0, 0);
    this._context.drawImage(layer, left / ratio, top / ratio, width / ratio, height / ratio);
    this.onColour({ items, ramp, colours });
  }

  _drawMarks() {
    if (!this._fronts) return;
    const c = this._canvas(this._marks);
    c.save();
    c.beginPath();
    c.rect(MARGIN.left, MARGIN.top, this._width - MARGIN.left - MARGIN.right,
      this._height - MARGIN.top - MARGIN.bottom);
    c.clip();
    for (const front of this._fronts) this._drawFront(c, front);
    c.restore();
    const { chosen } = this.selection;
    if (this._hovered != null) this._ring(c, this._hovered, this._colour("ink"), 1.5);
    if (chosen !== null && this.selection.isShown(chosen)) this._ring(c, chosen, this._colour("select"), 2.5);
    if (this._dragging) this._drawRectangle(c);
  }

  _drawFront(c, front) {
    c.strokeStyle = this._colour("front");
    c.lineWidth = 1.5;
    c.beginPath();
    front.forEach((row, at) => {
      const x = this._x.pixel(this._first[row]), y = this._y.pixel(this._second[row]);
      if (!at) c.moveTo(x, y);
      else {
        c.lineTo(x, this._y.pixel(this._second[front[at - 1]])); // what lies beyond is beaten
        c.lineTo(x, y);
      }
    });
    c.stroke();
    for (const row of front) {
      c.beginPath();
      c.arc(this._x.pixel(this._first[row]), this._y.pixel(this._second[row]), this.radius + 1.5, 0, 7);
      c.stroke();
    }
  }

  _ring(c, row, colour, width) {
    const x = this._x.pixel(this._first[row]), y = this._y.pixel(this._second[row]);
    if (!this._inside(x, y)) return;
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.beginPath();
    c.arc(x, y, this.radius + 4, 0, 7);
    c.stroke();
  }

  _drawRectangle(c) {
    const { from, to } = this._dragging;
    c.fillStyle = this._colour("accent");
    c.globalAlpha = 0.15;
    c.fillRect(from[0], from[1], to[0] - from[0], to[1] - from[1]);
    c.globalAlpha = 1;
    c.strokeStyle = this._colour("accent");
    c.lineWidth = 1;
    c.strokeRect(from[0], from[1], to[0] - from[0], to[1] - from[1]);
  }

  _inside(x, y) {
    return x >= MARGIN.left && x <= this._width - MARGIN.right && y >= MARGIN.top
      && y <= this._height - MARGIN.bottom;
  }

  /** The row under a pixel; null if there is none near. */
  rowAt(x, y) {
    let best = NEAR * NEAR, found = null;
    const { rows } = this.selection;
    for (let at = 0; at < rows.length; at += 1) {
      const dx = this._px[at] - x, dy = this._py[at] - y, far = dx * dx + dy * dy;
      if (far < best && this._inside(this._px[at], this._py[at])) [best, found] = [far, rows[at]];
    }
    return found;
  }

  /** The pixel of a row, in the plot. */
  pixelOfRow(row) {
    return [this._x.pixel(this._first[row]), this._y.pixel(this._second[row])];
  }

  _listen() {
    const where = (event) => {
      const box = this.place.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.place.addEventListener("pointerdown", (event) => {
      if (event.button || !this._inside(...where(event))) return;
      this._pressed = where(event);
      if (event.pointerType === "mouse") this.place.setPointerCapture(event.pointerId);
    });
    this.place.addEventListener("pointermove", (event) => {
      const at = where(event);
      if (this._pressed && Math.hypot(at[0] - this._pressed[0], at[1] - this._pressed[1]) > DRAGGED) {
        this._dragging = { from: this._pressed, to: at };
      }
      this._hover(this._dragging ? null : this.rowAt(...at), at);
    });
    this.place.addEventListener("pointerup", (event) => {
      const pressed = this._pressed, dragged = this._dragging;
      this._pressed = this._dragging = null;
      if (dragged) this._zoomInto(dragged);
      else if (pressed) this.selection.choose(this.rowAt(...where(event)), this);
    });
    for (const name of ["pointerleave", "pointercancel"]) {
      this.place.addEventListener(name, () => {
        this._pressed = this._dragging = null;
        this._hover(null);
      });
    }
    this.place.addEventListener("dblclick", () => this.zoomTo(null));
    this.place.addEventListener("keydown", (event) => this._key(event));
  }

  _zoomInto({ from, to }) {
    const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
    const xs = [from[0], to[0]].map((x) => clamp(x, MARGIN.left, this._width - MARGIN.right));
    const ys = [from[1], to[1]].map((y) => clamp(y, MARGIN.top, this._height - MARGIN.bottom));
    const rising = (values) => values.sort((one, other) => one - other);
    if (Math.abs(xs[1] - xs[0]) < DRAGGED || Math.abs(ys[1] - ys[0]) < DRAGGED) {
      this._drawMarks();
      return;
    }
    this.zoomTo({
      x: rising(xs.map((x) => this._x.value(x))), y: rising(ys.map((y) => this._y.value(y))),
    });
  }

  _key(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.zoomTo(null);
    if (!step) return;
    event.preventDefault();
    const front = this._fronts.flat(), at = front.indexOf(this.selection.chosen);
    if (front.length) {
      this.selection.choose(front[at < 0 ? 0 : Math.max(0, Math.min(front.length - 1, at + step))], this);
    }
  }

  _hover(row, at) {
    if (row === this._hovered && !this._dragging) return;
    this._hovered = row;
    this._drawMarks();
    this._tip.hidden = row === null;
    if (row === null) return;
    const names = [...new Set([this.x, this.y, this.colour, ...this.about.varying.slice(0, 8)])];
    this._tip.replaceChildren(...names.map((name) => element("div", {},
      element("span", {}, name), element("span", {}, this.selection.byName.get(name).text(row)))));
    const { offsetWidth: width, offsetHeight: height } = this._tip;
    const left = at[0] + 16 + width > this._width ? at[0] - 16 - width : at[0] + 16;
    this._tip.style.left = `${Math.max(0, left)}px`;
    this._tip.style.top = `${Math.max(0, Math.min(this._height - height, at[1] - height / 2))}px`;
  }
}
