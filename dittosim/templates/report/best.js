const MOST = 40;

/** Machines that are the best of a figure, or on the front of all goals, among those shown. */
function bestMachines(place, selection, about) {
  const { byName, columns } = selection;
  const group = byName.get(about.group);
  const goals = Object.keys(about.goals);
  byId("goals").textContent = goals
    .map((name) => `${about.goals[name] === "max" ? "most" : "least"} ${name}`)
    .join(", ");
  const tags = () => {
    const found = new Map();
    const tag = (row, text) => found.set(row, [...(found.get(row) ?? []), text]);
    for (const name of about.best) {
      const sign = about.better[name] === "max" ? -1 : 1;
      for (const row of bestRows(selection.rows, byName.get(name).numbers, sign, group)) {
        tag(row, `${sign < 0 ? "most" : "least"} ${name}`);
      }
    }
    const front = byName.get("pareto"),
      onFront = [];
    for (const row of selection.rows) if (front.text(row) === "yes") onFront.push(row);
    const [first] = goals,
      numbers = byName.get(first).numbers;
    const sign = about.goals[first] === "max" ? -1 : 1;
    onFront.sort((one, other) => sign * (numbers[one] - numbers[other]) || one - other);
    for (const row of onFront) if (found.has(row)) tag(row, "front");
    const others = onFront.filter((row) => !found.has(row));
    const room = Math.max(0, MOST - found.size);
    for (const row of others.slice(0, room)) tag(row, "front");
    return [found, Math.max(0, others.length - room)];
  };
  const names = [...new Set([...about.varying, ...goals])];
  const draw = () => {
    const [found, more] = tags();
    const head = element(
      "tr",
      {},
      element("th", { className: "text" }, "best in"),
      ...names.map((name) =>
        element("th", { className: byName.get(name).isNumber ? "" : "text" }, name),
      ),
      element("th", {}, ""),
    );
    const rows = Array.from(found, ([row, texts], place_) => {
      const made = element(
        "tr",
        { className: `pick${place_ % 2 ? " stripe" : ""}` },
        element(
          "td",
          { className: "text tags" },
          ...texts.flatMap((text) => [element("span", { className: "tag" }, text), " "]),
        ),
        ...names.map((name) => {
          const column = byName.get(name);
          return element("td", { className: column.isNumber ? "" : "text" }, column.text(row));
        }),
        element(
          "td",
          {},
          copyButton("Copy TOML", () => machineToml(columns, row)),
        ),
      );
      made.tabIndex = 0;
      made.addEventListener("click", () => selection.choose(row));
      made.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target === made) selection.choose(row);
      });
      return made;
    });
    place.replaceChildren(
      element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)),
    );
    if (more) {
      place.append(
        element(
          "p",
          { className: "note" },
          `... and ${WHOLE.format(more)} more of the front: ` +
            "Pareto front only, at the top, leaves them alone in the table.",
        ),
      );
    }
  };
  let asked = null;
  // After the frame: nobody waits for it who types into a filter.
  selection.on("shown", () => {
    clearTimeout(asked);
    asked = setTimeout(draw, 120);
  });
  draw();
}

/** The first row of the best value, of each group. */
function bestRows(rows, numbers, sign, group) {
  const best = new Map();
  for (const row of rows) {
    if (Number.isNaN(numbers[row])) continue;
    const key = group?.codes ? group.codes[row] : 0,
      known = best.get(key);
    if (known === undefined || sign * numbers[row] < sign * numbers[known]) best.set(key, row);
  }
  return best.values();
}
