"""哪些单位同时在几个联合体里：polars。同一单位按名称键（name_key）认，全半角、括号写法不同不影响。

用法：python3 shared_members.py output/2024/data
"""
import json
import pathlib
import sys

import polars as pl

data = pathlib.Path(sys.argv[1])
members = pl.scan_ipc(data / "members.arrow")
submissions = pl.scan_parquet(data / "submissions.parquet").select("submission", "city", "consortium", "verdict")

shared = (
    members.filter(pl.col("name_key").is_not_null())
    .join(submissions, on="submission", how="inner")
    .group_by("name_key")
    .agg(
        pl.col("name").first().alias("单位"),
        pl.col("kind_label").first().alias("组成"),
        pl.col("submission").n_unique().alias("联合体数"),
        pl.col("city").n_unique().alias("地市数"),
        pl.col("consortium").unique().sort().str.join("、").alias("联合体"),
        pl.col("is_lead").any().alias("曾任牵头"),
    )
    .filter(pl.col("联合体数") > 1)
    .sort(["联合体数", "name_key"], descending=[True, False])
    .drop("name_key")
    .collect()
)

# 联合体两两之间共有多少单位。
pairs = (
    members.filter(pl.col("name_key").is_not_null()).select("submission", "name_key").unique()
    .join(members.select(pl.col("submission").alias("other"), "name_key").unique(), on="name_key")
    .filter(pl.col("submission") < pl.col("other"))
    .group_by("submission", "other").len("共有单位").sort(["共有单位", "submission", "other"], descending=[True, False, False])
    .collect()
)
with pl.Config(tbl_rows=50, tbl_width_chars=200, fmt_str_lengths=80, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
    print(shared)
    print(pairs)
print(json.dumps({"shared": shared.height, "pairs": pairs.height}))
