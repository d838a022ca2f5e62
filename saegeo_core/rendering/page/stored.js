// The parts of the page, packed until they are looked at: arrays, figures, tables and, of a report among several, its HTML.
const KINDS = { u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, i4: Int32Array,
  f4: Float32Array, f8: Float64Array };
const NUMBERS_AT = 4; // bytes before them, which tell how many there are

const unpacked = new Map();

const packed = (id) => document.querySelector(`[data-part="${CSS.escape(id)}"]`);

// Which part an element's id belongs to.
const partOf = (id) => id.split("/")[0];

function bytesOf(part) {
  const letters = atob(part.textContent);
  const bytes = new Uint8Array(letters.length);
  for (let place = 0; place < bytes.length; place++) bytes[place] = letters.charCodeAt(place);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")));
}

async function unpack(id) {
  if (unpacked.has(id)) return;
  const bytes = new Uint8Array(await bytesOf(packed(id)).arrayBuffer());
  const end = NUMBERS_AT + new DataView(bytes.buffer).getUint32(0, true);
  const content = JSON.parse(new TextDecoder().decode(bytes.subarray(end)));
  content.arrays = content.arrays.map((stored) => Array.isArray(stored) ? stored : numbers(bytes, stored));
  unpacked.set(id, content);
}

// First bytes of all numbers lie together, then all second ones.
function numbers(bytes, { type, at, length }) {
  const kind = KINDS[type];
  const size = kind.BYTES_PER_ELEMENT;
  const inOrder = new Uint8Array(length * size);
  for (let byte = 0; byte < size; byte++) {
    const from = NUMBERS_AT + at + byte * length;
    for (let place = 0; place < length; place++) inOrder[place * size + byte] = bytes[from + place];
  }
  return new kind(inOrder.buffer);
}

function rowsOf(values, width) {
  return Array.from({ length: values.length / width }, (_, row) => values.subarray(row * width, (row + 1) * width));
}

// A copy of a drawing with its arrays in place of their numbers.
function resolved(content, arrays) {
  if (Array.isArray(content)) return content.map((one) => resolved(one, arrays));
  if (content === null || typeof content !== "object") return content;
  if ("array" in content && Number.isInteger(content.array)) {
    const values = arrays[content.array];
    return content.width ? rowsOf(values, content.width) : values;
  }
  return Object.fromEntries(Object.entries(content).map(([key, value]) => [key, resolved(value, arrays)]));
}
