/** Reads the points and makes the page of them. */
async function main() {
  if (!("DecompressionStream" in window))
    throw new Error("this browser cannot unpack them (DecompressionStream)");
  const about = JSON.parse(byId("about").textContent);
  const buffer = await unpacked(byId("block").textContent);
  byId("block").remove();
  const selection = new Selection(
    about.columns.map((each) => new Column(each, buffer)),
    about.count,
  );
  byId("page").hidden = false;
  const table = new Table(byId("table"), selection, about);
  columnChooser(byId("chooser"), table, selection, about);
  filters(selection, about);
  const plot = new Plot(byId("plot"), selection, about);
  new PlotPointer(plot, byId("tip"));
  plotControls(byId("plot-controls"), byId("legend"), plot, selection, about);
  machinePanel(byId("machine"), selection, about);
  bestMachines(byId("best"), selection, about);
  /** For tests, benches and those who ask the page from a console. */
  window.report = { selection, plot, table };
  document.body.dataset.ready = "";
  performance.mark("ready");
}

main().catch((error) => {
  byId("trouble").hidden = false;
  byId("trouble").textContent = `The points cannot be shown: ${error.message}`;
  throw error;
});
