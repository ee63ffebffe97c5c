const DRAGGED = 5; // pixels from which on a press is no click
const TIP_FIELDS = 8; // of those that vary

/** What a pointer and keys do in a plot: show a point, select it, zoom, go along the front. */
class PlotPointer {
  constructor(plot, tip) {
    this.plot = plot;
    this.tip = tip;
    this._pressed = null;
    const { place } = plot;
    place.addEventListener("pointerdown", (event) => this._press(event));
    place.addEventListener("pointermove", (event) => this._move(event));
    place.addEventListener("pointerup", (event) => this._release(event));
    for (const name of ["pointerleave", "pointercancel"]) {
      place.addEventListener(name, () => {
        this._pressed = plot.dragged = null;
        this._hover(null);
      });
    }
    place.addEventListener("dblclick", () => plot.zoomTo(null));
    place.addEventListener("keydown", (event) => this._key(event));
    plot.selection.on("shown", () => this._hover(null));
  }

  _where(event) {
    const box = this.plot.place.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  _press(event) {
    const at = this._where(event);
    if (event.button || !this.plot.isInside(...at)) return;
    this._pressed = at;
    if (event.pointerType === "mouse") this.plot.place.setPointerCapture(event.pointerId);
  }

  _move(event) {
    const at = this._where(event),
      from = this._pressed,
      { plot } = this;
    if (from && Math.hypot(at[0] - from[0], at[1] - from[1]) > DRAGGED) {
      plot.dragged = { from, to: at };
    }
    this._hover(plot.dragged ? null : plot.rowAt(...at), at);
    if (plot.dragged) plot.drawMarks();
  }

  _release(event) {
    const { plot } = this,
      { dragged } = plot,
      pressed = this._pressed;
    this._pressed = plot.dragged = null;
    if (dragged) this._zoomInto(dragged);
    else if (pressed) plot.selection.choose(plot.rowAt(...this._where(event)), plot);
  }

  _zoomInto({ from, to }) {
    const { plot } = this,
      { left, right, top, bottom } = plot.box;
    const within = (low, high, ...values) =>
      values.map((value) => Math.max(low, Math.min(high, value)));
    const xs = within(left, right, from[0], to[0]),
      ys = within(top, bottom, from[1], to[1]);
    if (Math.abs(xs[1] - xs[0]) < DRAGGED || Math.abs(ys[1] - ys[0]) < DRAGGED) {
      plot.drawMarks();
      return;
    }
    const rising = (scale, pixels) =>
      pixels.map((pixel) => scale.value(pixel)).sort((one, other) => one - other);
    plot.zoomTo({ x: rising(plot.scales.x, xs), y: rising(plot.scales.y, ys) });
  }

  _key(event) {
    const { plot } = this;
    if (event.key === "Escape") plot.zoomTo(null);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const front = plot.fronts?.flat() ?? [];
    if (!step || !front.length) return;
    event.preventDefault();
    const at = front.indexOf(plot.selection.chosen);
    const next = at < 0 ? 0 : Math.max(0, Math.min(front.length - 1, at + step));
    plot.selection.choose(front[next], plot);
  }

  _hover(row, at) {
    const { plot, tip } = this;
    if (row === plot.hovered) return;
    plot.hovered = row;
    plot.drawMarks();
    tip.hidden = row === null;
    if (row === null) return;
    const fields = plot.about.varying.slice(0, TIP_FIELDS);
    const lines = [...new Set([plot.x, plot.y, plot.colour, ...fields])].map((name) => {
      const text = plot.selection.byName.get(name).text(row);
      return element("div", {}, element("span", {}, name), element("span", {}, text));
    });
    tip.replaceChildren(...lines);
    const { offsetWidth: width, offsetHeight: height } = tip,
      room = plot.box;
    const left = at[0] + 16 + width > room.width ? at[0] - 16 - width : at[0] + 16;
    tip.style.left = `${Math.max(0, left)}px`;
    tip.style.top = `${Math.max(0, Math.min(room.height - height, at[1] - height / 2))}px`;
  }
}
