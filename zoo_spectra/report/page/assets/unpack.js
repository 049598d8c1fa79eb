// What pack.py has packed: a JSON object with `arrays`, by name: { values, shape }.
const UNKNOWN = -(1 << 15);

async function unpacked(text) {
  const letters = atob(text.trim());
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const whole = new Uint8Array(await new Response(stream).arrayBuffer());
  const size = new DataView(whole.buffer).getUint32(0, true);
  const told = JSON.parse(new TextDecoder().decode(whole.subarray(4, 4 + size)));
  for (const [name, place] of Object.entries(told.arrays)) {
    told.arrays[name] = { shape: place.shape, values: arrayAt(whole, 4 + size + place.at, place) };
  }
  return told;
}

const KINDS = { int16: Int16Array, int32: Int32Array, float64: Float64Array };

function arrayAt(whole, start, { kind, shape }) {
  const values = new KINDS[kind](shape.reduce((a, b) => a * b, 1));
  const width = values.BYTES_PER_ELEMENT;
  const own = new Uint8Array(values.buffer);
  for (let byte = 0; byte < width; byte++) {
    const plane = start + byte * values.length;
    for (let at = 0; at < values.length; at++) own[at * width + byte] = whole[plane + at];
  }
  if (kind === "int16" && shape.length > 1) {
    const row = shape[shape.length - 1];
    for (let at = 0; at < values.length; at++) {
      if (at % row) values[at] += values[at - 1]; // wraps, as the differences do
    }
  }
  return values;
}

// A value of three digits, of its code; null where it is not known.
function threeDigits(code) {
  if (code === UNKNOWN) return null;
  if (code === 0) return 0;
  const power = Math.floor((code - 1) / 900);
  return Number(`${(code - 1) % 900 + 100}e-${power + 2}`);
}
