// The map: every drawn network in the plane, on a canvas.
const view = { x: 0, y: 0, scale: 1, whole: 1, width: 0, height: 0 };
const map = { canvas: null, context: null, lasso: null, mode: "move", hover: null, current: null };
const NEAR = 14; // pixels within which a pointer is at a network

function placeOf(row) {
  const { values } = state.data.arrays.place;
  const places = 10 ** state.data.places;
  return [values[row] / places, values[state.count + row] / places];
}

function onScreen(row) {
  const [x, y] = placeOf(row);
  return [(x - view.x) * view.scale + view.width / 2, view.height / 2 - (y - view.y) * view.scale];
}

function sizeCanvas(canvas) {
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height };
}

function wholeMap() {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let row = 0; row < state.count; row++) {
    const [x, y] = placeOf(row);
    [left, right, low, high] = [Math.min(left, x), Math.max(right, x), Math.min(low, y), Math.max(high, y)];
  }
  view.x = (left + right) / 2;
  view.y = (low + high) / 2;
  const room = 30;
  const fit = (from, to, pixels) => (to > from ? (pixels - 2 * room) / (to - from) : Infinity);
  const scale = Math.min(fit(left, right, view.width), fit(low, high, view.height));
  view.scale = view.whole = Number.isFinite(scale) && scale > 0 ? scale : 100;
}

function zoomBy(factor, at = [view.width / 2, view.height / 2]) {
  const scale = Math.min(Math.max(view.scale * factor, view.whole / 2), view.whole * 5000);
  const [x, y] = [at[0] - view.width / 2, view.height / 2 - at[1]];
  view.x += x / view.scale - x / scale;
  view.y += y / view.scale - y / scale;
  view.scale = scale;
  drawMap();
}

function resizeMap() {
  const before = view.width;
  const { context, width, height } = sizeCanvas(map.canvas);
  Object.assign(view, { width, height });
  map.context = context;
  if (!before) wholeMap();
  else if (before !== width) {
    view.scale *= width / before;
    view.whole *= width / before;
  }
  drawMap();
}

function drawMap() {
  const { context } = map;
  if (!context || !colouring) return;
  context.clearRect(0, 0, view.width, view.height);
  const chosen = new Set(state.chosen);
  const rows = [...Array(state.count).keys()];
  const rank = (row) => (chosen.has(row) ? 2 : colouring.of(row).other ? 0 : 1);
  rows.sort((a, b) => rank(a) - rank(b));
  for (const row of rows) {
    const [x, y] = onScreen(row);
    if (x < -9 || y < -9 || x > view.width + 9 || y > view.height + 9) continue;
    drawDot(context, row, x, y, chosen.has(row));
  }
  drawScaleBar(context);
  if (map.lasso) drawLasso(context);
}

function radiusOf(row) {
  const many = state.data.arrays.stands_for.values[row];
  const crowd = state.count > 5000 ? 2.2 : state.count > 800 ? 3 : 4;
  return state.data.medoids ? Math.min(crowd * Math.sqrt(1 + Math.log(many)), 12) : crowd;
}

function drawDot(context, row, x, y, chosen) {
  const { colour, shape, other } = colouring.of(row);
  const r = other ? radiusOf(row) * 0.8 : radiusOf(row);
  context.globalAlpha = state.found && !state.found.has(row) && !chosen ? 0.12 : 0.85;
  context.fillStyle = colour;
  context.beginPath();
  if (shape === "square") context.rect(x - r, y - r, 2 * r, 2 * r);
  else if (shape === "triangle-up") {
    context.moveTo(x, y - 1.3 * r);
    context.lineTo(x + 1.2 * r, y + r);
    context.lineTo(x - 1.2 * r, y + r);
    context.closePath();
  } else context.arc(x, y, r, 0, 2 * Math.PI);
  context.fill();
  context.globalAlpha = 1;
  if (chosen) ring(context, x, y, r + 2.5, cssColour("--ink"), 1.5);
  if (row === map.current) ring(context, x, y, r + 6, cssColour("--accent"), 2.5);
}

function ring(context, x, y, r, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.stroke();
}

// A length of 1, 2 or 5 times a power of ten, about a sixth of the width.
function drawScaleBar(context) {
  const about = view.width / 6 / view.scale;
  const power = 10 ** Math.floor(Math.log10(about));
  const length = [5, 2, 1].find((step) => step * power <= about) * power;
  context.strokeStyle = context.fillStyle = cssColour("--soft");
  context.lineWidth = 1.5;
  const [x, y] = [14, view.height - 14];
  context.beginPath();
  context.moveTo(x, y - 4);
  context.lineTo(x, y);
  context.lineTo(x + length * view.scale, y);
  context.lineTo(x + length * view.scale, y - 4);
  context.stroke();
  context.font = "12px system-ui, sans-serif";
  context.fillText(`${Number(length.toPrecision(1))} e-folds`, x, y - 7);
}

function drawLasso(context) {
  context.strokeStyle = cssColour("--accent");
  context.lineWidth = 1.5;
  context.setLineDash([5, 3]);
  context.beginPath();
  for (const [x, y] of map.lasso) context.lineTo(x, y);
  context.closePath();
  context.stroke();
  context.setLineDash([]);
}

function nearestTo([px, py], within = NEAR) {
  let [best, least] = [null, within];
  for (let row = 0; row < state.count; row++) {
    const [x, y] = onScreen(row);
    const far = Math.hypot(x - px, y - py);
    if (far < least) [best, least] = [row, far];
  }
  return best;
}

