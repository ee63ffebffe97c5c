/** The Pareto front of two figures among rows, by the first: rows that no other one beats.
 *
 * Signs are 1 where less is better, -1 where more is. Of equal points all are on it.
 */
function frontOf(rows, first, second, signs) {
  let front = []; // by the first figure rising, so by the second one falling
  for (const row of rows) {
    const x = signs[0] * first[row],
      y = signs[1] * second[row];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    let low = 0,
      high = front.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (front[middle].x <= x) low = middle + 1;
      else high = middle;
    }
    const before = front[low - 1]; // the last one that is not behind in the first figure
    if (before && before.y <= y) {
      if (before.x === x && before.y === y) before.rows.push(row);
      continue;
    }
    let from = low,
      to = low;
    if (before && before.x === x) from -= 1;
    while (to < front.length && front[to].y >= y) to += 1;
    front.splice(from, to - from, { x, y, rows: [row] });
  }
  return front.flatMap((step) => step.rows);
}
