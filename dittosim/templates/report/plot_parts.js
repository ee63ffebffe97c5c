/** The frame of a plot, its grid, and what its axes say. */
function drawAxes(c, plot) {
  const { left, right, top, bottom, width, height } = plot.box,
    { x: across, y: up } = plot.scales;
  c.strokeStyle = plot.colourOf("line");
  c.fillStyle = plot.colourOf("quiet");
  c.lineWidth = 0.6;
  c.beginPath();
  c.textAlign = "center";
  for (const tick of across.ticks(Math.max(3, width / 90))) {
    const x = Math.round(across.pixel(tick)) + 0.5;
    c.moveTo(x, top);
    c.lineTo(x, bottom);
    c.fillText(shortNumber(tick), x, bottom + 16);
  }
  c.textAlign = "right";
  for (const tick of up.ticks(Math.max(3, height / 70))) {
    const y = Math.round(up.pixel(tick)) + 0.5;
    c.moveTo(left, y);
    c.lineTo(right, y);
    c.fillText(shortNumber(tick), left - 6, y + 4);
  }
  c.stroke();
  c.strokeStyle = plot.colourOf("quiet");
  c.strokeRect(left + 0.5, top + 0.5, right - left - 1, bottom - top - 1);
  c.textAlign = "center";
  c.fillStyle = plot.colourOf("ink");
  const words = (name, sign) => `${name} (${sign < 0 ? "more" : "less"} is better)`;
  c.fillText(words(plot.x, plot.signs[0]), (left + right) / 2, height - 8);
  c.save();
  c.translate(12, (top + bottom) / 2);
  c.rotate(-Math.PI / 2);
  c.fillText(words(plot.y, plot.signs[1]), 0, 0);
  c.restore();
}

/** A front as steps: what lies beyond them is beaten. */
function drawFront(c, plot, front) {
  const { left, right, top, bottom } = plot.box;
  c.save();
  c.beginPath();
  c.rect(left, top, right - left, bottom - top);
  c.clip();
  c.strokeStyle = plot.colourOf("front");
  c.lineWidth = 1.5;
  c.beginPath();
  let before = null;
  for (const [x, y] of front.map((row) => plot.pixelOfRow(row))) {
    if (before === null) c.moveTo(x, y);
    else c.lineTo(x, before);
    c.lineTo(x, y);
    before = y;
  }
  c.stroke();
  for (const row of front) {
    c.beginPath();
    c.arc(...plot.pixelOfRow(row), plot.radius + 1.5, 0, 2 * Math.PI);
    c.stroke();
  }
  c.restore();
}

/** A ring around a point. */
function drawRing(c, plot, row, colour, width) {
  const [x, y] = plot.pixelOfRow(row);
  if (!plot.isInside(x, y)) return;
  c.strokeStyle = plot.colourOf(colour);
  c.lineWidth = width;
  c.beginPath();
  c.arc(x, y, plot.radius + 4, 0, 2 * Math.PI);
  c.stroke();
}

/** What is zoomed into when the button is let go. */
function drawRectangle(c, plot, { from, to }) {
  const rectangle = [from[0], from[1], to[0] - from[0], to[1] - from[1]];
  c.fillStyle = c.strokeStyle = plot.colourOf("accent");
  c.lineWidth = 1;
  c.globalAlpha = 0.15;
  c.fillRect(...rectangle);
  c.globalAlpha = 1;
  c.strokeRect(...rectangle);
}
