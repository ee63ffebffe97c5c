const COMPARE = {
  "<": (bound) => (value) => value < bound,
  "<=": (bound) => (value) => value <= bound,
  ">": (bound) => (value) => value > bound,
  ">=": (bound) => (value) => value >= bound,
  "=": (bound) => (value) => value === bound,
  "!=": (bound) => (value) => value !== bound,
};
const NUMBER = "[-+]?(?:\\d[\\d_]*\\.?\\d*|\\.\\d+)(?:e[-+]?\\d+)?";
const TERM = new RegExp(
  `^\\s*(?:(${NUMBER})\\s*\\.\\.\\s*(${NUMBER})|(<=|>=|!=|==|<|>|=)?\\s*(${NUMBER}))\\s*(?:&|and\\b)?`,
  "i",
);
const toNumber = (text) => Number(text.replaceAll("_", ""));

/** The test of a condition such as "> 3 < 8", "2..8" or "4, 16"; null if it is none. */
function numberTest(text) {
  const alternatives = [];
  for (const part of text.split(",")) {
    const terms = [];
    let rest = part;
    do {
      const found = TERM.exec(rest);
      if (!found) return null;
      const [all, low, high, sign, bound] = found;
      if (low === undefined) {
        terms.push(COMPARE[(sign || "=").replace("==", "=")](toNumber(bound)));
      } else {
        const [from, to] = [toNumber(low), toNumber(high)];
        terms.push((value) => value >= from && value <= to);
      }
      rest = rest.slice(all.length);
    } while (rest.trim());
    alternatives.push((value) => terms.every((term) => term(value)));
  }
  return (value) => alternatives.some((alternative) => alternative(value));
}

/** The test of "part", "=whole" or "!part", or several of them joined by commas. */
function textTest(text) {
  const tests = text
    .toLowerCase()
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      if (part.startsWith("=")) return (value) => value === part.slice(1).trim();
      if (part.startsWith("!")) return (value) => !value.includes(part.slice(1).trim());
      return (value) => value.includes(part);
    });
  return (value) => tests.some((test) => test((value ?? ABSENT).toLowerCase()));
}

/** Which rows keep a condition on a column, as 0 and 1; null if it is no condition. */
function rowsThatKeep(column, text, count) {
  const test = column.isNumber ? numberTest(text) : textTest(text);
  return test && rowsOfValues(column, test, count);
}

/** Rows whose value passes a test, which is asked once for each different one. */
function rowsOfValues(column, test, count) {
  const { codes, values } = column,
    rows = new Uint8Array(count);
  if (!codes) {
    for (let row = 0; row < count; row += 1) if (test(values[row])) rows[row] = 1;
    return rows;
  }
  addCoded(
    column,
    Uint8Array.from(values, (value) => (test(value) ? 1 : 0)),
    rows,
  );
  return rows;
}

/** Rows in which every word is found in some column: in a text, or as a number's first digits. */
function rowsWithWords(columns, text, count) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let kept = null;
  for (const word of words) {
    const found = new Uint8Array(count);
    const digits = /^-?\d+(?:\.(\d*))?$/.exec(word.replaceAll(",", ""));
    const range = digits && beginningWith(Number(digits[0]), (digits[1] ?? "").length);
    for (const column of columns) {
      if (!column.isNumber) addWord(column, word, found);
      else if (range) addWithin(column, range, found);
    }
    if (kept) for (let row = 0; row < count; row += 1) kept[row] &= found[row];
    else kept = found;
  }
  return kept;
}

/** Adds rows whose text has a word in it. */
function addWord(column, word, rows) {
  const { lowered } = column,
    found = new Uint8Array(lowered.length);
  for (let code = 0; code < lowered.length; code += 1) {
    if (lowered[code].includes(word)) found[code] = 1;
  }
  addCoded(column, found, rows);
}

/** Adds rows whose number is within a range, which leaves out the end that is farther from zero. */
function addWithin(column, { low, high, negative }, rows) {
  const { values, codes } = column,
    found = codes ? new Uint8Array(values.length) : rows;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    if (negative ? value > low && value <= high : value >= low && value < high) found[at] = 1;
  }
  if (codes) addCoded(column, found, rows);
}

function addCoded({ codes }, marks, rows) {
  if (!marks.includes(1)) return;
  for (let row = 0; row < rows.length; row += 1) rows[row] |= marks[codes[row]];
}

function beginningWith(number, decimals) {
  const step = 10 ** -decimals,
    negative = number < 0;
  return {
    negative,
    low: negative ? number - step : number,
    high: negative ? number : number + step,
  };
}
