const ROW = 28; // pixels, as in style.css
const HEAD = 100; // pixels of names, conditions and a bar to scroll
const MORE_ROWS = 8; // above and below those in view
const LETTER = 7.4; // pixels
const WIDEST = 26; // letters
const DIGITS_WIDE = 9; // letters of a figure such as 0.81309, and room

/** A name in two lines as even as its underscores allow. */
function linesOf(name) {
  const longer = ([one, other]) => Math.max(one.length, other.length);
  let best = [name, ""];
  for (let at = name.indexOf("_"); at >= 0; at = name.indexOf("_", at + 1)) {
    const lines = [name.slice(0, at + 1), name.slice(at + 1)];
    if (longer(lines) < longer(best)) best = lines;
  }
  return best;
}

/** All points that are shown, sorted by a column; only rows in view are in the page. */
class Table {
  constructor(place, selection, about) {
    this.place = place;
    this.selection = selection;
    this.names = about.shown;
    this.sorted = null;
    this._falling = false;
    this._body = element("tbody");
    this._head = element("thead");
    this._widths = element("colgroup");
    this._table = element("table", { role: "grid" }, this._widths, this._head, this._body);
    place.append(this._table);
    place.addEventListener("scroll", () => this._later());
    place.addEventListener("keydown", (event) => this._key(event));
    this._body.addEventListener("click", (event) => {
      const row = event.target.closest("tr")?.dataset.row;
      if (row !== undefined) selection.choose(Number(row), this);
    });
    selection.on("shown", () => this._arrange());
    selection.on("conditions", (source) => this._fillConditions(source === "cleared"));
    selection.on("chosen", (source) => this._reveal(source));
    new ResizeObserver(() => this._later()).observe(place);
    // As high as all points take, so that nothing moves when there are fewer.
    place.style.height = `${selection.count * ROW + HEAD}px`;
    this.show(this.names);
  }

  /** Shows these columns. */
  show(names) {
    this.names = names;
    this._columns = names.map((name) => this.selection.byName.get(name));
    this._widths.replaceChildren(
      ...this._columns.map((column) => {
        const col = element("col");
        col.style.width = `${this._width(column)}px`;
        return col;
      }),
    );
    const total = this._columns.reduce((sum, column) => sum + this._width(column), 0);
    this._table.style.width = `${total}px`;
    this._head.replaceChildren(this._names(), this._conditionInputs());
    this._fillConditions();
    this._arrange();
  }

  /** Sorts by a column: rising, then falling, then as the file has them. */
  sort(name) {
    if (this.sorted !== name) [this.sorted, this._falling] = [name, false];
    else if (!this._falling) this._falling = true;
    else [this.sorted, this._falling] = [null, false];
    this._arrange();
    this.place.scrollTop = 0;
    this._markSorted();
  }

  _width(column) {
    let letters = Math.max(...linesOf(column.name).map((line) => line.length)) + 3;
    if (column.isNumber && !column.codes) letters = Math.max(letters, DIGITS_WIDE);
    const { count } = this.selection;
    for (let row = 0; row < count; row += Math.ceil(count / 50)) {
      letters = Math.max(letters, column.text(row).length + 2);
    }
    return Math.round(Math.min(letters, WIDEST) * LETTER) + 12;
  }

  _names() {
    this._heads = this._columns.map((column) => {
      const button = element(
        "button",
        { type: "button", title: column.meaning },
        ...linesOf(column.name).flatMap((line) => [line, element("wbr")]),
      );
      button.addEventListener("click", () => this.sort(column.name));
      return element("th", { scope: "col", className: column.isNumber ? "" : "text" }, button);
    });
    this._markSorted();
    return element("tr", {}, ...this._heads);
  }

  _markSorted() {
    this._heads.forEach((head, at) => {
      const { name } = this._columns[at],
        sorted = this.sorted === name;
      head.setAttribute(
        "aria-sort",
        sorted ? (this._falling ? "descending" : "ascending") : "none",
      );
    });
  }