function inside([px, py], polygon) {
  let odd = false;
  for (let at = 0, last = polygon.length - 1; at < polygon.length; last = at++) {
    const [ax, ay] = polygon[at];
    const [bx, by] = polygon[last];
    if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

function told(row) {
  const family = valueOf("family", row);
  const parts = [nameOf(row), `class ${state.label[row]}`];
  if (family) parts.push(family);
  parts.push(valueOf("kind", row));
  if (state.data.medoids) {
    parts.push(`medoid of ${counted(state.data.arrays.stands_for.values[row], "network")}`);
  }
  return parts;
}

function showTip(tip, canvas, at, lines) {
  tip.hidden = lines === null;
  if (lines === null) return;
  tip.textContent = lines.join("\n");
  const left = Math.min(at[0] + 14, canvas.clientWidth - tip.offsetWidth - 4);
  tip.style.left = `${Math.max(0, left)}px`;
  tip.style.top = `${Math.max(0, at[1] + 14)}px`;
}

function setMode(mode) {
  map.mode = mode;
  byId("mode-move").setAttribute("aria-pressed", String(mode === "move"));
  byId("mode-lasso").setAttribute("aria-pressed", String(mode === "lasso"));
  map.canvas.style.cursor = mode === "lasso" ? "crosshair" : "grab";
  map.canvas.style.touchAction = mode === "lasso" ? "none" : "";
}

function startMap() {
  map.canvas = byId("map");
  const { canvas } = map;
  const at = (event) => [event.offsetX, event.offsetY];
  let from = null; // where the pointer went down, and whether it moved
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    from = { at: at(event), moved: false };
    if (map.mode === "lasso" || event.shiftKey) map.lasso = [at(event)];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from) {
      map.hover = nearestTo(at(event));
      showTip(byId("map-tip"), canvas, at(event), map.hover === null ? null : told(map.hover));
      return;
    }
    const [x, y] = at(event);
    if (map.lasso) map.lasso.push([x, y]);
    else {
      view.x -= (x - from.at[0]) / view.scale;
      view.y += (y - from.at[1]) / view.scale;
    }
    from.moved ||= Math.hypot(x - from.at[0], y - from.at[1]) > 3;
    if (!map.lasso) from.at = [x, y];
    drawMap();
  });
  canvas.addEventListener("pointerup", (event) => {
    const polygon = map.lasso;
    const moved = from?.moved;
    from = map.lasso = null;
    if (polygon && moved) chooseInside(polygon);
    else if (!moved) {
      const row = nearestTo(at(event));
      if (row !== null) toggle(row);
    }
    drawMap();
  });
  canvas.addEventListener("pointercancel", () => {
    from = map.lasso = null;
    drawMap();
  });
  canvas.addEventListener("pointerleave", () => showTip(byId("map-tip"), canvas, null, null));
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (document.activeElement !== canvas) return;
      event.preventDefault();
      zoomBy(Math.exp(-event.deltaY / 400), at(event));
    },
    { passive: false },
  );
  canvas.addEventListener("keydown", mapKey);
  byId("mode-move").addEventListener("click", () => setMode("move"));
  byId("mode-lasso").addEventListener("click", () => setMode("lasso"));
  byId("zoom-in").addEventListener("click", () => zoomBy(1.5));
  byId("zoom-out").addEventListener("click", () => zoomBy(1 / 1.5));
  byId("zoom-reset").addEventListener("click", () => {
    wholeMap();
    drawMap();
  });
  setMode("move");
  new ResizeObserver(resizeMap).observe(canvas);
  resizeMap();
  when("colours chosen found", drawMap);
}

function chooseInside(polygon) {
  const rows = [...Array(state.count).keys()].filter((row) => inside(onScreen(row), polygon));
  choose(rows);
  byId("map-said").textContent = `The lasso holds ${counted(rows.length, "network")}.`;
}

const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function mapKey(event) {
  const way = ARROWS[event.key];
  if (way) step(way);
  else if (event.key === "Enter" || event.key === " ") {
    if (map.current !== null) toggle(map.current);
  } else if (event.key === "+" || event.key === "=") zoomBy(1.5);
  else if (event.key === "-") zoomBy(1 / 1.5);
  else if (event.key === "0") {
    wholeMap();
    drawMap();
  } else return;
  event.preventDefault();
}

// To the nearest network that lies that way rather than aside.
function step([dx, dy]) {
  if (map.current === null) map.current = state.chosen[0] ?? 0;
  else {
    const [cx, cy] = onScreen(map.current);
    let [best, least] = [null, Infinity];
    for (let row = 0; row < state.count; row++) {
      if (row === map.current) continue;
      const [x, y] = onScreen(row);
      const along = (x - cx) * dx + (y - cy) * dy;
      const aside = Math.abs((x - cx) * dy) + Math.abs((y - cy) * dx);
      const far = along + 2 * aside;
      if (along > 0 && aside <= 2 * along && far < least) [best, least] = [row, far];
    }
    map.current = best ?? map.current;
  }
  const [x, y] = onScreen(map.current);
  if (x < 0 || y < 0 || x > view.width || y > view.height) [view.x, view.y] = placeOf(map.current);
  const chosen = state.chosen.includes(map.current) ? "chosen" : "not chosen";
  byId("map-said").textContent = `${told(map.current).join(", ")}: ${chosen}`;
  drawMap();
}
