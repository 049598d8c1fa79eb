// The page, once its data are unpacked.
const SLIDER = 1000;
const FOUND = 20; // networks that a search lists

async function start() {
  state.data = await unpacked(byId("data").textContent);
  byId("data").remove();
  for (const column of state.data.columns) state.column[column.key] = column;
  state.count = state.data.drawn;
  state.rows = state.data.columns[0].values.length;
  showFacts();
  startTheme();
  byId("bar").hidden = false;
  if (state.count) startDrawn();
  else {
    for (const id of ["search", "colour-by", "accuracy", "exact", "reset-accuracy"]) {
      (byId(id).closest("label") ?? byId(id)).hidden = true;
    }
  }
  startGroups();
  startCards();
  startNetworks();
  document.documentElement.dataset.ready = "yes";
}

function startDrawn() {
  byId("drawn").hidden = byId("pictures").hidden = false;
  state.accuracy = state.data.how.accuracy;
  when("classes", colourAll);
  when("colours", showLegend);
  when("theme", colourAll);
  setAccuracy(state.accuracy);
  startMap();
  startAccuracy();
  startColours();
  startSearch();
  startChosen();
  startClasses();
  startTree();
  startCharts();
  startChance();
  lazyTable("map-table", "classes", describeMap);
  const { held, landmarks } = state.data.plane;
  const by = landmarks < state.count ? ` (by ${counted(landmarks, "landmark")})` : "";
  const what = { pooled: "the CSD", depth: "the CSD at four depths", matched: "the CSD of constituents by name" };
  byId("map-about").textContent =
    `${counted(state.count, state.data.medoids ? "medoid" : "network")} by classical scaling${by} of the distances ` +
    `of ${what[state.data.how.measure]}. The plane holds ${Math.round(100 * held)} % of them: ` +
    "near points can be further apart than they look.";
  choose(state.classes.slice(0, 4).map((found) => found.medoid));
}

function startTheme() {
  const label = () => (byId("theme").textContent = theme() === "dark" ? "Light theme" : "Dark theme");
  const change = () => {
    label();
    tell("theme");
  };
  byId("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
    change();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", change);
  label();
  printLight(change);
}

// Paper is light: pictures are drawn anew for it, and as they were after it.
function printLight(change) {
  const { dataset } = document.documentElement;
  let before = null;
  addEventListener("beforeprint", () => {
    before = { set: dataset.theme };
    dataset.theme = "light";
    change();
  });
  addEventListener("afterprint", () => {
    if (before?.set) dataset.theme = before.set;
    else delete dataset.theme;
    before = null;
    change();
  });
}

function startAccuracy() {
  const [slider, exact] = [byId("accuracy"), byId("exact")];
  if (state.data.medoids) {
    for (const id of ["accuracy-label", "exact-label", "reset-accuracy"]) byId(id).hidden = true;
  }
  const top = bent(highest());
  const show = () => {
    slider.value = Math.round((bent(state.accuracy) / top) * SLIDER);
    slider.setAttribute("aria-valuetext", `${state.accuracy} e-folds`);
    if (document.activeElement !== exact) exact.value = state.accuracy;
    byId("class-count").textContent = counted(state.classes.length, "class", "classes");
    const moved = state.accuracy !== state.data.how.accuracy;
    byId("reset-accuracy").disabled = !moved;
    byId("classes-about").textContent = state.data.medoids
      ? "As the catalog has them."
      : `At ε = ${state.accuracy} e-folds, ${state.data.how.linkage} linkage` +
        (moved ? `; the catalog has ε = ${state.data.how.accuracy}.` : ".");
  };
  slider.addEventListener("input", () => {
    setAccuracy(Number((BEND * Math.expm1((Number(slider.value) / SLIDER) * top)).toPrecision(3)));
  });
  exact.addEventListener("input", () => exact.value !== "" && setAccuracy(Number(exact.value)));
  byId("reset-accuracy").addEventListener("click", () => setAccuracy(state.data.how.accuracy));
  when("classes", show);
  show();
}

function startColours() {
  const select = byId("colour-by");
  for (const [key, title] of colourChoices()) select.append(element("option", { value: key }, title));
  select.addEventListener("change", () => {
    state.colourBy = select.value;
    colourAll();
  });
}

function startSearch() {
  const input = byId("search");
  const search = () => {
    const wanted = input.value.trim().toLowerCase();
    const all = [...Array(state.count).keys()];
    const rows = wanted ? all.filter((row) => nameOf(row).toLowerCase().includes(wanted)) : [];
    state.found = wanted ? new Set(rows) : null;
    const items = rows.slice(0, FOUND).map((row) => element("li", {}, cardButton(row)));
    if (rows.length > FOUND) items.push(element("li", {}, `and ${GROUPED.format(rows.length - FOUND)} more`));
    const every = rows.length ? button(`Choose all ${GROUPED.format(rows.length)}`, () => choose(rows)) : null;
    const said = element("p", { role: "status" }, `${counted(rows.length, "network")} found `, ...(every ? [every] : []));
    byId("found").replaceChildren(...(wanted ? [said, element("ul", {}, ...items)] : []));
    tell("found");
  };
  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && state.found?.size) choose([...state.found]);
  });
}

start().catch((error) => {
  byId("place").textContent = `This report cannot be shown by this browser (${error}); try a newer one.`;
  throw error;
});
