"""Works every score out again from a run's data/ and the rubric alone, and compares: python recompute.py DATA RUBRIC RUN_JSON

It follows templates/2024/计分说明.md. Nothing is shared with the program but the published tables, rubric.yaml and the run's options (draws, seed, how many are
to be chosen). Prints what differs by more than 1e-9 and what was compared; exit code 1 where anything differs.
"""
import json
import math
import re
import sys
from decimal import ROUND_HALF_UP, Decimal
from types import SimpleNamespace

import pyarrow.parquet as pq
import yaml

data, rubric_path, run_path = sys.argv[1:4]
rubric = yaml.safe_load(open(rubric_path, encoding="utf-8"))
options = json.load(open(run_path, encoding="utf-8"))["options"]
tables = {n: pq.read_table(f"{data}/{n}.parquet").to_pylist() for n in
          "certificate submissions members metrics figures findings scores scales ranking scenarios influence swaps lifts marks experts assessments stakes disagreements "
          "credibility".split()}
compared, differences = {}, []
floor = rubric["credibility"]["base"]  # below it there is no growth in per cent
for e in (e for i in rubric["indicators"] for p in i["points"] for e in p.get("evidence", [])):
    e["expr"] = e["expr"].replace("credibility.base", str(floor))


def same(what, key, ours, theirs, tolerance=1e-9):
    compared[what] = compared.get(what, 0) + 1
    if (ours is None) != (theirs is None) or ours is not None and not abs(ours - theirs) <= tolerance:
        differences.append(f"{what} {key}: recomputed {ours}, published {theirs}")


# --- evidence: the rubric's expressions over the answers -------------------------------------------------------------------
actual = sorted({m["year"] for m in tables["metrics"] if m["kind"] == "actual"})
committed = sorted({m["year"] for m in tables["metrics"] if m["kind"] == "committed"})
YEARS = dict(zip(["prior", "last", "first", "next", "final"], actual + committed))
SCHOOLS = {"secondary", "vocational", "undergraduate"}


def values_in(source, answers):
    """The values that an expression names: field and year."""
    found = re.findall(r"\b([a-z_]+)(?:\.([a-z]+))?(?!\w*\()\b(?=[^\"]*(?:\"[^\"]*\"[^\"]*)*$)", source)
    return [key for field, year in found if (key := (field, YEARS.get(year) if year else None)) in answers]


def evaluate(source, answers, members):
    """An expression of the rubric; None where a value it names is missing, or it can't be calculated.

    Exact decimals, as typed: 95.2 - 94.1 and 1.1 are the same growth, which binary fractions would rank apart.
    """
    names = {}
    for field, number in values_in(source, answers):
        value = answers[field, number]
        if value is None:
            return None
        if number:
            names.setdefault(field, SimpleNamespace())
            setattr(names[field], next(y for y, n in YEARS.items() if n == number), Decimal(repr(value)))
        else:
            names[field] = Decimal(repr(value))

    def count(*kinds):
        return sum(1 for m in members if not kinds or m["kind"] in kinds)

    def enrolment(*kinds):  # a school that states none adds nothing
        schools = [m["enrolment"] for m in members if m["kind"] in SCHOOLS and (not kinds or m["kind"] in kinds)]
        return sum((Decimal(repr(n)) for n in schools if n is not None), Decimal(0))

    choice = r"([^?()]*|[^?()]*\([^?()]*\)[^?()]*) \? ([^?:]*) : ([^?:]*)"
    source = re.sub(r"\(" + choice + r"\)", r"((\2) if (\1) else (\3))", source)  # within brackets, or as a whole
    source = re.sub("^" + choice + "$", r"(\2) if (\1) else (\3)", source)
    try:
        value = eval(source, {"__builtins__": {}}, dict(names, count=count, enrolment=enrolment, min=min, max=max, sum=lambda *x: sum(x)))
        return float(Decimal(value).quantize(Decimal("1e-10"), ROUND_HALF_UP))
    except ArithmeticError:
        return None


submissions = [s["submission"] for s in tables["submissions"]]
points = [p for i in rubric["indicators"] for p in i["points"]]
indicator = {p["id"]: i["id"] for i in rubric["indicators"] for p in i["points"]}
evidence = [(p["id"], e) for p in points for e in p.get("evidence", [])]
bases = {b["id"]: b for b in rubric["bases"]}
accepted = {(f["submission"], field, f["year"]) for f in tables["findings"] if f["accepted"] for field in (f["fields"] or "").split()}
raw, excused, sized = {}, set(), {}
for s in submissions:
    answers = {(m["indicator"], m["year"]): m["value"] for m in tables["metrics"] if m["submission"] == s}
    answers.update({(f["field"], None): f["number"] for f in tables["figures"] if f["submission"] == s})
    members = [m for m in tables["members"] if m["submission"] == s]

    def measured(e, source):
        value = evaluate(source, answers, members)
        gaps = [key for key in values_in(source, answers) if answers[key] is None]
        return value, value is None and bool(gaps) and all((s, *key) in accepted for key in gaps)

    for _, e in evidence:
        raw[s, e["id"]], left_out = measured(e, e["expr"])
        if left_out:
            excused.add((s, e["id"]))
        if base := bases.get(e.get("size")):
            sized[s, e["id"]] = measured(e, f"({e['expr']}) * {base['times']} / ({base['by']})")

