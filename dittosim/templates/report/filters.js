/** Filters of all points: words, choices, the front; and the conditions on columns, to take away. */
function filters(selection, about) {
  const { columns, count } = selection;
  const words = byId("words"),
    front = byId("front-only");
  const filterWords = () => {
    selection.keep("words", words.value.trim() ? rowsWithWords(columns, words.value, count) : null);
  };
  words.addEventListener("input", filterWords);
  front.addEventListener("change", () => {
    const column = selection.byName.get("pareto");
    selection.keep(
      "front",
      front.checked ? rowsOfValues(column, (value) => value === "yes", count) : null,
    );
  });
  const choices = about.choices.map((name) => choice(selection.byName.get(name), selection));
  byId("choices").append(...choices);
  byId("clear").addEventListener("click", () => {
    words.value = "";
    front.checked = false;
    for (const box of byId("choices").querySelectorAll("input")) box.checked = true;
    for (const name of ["words", "front", ...about.choices]) selection.keep(name, null);
    selection.clearConditions();
  });
  const tell = () => {
    byId("count").textContent =
      `${WHOLE.format(selection.rows.length)} of ${WHOLE.format(count)} points`;
  };
  selection.on("shown", tell);
  selection.on("conditions", () =>
    byId("conditions").replaceChildren(
      ...Array.from(selection.conditions, ([name, text]) => {
        const button = element(
          "button",
          { type: "button", title: "take this condition away" },
          `${name}: ${text}`,
        );
        button.addEventListener("click", () => selection.setCondition(name, ""));
        return element("li", {}, button);
      }),
    ),
  );
  tell();
}

/** Boxes for the values of a column. */
function choice(column, selection) {
  const boxes = column.values.map((value) => element("input", { type: "checkbox", checked: true }));
  const apply = () => {
    const all = boxes.every((box) => box.checked);
    const kept = new Set(column.values.filter((_, code) => boxes[code].checked));
    selection.keep(
      column.name,
      all ? null : rowsOfValues(column, (value) => kept.has(value), selection.count),
    );
  };
  for (const box of boxes) box.addEventListener("change", apply);
  return element(
    "fieldset",
    { className: "choice", "aria-label": column.name },
    element("span", { className: "note" }, column.name),
    ...boxes.map((box, code) => element("label", {}, box, column.values[code] ?? "none")),
  );
}
