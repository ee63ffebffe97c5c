/** Which columns a table shows, chosen from all, by their groups. */
function columnChooser(place, table, selection, about) {
  const boxes = new Map();
  const apply = () => {
    const names = selection.columns
      .map(({ name }) => name)
      .filter((name) => boxes.get(name).checked);
    const before = table.names.filter((name) => names.includes(name));
    table.show([...before, ...names.filter((name) => !before.includes(name))]);
  };
  const choose = (names) => {
    for (const [name, box] of boxes) box.checked = names.includes(name);
    table.show(names);
  };
  const groups = Array.from(groupedBy(selection.columns), ([group, columns]) =>
    element(
      "fieldset",
      {},
      element("legend", {}, group),
      ...columns.map(({ name, meaning }) => {
        const box = element("input", { type: "checkbox", checked: about.shown.includes(name) });
        boxes.set(name, box);
        box.addEventListener("change", apply);
        return element("label", { title: meaning }, box, name);
      }),
    ),
  );
  const button = (text, names) => {
    const made = element("button", { type: "button" }, text);
    made.addEventListener("click", () => choose(names()));
    return made;
  };
  const details = element(
    "details",
    {},
    element("summary", {}, "Columns"),
    element(
      "div",
      { className: "drop" },
      element(
        "div",
        { className: "controls" },
        button("As at first", () => about.shown),
        button("What varies", () => [...about.varying, ...Object.keys(about.goals)]),
        button("All", () => selection.columns.map(({ name }) => name)),
      ),
      ...groups,
    ),
  );
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    details.open = false;
    details.querySelector("summary").focus();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!details.contains(event.target)) details.open = false;
  });
  place.append(details);
}
