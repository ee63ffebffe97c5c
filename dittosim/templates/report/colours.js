// Viridis, by Smith and van der Walt (CC0), at nine places.
const RAMP = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
];
// Okabe and Ito's palette for all eyes, without black.
const PALETTE = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
  [86, 180, 233],
  [213, 94, 0],
  [150, 140, 60],
  [120, 94, 170],
];
const OTHERS = [140, 147, 140];
const BINS = 64;
const FEW = 8;

function onRamp(share) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  // The ends that the ground would swallow are left out.
  const place = (dark ? 0.22 + 0.78 * share : 0.92 * share) * (RAMP.length - 1);
  const at = Math.min(Math.floor(place), RAMP.length - 2),
    part = place - at;
  return RAMP[at].map((value, channel) =>
    Math.round(value + part * (RAMP[at + 1][channel] - value)),
  );
}

/** Colours of points by a column: a bin for each row, a colour for each bin, and the legend. Kept. */
function coloured(column, logarithmic) {
  const key = `${logarithmic} ${matchMedia("(prefers-color-scheme: dark)").matches}`;
  if (column.coloured?.key !== key) column.coloured = { key, ...colouring(column, logarithmic) };
  return column.coloured;
}

function colouring(column, logarithmic) {
  const many = new Set(column.codes ? column.values : []).size;
  if (!column.isNumber) return byText(column);
  return column.codes && many <= FEW ? byFewNumbers(column) : byNumber(column, logarithmic);
}

function byText({ codes, values }) {
  const colours = values.map((_, code) => PALETTE[code] ?? OTHERS);
  const items = values
    .slice(0, PALETTE.length)
    .map((value, code) => [value ?? "none", colours[code]]);
  if (values.length > PALETTE.length) {
    items.push([`${values.length - PALETTE.length} others`, OTHERS]);
  }
  return { bins: codes, colours, items };
}

function byFewNumbers({ codes, values }) {
  const last = Math.max(1, values.filter((value) => !Number.isNaN(value)).length - 1);
  const colours = Array.from(values, (value, code) =>
    Number.isNaN(value) ? OTHERS : onRamp(code / last),
  );
  const items = Array.from(values, (value, code) => [shownNumber(value) || "none", colours[code]]);
  return { bins: codes, colours, items };
}

function byNumber(column, logarithmic) {
  const extent = column.extent ?? [0, 1];
  const scale = new Scale(extent, [0, BINS - 1e-6], logarithmic);
  const bins = Uint8Array.from(column.numbers, (value) => {
    const bin = Math.floor(scale.pixel(value));
    return bin >= 0 ? Math.min(bin, BINS - 1) : BINS;
  });
  const colours = Array.from({ length: BINS }, (_, bin) => onRamp(bin / (BINS - 1)));
  return { bins, colours: [...colours, OTHERS], ramp: extent };
}