rows = {(r["submission"], r["point"], r["evidence"]): r for r in tables["scores"]}
ranking = {r["submission"]: r for r in tables["ranking"]}
for (p, e), s in ((x, s) for x in evidence for s in submissions):
    published = rows[s, p, e["id"]]["raw"]
    same("raw", (s, e["id"]), raw[s, e["id"]], published, 1e-9 * max(1, abs(published or 0)))


# --- normalisation over the ranked -------------------------------------------------------------------------------------------
ranked = [s for s in submissions if ranking[s]["ranked"]]
declared = ranked or submissions


scale = {}
for r in tables["scales"]:
    scale.setdefault((r["evidence"], r["base"]), {})[r["submission"]] = r["raw"]
fixed = any(r["fixed"] for r in tables["scales"])


for _, e in evidence:  # a scale that isn't an earlier round's is made of the ranked
    if not fixed:
        want = {s: raw[s, e["id"]] for s in declared if (s, e["id"]) not in excused}
        if want.keys() != scale.get((e["id"], "none"), {}).keys() or any(
                (want[s] is None) != (v is None) or v is not None and abs(want[s] - v) > 1e-9 * max(1, abs(v)) for s, v in scale[e["id"], "none"].items()):
            differences.append(f"scale {e['id']}: not the ranked")


def normalise(x, values, method, e):
    lower, goal, n = e["direction"] == "lower", e.get("target"), len(values)
    there = [v for v in values if v is not None]
    gaps = n - len(there)
    clip = lambda v: min(max(v, 0.0), 1.0)
    if method == "target":
        return clip(goal / x if x > goal else 1.0) if lower else clip(x / goal)
    if method == "percentile":
        below = sum(v < x for v in there) + (0 if lower else gaps)
        up = 0.5 if n < 2 else clip((below + (sum(v == x for v in there) - 1) / 2) / (n - 1))
        return 1 - up if lower else up
    if not there:
        return 0.5
    full = there + [max(there) if lower else min(0.0, min(there))] * gaps
    if method == "distance":
        done, way = (max(full) - x, max(full) - goal) if lower else (x - min(full), goal - min(full))
        return 1.0 if way <= 0 else clip(done / way)
    if min(full) == max(full):
        up = 0.5
    elif method == "minmax":
        up = clip((x - min(full)) / (max(full) - min(full)))
    else:
        mean = sum(full) / n
        up = clip(0.5 + (x - mean) / math.sqrt(sum((v - mean) ** 2 for v in full) / (n - 1)) / 6)
    return 1 - up if lower else up


def normalised(changed=None, by_size=False, without=None):
    """None: left out; 0: a gap that nobody accepted."""
    out = {}
    for _, e in evidence:
        own = e.get("method", rubric["method"])
        method = own if own in ("target", "distance") or not changed else changed
        base = e.get("size") if by_size else None
        values = [v for o, v in scale.get((e["id"], base or "none"), {}).items() if o != without]
        for s in submissions:
            x, left_out = sized[s, e["id"]] if base else (raw[s, e["id"]], (s, e["id"]) in excused)
            out[s, e["id"]] = None if left_out else 0.0 if x is None else normalise(x, values, method, e)
    return out


base = normalised()
for (p, e), s in ((x, s) for x in evidence for s in submissions):
    same("normalised", (s, e["id"]), base[s, e["id"]], rows[s, p, e["id"]]["normalised"])

# --- experts' marks -------------------------------------------------------------------------------------------------------------
experts = rubric["experts"]


def combine(values, point):
    values = sorted(values)
    if experts["combine"] == "trimmed_mean" and len(values) >= experts["trim_from"] and trimmed[point]:
        values = values[1:-1]
    return sum(values) / len(values)


opinions = {}
for m in tables["marks"]:
    if m["status"] in ("counted", "dropped") and m["kind"] != "veto":
        opinions.setdefault((m["submission"], m["point"]), []).append((m["expert"], m["value"]))
