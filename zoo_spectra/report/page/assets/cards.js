// The tables of classes and networks, the chosen, and a card for each network.
const LISTED = 100; // chosen networks that are listed by name
const FIRST = ["kind", "family", "status", "parameters", "order_max", "scale", "tail_mass", "decay_rate", "gap_ratio", "universality"];
const only = { class: null, chosen: false };
let carded = null;
let opener = null; // what has the focus again when the card is closed

function cardButton(row) {
  return button(nameOf(row), () => openCard(row), { class: "plain" });
}

function openCard(row) {
  carded = row;
  opener = document.activeElement;
  byId("card-title").textContent = nameOf(row);
  const label = row < state.count ? `${state.label[row]}` : null;
  const facts = [
    ["class at ε", label],
    ...state.data.columns.filter(({ key }) => key !== "name").map(({ title, values }) => [title, values[row]]),
  ];
  byId("card-facts").replaceChildren(
    ...facts
      .filter(([, value]) => value !== null && value !== "")
      .flatMap(([what, value]) => [element("dt", {}, what), element("dd", {}, shown(value))]),
  );
  for (const id of ["card-csd", "card-csd-table", "card-depth", "card-depth-table", "card-choose"]) byId(id).hidden = row >= state.count;
  byId("card").showModal();
  nameChoice();
  if (row < state.count) drawCard();
  tell("card");
}

// The network of the card, as a list, if it is drawn.
function ofCard() {
  return carded === null || carded >= state.count ? [] : [carded];
}

function drawCard() {
  if (!ofCard().length || !byId("card").open) return;
  chart(byId("card-csd"), "csd", csdRows([carded], Number(byId("conjugate").value)));
  chart(byId("card-depth"), "depth", depthRows(carded));
}

function nameChoice() {
  byId("card-choose").textContent = state.chosen.includes(carded) ? "Choose no more" : "Choose";
}

function startCards() {
  byId("card-close").addEventListener("click", () => byId("card").close());
  byId("card").addEventListener("close", () => {
    if (!opener?.isConnected) opener = byId("choose-none");
    opener.focus();
    carded = null;
  });
  byId("card-choose").addEventListener("click", () => {
    toggle(carded);
    nameChoice();
  });
  when("theme", drawCard);
  lazyTable("card-csd-table", "card", () => describeCurves(ofCard(), "CSD curve of this network"));
  lazyTable("card-depth-table", "card", () => describeDepths(ofCard(), "Mass per bin of s, by depth, of this network"));
}

function startChosen() {
  byId("choose-none").addEventListener("click", () => choose([]));
  const show = () => {
    const { chosen } = state;
    const inCharts = PALETTE.light.length;
    const more = chosen.length > inCharts ? `; the first ${inCharts} are in the charts` : "";
    byId("chosen-count").textContent = `${counted(chosen.length, "network")} chosen${more}`;
    const items = chosen.slice(0, LISTED).map((row, at) => {
      const look = lookOfChosen(at);
      const drop = button("×", () => dropChosen(row, at), { "aria-label": `Choose ${nameOf(row)} no more` });
      const mark = look && swatch(look.colour);
      return element("li", {}, mark, look && element("b", {}, look.number), cardButton(row), drop);
    });
    if (chosen.length > LISTED) {
      items.push(element("li", {}, `and ${GROUPED.format(chosen.length - LISTED)} more: see the table of networks`));
    }
    byId("chosen").replaceChildren(...items);
  };
  when("chosen theme", show);
}

function dropChosen(row, at) {
  toggle(row);
  const left = byId("chosen").querySelectorAll("button:not(.plain)");
  (left[Math.min(at, left.length - 1)] ?? byId("choose-none")).focus();
}

function startClasses() {
  const kinds = (found, key) => {
    const sizes = new Map();
    for (const row of found.members) sizes.set(valueOf(key, row), (sizes.get(valueOf(key, row)) ?? 0) + 1);
    const order = [...sizes].sort((a, b) => b[1] - a[1]);
    const more = order.length > 3 ? ` and ${order.length - 3} more` : "";
    return order.slice(0, 3).map(([what, size]) => `${what || "–"} (${size})`).join(", ") + more;
  };
  const of = (row) => state.classes[row];
  const columns = [
    { key: "class", title: "class", numeric: true, value: (row) => of(row).label, cell: classButton },
    { key: "size", title: "networks", numeric: true, value: (row) => of(row).size },
    { key: "medoid", title: "medoid", class: "name", value: (row) => nameOf(of(row).medoid), cell: (row) => cardButton(of(row).medoid) },
    { key: "radius", title: "farthest from it, e-folds", numeric: true, value: (row) => of(row).radius, text: (v) => fixed(v, state.data.places) },
    { key: "kinds", title: "kinds", value: (row) => kinds(of(row), "kind") },
    { key: "families", title: "families", class: "name", value: (row) => kinds(of(row), "family") },
    { key: "choose", title: "members", cell: (row) => button("Choose", () => choose(of(row).members), { "aria-label": `Choose class ${of(row).label}` }) },
  ].filter(({ key }) => !state.data.medoids || !["radius", "kinds", "families"].includes(key));
  const made = makeTable(byId("classes"), {
    caption: "Equivalence classes",
    columns: () => columns,
    rows: () => [...state.classes.keys()],
  });
  when("classes", made.refresh);
}

