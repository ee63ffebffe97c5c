/** Which points are shown, and which one is selected; tells those who listen. */
class Selection {
  constructor(columns, count) {
    this.columns = columns;
    this.count = count;
    this.byName = new Map(columns.map((column) => [column.name, column]));
    /** Texts of conditions, by column */
    this.conditions = new Map();
    this.chosen = null;
    this._masks = new Map();
    this._listeners = { shown: [], chosen: [], conditions: [] };
    this._show();
  }

  on(event, listener) {
    this._listeners[event].push(listener);
  }

  /** Keeps the rows of a mask, by the name of what asks for it; null keeps all. */
  keep(name, mask) {
    if (mask) this._masks.set(name, mask);
    else if (!this._masks.delete(name)) return;
    this._show();
    this._tell("shown");
  }

  /** Sets the condition of a column; false if it is none. */
  setCondition(name, text) {
    const mask = text.trim() ? rowsThatKeep(this.byName.get(name), text, this.count) : null;
    if (text.trim() && !mask) return false;
    if (mask) this.conditions.set(name, text.trim());
    else this.conditions.delete(name);
    this.keep(`condition ${name}`, mask);
    this._tell("conditions");
    return true;
  }

  /** Takes all conditions away, and what is typed that is none. */
  clearConditions() {
    for (const name of [...this.conditions.keys()]) {
      this.conditions.delete(name);
      this.keep(`condition ${name}`, null);
    }
    this._tell("conditions", "cleared");
  }

  /** Selects a row; null selects none. */
  choose(row, source = null) {
    this.chosen = row;
    this._tell("chosen", source);
  }

  isShown(row) {
    return this._shown[row] === 1;
  }

  _show() {
    const shown = new Uint8Array(this.count).fill(1);
    for (const mask of this._masks.values()) {
      for (let row = 0; row < this.count; row += 1) shown[row] &= mask[row];
    }
    let size = 0;
    for (let row = 0; row < this.count; row += 1) size += shown[row];
    const rows = new Uint32Array(size);
    for (let row = 0, at = 0; row < this.count; row += 1) if (shown[row]) rows[at++] = row;
    this._shown = shown;
    /** Rows that are shown, rising */
    this.rows = rows;
  }

  _tell(event, source) {
    for (const listener of this._listeners[event]) listener(source);
  }
}
