const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const DIGITS = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 5 });
const FEW_DIGITS = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** A number as people read it: whole ones whole, others with five digits. */
function shownNumber(value) {
  if (Number.isNaN(value)) return "";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  const size = Math.abs(value);
  if (size >= 1e12 || (size && size < 1e-4)) return value.toExponential(3);
  return Number.isInteger(value) || size >= 1e5 ? WHOLE.format(value) : DIGITS.format(value);
}

/** The same, as short as an axis needs it. */
function shortNumber(value) {
  const size = Math.abs(value);
  if (size >= 1e12 || (size && size < 1e-3)) return value.toExponential(0);
  for (const [unit, name] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e4, "k"],
  ]) {
    if (size >= unit) return FEW_DIGITS.format(value / (unit === 1e4 ? 1e3 : unit)) + name;
  }
  return DIGITS.format(value);
}
