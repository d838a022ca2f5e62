// The parts of the page, packed until they are looked at: arrays, figures, tables and, of a report among several, its HTML.
const KINDS = { u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, i4: Int32Array,
  f4: Float32Array, f8: Float64Array };
const TEXT_AT = 4; // bytes before it, which tell how many it has

const unpacked = new Map();

const packed = (id) => document.querySelector(`[data-part="${CSS.escape(id)}"]`);

// Which part an element's id belongs to.
const partOf = (id) => id.split("/")[0];

const startOf = (part) => "after" in part.dataset
  ? document.querySelector(`[data-start="${CSS.escape(part.dataset.after)}"]`) : null;

function stored(element) {
  const letters = atob(element.textContent);
  const bytes = new Uint8Array(letters.length);
  for (let place = 0; place < bytes.length; place++) bytes[place] = letters.charCodeAt(place);
  return bytes;
}

// One stream, which may begin in an element that parts share.
function bytesOf(...elements) {
  return new Response(new Blob(elements.map(stored)).stream().pipeThrough(new DecompressionStream("deflate")));
}

async function unpack(id) {
  if (unpacked.has(id)) return;
  const part = packed(id);
  const start = startOf(part);
  const whole = await bytesOf(...(start ? [start, part] : [part])).arrayBuffer();
  const at = start ? Number(start.dataset.length) : 0;
  const end = TEXT_AT + new DataView(whole, at).getUint32(0, true);
  const content = JSON.parse(new TextDecoder().decode(new Uint8Array(whole, at + TEXT_AT, end - TEXT_AT)));
  const bytes = new Uint8Array(whole, at + end);
  content.arrays = content.arrays.map((array) => Array.isArray(array) ? array : numbers(bytes, array));
  unpacked.set(id, content);
}

// First bytes of all numbers lie together, then all second ones.
function numbers(bytes, { type, at, length }) {
  const kind = KINDS[type];
  const size = kind.BYTES_PER_ELEMENT;
  const inOrder = new Uint8Array(length * size);
  for (let byte = 0; byte < size; byte++) {
    const from = at + byte * length;
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
