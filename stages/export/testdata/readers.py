"""Reads a data folder with each reader that is installed and prints one line of JSON a reader and table:
rows, columns, nulls and the sum of each column's numbers. The Go test compares them with what was written."""
import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])


def report(reader, table, columns, nulls, rows, sums):
    print(json.dumps({"reader": reader, "table": table, "rows": rows, "columns": columns, "nulls": nulls, "sums": sums}, ensure_ascii=False))


def from_pyarrow(reader, name, t):
    import pyarrow as pa
    import pyarrow.compute as pc

    numeric = [f.name for f in t.schema if pa.types.is_floating(f.type) or pa.types.is_integer(f.type)]
    report(reader, name, {f.name: str(f.type) for f in t.schema}, {c: t[c].null_count for c in t.column_names}, t.num_rows,
           {c: float(pc.sum(t[c]).as_py() or 0) for c in numeric})
    meta = {k.decode(): v.decode() for k, v in (t.schema.metadata or {}).items()}
    fields = {f.name: {k.decode(): v.decode() for k, v in (f.metadata or {}).items()} for f in t.schema}
    print(json.dumps({"reader": reader, "table": name, "metadata": meta, "fields": fields}, ensure_ascii=False))


def pyarrow(name):
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pa.ipc.open_file(folder / f"{name}.arrow") as f:
        t = f.read_all()
    t.validate(full=True)
    from_pyarrow("pyarrow arrow", name, t)
    t = pq.read_table(folder / f"{name}.parquet")
    t.validate(full=True)
    from_pyarrow("pyarrow parquet", name, t)


def pandas(name):
    import pandas as pd

    t = pd.read_parquet(folder / f"{name}.parquet")
    numeric = t.select_dtypes("number").columns
    report("pandas parquet", name, {c: "" for c in t.columns}, {c: int(t[c].isna().sum()) for c in t.columns}, len(t),
           {c: float(t[c].sum()) for c in numeric})


def duckdb(name):
    import duckdb

    source = f"from '{folder / name}.parquet'"
    ask = lambda query: duckdb.sql(query).fetchall()
    types = {r[0]: r[1] for r in ask(f"describe select * {source}")}
    report("duckdb parquet", name, {c: "" for c in types}, {c: ask(f'select count(*) {source} where "{c}" is null')[0][0] for c in types},
           ask(f"select count(*) {source}")[0][0],
           {c: float(ask(f'select coalesce(sum("{c}"), 0) {source}')[0][0]) for c, t in types.items() if t in ("INTEGER", "BIGINT", "DOUBLE")})


def polars(name):
    import polars as pl

    for reader, t in (("polars arrow", pl.read_ipc(folder / f"{name}.arrow")), ("polars parquet", pl.read_parquet(folder / f"{name}.parquet"))):
        numeric = [c for c, d in t.schema.items() if d.is_numeric()]
        report(reader, name, {c: "" for c in t.columns}, {c: t[c].null_count() for c in t.columns}, t.height, {c: float(t[c].sum()) for c in numeric})


for table in sorted(p.stem for p in folder.glob("*.parquet")):
    for reader in (pyarrow, pandas, duckdb, polars):
        reader(table)