marked = [p for p in points if p.get("deduction") or p["weight"] * p["expert_share"] > 0]
enough = {s: bool(tables["marks"]) and all(len(opinions.get((s, p["id"]), [])) >= experts["least"] for p in marked) for s in submissions}
complete = bool(ranked) and all(enough[s] for s in ranked)
trimmed = {p["id"]: all(len(opinions.get((s, p["id"]), [])) >= experts["trim_from"] for s in ranked) for p in points}
takes = {p["id"] for p in points if p.get("deduction")}
marks = {key: max(v for _, v in given) if key[1] in takes else combine([v for _, v in given], key[1]) for key, given in opinions.items()}
for (s, p), mark in marks.items():
    same("mark", (s, p), mark, rows[s, p, None]["mark"])


# --- aggregation ------------------------------------------------------------------------------------------------------------------
def counts(s):
    return complete and enough[s]


def counted(e, also):
    return e["parts"] or also.get(e["kind"], 0)


def value(s, p, x, marks=marks, also={}):
    """A point's value, how much of it counts, and what its bounds rest on. also: parts of what counts nothing by itself, by kind."""
    say = p["expert_share"] if counts(s) and p["weight"] else 0.0
    parts = sum(counted(e, also) for e in p.get("evidence", []))
    said = there = known = 0.0
    for e in p.get("evidence", []):
        share = (1 - say) * counted(e, also) / parts
        if x[s, e["id"]] is not None:
            said += share * x[s, e["id"]]
            there += share
        if raw[s, e["id"]] is not None:
            known += share
    if say and (s, p["id"]) in marks:
        said += say * marks[s, p["id"]] / experts["scale"]
        there += say
        known += say
    return (said / there if there else None), known, said


def earn(s, p):
    return p["weight"] if counts(s) else p["weight"] * (1 - p["expert_share"])


def deduction(s):
    return ranking[s]["deduction"] or 0.0  # the Department decides, in its register


def values(s, x, marks=marks, also={}):
    return [value(s, p, x, marks, also)[0] for p in points]


def linear(weights, v):
    there = sum(w for w, x in zip(weights, v) if x is not None)
    return sum(w * x for w, x in zip(weights, v) if x is not None) * (sum(weights) / there if there else 1)


def geometric(weights, v):
    there = sum(w for w, x in zip(weights, v) if x is not None)
    return sum(weights) * math.exp(sum(w * math.log(0.01 + 0.99 * x) for w, x in zip(weights, v) if x is not None) / there)


def ranks(totals):
    totals = {s: round(t, 10) for s, t in totals.items()}
    return {s: 1 + sum(o > t for o in totals.values()) for s, t in totals.items()}


own = {s: values(s, base) for s in submissions}
weights = {s: [earn(s, p) for p in points] for s in submissions}
totals, lower, upper = {}, {}, {}
for s in submissions:
    totals[s] = linear(weights[s], own[s]) - deduction(s)
    bounds = [value(s, p, base) for p in points]
    lower[s] = sum(w * b[2] for w, b in zip(weights[s], bounds)) - deduction(s)
    upper[s] = sum(w * (b[2] + 1 - b[1]) for w, b in zip(weights[s], bounds) if w) - deduction(s)
    for p, v, w in zip(points, own[s], weights[s]):
        row = rows[s, p["id"], None]
        same("point", (s, p["id"]), v, row["value"])
        stretch = sum(weights[s]) / sum(w for w, v in zip(weights[s], own[s]) if v is not None)
        same("points", (s, p["id"]), None if v is None else w * v * stretch, row["points"])
        if v is not None:
            below = [rows[s, p["id"], e["id"]]["points"] or 0.0 for e in p.get("evidence", [])]
            same("parts", (s, p["id"]), sum(below) + (row["expert_points"] or 0.0), row["points"])
    r = ranking[s]
    same("sum", s, sum(rows[s, p["id"], None]["points"] or 0.0 for p in points) - deduction(s), r["total"])
    same("total", s, totals[s], r["total"])
    same("lower", s, lower[s], r["total_lower"])
    same("upper", s, upper[s], r["total_upper"])
    if counts(s) != r["complete"]:
        differences.append(f"complete {s}: {counts(s)}")
for s, rank in ranks({s: totals[s] for s in ranked}).items():
    same("rank", s, rank, ranking[s]["rank"])
    same("best", s, 1 + sum(round(lower[o], 10) > round(upper[s], 10) for o in ranked), ranking[s]["rank_best"])
    same("worst", s, 1 + sum(round(upper[o], 10) > round(lower[s], 10) for o in ranked if o != s), ranking[s]["rank_worst"])

