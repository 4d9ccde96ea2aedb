// Reads a data folder with the readers of JavaScript and prints one line of JSON a reader and table, as readers.py does.
const fs = require("node:fs");
const path = require("node:path");
const { tableFromIPC } = require("apache-arrow");
const parquet = require("parquet-wasm");

const folder = process.argv[2];
const types = { Utf8: "string", Int32: "int32", Int64: "int64", Float64: "double", Bool: "bool", "Date32<DAY>": "date32[day]" };

function report(reader, table, t) {
  const columns = {}, nulls = {}, sums = {}, fields = {};
  for (const f of t.schema.fields) {
    const column = t.getChild(f.name);
    columns[f.name] = types[f.type.toString()] ?? f.type.toString();
    nulls[f.name] = column.nullCount;
    if (/Int|Float/.test(f.type.toString())) {
      let sum = 0;
      for (const v of column) if (v !== null) sum += Number(v);
      sums[f.name] = sum;
    }
    fields[f.name] = Object.fromEntries(f.metadata);
  }
  console.log(JSON.stringify({ reader, table, rows: t.numRows, columns, nulls, sums }));
  console.log(JSON.stringify({ reader, table, metadata: Object.fromEntries(t.schema.metadata), fields }));
}

for (const file of fs.readdirSync(folder).filter((f) => f.endsWith(".parquet")).sort()) {
  const name = path.basename(file, ".parquet");
  report("apache-arrow", name, tableFromIPC(fs.readFileSync(path.join(folder, `${name}.arrow`))));
  report("parquet-wasm", name, tableFromIPC(parquet.readParquet(fs.readFileSync(path.join(folder, file))).intoIPCStream()));
}
