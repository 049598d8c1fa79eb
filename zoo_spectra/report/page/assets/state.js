// What the reader has set, and who wants to know of it.
const state = {
  data: null, // as unpacked
  column: {}, // by key
  count: 0, // networks that are drawn: the first rows of the table
  rows: 0, // rows of the table
  accuracy: 0,
  label: new Int32Array(0), // class of each drawn network
  classes: [], // { label, size, medoid, radius, members }
  chosen: [], // drawn networks, in the order in which they were chosen
  found: null, // a Set of those that a search finds
  colourBy: "class",
};
const listeners = {};

function when(names, listener) {
  for (const name of names.split(" ")) (listeners[name] ??= []).push(listener);
}

function tell(name) {
  for (const listener of listeners[name] ?? []) listener();
}

function valueOf(key, row) {
  return state.column[key]?.values[row] ?? null;
}

function nameOf(row) {
  return valueOf("name", row);
}

function choose(rows) {
  state.chosen = [...new Set(rows)].filter((row) => row < state.count);
  tell("chosen");
}

function toggle(row) {
  const without = state.chosen.filter((each) => each !== row);
  choose(without.length < state.chosen.length ? without : [...state.chosen, row]);
}

// The classes at ε: the highest nodes of the tree that are not above it.
function cutAt(accuracy) {
  const { merges, height, medoid, radius, stands_for: weight } = state.data.arrays;
  const count = state.count;
  let made = 0;
  while (made < height.values.length && height.values[made] <= accuracy) made++;
  const top = new Int32Array(count + made).fill(-1);
  for (let node = count + made - 1; node >= 0; node--) {
    if (top[node] < 0) top[node] = node;
    if (node >= count) {
      for (const side of [0, 1]) top[merges.values[2 * (node - count) + side]] = top[node];
    }
  }
  const found = new Map();
  for (let row = 0; row < count; row++) {
    if (!found.has(top[row])) found.set(top[row], []);
    found.get(top[row]).push(row);
  }
  // The largest first; of one size the one with the first member.
  const order = [...found].sort((a, b) => b[1].length - a[1].length || a[1][0] - b[1][0]);
  const places = 10 ** state.data.places;
  state.label = new Int32Array(count);
  state.classes = order.map(([node, members], at) => {
    for (const row of members) state.label[row] = at + 1;
    const size = members.reduce((sum, row) => sum + weight.values[row], 0);
    const far = radius.values[node] / places;
    return { label: at + 1, size, medoid: medoid.values[node], radius: far, members };
  });
}

// Of medoids: each stands for a class of the catalog.
function classesAsStored() {
  const { label, stands_for: size } = state.data.arrays;
  state.label = label.values;
  state.classes = [...label.values].map((each, row) => {
    return { label: each, size: size.values[row], medoid: row, radius: null, members: [row] };
  });
}

function setAccuracy(accuracy) {
  if (!(accuracy >= 0) || !Number.isFinite(accuracy)) return;
  state.accuracy = accuracy;
  if (state.data.medoids) classesAsStored();
  else cutAt(accuracy);
  tell("classes");
}
