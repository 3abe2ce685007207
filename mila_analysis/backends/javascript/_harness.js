// Runs a module for another program: its text first, then calls, from stdin to stdout.
const fs = require("fs");

const taken = count => {
  const bytes = Buffer.alloc(count);
  for (let k = 0; k < count;) {
    const more = fs.readSync(0, bytes, k, count - k, null);
    if (!more) process.exit(0);
    k += more;
  }
  return bytes;
};

const block = () => taken(taken(4).readUInt32LE(0));

const answer = (status, bytes) => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(status, 0);
  head.writeUInt32LE(bytes.length, 4);
  for (const part of [head, bytes])
    for (let k = 0; k < part.length;) k += fs.writeSync(1, part, k);
};

// Columns of arguments, each at its place, to rows of results in the order of the names.
const computed = (module, { name, names, places }, columns) => {
  const count = columns.length / places.length, f = module[name];
  const rows = new Float64Array(count * names.length), values = [];
  for (let i = 0; i < count; i++) {
    places.forEach((place, j) => { values[place] = columns[j * count + i]; });
    const found = f(...values);
    if (name !== "all") rows[i] = found;
    else names.forEach((n, k) => { rows[k * count + i] = found[n]; });
  }
  return rows;
};

const serve = async () => {
  const url = "data:text/javascript;base64," + block().toString("base64");
  const loading = import(url).then(m => [m], e => [null, e]);
  for (;;) {
    const call = JSON.parse(block());
    const bytes = block();
    try {
      const [module, error] = await loading;
      if (error) throw error;
      const columns = new Float64Array(new Uint8Array(bytes).buffer);
      answer(0, Buffer.from(computed(module, call, columns).buffer));
    } catch (error) {
      answer(1, Buffer.from(String(error)));
    }
  }
};

serve();
