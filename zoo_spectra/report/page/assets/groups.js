// Groups, where the report was asked for them: statistics in words, a picture, tables.
function startGroups() {
  const { groups, charts } = state.data;
  if (!groups) return;
  byId("groups-section").hidden = false;
  byId("groups-title").textContent = `Groups of ${groups.by}`;
  byId("groups-lines").replaceChildren(...groups.lines.map((line) => element("li", {}, line)));
  byId("groups-notes").replaceChildren(...groups.notes.map((line) => element("li", {}, line)));
  byId("groups-about").textContent =
    "What is left of the distances once what is allowed for is taken off, by classical scaling: the plane holds " +
    `${Math.round(100 * groups.held)} % of it.`;
  const tables = Object.values(groups.tables).filter(({ rows }) => rows.length);
  byId("groups-tables").replaceChildren(...tables.map((table, at) => groupTable(table, at === 0)));
  if (!charts) return;
  when("theme", drawGroups);
  drawGroups();
}

// Of each group, by its place among all: the first have a colour and a shape of their own.
function lookOfGroup(at) {
  const palette = PALETTE[theme()];
  if (at >= palette.length * SHAPE_NAMES.length) return { colour: OTHERS[theme()], shape: "circle" };
  return { colour: palette[at % palette.length], shape: SHAPE_NAMES[Math.floor(at / palette.length)] };
}

function drawGroups() {
  const { groups, units } = state.data.groups.tables;
  const place = new Map(groups.rows.map(([name], at) => [name, at]));
  const points = units.rows.map(([, group, , , x, y]) => ({ x, y, ...lookOfGroup(place.get(group)) }));
  chart(byId("groups"), "groups", { points });
  byId("groups-legend").replaceChildren(
    ...groups.rows.map(([name, size], at) => {
      const { colour, shape } = lookOfGroup(at);
      return element("li", {}, swatch(colour, shape), element("span", {}, `${name} (${GROUPED.format(size)})`));
    }),
  );
}

function groupTable({ caption, heads, words, rows }, open) {
  const columns = heads.map((head, at) => {
    return { key: head, title: head, numeric: at >= words, class: at ? null : "name", value: (row) => rows[row][at] };
  });
  const place = element("div");
  const made = element("details", { open }, element("summary", {}, caption), place);
  const table = { caption, columns: () => columns, rows: () => [...rows.keys()] };
  makeTable(place, { ...table, filterable: rows.length > PAGE });
  return made;
}
