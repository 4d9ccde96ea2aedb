"""各地市学徒人数怎样增长：2022、2023 年为实际，2024 年起为承诺。pandas + pyarrow，图用 matplotlib。

用法：python3 apprentices.py output/2024/data [图.png]
一家联合体缺了哪一年，就整家不计入比较：否则缺数会显得像减少。
"""
import json
import pathlib
import sys

import pandas as pd
import pyarrow.parquet as pq

data = pathlib.Path(sys.argv[1])
INDICATOR = "apprentices"

metrics = pd.read_parquet(data / "metrics.parquet")
submissions = pd.read_parquet(data / "submissions.parquet", columns=["submission", "city_code", "city"])
codes = pd.read_parquet(data / "codes.parquet")
label = codes.query("list == 'indicator' and code == @INDICATOR").iloc[0]

m = metrics[metrics.indicator == INDICATOR]
complete = m.groupby("submission").status.transform(lambda s: (s == "A").all())
kept, left_out = m[complete], sorted(m[~complete].submission.unique())
table = (kept.merge(submissions, on="submission", validate="many_to_one")
         .pivot_table(index=["city_code", "city"], columns="year", values="value", aggfunc="sum").sort_index())
years = list(table.columns)
kinds = m.drop_duplicates("year").set_index("year").kind
actual = [y for y in years if kinds[y] == "actual"]
last, final = actual[-1], years[-1]
table["已实现增长"] = table[last] / table[actual[0]] - 1
table["承诺年均增长"] = (table[final] / table[last]) ** (1 / (final - last)) - 1

# 每一列的含义也在文件里：pyarrow 能直接看到。
meta = pq.read_schema(data / "metrics.parquet").field("value").metadata
print(f"{label.label}（{label.unit}）；数值：{meta[b'description'].decode()}")
shown = table.reset_index(level=0, drop=True)
print(shown.to_string(formatters={c: "{:.0f}".format for c in years} | {c: "{:.1%}".format for c in ("已实现增长", "承诺年均增长")}))
print(f"计入 {kept.submission.nunique()} 家；各年数据不全而未计入 {len(left_out)} 家：{'、'.join(left_out) or '无'}")
print(json.dumps({"submissions": int(kept.submission.nunique()), "total": {int(y): float(table[y].sum()) for y in years}}))

if len(sys.argv) > 2:
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams["font.sans-serif"] = ["Microsoft YaHei", "SimHei", "PingFang SC", "Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "Droid Sans Fallback"]
    plt.rcParams["axes.unicode_minus"] = False
    cities = list(table.index)
    columns = 3
    rows = -(-len(cities) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(11, 2.6 * rows + 0.9), sharex=True, squeeze=False, layout="constrained")
    for ax, key in zip(axes.flat, cities):
        values = table.loc[key, years]
        solid = [y for y in years if y <= last]
        dashed = [y for y in years if y >= last]
        ax.plot(solid, values[solid], color="#1f4e79", linewidth=2.2, marker="o")
        ax.plot(dashed, values[dashed], color="#c55a11", linewidth=2.2, marker="o", markerfacecolor="white", linestyle="--")
        ax.plot([last], [values[last]], color="#1f4e79", marker="o")
        ax.set_title(f"{key[1]}  承诺年均 {table.loc[key, '承诺年均增长']:+.0%}", fontsize=11, loc="left")
        ax.annotate(f"{values[final]:.0f}", (final, values[final]), textcoords="offset points", xytext=(0, 6), ha="center", fontsize=9, color="#c55a11")
        ax.annotate(f"{values[last]:.0f}", (last, values[last]), textcoords="offset points", xytext=(0, 6), ha="center", fontsize=9, color="#1f4e79")
        ax.set_ylim(0, values.max() * 1.25)
        ax.set_xticks(years)
        ax.grid(axis="y", color="#dddddd")
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes.flat[len(cities):]:
        ax.set_visible(False)
    figure.suptitle(f"各地市{label.label}（{label.unit}）：实线为实际，虚线为承诺；各图纵轴不同", fontsize=13)
    figure.savefig(sys.argv[2], dpi=120)
    print(f"图：{sys.argv[2]}")
