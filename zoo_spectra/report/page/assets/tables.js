// A table that is sorted by its heads, filtered, and shown by pages.
const PAGE = 20;

// `columns`: [{ key, title, value(row), cell?(row), numeric, text?(value) }], a function of nothing.
// `rows`: all rows, a function of nothing. `marked`: whether a row is chosen. Gives { refresh(), mark() };
// the second keeps every element, and so the focus.
function makeTable(place, { caption, columns, rows, filterable = true, tools = [], marked = null }) {
  const now = { sort: null, falling: false, filter: "", page: 0, shown: [] };
  const head = element("thead");
  const body = element("tbody");
  const said = element("span", { role: "status" });
  const input = element("input", { type: "search", autocomplete: "off" });
  input.addEventListener("input", () => {
    now.filter = input.value.toLowerCase();
    now.page = 0;
    refresh();
  });
  const before = button("Previous", () => turn(-1));
  const after = button("Next", () => turn(1));
  const table = element("table", {}, element("caption", {}, caption), head, body);
  place.replaceChildren(
    element(
      "div",
      { class: "tools" },
      filterable ? element("label", {}, "Filter ", input) : null,
      ...tools,
      said,
    ),
    element("div", { class: "wide", tabindex: "0", role: "region", "aria-label": `Table: ${caption}` }, table),
    element("div", { class: "tools pager" }, before, after),
  );

  function turn(by) {
    now.page += by;
    refresh();
  }

  function sortBy(key) {
    const column = columns().find((each) => each.key === key);
    if (now.sort === key) now.falling = !now.falling;
    else Object.assign(now, { sort: key, falling: Boolean(column?.numeric) });
    now.page = 0;
    refresh();
    head.querySelector(`button[data-key="${CSS.escape(key)}"]`)?.focus();
  }

  function matching() {
    const own = columns();
    const texts = own.filter((column) => !column.numeric && column.value);
    let found = rows();
    if (now.filter) {
      found = found.filter((row) =>
        texts.some((column) => String(column.value(row) ?? "").toLowerCase().includes(now.filter)),
      );
    }
    const by = own.find((column) => column.key === now.sort);
    return by ? sorted(found, by, now.falling) : found;
  }

  function refresh() {
    const own = columns();
    const found = matching();
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    now.page = Math.min(Math.max(0, now.page), pages - 1);
    const start = now.page * PAGE;
    const some = (now.shown = found.slice(start, start + PAGE));
    head.replaceChildren(element("tr", {}, ...own.map(headOf)));
    body.replaceChildren(...some.map((row) => rowOf(row, own)));
    mark();
    const range = found.length ? `${GROUPED.format(start + 1)}–${GROUPED.format(start + some.length)}` : "0";
    said.textContent = `${range} of ${counted(found.length, "row")}`;
    before.disabled = now.page === 0;
    after.disabled = now.page === pages - 1;
    before.parentElement.hidden = pages === 1;
  }

  function headOf(column) {
    const way = now.sort === column.key ? (now.falling ? "descending" : "ascending") : null;
    const sign = way === null ? "" : now.falling ? " ▾" : " ▴";
    const inside = column.value
      ? button(column.title + sign, () => sortBy(column.key), { "data-key": column.key })
      : column.title;
    return element(
      "th",
      { scope: "col", "aria-sort": way, class: column.numeric ? "number" : null },
      inside,
    );
  }

  function rowOf(row, own) {
    const cells = own.map((column) => {
      const inside = column.cell ? column.cell(row) : (column.text ?? shown)(column.value(row));
      return element("td", { class: column.numeric ? "number" : column.class ?? null }, inside);
    });
    return element("tr", {}, ...cells);
  }

  function mark() {
    now.shown.forEach((row, at) => {
      const chosen = Boolean(marked?.(row));
      body.rows[at].classList.toggle("chosen", chosen);
      const box = body.rows[at].querySelector("input[type=checkbox]");
      if (box) box.checked = chosen;
    });
  }

  refresh();
  return { refresh, mark };
}

// What is not known comes last, whichever way.
function sorted(rows, column, falling) {
  const way = falling ? -1 : 1;
  return rows
    .map((row, at) => ({ row, at, value: column.value(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) {
        return (a.value === null) - (b.value === null) || a.at - b.at;
      }
      const order =
        typeof a.value === "number" && typeof b.value === "number"
          ? a.value - b.value
          : String(a.value).localeCompare(String(b.value), "en", { numeric: true });
      return way * order || a.at - b.at;
    })
    .map((each) => each.row);
}

// A table below a picture, made when it is opened.
function lazyTable(id, events, describe) {
  const details = byId(id);
  const place = details.querySelector("div");
  const fill = () => details.open && makeTable(place, describe());
  details.addEventListener("toggle", fill);
  when(events, fill);
}