  _conditionInputs() {
    this._inputs = new Map();
    const cells = this._columns.map((column) => {
      const input = element("input", {
        type: "text",
        autocomplete: "off",
        spellcheck: false,
        "aria-label": `condition on ${column.name}`,
      });
      input.addEventListener("input", () => {
        const valid = this.selection.setCondition(column.name, input.value);
        input.setAttribute("aria-invalid", String(!valid));
        input.title = valid ? "" : "no condition such as > 3, 2..8, or 4, 16";
      });
      this._inputs.set(column.name, input);
      return element("th", { className: column.isNumber ? "" : "text" }, input);
    });
    return element("tr", {}, ...cells);
  }

  /** What is typed and no condition yet stays, unless all are taken away. */
  _fillConditions(all) {
    for (const [name, input] of this._inputs) {
      const typed =
        document.activeElement === input || input.getAttribute("aria-invalid") === "true";
      if (typed && !all) continue;
      input.value = this.selection.conditions.get(name) ?? "";
      input.removeAttribute("aria-invalid");
      input.title = "";
    }
  }

  _arrange() {
    const { selection } = this;
    const column = this.sorted && selection.byName.get(this.sorted);
    this.rows = column ? ordered(column, this._falling, selection) : selection.rows;
    this._table.setAttribute("aria-rowcount", this.rows.length);
    this._draw();
  }

  _later() {
    this._asked ??= requestAnimationFrame(() => this._draw());
  }

  _draw() {
    this._asked = null;
    const first = Math.max(0, Math.floor(this.place.scrollTop / ROW) - MORE_ROWS);
    const shown = Math.ceil(this.place.clientHeight / ROW) + 2 * MORE_ROWS;
    const last = Math.min(this.rows.length, first + shown);
    const parts = [this._space(first)];
    for (let place = first; place < last; place += 1) parts.push(this._row(place));
    if (!this.rows.length) parts.push(this._none());
    parts.push(this._space(this.rows.length - last));
    this._body.replaceChildren(...parts);
  }

  _row(place) {
    const row = this.rows[place],
      chosen = row === this.selection.chosen;
    const made = document.createElement("tr");
    made.className = `pick${place % 2 ? " stripe" : ""}${chosen ? " chosen" : ""}`;
    made.dataset.row = row;
    made.setAttribute("aria-rowindex", place + 1);
    if (chosen) made.setAttribute("aria-selected", "true");
    for (const column of this._columns) {
      const cell = document.createElement("td");
      if (!column.isNumber) cell.className = "text";
      cell.textContent = column.text(row);
      made.append(cell);
    }
    return made;
  }

  _space(rows) {
    const cell = element("td", { colSpan: Math.max(1, this._columns.length) });
    cell.style.height = `${rows * ROW}px`;
    return element("tr", { className: "space", "aria-hidden": "true" }, cell);
  }

  _none() {
    return element(
      "tr",
      {},
      element(
        "td",
        { className: "none", colSpan: Math.max(1, this._columns.length) },
        "No point keeps all conditions.",
      ),
    );
  }

  _reveal(source) {
    const place = this.rows.indexOf(this.selection.chosen);
    if (place >= 0 && source !== this) this._scrollTo(place);
    this._draw();
  }

  /** Brings a row into view, with as little as that takes where it is near. */
  _scrollTo(place) {
    const head = this._head.offsetHeight,
      height = this.place.clientHeight - head;
    const top = place * ROW,
      { scrollTop } = this.place;
    if (top < scrollTop) this.place.scrollTop = top;
    else if (top + ROW > scrollTop + height) this.place.scrollTop = top + ROW - height;
  }

  _key(event) {
    if (event.target !== this.place) return;
    const page = Math.max(1, Math.floor(this.place.clientHeight / ROW) - 3);
    const step = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    if (!(event.key in step) || !this.rows.length) return;
    event.preventDefault();
    const at = this.rows.indexOf(this.selection.chosen);
    const next = at < 0 && Number.isFinite(step[event.key]) ? 0 : at + step[event.key];
    const place = Math.max(0, Math.min(this.rows.length - 1, next));
    this.selection.choose(this.rows[place]);
  }
}
