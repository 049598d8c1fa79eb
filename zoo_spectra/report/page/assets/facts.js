// What was run, and what failed.
function showFacts() {
  const { facts } = state.data;
  const at = Object.fromEntries(facts.lines);
  byId("place").textContent = `Catalog ${at.catalog}`;
  document.title = `${at.catalog} – spectral equivalence report`;
  byId("facts").replaceChildren(
    ...facts.lines.flatMap(([what, how]) => [element("dt", {}, what), element("dd", {}, how)]),
  );
  byId("warnings").hidden = facts.warnings.length === 0;
  byId("warnings").replaceChildren(...facts.warnings.map((line) => element("li", {}, line)));
  showFailed();
  showLeftOut(facts);
}

function showFailed() {
  const bad = [];
  for (let row = 0; row < state.rows; row++) if (valueOf("status", row) !== "ok") bad.push(row);
  if (!bad.length) return;
  const columns = [
    { key: "name", title: "network", class: "name", value: nameOf, cell: cardButton },
    { key: "status", title: "status", value: (row) => valueOf("status", row) },
    { key: "reason", title: "reason", value: (row) => valueOf("reason", row) },
    { key: "attempts", title: "attempts", numeric: true, value: (row) => valueOf("attempts", row) },
  ];
  const place = element("div");
  byId("failed").replaceChildren(element("h3", {}, "What did not end ok"), place);
  makeTable(place, { caption: "Networks that did not end ok", columns: () => columns, rows: () => bad });
}

function showLeftOut({ left_out: matrices, tensors, equal }) {
  const place = byId("left-out");
  if (matrices.length) {
    place.append(
      smallTable("Matrices that are in no ensemble", ["reason", "matrices", "networks"], matrices, true),
    );
  }
  if (tensors.length) {
    place.append(smallTable("Stored tensors that are no weights", ["what they are", "tensors"], tensors));
  }
  if (equal.length) {
    const rows = equal.map((group) => [group.join(", "), group.length]);
    place.append(smallTable("Networks of equal weights", ["networks", "how many"], rows));
  }
}

function smallTable(title, heads, rows, open = false) {
  const columns = heads.map((head, at) => {
    return { key: head, title: head, numeric: at > 0, value: (row) => rows[row][at] };
  });
  const place = element("div");
  const made = element("details", { open }, element("summary", {}, title), place);
  const table = { caption: title, columns: () => columns, rows: () => rows.map((_, at) => at) };
  makeTable(place, { ...table, filterable: rows.length > PAGE });
  return made;
}
