// Null models, where the catalog has draws: curves of the chosen networks, and a table of all.
function startChance() {
  const { chance } = state.data;
  if (!chance) return;
  byId("chance-section").hidden = false;
  const select = byId("null-model");
  for (const model of [...new Set(chance.map((each) => each.model))].sort()) {
    select.append(element("option", { value: model }, model));
  }
  select.addEventListener("change", () => tell("null-model"));
  when("null-model chosen theme", drawChance);
  lazyTable("chance-table", "null-model chosen", describeChance);
  makeTable(byId("chance-rows"), { caption: "Networks beside their draws", columns: chanceColumns, rows: () => [...chance.keys()] });
}

// Of each chosen network that has draws of the model: its look, and its curve in standard deviations.
function chanceCurves() {
  const model = byId("null-model").value;
  const { chance, arrays } = state.data;
  const width = arrays.z.shape[1];
  return looks(state.chosen).flatMap((look) => {
    const at = chance.findIndex((each) => each.row === look.row && each.model === model);
    if (at < 0) return [];
    const curve = [...arrays.z.values.subarray(at * width, (at + 1) * width)];
    return [{ ...look, curve: curve.map((z) => (Number.isNaN(z) ? null : z)) }];
  });
}

function drawChance() {
  const { edges } = state.data;
  const sets = { curves: [], numbers: [] };
  for (const { id, number, colour, curve } of chanceCurves()) {
    const own = curve.map((z, at) => ({ id, colour, s: edges[at], z })).filter(({ z }) => z !== null);
    sets.curves.push(...own);
    if (own.length) sets.numbers.push({ ...own[Math.floor(own.length / 2)], number });
  }
  chart(byId("chance"), "chance", sets);
}

function describeChance() {
  const { edges } = state.data;
  const columns = [{ key: "s", title: "s", numeric: true, value: (at) => edges[at], text: (v) => fixed(v, 3) }];
  for (const { row, number, curve } of chanceCurves()) {
    columns.push({ key: `z-${number}`, title: `z of ${number} ${nameOf(row)}`, numeric: true, value: (at) => curve[at] });
  }
  const caption = `In standard deviations of the draws by ${byId("null-model").value}`;
  return { caption, columns: () => columns, rows: () => [...edges.keys()], filterable: false };
}

function chanceColumns() {
  const { chance } = state.data;
  const of = (key, title, numeric = true) => ({ key, title, numeric, value: (at) => chance[at][key] });
  return [
    { key: "name", title: "network", class: "name", value: (at) => nameOf(chance[at].row), cell: (at) => cardButton(chance[at].row) },
    of("model", "null model", false),
    of("draws", "draws"),
    of("distance", "d to their mean"),
    of("units", "in scatters"),
    of("p_value", "p"),
    of("floor", "least p"),
    of("scale_ratio", "σ over theirs"),
    of("not_ok", "draws not ok"),
    of("note", "note", false),
  ];
}
