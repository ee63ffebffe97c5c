/** A machine's configuration: its fields that are not as they are by default. */
function machineToml(columns, row) {
  const lines = columns.map((column) => column.line(row)).filter(Boolean);
  return lines.map((line) => `${line}\n`).join("") || "# all fields are as they are by default\n";
}

/** The point that is selected: its figures, its machine as TOML, and all else that is known. */
function machinePanel(place, selection, about) {
  const { columns, byName } = selection;
  const named = (names, row) =>
    names.map((name) => {
      const column = byName.get(name);
      return [name, column.text(row), column.meaning];
    });
  const title = (row) => {
    const names = ["design", "workload", "flow", "point"].filter((name) => byName.has(name));
    return names.map((name) => byName.get(name).text(row)).join(" · ") || `row ${row + 1}`;
  };
  const draw = () => {
    const row = selection.chosen;
    if (row === null) {
      place.replaceChildren(
        element(
          "p",
          { className: "note" },
          "Select a point in the plot, in the table, or among the best machines.",
        ),
      );
      return;
    }
    const figures = columns.filter(({ group }) => group === "Figures").map(({ name }) => name);
    const first = [...new Set([...Object.keys(about.goals), ...figures])].filter((name) =>
      byName.has(name),
    );
    const toml = machineToml(columns, row);
    place.replaceChildren(
      element("h3", {}, title(row)),
      pairsList(named(first, row)),
      element(
        "div",
        { className: "controls" },
        copyButton("Copy TOML", () => toml, { id: "copy" }),
        element(
          "span",
          { className: "note" },
          "fields that are not the default; ",
          element("code", {}, "dittosim config show FILE.toml"),
          " has all",
        ),
      ),
      element("pre", { id: "toml", tabIndex: 0 }, toml),
      element(
        "details",
        {},
        element("summary", {}, "All columns"),
        pairsList(
          named(
            columns.map(({ name }) => name),
            row,
          ),
        ),
      ),
    );
  };
  selection.on("chosen", draw);
  draw();
}
