// The charts: Vega-Lite specifications that came with the page, and rows of the chosen networks.
const DEPTHS = 4; // chosen networks whose depth is drawn
// From nothing, which is the panel's colour, to much.
const HEAT = {
  light: ["#f5f6f8", "#a9cbe4", "#3f8fc6", "#0b4a86", "#06203f"],
  dark: ["#1d2125", "#1f4f79", "#2f86c4", "#8cc7f2", "#f2f9ff"],
};
const drawn = {}; // by the place of a chart: who drew it last

function configOf() {
  const [ink, soft, line] = ["--ink", "--soft", "--line"].map(cssColour);
  const text = { labelColor: soft, titleColor: ink, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
  return {
    background: null,
    font: "system-ui, sans-serif",
    view: { stroke: line },
    axis: { ...text, gridColor: line, gridOpacity: 0.5, domainColor: soft, tickColor: soft, labelOverlap: true },
    legend: text,
    range: { heatmap: HEAT[theme()] },
    rule: { color: soft },
    text: { color: soft, fontSize: 12 },
  };
}

// The data set without which there is nothing to draw, and what is said then.
const NEEDED = {
  csd: ["curves", "No network with a curve is chosen."],
  tail: ["curves", "No network with a tail is chosen."],
  depth: ["cells", "Not known."],
  groups: ["points", "No group has a place."],
  chance: ["curves", "No chosen network has draws of this null model."],
  levels: ["others", "No gap ratio is known: spectra are estimated, or levels degenerate or few."],
};

// Draws a chart with data sets by their names; the last one that was asked for stays.
async function chart(place, name, datasets) {
  const ticket = {};
  drawn[place.id] = ticket;
  const [needed, without] = NEEDED[name];
  if (!datasets[needed].length) {
    place.replaceChildren(element("p", {}, without));
    return;
  }
  const own = state.data.charts[name];
  const spec = { ...own, datasets: { ...own.datasets, ...datasets } };
  const options = {
    mode: "vega-lite",
    renderer: "canvas",
    ast: true, // without it Vega would make functions of text, which the page's policy forbids
    actions: false,
    tooltip: false,
    defaultStyle: false,
    hover: false,
    logLevel: 1, // errors: that nobody is chosen is none
    config: configOf(),
  };
  const inside = element("div");
  inside.style.width = "100%";
  place.replaceChildren(inside);
  const made = await vegaEmbed(inside, spec, options);
  if (drawn[place.id] !== ticket) made.finalize();
  place.querySelectorAll("canvas").forEach((canvas) => canvas.setAttribute("aria-hidden", "true"));
}

function looks(rows) {
  return rows.map((row, at) => ({ row, id: String(at), ...lookOfChosen(at) })).filter(({ colour }) => colour);
}

const csdOf = (row) => {
  const { csd, rest } = state.data.arrays;
  const [inside, beyond] = [csd.shape[1], rest.shape[1]];
  const scale = 10 ** state.data.places;
  const found = [];
  for (let at = 0; at < inside; at++) {
    const own = csd.values[row * inside + at];
    found.push(own === UNKNOWN ? null : own / scale);
  }
  for (let at = 0; at < beyond; at++) {
    const own = threeDigits(rest.values[row * beyond + at]);
    found.push(own ? -own : own);
  }
  return found;
};

function csdRows(rows, conjugate) {
  const { edges } = state.data;
  const { fluctuation } = state.data.arrays;
  const [, kinds, width] = fluctuation.shape;
  const sets = { curves: [], band: [], numbers: [] };
  for (const { row, id, number, colour } of looks(rows)) {
    const curve = csdOf(row);
    curve.forEach((csd, at) => csd !== null && sets.curves.push({ id, colour, s: edges[at], csd }));
    for (let at = 0; at < width; at++) {
      const own = fluctuation.values[(row * kinds + conjugate) * width + at];
      const high = own / 10 ** state.data.places;
      if (own !== UNKNOWN) sets.band.push({ id, colour, s: edges[at], low: -high, high });
    }
    const at = 8 + 8 * Number(id); // beside one another, where curves are equal
    if (curve[at] !== null) sets.numbers.push({ id, number, colour, s: edges[at], csd: curve[at] });
  }
  return sets;
}

// The two ends of a network's fit, which is straight on logarithmic axes, down to where they end.
function fitOf(row) {
  const [start, decay] = [valueOf("tail_mass", row), valueOf("decay_rate", row)];
  if (!start || !decay) return [];
  const x = Math.min(3000, 2 * (start / 1e-6) ** (1 / decay));
  return [2, x].map((at) => ({ x: at, rest: start * (at / 2) ** -decay, start, decay }));
}

function tailRows(rows) {
  const { edges } = state.data;
  const { rest } = state.data.arrays;
  const first = edges.length - rest.shape[1];
  const sets = { curves: [], fits: [], numbers: [] };
  for (const { row, id, number, colour } of looks(rows)) {
    const own = [];
    for (let at = 0; at < rest.shape[1]; at++) {
      const value = threeDigits(rest.values[row * rest.shape[1] + at]);
      if (value) own.push({ id, colour, x: Math.exp(edges[first + at]), rest: value });
    }
    sets.curves.push(...own);
    const seen = own.filter((each) => each.rest >= 1e-6);
    const at = Math.min(4 + 6 * Number(id), seen.length - 1); // beside one another
    if (seen.length) sets.numbers.push({ ...seen[at], number });
    sets.fits.push(...fitOf(row).map((each) => ({ id, colour, ...each })));
  }
  const last = Math.max(10, ...sets.curves.filter((each) => each.rest >= 1e-6).map(({ x }) => x));
  sets.curves = sets.curves.filter(({ x }) => x <= last);
  for (const fit of sets.fits) {
    if (fit.x > last) Object.assign(fit, { x: last, rest: fit.start * (last / 2) ** -fit.decay });
  }
  return sets;
}

// Intervals of depth of a network: { name, top, bottom, mass: [64], ratio }.
function depthOf(row) {
  const { depth, start, ratio } = state.data.arrays;
  const [from, to] = [start.values[row], start.values[row + 1]];
  const bins = depth.shape[1];
  const scale = 10 ** state.data.places;
  return Array.from({ length: to - from }, (_, at) => {
    const mass = Array.from(depth.values.subarray((from + at) * bins, (from + at + 1) * bins));
    const own = ratio.values[from + at];
    return {
      name: state.data.intervals[from + at],
      top: at / (to - from),
      bottom: (at + 1) / (to - from),
      mass: mass.map((each) => (each === UNKNOWN ? null : each / scale)),
      ratio: own === UNKNOWN ? null : own / scale,
    };
  });
}

function depthRows(row) {
  const width = 16 / state.data.arrays.depth.shape[1];
  const cells = depthOf(row).flatMap(({ top, bottom, mass }) =>
    mass.map((each, at) => ({ s: -8 + at * width, end: -8 + (at + 1) * width, top, bottom, density: each === null ? null : each / width })),
  );
  return { cells: cells.filter(({ density }) => density !== null) };
}

function levelRows() {
  const at = (row) => ({ order: valueOf("order_max", row), ratio: valueOf("gap_ratio", row) });
  const known = (row) => at(row).order > 0 && at(row).ratio !== null;
  const others = [...Array(state.count).keys()].filter(known).map((row) => ({ ...at(row), ...colouring.of(row) }));
  const chosen = looks(state.chosen).filter(({ row }) => known(row)).map(({ row, number, colour }) => {
    const se = valueOf("gap_ratio_se", row) ?? 0;
    const { order, ratio } = at(row);
    return { order, ratio, number, colour, low: ratio - se, high: ratio + se };
  });
  const universal = Object.entries(state.data.universal).map(([key, ratio]) => {
    return { name: key === "poisson" ? "Poisson" : key.toUpperCase(), ratio };
  });
  return { others, chosen, universal };
}

function drawCurves() {
  chart(byId("csd"), "csd", csdRows(state.chosen, Number(byId("conjugate").value)));
}

function drawChosen() {
  drawCurves();
  chart(byId("tail"), "tail", tailRows(state.chosen));
  const some = looks(state.chosen).slice(0, DEPTHS);
  byId("depth").replaceChildren(
    ...some.flatMap(({ row, number }) => {
      const label = `Density of ${nameOf(row)} along its depth; the table below has the numbers`;
      return [
        element("h3", { class: "depth-name" }, `${number} ${nameOf(row)}: ${depthSaid(row)}`),
        element("div", { class: "chart", id: `depth-${number}`, role: "img", "aria-label": label }),
      ];
    }),
  );
  for (const { row, number } of some) chart(byId(`depth-${number}`), "depth", depthRows(row));
}

function depthSaid(row) {
  const found = depthOf(row);
  if (found.every(({ mass }) => mass[0] === null)) return "not known";
  if (found.some(({ name }) => name)) return counted(found.length, "constituent");
  return `${found.length} equal intervals of depth`;
}

function startCharts() {
  byId("conjugate").addEventListener("change", () => tell("conjugate"));
  when("conjugate", drawCurves);
  when("chosen theme", drawChosen);
  when("colours chosen", () => chart(byId("levels"), "levels", levelRows()));
  const more = `The first ${DEPTHS} of the chosen, input above, output below.`;
  byId("depth-about").textContent = `Where in a network its spectrum lies: the density of s = ln(λ/σ) at each depth. ${more}`;
  lazyTable("csd-table", "chosen conjugate", () => describeCurves(state.chosen, "CSD curves"));
  lazyTable("tail-table", "chosen", describeTails);
  lazyTable("depth-table", "chosen", () => describeDepths(state.chosen, "Mass per bin of s, by depth"));
  lazyTable("levels-table", "classes", describeLevels);
}

function describeCurves(rows, caption) {
  const { edges, places } = state.data;
  const inside = state.data.arrays.csd.shape[1];
  const { fluctuation } = state.data.arrays;
  const [, kinds, width] = fluctuation.shape;
  const conjugate = Number(byId("conjugate").value);
  const band = (row, at) => {
    const own = at < width ? fluctuation.values[(row * kinds + conjugate) * width + at] : 0;
    return own === UNKNOWN ? null : own / 10 ** places;
  };
  const columns = [{ key: "s", title: "s", numeric: true, value: (at) => edges[at], text: (v) => fixed(v, 3) }];
  for (const { row, number } of looks(rows)) {
    const curve = csdOf(row);
    const name = `${number} ${nameOf(row)}`;
    columns.push({
      key: `csd-${number}`, title: `CSD of ${name}`, numeric: true, value: (at) => curve[at],
      cell: (at) => (at < inside ? fixed(curve[at], places) : shown(curve[at])),
    });
    columns.push({ key: `band-${number}`, title: `± ${name}`, numeric: true, value: (at) => band(row, at), text: (v) => fixed(v, places) });
  }
  return { caption, columns: () => columns, rows: () => [...edges.keys()], filterable: false };
}

function describeTails() {
  const fields = ["tail_mass", "tail_count", "decay_rate", "decay_rate_se", "tail_law", "tail_law_p_value", "vanishing_location"];
  const columns = [
    { key: "name", title: "network", class: "name", value: nameOf },
    ...fields.filter((key) => state.column[key]).map((key) => ({
      key, title: state.column[key].title, numeric: key !== "tail_law", value: (row) => valueOf(key, row),
    })),
  ];
  return { caption: "Tails", columns: () => columns, rows: () => state.chosen, filterable: false };
}

function describeDepths(chosen, caption) {
  const bins = state.data.arrays.depth.shape[1];
  const rows = looks(chosen).slice(0, DEPTHS).flatMap(({ row }) => depthOf(row).map((each) => ({ row, ...each })));
  const range = ({ top, bottom }) => `${Math.round(100 * top)}–${Math.round(100 * bottom)} %`;
  const columns = [
    { key: "name", title: "network", class: "name", value: (at) => nameOf(rows[at].row) },
    { key: "depth", title: "depth", value: (at) => range(rows[at]) },
    { key: "constituent", title: "constituent", class: "name", value: (at) => rows[at].name || null },
    { key: "ratio", title: "gap ratio", numeric: true, value: (at) => rows[at].ratio, text: (v) => fixed(v, 4) },
    ...Array.from({ length: bins }, (_, bin) => ({
      key: `s${bin}`, title: `s from ${-8 + (bin * 16) / bins}`, numeric: true,
      value: (at) => rows[at].mass[bin], text: (v) => fixed(v, 4),
    })),
  ];
  return { caption, columns: () => columns, rows: () => [...rows.keys()], filterable: false };
}

function describeLevels() {
  const fields = ["order_max", "gap_ratio", "gap_ratio_se", "universality", "universality_deviation"];
  const columns = [
    { key: "name", title: "network", class: "name", value: nameOf },
    { key: "class", title: "class", numeric: true, value: (row) => state.label[row] },
    ...fields.filter((key) => state.column[key]).map((key) => ({
      key, title: state.column[key].title, numeric: key !== "universality", value: (row) => valueOf(key, row),
    })),
  ];
  return { caption: "Gap ratios", columns: () => columns, rows: () => [...Array(state.count).keys()] };
}
