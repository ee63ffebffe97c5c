const LETTERS = new Intl.Collator("en", { numeric: true });

/** All rows by a column, rising, absent values last; equal ones as they were. Kept. */
function rising(column, count) {
  column.rising ??= column.codes ? byCodes(column, count) : byNumbers(column.numbers);
  return column.rising;
}

/** Rows by a column that are shown, falling if asked for. */
function ordered(column, falling, selection) {
  const all = rising(column, selection.count),
    found = new Uint32Array(selection.rows.length);
  const present = all.present;
  let at = 0;
  const take = (place) => {
    if (selection.isShown(all.rows[place])) found[at++] = all.rows[place];
  };
  if (falling) for (let place = present - 1; place >= 0; place -= 1) take(place);
  else for (let place = 0; place < present; place += 1) take(place);
  for (let place = present; place < selection.count; place += 1) take(place);
  return found;
}

function byCodes({ codes, values, isNumber }, count) {
  const absent = (value) => (isNumber ? Number.isNaN(value) : value === null);
  const sorted = Array.from(values.keys()).sort((one, other) => {
    const [a, b] = [values[one], values[other]];
    if (absent(a) || absent(b)) return absent(a) - absent(b);
    return isNumber ? a - b : LETTERS.compare(a, b);
  });
  const starts = new Uint32Array(values.length + 1),
    sizes = new Uint32Array(values.length);
  for (const code of codes) sizes[code] += 1;
  let start = 0,
    present = 0;
  for (const code of sorted) {
    starts[code] = start;
    start += sizes[code];
    if (!absent(values[code])) present = start;
  }
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; row += 1) rows[starts[codes[row]]++] = row;
  return { rows, present };
}

function byNumbers(numbers) {
  const rows = new Uint32Array(numbers.length);
  let present = 0;
  numbers.forEach((value, row) => {
    if (!Number.isNaN(value)) rows[present++] = row;
  });
  let end = present;
  numbers.forEach((value, row) => {
    if (Number.isNaN(value)) rows[end++] = row;
  });
  rows.subarray(0, present).sort((one, other) => numbers[one] - numbers[other] || one - other);
  return { rows, present };
}
