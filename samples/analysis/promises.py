"""承诺与实际：上一批次承诺的数，对上后来年度数据核对表报来的实际数。pandas，图用 matplotlib。

用法：python3 promises.py output/2024/data output/2025/data [图.png]
只算 fulfilment 表里核对了的（measured：有盖章的承诺，又报了实际数）；没有承诺的不算没有兑现。
"""
import json
import pathlib
import sys

import pandas as pd

folders = [a for a in sys.argv[1:] if not a.endswith(".png")]
picture = next((a for a in sys.argv[1:] if a.endswith(".png")), None)
read = lambda name: pd.concat([pd.read_parquet(pathlib.Path(f) / f"{name}.parquet") for f in folders], ignore_index=True)
kept = read("fulfilment")
codes = read("codes").query("list == 'indicator'").drop_duplicates("code", keep="last").set_index("code")
metrics, submissions = read("metrics"), read("submissions")
measured = kept[kept.measured].copy()
if measured.empty:
    sys.exit("这些批次里没有核对过的承诺：先运行有年度数据核对表的批次")

by = measured.groupby(["consortium"]).agg(核对=("status", "size"), 达到=("status", lambda s: int((s == "met").sum())), 兑现率中位数=("rate", "median"))
print(by.sort_values("兑现率中位数").to_string(float_format="{:.1f}".format))
print(json.dumps({"measured": len(measured), "met": int((measured.status == "met").sum()), "median": float(measured.rate.median())}))

if picture:
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams["font.sans-serif"] = ["Microsoft YaHei", "SimHei", "PingFang SC", "Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "Droid Sans Fallback"]
    plt.rcParams["axes.unicode_minus"] = False
    # 一家一格，画兑现率离 100% 最远的那个指标：实线是实际，虚线是当时的承诺。
    measured["off"] = (measured.rate - 100).abs()
    worst = measured.sort_values(["off", "indicator"], ascending=[False, True]).drop_duplicates("consortium").sort_values("consortium")
    said = metrics.merge(submissions[["batch", "submission", "consortium"]], on=["batch", "submission"])
    columns = 3
    rows = -(-len(worst) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(12, 3.1 * rows + 0.7), squeeze=False, layout="constrained")
    for ax, (_, w) in zip(axes.flat, worst.iterrows()):
        of = said[(said.consortium == w.consortium) & (said.indicator == w.indicator) & (said.batch == w.promised_in)].sort_values("year")
        actual, promised = of[of.kind == "actual"], of[of.kind == "committed"]
        line = pd.concat([actual.tail(1), promised])
        ax.plot(line.year, line.value, color="#c55a11", linestyle="--", marker="o", markerfacecolor="white", label="承诺")
        ax.plot([*actual.year, w.year], [*actual.value, w.reported], color="#1f4e79", marker="o", label="实际")
        ax.set_title(f"{w.consortium}\n{codes.label[w.indicator]}（{w.unit}）{w.year}年兑现 {w.rate:.0f}%", fontsize=9, loc="left")
        ax.set_ylim(bottom=0)
        ax.set_xticks(sorted({*of.year, w.year}))
        ax.grid(axis="y", color="#dddddd")
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes.flat[len(worst):]:
        ax.set_visible(False)
    axes.flat[0].legend(frameon=False, fontsize=9)
    figure.suptitle("承诺与实际：各家离承诺最远的一个指标；各图纵轴不同", fontsize=13)
    figure.savefig(picture, dpi=120)
    print(f"图：{picture}")