# --- draws ------------------------------------------------------------------------------------------------------------------------
MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed & MASK

    def uniform(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        return ((z ^ z >> 31) >> 11) / (1 << 53)

    def normal(self):
        while True:
            u, v = 2 * self.uniform() - 1, 2 * self.uniform() - 1
            q = u * u + v * v
            if 0 < q < 1:
                return u * math.sqrt(-2 * math.log(q) / q)

    def gamma(self, a):
        if a < 1:
            g = self.gamma(a + 1)
            return g * math.pow(1 - self.uniform(), 1 / a)
        d = a - 1 / 3
        c = 1 / math.sqrt(9 * d)
        while True:
            x = self.normal()
            v = (1 + c * x) ** 3
            if v <= 0:
                continue
            if math.log(1 - self.uniform()) < x * x / 2 + d - d * v + d * math.log(v):
                return v * d


def nearest(ranks, percent):
    return sorted(ranks)[(len(ranks) * percent + 99) // 100 - 1]


robust = rubric["robustness"]
draws = min(options["draws"], robust["budget"] // max(1, len(ranked))) if ranked else 0
K, S = sum(p["weight"] > 0 for p in points), sum(p["weight"] for p in points)
A = (K - 1) / robust["spread"] ** 2 - 1
stream, again = SplitMix64(options["seed"]), {s: [] for s in ranked}
weighings = []
for _ in range(draws):
    g = [stream.gamma(p["weight"] / S * A) if p["weight"] > 0 else 0.0 for p in points]
    drawn = [x / sum(g) * S * (1 if complete else 1 - p["expert_share"]) for x, p in zip(g, points)]
    weighings.append(drawn)
    for s, rank in ranks({s: linear(drawn, own[s]) - deduction(s) for s in ranked}).items():
        again[s].append(rank)
for s in ranked:
    if draws:
        same("draws", (s, "low"), nearest(again[s], 5), ranking[s]["rank_low"])
        same("draws", (s, "high"), nearest(again[s], 95), ranking[s]["rank_high"])
        for column in ["first_3", "first_4", "first_5", "first_k"]:
            if not complete and ranking[s][column] is not None:
                differences.append(f"{column} {s}: a chance before all marks are in")

if complete and draws:
    names = list(dict.fromkeys(m["expert"] for m in tables["marks"] if m["status"] in ("counted", "dropped")))
    stream, again, joint = SplitMix64(options["seed"] + 1), {s: [] for s in ranked}, {s: [] for s in ranked}
    for d in range(draws):
        times = dict.fromkeys(names, 0)
        for _ in names:
            times[names[int(stream.uniform() * len(names))]] += 1
        heard = {}
        for key, given in opinions.items():
            chosen = [v for e, v in given for _ in range(times[e])]
            heard[key] = combine(chosen, key[1]) if chosen else marks[key]
        said = {s: values(s, base, heard) for s in ranked}
        for s, rank in ranks({s: linear(weights[s], said[s]) - deduction(s) for s in ranked}).items():
            again[s].append(rank)
        for s, rank in ranks({s: linear(weighings[d], said[s]) - deduction(s) for s in ranked}).items():
            joint[s].append(rank)
    for s in ranked:
        same("experts", (s, "low"), nearest(again[s], 5), ranking[s]["expert_low"])
        same("experts", (s, "high"), nearest(again[s], 95), ranking[s]["expert_high"])
        for column, k in [("first_3", 3), ("first_4", 4), ("first_5", 5), ("first_k", options["select"])]:
            same("joint draws", (s, column), sum(r <= k for r in joint[s]) / draws, ranking[s][column])

# --- who could overtake whom, before there is a line ---------------------------------------------------------------------------------
placed = sorted(ranked, key=lambda s: (ranking[s]["rank"], s))
for before, s in zip([None] + placed, placed):
    if not complete and before and ranking[s]["open"]:
        want = math.ceil(round(totals[before] - totals[s], 10) * 100) / 100
        same("overtaking", s, want, ranking[s]["overtake_by"])
    elif ranking[s]["overtake_by"] is not None:
        differences.append(f"{s}: overtakes nobody")

# --- what each expert gives each submission -------------------------------------------------------------------------------------------
full = {p["id"]: p["weight"] * p["expert_share"] for p in points}
for r in tables["assessments"]:
    given = [m for m in tables["marks"] if (m["expert"], m["submission"]) == (r["expert"], r["submission"]) and m["kind"] == "mark"
           and m["status"] in ("counted", "dropped")]
    if r["expert"]:
        same("assessment", (r["expert"], r["submission"]), sum(m["value"] / experts["scale"] * full[m["point"]] for m in given), r["points"] or 0.0)
        same("assessment", (r["expert"], r["submission"]), sum(full[m["point"]] for m in given), r["possible"])
        continue
    whole = [x for x in tables["assessments"] if x["submission"] == r["submission"] and x["expert"] and x["state"] == "whole"]
    for column in ("points", "possible"):
        if whole:
            same("assessment", (r["submission"], column), sum(x[column] for x in whole) / len(whole), r[column])

# --- leniency: the least squares' own conditions, expert by expert ---------------------------------------------------------------------
lenient = {r["expert"]: r["leniency"] or 0.0 for r in tables["experts"]}
cells = {key: given for key, given in opinions.items() if key[1] not in takes}
left = dict.fromkeys(lenient, 0.0)
for given in cells.values():
    middle = sum(v - lenient[e] for e, v in given) / len(given)
    for e, v in given:
        left[e] += v - lenient[e] - middle
for e, rest in left.items():
    same("leniency", e, rest, 0.0, 1e-7)
same("leniency", "sum", sum(lenient.values()), 0.0, 1e-7)
levelled = dict(marks)
for key, given in cells.items():
    levelled[key] = combine([round(min(max(v - lenient[e], 0.0), experts["scale"]), 10) for e, v in given], key[1])

# --- other ways to rank -----------------------------------------------------------------------------------------------------------
scenarios = {}
for r in tables["scenarios"]:
    scenarios.setdefault(r["scenario"], {})[r["submission"]] = r
if ranked:
    standard = weights[ranked[0]]
    columns = {i: [own[s][i] for s in ranked] for i, w in enumerate(standard) if w}
    for i, column in columns.items():
        there = [v for v in column if v is not None]
        columns[i] = [sum(there) / len(there) if v is None and there else v or 0.0 for v in column]


def scaled(w):
    return [x * sum(standard) / sum(w) for x in w]


def correlation(a, b):
    ma, mb = sum(a) / len(a), sum(b) / len(b)
    cov = sum((x - ma) * (y - mb) for x, y in zip(a, b))
    both = math.sqrt(sum((x - ma) ** 2 for x in a) * sum((y - mb) ** 2 for y in b))
    return cov / both if both else 0.0


def other_weights(kind):
    w = [0.0] * len(points)
    if kind == "indicators":
        for i, p in enumerate(points):
            if p["weight"]:
                w[i] = standard[i] / p["weight"] / sum(q["weight"] > 0 for q in points if indicator[q["id"]] == indicator[p["id"]])
        return scaled(w)
    if kind == "entropy":
        for i, column in columns.items():
            if sum(column) and len(column) > 1:
                w[i] = max(0.0, 1 + sum(v / sum(column) * math.log(v / sum(column)) for v in column if v > 0) / math.log(len(column)))
    else:
        keys = list(columns)
        matrix = [[correlation(columns[i], columns[j]) for j in keys] for i in keys]
        load = [1 / math.sqrt(len(keys))] * len(keys)
        for _ in range(1000):
            load = [sum(a * b for a, b in zip(row, load)) for row in matrix]
            length = math.sqrt(sum(v * v for v in load))
            if not length:
                break
            load = [v / length for v in load]
        for i, v in zip(keys, load):
            w[i] = v * v
    return scaled(w) if sum(w) else standard


def compare(name, totals):
    for s, rank in ranks(totals).items():
        same("scenario", (name, s), totals[s], scenarios[name][s]["total"], 1e-6 if name == "pca" else 1e-9)
        same("scenario rank", (name, s), rank, scenarios[name][s]["rank"])


if ranked:
    compare("base", {s: totals[s] for s in ranked})
    for case in rubric["scenarios"]:
        w, v, total = standard, own, linear
        if "experts" in case:
            if case["id"] not in scenarios:
                continue
            v = {s: values(s, base, levelled) for s in ranked}
        elif "method" in case:
            x = normalised(case["method"])
            v = {s: values(s, x) for s in ranked}
        elif "basis" in case:
            x = normalised(by_size=True)
            v = {s: values(s, x) for s in ranked}
        elif "parts" in case:
            v = {s: values(s, base, also=case["parts"]) for s in ranked}
        elif "aggregation" in case:
            total = geometric
        else:
            w = other_weights(case["weights"])
        compare(case["id"], {s: total(w, v[s]) - deduction(s) for s in ranked})
    for i, p in enumerate(points):
        if standard[i]:
            w = scaled([0.0 if j == i else x for j, x in enumerate(standard)])
            compare("without_" + p["id"], {s: linear(w, own[s]) - deduction(s) for s in ranked})

# --- scales without one of those around the line; everybody stays ranked --------------------------------------------------------------
window = range(max(1, options["select"] - robust["near"] // 2 + 1), max(1, options["select"] - robust["near"] // 2 + 1) + robust["near"])
left = [s for s in ranked if ranking[s]["rank"] in window]
if len(ranked) > 1:
    tried = []
    for out in left:
        x = normalised(without=out)
        tried.append(ranks({s: linear(weights[s], values(s, x)) - deduction(s) for s in ranked}))
    for s in ranked:
        same("scale", (s, "best"), min(t[s] for t in tried), ranking[s]["scale_best"])
        same("scale", (s, "worst"), max(t[s] for t in tried), ranking[s]["scale_worst"])

# --- how firm -------------------------------------------------------------------------------------------------------------------------
def agreed(o, agreed_to):  # the total if what experts propose of these is agreed to; None: rejected
    r = ranking[o]
    if o not in agreed_to:
        return round(r["total"], 10)
    if r["vetoes"]:
        return None
    return round(r["total_if_deducted"] if r["total_if_deducted"] is not None else r["total"], 10)


def undecided(s, k):  # what nobody has decided and would carry a submission over the line
    rank, flips = ranking[s]["rank"], []
    pending = [o for o in ranked if ranking[o]["pending"]]

    def flip(to):
        mine = agreed(s, to)
        if mine is None:
            return rank <= k
        place = 1 + sum(1 for o in ranked if (t := agreed(o, to)) is not None and t > mine)
        return (place <= k) != (rank <= k)

    flips = [o for o in pending if flip([o])]
    if len(pending) > 1 and not flips and flip(pending):
        flips.append("all")
    full = [r["total_upper"] + r["open"] for r in ranking.values() if r["waiting"]]
    if rank <= k < rank + sum(1 for f in full if round(f, 10) > round(ranking[s]["total"], 10)):
        flips.append("waiting")
    return [True for _ in flips]


if complete and draws:
    for s in ranked:
        r, k = ranking[s], options["select"]
        crosses = lambda best, worst: r["rank"] <= k < worst or best <= k < r["rank"]
        flips = [r["first_k"] < robust["sure"] if r["rank"] <= k else r["first_k"] > 1 - robust["sure"] + 1e-12,
                 crosses(r["rank_best"], r["rank_worst"]), len(ranked) > 1 and crosses(r["scale_best"], r["scale_worst"])]
        flips += [crosses(scenarios[c["id"]][s]["rank"], scenarios[c["id"]][s]["rank"]) for c in rubric["scenarios"] if c.get("decides") and c["id"] in scenarios]
        flips += undecided(s, k)
        tie = r["rank"] <= k < r["rank"] + sum(ranking[o]["rank"] == r["rank"] for o in ranked) - 1
        firm = "contested" if tie or sum(flips) > 1 else "fairly" if sum(flips) else "safe"
        compared["firm"] = compared.get("firm", 0) + 1
        if firm != r["firm"]:
            differences.append(f"firm {s}: recomputed {firm}, published {r['firm']}")

# --- a swap makes level, and nothing less does -----------------------------------------------------------------------------------------
for r in tables["swaps"]:
    if r["point"] is None:
        continue
    at = [p["id"] for p in points].index(r["point"])

    def gap(weight):
        w = [x * weight / points[at]["weight"] if i == at else x for i, x in enumerate(standard)]
        scale = S / (S - points[at]["weight"] + weight)

        def side(s):
            stretch = sum(standard) / sum(x for x, v in zip(standard, own[s]) if v is not None)
            return sum(x * (v or 0.0) for x, v in zip(w, own[s])) * stretch * scale - deduction(s)

        return side(r["inside"]) - side(r["outside"])

    same("swap", (r["inside"], r["outside"]), gap(r["weight_needed"]), 0.0, 1e-7)
    short = r["weight"] + (r["weight_needed"] - r["weight"]) * 0.99
    if round(r["gap"], 10) and gap(short) <= 0:
        differences.append(f"swap {r}: less does it, too")

# --- what each point does to the differences of the totals -----------------------------------------------------------------------------


def mean(a):
    return sum(a) / len(a)


def covariance(a, b):
    ma, mb = mean(a), mean(b)
    return sum((x - ma) * (y - mb) for x, y in zip(a, b)) / (len(a) - 1)


if len(ranked) > 1:
    sums = [linear(standard, own[s]) for s in ranked]
    for r in tables["influence"]:
        i = [p["id"] for p in points].index(r["point"])
        same("influence", (r["point"], "nominal"), standard[i] / sum(standard), r["nominal"])
        part = [0.0 if own[s][i] is None else standard[i] * own[s][i] * sum(standard) / sum(w for w, v in zip(standard, own[s]) if v is not None) for s in ranked]
        same("influence", (r["point"], "effective"), covariance(part, sums) / covariance(sums, sums), r["effective"])
        if standard[i]:
            same("influence", (r["point"], "deviation"), math.sqrt(covariance(columns[i], columns[i])), r["deviation"])
            if covariance(columns[i], columns[i]):
                same("influence", (r["point"], "r2"), correlation(columns[i], sums) ** 2, r["r2"])

# --- what would carry a submission over the line -----------------------------------------------------------------------------------------
steps = {}
for r in sorted(tables["lifts"], key=lambda r: (r["submission"], r["step"])):
    steps.setdefault(r["submission"], []).append(r)
inside = [s for s in ranked if ranking[s]["rank"] <= options["select"]]
for s, path in steps.items():
    line = min(round(totals[o], 10) for o in inside)
    x, heard, at = dict(base), dict(marks), totals[s]
    reach = lambda x, heard: linear(standard, values(s, x, heard)) - deduction(s)
    answers = [(e["id"], p) for p, e in evidence] + [(None, p["id"]) for p in points if complete and p["weight"] * p["expert_share"] > 0]

    def with_best(e, p):
        if e is None:
            return x, {**heard, (s, p): max(marks[o, p] for o in ranked if (o, p) in marks)}
        there = [base[o, e] for o in ranked if base[o, e] is not None]
        return {**x, (s, e): max(there)} if there else x, heard

    for n, r in enumerate(path):
        most = max(reach(*with_best(e, p)) for e, p in answers)
        x, heard = with_best(r["evidence"], r["point"])
        after = reach(x, heard)
        same("lift", (s, r["step"], "total"), after, r["total"])
        same("lift", (s, r["step"], "gain"), after - at, r["gain"])
        same("lift", (s, r["step"], "most"), after, most)
        holder = base[r["best_of"], r["evidence"]] if r["evidence"] else marks[r["best_of"], r["point"]]
        same("lift", (s, r["step"], "best"), x[s, r["evidence"]] if r["evidence"] else heard[s, r["point"]], holder)
        if r["inside"] != (round(after, 10) > line) or r["inside"] != (n == len(path) - 1) and r["inside"]:
            differences.append(f"lift {r}: the line is at {line}")
        at = after
    if not path[-1]["inside"]:
        same("lift", (s, "no more"), max(reach(*with_best(e, p)) for e, p in answers), at, 1e-8)
for s in ranked:
    if complete and ranking[s]["rank"] > options["select"] and len(ranked) < 50 and s not in steps and inside:
        differences.append(f"lift {s}: no step")

# --- where experts disagree ------------------------------------------------------------------------------------------------------------
def band(mark):
    return next(i for i, b in enumerate(experts["bands"]) if mark >= b["from"])


apart = {(r["submission"], r["point"]): r for r in tables["disagreements"]}
for (s, p), given in cells.items():
    fair = [round(min(max(v - lenient[e], 0.0), experts["scale"]), 10) for e, v in given]
    if s in ranked and len(given) > 1 and band(min(fair)) != band(max(fair)):
        same("disagreement", (s, p), (max(fair) - min(fair)) / experts["scale"] * full[p], apart.pop((s, p), {}).get("stake"))
differences += [f"disagreement {key}: none" for key in apart]

# --- what hangs on an open finding -----------------------------------------------------------------------------------------------------
cell_of = {(m["submission"], m["indicator"], m["year"]): (m["sheet"], m["cell"]) for m in tables["metrics"]}
cell_of.update({(f["submission"], f["field"], None): (f["sheet"], f["cell"]) for f in tables["figures"]})


def hangs(f, e):
    """Whether a counted evidence hangs on a finding: by a value that it names, or by members that it counts."""
    s, fields, places = f["submission"], (f["fields"] or "").split(), (f["places"] or "").split("; ") if f["places"] else None
    answers = {key[1:]: None for key in cell_of if key[0] == s}
    for field, year in values_in(e["expr"], answers):
        sheet, cell = cell_of[s, field, year]
        if field in fields and f["year"] in (None, year) and (f["year"] or not places or not sheet or f"{sheet}!{cell}" in places):
            return True
    if "count(" not in e["expr"] and "enrolment(" not in e["expr"] or not any(x.startswith("members_") for x in fields):
        return False
    if "members_enrolment" in fields and "enrolment(" in e["expr"]:
        return True
    row = lambda place: re.sub("![A-Z]+", "!", place)
    listed = {row(p) for g in open_findings if g["submission"] == s and set(g["fields"].split()) & {x for x in fields if x.startswith("members_")}
              for p in (g["places"] or "").split("; ") if not g["year"]}
    own = [m for m in tables["members"] if m["submission"] == s]
    less = [m for m in own if row(f"{m['sheet']}!{m['cell']}") not in listed]
    figures = {(m["indicator"], m["year"]): m["value"] for m in tables["metrics"] if m["submission"] == s}
    return len(less) == len(own) or evaluate(e["expr"], figures, own) != evaluate(e["expr"], figures, less)


def places(s, x):
    """The total of a submission with other normalised values, and its place among the ranked, theirs as they are."""
    total = linear(weights[s], values(s, x)) - deduction(s)
    return total, 1 + sum(round(totals[o], 10) > round(total, 10) for o in ranked if o != s)


open_findings = [f for f in tables["findings"] if f["submission"] and f["fields"] and
                 (f["severity"] == "error" or f["severity"] == "warning" and not f["explanation"] and not f["accepted"])]
mended, staked = {}, {(r["submission"], r["fingerprint"]): r for r in tables["stakes"]}
for f in open_findings:
    s = f["submission"]
    hang = [e["id"] for _, e in evidence if e["parts"] and hangs(f, e)]
    if f["severity"] == "error" and ranking[s]["verdict"] == "退回修改":
        mended.setdefault(s, set()).update(hang)
    r = staked.pop((s, f["fingerprint"]), None)
    if not hang or r is None:
        if hang or r:
            differences.append(f"stake {s} {f['title']}: recomputed {hang}, published {r}")
        continue
    with_value = lambda v, some: {**base, **{(s, i): v for i in some if base[s, i] is not None}}
    (low, worst), (high, best) = places(s, with_value(0.0, hang)), places(s, with_value(1.0, hang))
    same("stake", (s, f["title"], "loss"), max(0.0, totals[s] - low), r["loss"])
    same("stake", (s, f["title"], "gain"), max(0.0, high - totals[s]), r["gain"])
    same("stake", (s, f["title"], "best"), best, r["rank_best"])
    same("stake", (s, f["title"], "worst"), worst, r["rank_worst"])
differences += [f"stake {key}: nothing hangs on it" for key in staked]
for s in submissions:
    if ranking[s]["verdict"] == "退回修改":
        x = lambda v: {**base, **{(s, i): v for i in mended.get(s, ()) if base[s, i] is not None}}
        same("mended", (s, "best"), places(s, x(1.0))[1], ranking[s]["mended_best"])
        same("mended", (s, "worst"), places(s, x(0.0))[1], ranking[s]["mended_worst"])

# --- promises beside what was achieved -------------------------------------------------------------------------------------------------
series = {}
for m in tables["metrics"]:
    series.setdefault((m["submission"], m["indicator"]), {})[m["year"]] = m["value"]
last, final = actual[-1], committed[-1]


def growth(r, start, end):
    start_value, end_value = (series[r["submission"], r["indicator"]].get(y) for y in (start, end))
    if start_value is None or end_value is None:
        return None
    if r["measure"] == "points":
        return (end_value - start_value) / (end - start)
    if start_value < floor or end_value < 0:
        return None
    return ((end_value / start_value) ** (1 / (end - start)) - 1) * 100


def among_others(r, column, share):
    others = sorted(v for o in tables["credibility"] if o["indicator"] == r["indicator"] and o["submission"] != r["submission"]
                    and ranking[o["submission"]]["ranked"] and (v := o[column]) is not None)
    return others[max(1, math.ceil(round(share * len(others), 10))) - 1] if len(others) >= 3 else None


for r in tables["credibility"]:
    key = (r["submission"], r["indicator"])
    same("credibility", (*key, "achieved"), growth(r, actual[-2], last), r["achieved"])
    same("credibility", (*key, "promised"), growth(r, last, final), r["promised"])
    same("credibility", (*key, "peers"), among_others(r, "achieved", 0.5), r["peers_achieved"])
    same("credibility", (*key, "peers"), among_others(r, "promised", 0.5), r["peers_promised"])
    same("credibility", (*key, "upper"), among_others(r, "promised", rubric["credibility"]["upper"]), r["peers_upper"])
    high = None not in (r["achieved"], r["promised"], r["peers_upper"]) and r["promised"] > r["achieved"] + rubric["credibility"]["margin"] \
        and r["promised"] > r["peers_upper"]
    if high != (r["flag"] == "verify"):
        differences.append(f"credibility {key}: recomputed {high}, published {r['flag']}")

# --- the least weight that must be moved: a linear program, where scipy is there ---------------------------------------------------------
try:
    from scipy.optimize import linprog
except ImportError:
    linprog = None
if complete and linprog and len(ranked) > options["select"]:
    least, used = math.inf, [i for i, w in enumerate(standard) if w]
    for a in inside:
        for b in (s for s in ranked if ranking[s]["rank"] > options["select"]):
            def brings(s, i):
                there = sum(w for w, v in zip(standard, own[s]) if v is not None)
                return (own[s][i] or 0.0) * sum(standard) / there
            g = [brings(a, i) - brings(b, i) for i in used]
            n = len(used)
            found = linprog([0.0] * n + [1.0] * n, A_ub=[g + [-x for x in g]], b_ub=[-(totals[a] - totals[b])], A_eq=[[1.0] * n + [-1.0] * n], b_eq=[0.0],
                            bounds=[(0, None)] * n + [(0, standard[i]) for i in used])
            if found.success:
                least = min(least, found.fun)
    published = tables["certificate"][0]["moved"] if tables["certificate"] else math.inf
    if least < math.inf or published < math.inf:
        same("certificate", "", least, published, 1e-7)

print("compared: " + ", ".join(f"{n} {what}" for what, n in compared.items()))
for line in differences[:40]:
    print(line)
print(f"{len(differences)} differences")
sys.exit(bool(differences))