function classButton(row) {
  const { label } = state.classes[row];
  const show = () => {
    only.class = label;
    byId("only-class").value = label;
    tell("only");
    byId("networks-title").scrollIntoView();
  };
  return button(String(label), show, { class: "plain", "aria-label": `Networks of class ${label}` });
}

function startNetworks() {
  const wanted = new Set(FIRST.filter((key) => state.column[key]));
  const known = state.data.columns.filter(({ key }) => key !== "name");
  const inClass = element("input", { type: "number", id: "only-class", min: "1" });
  inClass.addEventListener("input", () => {
    only.class = inClass.value === "" ? null : Number(inClass.value);
    made.refresh();
  });
  const chosenOnly = element("input", { type: "checkbox", id: "only-chosen" });
  chosenOnly.addEventListener("change", () => {
    only.chosen = chosenOnly.checked;
    made.refresh();
  });
  const boxes = known.map(({ key, title }) => {
    const box = element("input", { type: "checkbox", checked: wanted.has(key), "data-column": key });
    box.addEventListener("change", () => {
      wanted[box.checked ? "add" : "delete"](key);
      made.refresh();
    });
    return element("label", {}, box, ` ${title}`);
  });
  const columns = () => [
    ...(state.count ? [{ key: "choose", title: "chosen", cell: chooseBox }] : []),
    { key: "name", title: "network", class: "name", value: nameOf, cell: cardButton },
    ...(state.count ? [{ key: "label", title: "class", numeric: true, value: (row) => (row < state.count ? state.label[row] : null) }] : []),
    ...known.filter(({ key }) => wanted.has(key)).map(({ key, title, values }) => ({
      key: `of-${key}`, title, numeric: values.every(isNumber), value: (row) => values[row],
    })),
  ];
  const rows = () => {
    let found = [...Array(state.rows).keys()];
    if (only.class !== null) found = found.filter((row) => row < state.count && state.label[row] === only.class);
    return only.chosen ? found.filter((row) => state.chosen.includes(row)) : found;
  };
  const place = byId("networks");
  const table = element("div");
  const tools = state.count ? [element("label", {}, "Class ", inClass), element("label", {}, chosenOnly, " chosen only")] : [];
  const fields = element("fieldset", {}, element("legend", {}, "Columns"), ...boxes);
  place.replaceChildren(element("details", {}, element("summary", {}, "Columns"), fields), table);
  const made = makeTable(table, {
    caption: "Networks", columns, rows, tools, marked: (row) => state.chosen.includes(row),
  });
  when("classes only", made.refresh);
  when("chosen", () => (only.chosen ? made.refresh() : made.mark()));
  const { untold, keys_left_out: keys } = state.data;
  const lines = [];
  if (state.data.medoids) lines.push("The medoids that are drawn, and what did not end ok.");
  if (untold) lines.push(`${counted(untold, "more network")} without a row here.`);
  if (keys) lines.push(`${counted(keys, "more key")} of metadata without a column here.`);
  byId("networks-about").textContent = lines.join(" ");
}

function chooseBox(row) {
  if (row >= state.count) return "";
  const box = element("input", { type: "checkbox", "aria-label": `Choose ${nameOf(row)}` });
  box.addEventListener("change", () => {
    toggle(row);
    if (!box.isConnected) byId("only-chosen").focus();
  });
  return box;
}

function describeMap() {
  const places = state.data.places;
  const columns = [
    { key: "name", title: "network", class: "name", value: nameOf, cell: cardButton },
    { key: "class", title: "class", numeric: true, value: (row) => state.label[row] },
    { key: "x", title: "x, e-folds", numeric: true, value: (row) => placeOf(row)[0], text: (v) => fixed(v, places) },
    { key: "y", title: "y, e-folds", numeric: true, value: (row) => placeOf(row)[1], text: (v) => fixed(v, places) },
  ];
  return { caption: "Places on the map", columns: () => columns, rows: () => [...Array(state.count).keys()] };
}
