// The dendrogram: leaves side by side, merges at their heights, and a line at ε that can be moved.
const tree = { context: null, width: 0, height: 0, order: null, x: null, drag: false };
const MARGIN = { left: 44, right: 8, top: 10, bottom: 8 };
const BEND = 0.01; // e-folds: below it the axis is nearly linear, above nearly logarithmic

function bent(height) {
  return Math.log1p(height / BEND);
}

function highest() {
  const { values } = state.data.arrays.height;
  return Math.max(values.length ? values[values.length - 1] : 0, state.data.how.accuracy, BEND) * 1.05;
}

function yOf(height) {
  const room = tree.height - MARGIN.top - MARGIN.bottom;
  return tree.height - MARGIN.bottom - (bent(height) / bent(highest())) * room;
}

function heightAt(y) {
  const room = tree.height - MARGIN.top - MARGIN.bottom;
  const share = Math.min(Math.max((tree.height - MARGIN.bottom - y) / room, 0), 1);
  return BEND * Math.expm1(share * bent(highest()));
}

// Leaves from left to right, and the middle of each node, as a share of the width.
function layTree() {
  const { merges } = state.data.arrays;
  const count = state.count;
  const order = [];
  const open = [2 * count - 2];
  while (open.length) {
    const node = open.pop();
    if (node < count) order.push(node);
    else open.push(merges.values[2 * (node - count) + 1], merges.values[2 * (node - count)]);
  }
  const x = new Float64Array(2 * count - 1);
  order.forEach((leaf, at) => (x[leaf] = (at + 0.5) / count));
  for (let node = count; node < x.length; node++) {
    x[node] = (x[merges.values[2 * (node - count)]] + x[merges.values[2 * (node - count) + 1]]) / 2;
  }
  Object.assign(tree, { order, x });
}

function drawTree() {
  const { context } = tree;
  if (!context || !colouring) return;
  const { merges, height } = state.data.arrays;
  const count = state.count;
  context.clearRect(0, 0, tree.width, tree.height);
  drawHeights(context);
  const room = tree.width - MARGIN.left - MARGIN.right;
  const at = (node) => MARGIN.left + tree.x[node] * room;
  const level = (node) => (node < count ? 0 : height.values[node - count]);
  const leaf = firstLeaves();
  context.lineWidth = count > 600 ? 0.8 : 1.2;
  const [above, aside] = [cssColour("--soft"), OTHERS[theme()]];
  for (let node = count; node < tree.x.length; node++) {
    const [a, b] = [merges.values[2 * (node - count)], merges.values[2 * (node - count) + 1]];
    const inClass = !state.data.medoids && level(node) <= state.accuracy;
    context.strokeStyle = inClass ? (state.colourBy === "class" ? colouring.of(leaf[node]).colour : aside) : above;
    context.beginPath();
    context.moveTo(at(a), yOf(level(a)));
    context.lineTo(at(a), yOf(level(node)));
    context.lineTo(at(b), yOf(level(node)));
    context.lineTo(at(b), yOf(level(b)));
    context.stroke();
  }
  if (!state.data.medoids) drawLine(context);
}

function firstLeaves() {
  const { merges } = state.data.arrays;
  const leaf = Int32Array.from({ length: 2 * state.count - 1 }, (_, node) => node);
  for (let node = state.count; node < leaf.length; node++) leaf[node] = leaf[merges.values[2 * (node - state.count)]];
  return leaf;
}

function drawHeights(context) {
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillStyle = cssColour("--soft");
  context.strokeStyle = cssColour("--line");
  context.lineWidth = 1;
  for (const tick of [0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]) {
    if (tick > highest()) continue;
    const y = yOf(tick);
    context.fillText(String(tick), MARGIN.left - 6, y);
    context.beginPath();
    context.moveTo(MARGIN.left, y);
    context.lineTo(tree.width - MARGIN.right, y);
    context.stroke();
  }
}

function drawLine(context) {
  const y = yOf(state.accuracy);
  context.strokeStyle = context.fillStyle = cssColour("--accent");
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(MARGIN.left, y);
  context.lineTo(tree.width - MARGIN.right, y);
  context.stroke();
  context.textAlign = "left";
  context.textBaseline = "bottom";
  context.font = "bold 12px system-ui, sans-serif";
  context.fillText("ε", MARGIN.left + 4, y - 2);
}

function rowUnder(x) {
  const share = (x - MARGIN.left) / (tree.width - MARGIN.left - MARGIN.right);
  return tree.order[Math.min(Math.max(Math.floor(share * state.count), 0), state.count - 1)];
}

function classOf(row) {
  return state.classes.find((each) => each.label === state.label[row]);
}

function startTree() {
  const canvas = byId("tree");
  layTree();
  const resize = () => {
    Object.assign(tree, sizeCanvas(canvas));
    drawTree();
  };
  const near = (event) => !state.data.medoids && Math.abs(event.offsetY - yOf(state.accuracy)) < 8;
  canvas.addEventListener("pointerdown", (event) => {
    tree.drag = near(event);
    if (tree.drag) canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (tree.drag) {
      setAccuracy(Number(heightAt(event.offsetY).toPrecision(3)));
      return;
    }
    canvas.style.cursor = near(event) ? "ns-resize" : "pointer";
    const found = classOf(rowUnder(event.offsetX));
    const lines = [`class ${found.label}: ${counted(found.size, "network")}`, `medoid ${nameOf(found.medoid)}`];
    showTip(byId("tree-tip"), canvas, [event.offsetX, event.offsetY], lines);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!tree.drag) choose(classOf(rowUnder(event.offsetX)).members);
    tree.drag = false;
  });
  canvas.addEventListener("pointerleave", () => showTip(byId("tree-tip"), canvas, null, null));
  new ResizeObserver(resize).observe(canvas);
  resize();
  when("colours", drawTree);
  const said = state.data.medoids
    ? "Merges of the medoids that are drawn. "
    : "Merges at their heights, in e-folds; the line at ε can be moved. Below it are the classes. ";
  byId("tree-about").textContent = `${said}A click chooses the class below it. The axis is logarithmic but near 0.`;
  lazyTable("tree-table", "classes", describeMerges);
}

function describeMerges() {
  const { merges, height, medoid } = state.data.arrays;
  const count = state.count;
  const size = new Int32Array(2 * count - 1).fill(1);
  for (let node = count; node < size.length; node++) {
    size[node] = size[merges.values[2 * (node - count)]] + size[merges.values[2 * (node - count) + 1]];
  }
  const side = (row, which) => merges.values[2 * row + which];
  const medoidOf = (node) => (medoid.values[node] < 0 ? null : nameOf(medoid.values[node]));
  const columns = [
    { key: "height", title: "height, e-folds", numeric: true, value: (row) => height.values[row], text: (v) => fixed(v, 4) },
    { key: "one", title: "medoid of the one", class: "name", value: (row) => medoidOf(side(row, 0)) },
    { key: "one-size", title: "its networks", numeric: true, value: (row) => size[side(row, 0)] },
    { key: "other", title: "medoid of the other", class: "name", value: (row) => medoidOf(side(row, 1)) },
    { key: "other-size", title: "its networks", numeric: true, value: (row) => size[side(row, 1)] },
    ...(state.data.medoids ? [] : [{ key: "within", title: "within ε", value: (row) => (height.values[row] <= state.accuracy ? "yes" : "no") }]),
  ];
  return { caption: "Merges of the dendrogram", columns: () => columns, rows: () => [...height.values.keys()] };
}
