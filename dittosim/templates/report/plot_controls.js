/** Choices of axes, colour and what is better, above a plot, and its legend below. */
function plotControls(place, legend, plot, selection, about) {
  const numbers = selection.columns.filter(
    (column) => column.isNumber && column.name in about.better,
  );
  const first = [
    ...new Set([...Object.keys(about.goals), ...about.best, ...numbers.map(({ name }) => name)]),
  ];
  plot.x = first[0];
  plot.y = first[1] ?? first[0];
  const coloured = about.varying.find((name) => name !== about.group) ?? "pareto";
  plot.colour = Object.keys(about.goals)[2] ?? coloured;
  const better = { ...about.better };

  const logs = {};
  const readLogarithm = (which) => {
    plot.logarithmic[which] = logs[which].checked = isWide(selection.byName.get(plot[which]));
  };
  const apply = () => {
    plot.signs = [plot.x, plot.y].map((name) => (better[name] === "max" ? -1 : 1));
    goals.x.value = better[plot.x];
    goals.y.value = better[plot.y];
    plot.draw();
  };
  const chosen = (which, columns, label) => {
    const select = element("select", { id: `axis-${which}`, "aria-label": label });
    select.append(...groupedOptions(columns));
    select.value = plot[which];
    select.addEventListener("change", () => {
      plot[which] = select.value;
      if (which !== "colour") plot.zoom = null;
      readLogarithm(which);
      plot.onZoom();
      apply();
    });
    return select;
  };
  const logarithm = (which) => {
    const box = element("input", { type: "checkbox", id: `log-${which}` });
    logs[which] = box;
    readLogarithm(which);
    box.addEventListener("change", () => {
      plot.logarithmic[which] = box.checked;
      plot.draw();
    });
    return element("label", {}, box, "log");
  };
  const goal = (which) => {
    const select = element(
      "select",
      { id: `goal-${which}`, "aria-label": `what is better in ${which}` },
      element("option", { value: "min" }, "less is better"),
      element("option", { value: "max" }, "more is better"),
    );
    select.addEventListener("change", () => {
      better[plot[which]] = select.value;
      apply();
    });
    return select;
  };
  const goals = { x: goal("x"), y: goal("y") };
  const whole = element("button", { type: "button", id: "whole", disabled: true }, "Show all");
  const only = element("button", { type: "button", id: "only", disabled: true }, "Keep only these");
  whole.addEventListener("click", () => plot.zoomTo(null));
  only.addEventListener("click", () => {
    const { x, y } = plot.zoom;
    plot.zoom = null;
    const range = ([low, high]) => `${Number(low.toPrecision(6))}..${Number(high.toPrecision(6))}`;
    selection.setCondition(plot.x, range(x));
    if (plot.y !== plot.x) selection.setCondition(plot.y, range(y));
    plot.onZoom();
  });
  plot.onZoom = () => {
    whole.disabled = only.disabled = !plot.zoom;
  };
  plot.onColour = (colours) => drawLegend(legend, plot.colour, colours);
  const axis = (name, which, columns) => element("label", {}, name, chosen(which, columns, name));
  const unit = (...parts) => element("span", { className: "axis" }, ...parts);
  place.append(
    unit(axis("x", "x", numbers), goals.x, logarithm("x")),
    unit(axis("y", "y", numbers), goals.y, logarithm("y")),
    unit(axis("colour", "colour", selection.columns), logarithm("colour")),
    unit(whole, only),
  );
  apply();
}

/** Options of a select, by the groups of columns. */
function groupedOptions(columns) {
  return Array.from(groupedBy(columns), ([group, members]) =>
    element(
      "optgroup",
      { label: group },
      ...members.map(({ name }) => element("option", { value: name }, name)),
    ),
  );
}

function groupedBy(columns) {
  const groups = new Map();
  for (const column of columns)
    groups.set(column.group, [...(groups.get(column.group) ?? []), column]);
  return groups;
}

function drawLegend(place, name, { items, ramp, colours }) {
  place.replaceChildren(element("span", { className: "item" }, name));
  if (ramp) {
    const bar = element("canvas", { width: colours.length - 1, height: 1 });
    const image = new ImageData(colours.length - 1, 1);
    new Uint32Array(image.data.buffer).set(colours.slice(0, -1).map(pixelOf));
    bar.getContext("2d").putImageData(image, 0, 0);
    place.append(shownNumber(ramp[0]), bar, shownNumber(ramp[1]));
    return;
  }
  for (const [text, colour] of items) {
    const swatch = element("span", { className: "swatch" });
    swatch.style.background = `rgb(${colour})`;
    place.append(element("span", { className: "item" }, swatch, text));
  }
}
