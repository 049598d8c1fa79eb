// Colours that are told apart with any colour vision, in both themes, and never alone: groups have
// shapes too (Wong, Nature Methods 8, 441, 2011, darkened or lightened).
const PALETTE = {
  light: ["#0072b2", "#b54000", "#00805f", "#b5568f", "#b07b00", "#3b8fc4", "#222222"],
  dark: ["#5aaef0", "#f0763a", "#2dc79b", "#e39ac6", "#f0c04a", "#a3dbf7", "#f2f2f2"],
};
const OTHERS = { light: "#7d858f", dark: "#868e98" };
const SHAPE_NAMES = ["circle", "square", "triangle-up"];
// Of viridis, without its darkest end.
const RAMP = [[72, 40, 120], [62, 74, 137], [38, 130, 142], [53, 183, 121], [160, 218, 57], [253, 231, 37]];
const NUMBERS = ["parameters", "constituents", "order_max", "scale", "null_mass", "tail_mass", "decay_rate", "gap_ratio", "coverage", "stability"];
const WORDS = ["family", "kind", "universality", "tail_law", "spectrum_kind"];

let colouring = null; // { of(row): { colour, shape, other }, groups | scale, title }

function theme() {
  const set = document.documentElement.dataset.theme;
  if (set) return set;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// The columns by which can be coloured: [key, title, whether by number].
function colourChoices() {
  const found = [["class", "class", false]];
  const known = (key) => state.column[key]?.values.slice(0, state.count).some((v) => v !== null);
  const title = (key) => state.column[key].title;
  for (const key of WORDS.filter(known)) found.push([key, title(key), false]);
  for (const { key, values, metadata } of state.data.columns) {
    if (metadata && known(key)) found.push([key, title(key), values.every(isNumber)]);
  }
  for (const key of NUMBERS.filter(known)) found.push([key, title(key), true]);
  return found;
}

function isNumber(value) {
  return value === null || typeof value === "number";
}

function colourAll() {
  const [key, title, byNumber] =
    colourChoices().find(([each]) => each === state.colourBy) ?? ["class", "class", false];
  const value = key === "class" ? (row) => state.label[row] : (row) => valueOf(key, row);
  colouring = { title, ...(byNumber ? byRamp(value) : byGroup(value)) };
  tell("colours");
}

function byGroup(value) {
  const sizes = new Map();
  for (let row = 0; row < state.count; row++) {
    const own = value(row);
    if (own !== null) sizes.set(own, (sizes.get(own) ?? 0) + state.data.arrays.stands_for.values[row]);
  }
  const palette = PALETTE[theme()];
  const order = [...sizes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const shownGroups = order.slice(0, palette.length * SHAPE_NAMES.length);
  const looks = new Map();
  const groups = shownGroups.map(([own, size], at) => {
    const look = {
      colour: palette[at % palette.length],
      shape: SHAPE_NAMES[Math.floor(at / palette.length)],
      other: false,
    };
    looks.set(own, look);
    return { ...look, text: `${own === true || own === false ? own : shown(own)} (${GROUPED.format(size)})` };
  });
  const other = { colour: OTHERS[theme()], shape: "circle", other: true };
  const rest = order.length - groups.length;
  if (rest) groups.push({ ...other, text: `${GROUPED.format(rest)} smaller ones` });
  const unknown = [...Array(state.count).keys()].some((row) => value(row) === null);
  if (unknown) groups.push({ ...other, text: "not known" });
  return { of: (row) => looks.get(value(row)) ?? other, groups };
}

function byRamp(value) {
  const known = [];
  for (let row = 0; row < state.count; row++) if (value(row) !== null) known.push(value(row));
  const least = Math.min(...known);
  const most = Math.max(...known);
  const logarithmic = least > 0 && most / least > 50;
  const scale = (v) => {
    const [a, b, c] = logarithmic ? [v, least, most].map(Math.log) : [v, least, most];
    return c > b ? (a - b) / (c - b) : 0.5;
  };
  const other = { colour: OTHERS[theme()], shape: "circle", other: true };
  const of = (row) =>
    value(row) === null ? other : { colour: ramp(scale(value(row))), shape: "circle", other: false };
  return { of, scale: { least, most, logarithmic } };
}

function ramp(share) {
  const at = Math.min(Math.max(share, 0), 1) * (RAMP.length - 1);
  const low = Math.min(Math.floor(at), RAMP.length - 2);
  const mixed = RAMP[low].map((from, i) => Math.round(from + (RAMP[low + 1][i] - from) * (at - low)));
  return `rgb(${mixed.join(",")})`;
}

function showLegend() {
  const place = byId("legend");
  place.setAttribute("aria-label", `Colours: ${colouring.title}`);
  if (colouring.groups) {
    place.replaceChildren(
      ...colouring.groups.map(({ colour, shape, text }) =>
        element("li", {}, swatch(colour, shape), element("span", {}, text)),
      ),
    );
    return;
  }
  const { least, most, logarithmic } = colouring.scale;
  const bar = element("span", { class: "scale", "aria-hidden": "true" });
  bar.style.background = `linear-gradient(to right, ${[0, 0.2, 0.4, 0.6, 0.8, 1].map(ramp)})`;
  const way = logarithmic ? " (logarithmic)" : "";
  place.replaceChildren(element("li", {}, `${colouring.title}${way}: ${shown(least)} `, bar, ` ${shown(most)}`));
}

// The number, from 1, and colour of a chosen network in the charts; null beyond the last one.
function lookOfChosen(at) {
  const colour = PALETTE[theme()][at];
  return colour === undefined ? null : { number: String(at + 1), colour };
}
