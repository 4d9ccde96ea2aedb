"use strict";
// What the page shows stands in the block of JSON: numbers of the run, and texts that somebody typed. Every text goes into the document
// as text (textContent), never as markup. The only thing worked out here is totals under other weights: see totals().

const data = JSON.parse(document.getElementById("data").textContent);
const places = data.places;
for (const p of places) for (const list of ["tags", "texts", "findings", "materials", "verified", "opinions", "questions", "reasons", "decides", "ranges"]) p[list] = p[list] || [];
const ranked = places.filter(p => p.rank !== null);
const byID = new Map(places.map(p => [p.id, p]));

// What the reader has chosen, kept while the page is open.
const state = {
  view: "", k: data.select[1], stack: "indicators", open: new Set(), a: "", b: "", place: "", part: "brief",
  weights: data.points.map(p => p.weight), on: data.points.map(() => true), spread: new Set(), picked: null,
};

// ---- Small helpers ----

// h makes an element. Children that are no nodes become text; null and false are left out.
function h(tag, props, ...children) {
  const e = tag.startsWith("svg:") ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4)) : document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) e.addEventListener(key.slice(2), value);
    else if (key === "style") Object.assign(e.style, value);
    else if (key in e && !tag.startsWith("svg:") && key !== "list") e[key] = value;
    else e.setAttribute(key, value);
  }
  e.append(...children.flat(Infinity).filter(c => c !== null && c !== undefined && c !== false));
  return e;
}

const two = x => x.toFixed(2);
const round10 = x => Math.round(x * 1e10) / 1e10;
const amount = x => x === null ? "—" : x.toLocaleString("zh-CN", { maximumFractionDigits: 4 });
const percent = x => x === null ? "—" : Math.floor(x * 100 + 1e-9) + "%";

// short is a name without the ending that all of them have.
function short(p) {
  const cut = p.name.replace(/(市域)?产教联合体$/, "");
  return cut.length >= 2 ? cut : p.name;
}

// clip shortens a text for a place of so many characters; the whole stands in the title.
const clip = (s, n) => s.length > n ? s.slice(0, n - 1) + "…" : s;

function tags(p) {
  return p.tags.map(t => h("span", { className: "tag " + t.tone, title: t.why }, t.word));
}

function option(p) {
  return h("option", { value: p.id }, (p.rank === null ? "不排 " : p.rank + " ") + p.name);
}

// chooser is a list of all places to choose from.
function chooser(label, value, onchange) {
  const select = h("select", { "aria-label": label, onchange: e => onchange(e.target.value) }, places.map(option));
  select.value = value;
  return select;
}

// choice is a row of buttons of which one is pressed.
function choice(label, options, value, onclick) {
  return h("div", { className: "choice", role: "group", "aria-label": label },
    options.map(([id, words]) => h("button", { type: "button", "aria-pressed": String(id === value), onclick: () => onclick(id) }, words)));
}

// howMany is the slider for how many are to be chosen; nothing before there is a line.
function howMany() {
  if (!data.complete) return null;
  const out = h("output", {}, state.k + "家");
  const input = h("input", { type: "range", min: data.select[0], max: data.select[2], step: 1, value: state.k, "aria-label": "拟遴选家数", oninput: e => { out.textContent = e.target.value + "家"; },
    onchange: e => { state.k = Number(e.target.value); state.picked = null; show(); document.querySelector("input[type=range]").focus(); } });
  return h("label", { className: "many" }, "拟遴选 ", input, out);
}

// note says in a line what a view shows and how it is read.
const note = (...words) => h("p", { className: "note" }, ...words);

// ---- 1 The ranking, and where the line is ----

const patterns = ["solid", "hatched", "dotted", "crossed", "lined", "dark"]; // told apart without colour, too

// stack gives the parts of a bar: label, points.
function stack(p) {
  if (state.stack === "parts") return [["已有", p.parts[0]], ["承诺", p.parts[1]], ["专家", p.parts[2]]];
  return data.indicators.map((x, i) => [x.label.replace(/\..*/, ""), p.indicators[i]]);
}

function bar(p, full) {
  const parts = stack(p).map(([label, points], i) => {
    const share = points / full * 100;
    return h("i", { className: patterns[i], style: { width: Math.max(share, 0) + "%" }, title: label + " " + two(points) + "分" }, share > 5 ? label : "");
  });
  const wide = p.upper - p.lower > 0.005;
  const span = wide && h("u", { style: { left: p.lower / full * 100 + "%", width: (p.upper - p.lower) / full * 100 + "%" }, title: "缺数按最低到按最高：" + two(p.lower) + "—" + two(p.upper) });
  return h("span", { className: "bar" + (p.rank === null ? " pale" : "") }, h("span", { className: "parts" }, parts), span);
}

function legend() {
  const names = state.stack === "parts" ? ["已有基础", "建设承诺", "专家评分"] : data.indicators.map(x => x.label);
  return h("p", { className: "legend" }, names.slice(0, data.complete || state.stack !== "parts" ? 6 : 2).map((n, i) => h("span", {}, h("i", { className: patterns[i] }), n)),
    h("span", {}, h("u"), "缺数的上下限"));
}

// standing is where a place stands to the line, in words. How firmly is known for as many as the run chose; for others the run has the chance.
const firmly = p => p.line + (p.firm ? "·" + p.firm : "");
const asRun = () => state.k === data.select[1];

function standing(p) {
  if (!p.line || asRun()) return firmly(p);
  const chance = p.chances[state.k - 3];
  return data.words.sides[p.rank <= state.k ? 0 : 1] + (typeof chance === "number" ? "·" + data.words.chance + percent(chance) : "");
}

function overview() {
  const full = Math.max(1, ...places.map(p => p.possible));
  const list = h("ol", { className: "ranking" });
  let drawn = false;
  for (const p of ranked) {
    if (data.complete && !drawn && p.rank > state.k) {
      drawn = true;
      list.append(h("li", { className: "line" }, h("span", {}, "▲ 前" + state.k + "名　" + data.words.overview + "　▼")));
    }
    list.append(row(p, full));
  }
  const rest = places.filter(p => p.rank === null);
  return [
    h("div", { className: "bar-top" }, h("h1", {}, data.words.overview), howMany(),
      choice("分段", [["indicators", "按指标"], ["parts", data.complete ? "已有·承诺·专家" : "已有·承诺"]], state.stack, id => { state.stack = id; show(); })),
    legend(), shown(), !asRun() && note(data.words.moved), h("p", { className: "row heads", "aria-hidden": "true" }, h("span"), h("span", {}, "联合体"), h("span"), h("span", {}, "满" + amount(round10(full))), h("span", {}, "区间"), h("span", {}, data.complete ? data.words.line + "、标记" : "标记")),
    list,
    rest.length > 0 && [h("h2", {}, "列出而不参加排名（得分是暂算的数据部分" + (data.complete ? "，没有专家评分" : "") + "）"), h("ol", { className: "ranking" }, rest.map(p => row(p, full)))],
    note(data.words.note, data.certain),
  ];
}

function shown() {
  return places.length < data.all && note("本批" + data.all + "家，这里是" + (data.complete ? "线" : "第" + state.k + "名") + "前后的" + places.length + "家；其余见省级汇总。");
}

function row(p, full) {
  const open = state.open.has(p.id);
  const b = h("button", { type: "button", className: "row", "aria-expanded": String(open), onclick: () => { open ? state.open.delete(p.id) : state.open.add(p.id); show(p.id); }, id: "row-" + p.id },
    h("b", { className: "rank" }, p.rank === null ? "–" : String(p.rank)),
    h("span", { className: "name", title: p.name }, clip(short(p), 11), h("small", {}, p.city)),
    bar(p, full),
    h("b", { className: "total" }, two(p.total)),
    h("span", { className: "reach", title: "随机变动权重时名次的5%—95%" }, p.reach),
    h("span", { className: "tags" }, p.firm && h("span", { className: "tag stand" }, standing(p)), tags(p)));
  return h("li", {}, b, open && details(p));
}

function details(p) {
  const swaps = (data.swaps || []).filter(s => s.inside === p.id || s.outside === p.id).slice(0, 3);
  const list = (title, items) => items && items.length > 0 && h("section", {}, h("h3", {}, title), h("ul", {}, items.map(x => h("li", {}, x))));
  const chances = p.chances.slice(0, 3).map((c, i) => c !== null && "前" + (i + 3) + "名 " + percent(c)).filter(Boolean);
  return h("div", { className: "details" },
    p.unranked && h("p", {}, h("b", {}, "不参加排名："), p.unranked),
    list(p.firm ? "为什么说“" + firmly(p) + "”（按" + data.select[1] + "家）" : "", p.firm ? (p.reasons.length > 0 ? p.reasons : ["没有一样会使它越线"]) : null),
    list("什么定得下来", p.decides),
    list("改多少权重才换位", swaps.map(s => s.words)),
    chances.length > 0 && h("section", {}, h("h3", {}, data.words.chance + "（权重和专家一起变动）"), h("p", {}, chances.join("　"))),
    list("名次会在哪里", (p.ranges || []).map(([what, range]) => what + "：" + range)),
    p.tags.length > 0 && list("标记", p.tags.map(t => t.word + "：" + t.why)),
    h("p", { className: "buttons" }, h("button", { type: "button", onclick: () => go("place", { place: p.id }) }, "看一家一页"),
      p.rank !== null && h("button", { type: "button", onclick: () => go("duel", rival(p)) }, "与线另一侧比")));
}

// rival pairs a place with the nearest one on the other side of the line.
function rival(p) {
  const k = Math.min(state.k, ranked.length - 1);
  const other = ranked.indexOf(p) < k ? ranked[k] : ranked[k - 1];
  return p.rank <= other.rank ? { a: p.id, b: other.id } : { a: other.id, b: p.id };
}

// ---- 2 Two side by side ----

function duel() {
  if (places.length < 2) return [h("h1", {}, "两家对比"), note("不到两家。")];
  if (!state.a) {
    const k = Math.max(1, Math.min(state.k, ranked.length - 1));
    state.a = (ranked[k - 1] || places[0]).id;
    state.b = (ranked[k] || places.find(p => p.id !== state.a)).id;
  }
  const a = byID.get(state.a), b = byID.get(state.b);
  const pick = (which, words) => h("label", { className: "pick" }, h("b", {}, words), chooser(words, state[which], id => { state[which] = id; show(); }));
  const head = p => h("td", { className: "num" }, h("b", { className: "big" }, two(p.total)));
  const where = p => h("span", {}, p.rank === null ? "不参加排名 " : data.words.rank + "第" + p.rank + " ", p.firm && h("span", { className: "tag stand" }, standing(p)), tags(p), h("br"), h("small", {}, "文件 " + p.file));
  const body = [];
  data.indicators.forEach((x, i) => {
    const id = "i" + x.id, open = state.open.has(id);
    const toggle = () => { open ? state.open.delete(id) : state.open.add(id); show(id); };
    body.push(versus("group", h("button", { type: "button", className: "fold", "aria-expanded": String(open), id: "row-" + id, onclick: toggle }, x.label), a.indicators[i], b.indicators[i], data.points.filter(c => c.indicator === i).reduce((s, c) => s + c.weight, 0)));
    if (open) data.points.forEach((c, n) => { if (c.indicator === i) body.push(...compared(c, n, a, b)); });
  });
  return [
    h("div", { className: "bar-top" }, h("h1", {}, "甲为什么在乙前面"), h("button", { type: "button", onclick: () => { fold(data.indicators.map(x => "i" + x.id)); } }, "全部展开／收起")),
    h("div", { className: "picks" }, pick("a", "甲"), pick("b", "乙"), where(a), where(b)),
    h("table", { className: "duel" },
      h("thead", {}, h("tr", {}, h("th", {}, "指标 → 观测点 → 数"), h("th", {}, "甲得"), h("th", {}, "（条长是得分占满分）"), h("th", {}, "乙得"), h("th", {}, "甲－乙"))),
      h("tbody", {}, h("tr", { className: "totals" }, h("th", {}, "得分（满" + amount(round10(a.possible)) + "）"), head(a), h("td"), head(b), gap(a.total - b.total)), body)),
    note("得分、原数都是本次运行的；只有“甲－乙”由两列相减。点指标展开观测点、原数和它在哪个文件、哪张表、哪一格。", a.points.some(x => x.note) || b.points.some(x => x.note) ? "有备注的随观测点列出。" : ""),
  ];
}

function fold(ids) {
  const all = ids.every(id => state.open.has(id));
  ids.forEach(id => all ? state.open.delete(id) : state.open.add(id));
  show();
}

// gap is a difference with its sign, which says by itself who gains.
const gap = d => h("td", { className: "gap " + (Math.abs(d) < 0.005 ? "even" : d > 0 ? "first" : "second") }, Math.abs(d) < 0.005 ? "＝" : (d > 0 ? "◀ +" : "▶ −") + two(Math.abs(d)));

function versus(kind, label, x, y, full, doubt) {
  const half = (v, side) => h("i", { className: "half " + side }, h("b", { style: { width: (v === null || full === 0 ? 0 : Math.max(0, v / full * 100)) + "%" } }));
  const cell = v => h("td", { className: "num" }, v === null ? "待评" : two(v));
  return h("tr", { className: kind }, h("th", {}, label), cell(x), h("td", { className: "pair" }, h("span", {}, half(x, "left"), half(y, "right"))), cell(y), x === null || y === null ? h("td") : doubt ? h("td", { className: "gap even" }, "存疑，不比") : gap(x - y));
}

// compared are the rows of a point: what either earned, and of which figures.
function compared(c, n, a, b) {
  const rows = [versus("point", c.label, a.points[n].points, b.points[n].points, c.weight, a.points[n].doubt || b.points[n].doubt)];
  for (const p of [a, b]) if (p.points[n].note) rows.push(h("tr", { className: "remark" }, h("td", { colSpan: 5 }, (p === a ? "甲：" : "乙：") + p.points[n].note)));
  data.evidence.forEach((e, m) => {
    if (data.points[e.point] !== c) return;
    const side = p => h("td", { colSpan: 2 }, h("b", {}, amount(p.evidence[m].raw) + (p.evidence[m].raw === null ? "" : e.unit)), p.evidence[m].points === null ? "" : "　得" + two(p.evidence[m].points) + "分",
      h("br"), source(p, p.evidence[m].cells), p.evidence[m].note && h("span", { className: "mute" }, " " + p.evidence[m].note));
    rows.push(h("tr", { className: "figure" }, h("th", {}, e.label), side(a), side(b)));
  });
  return rows;
}

// source says where in the file a value stands; it leads to the annotated copy where there is one.
function source(p, cells) {
  const words = cells ? cells.replace(/; /g, "，") : "没有出处";
  return h("span", { className: "source" }, words, p.copy && ["　", h("a", { href: p.copy, title: p.file, className: "whole" }, "标注件")]);
}

// ---- 3 Other weights ----

// totals repeats the engine's total (package score) under other weights, for those that are ranked: with w the weights scaled to 100, f the
// share of a weight that counts as things stand, v a point's value, p 1 where there is a value and 0 where there is none,
//   total = Σ w·f·v × Σ w·f ÷ Σ w·f·p − deduction,  rank by the total rounded to ten decimals.
function totals(weights) {
  const all = weights.reduce((s, w) => s + w, 0);
  const out = [...ranked, ...data.unseen].map(p => { // those not shown are ranked, too
    let sum = 0, free = 0, there = 0, evidence = 0, figures = 0;
    data.points.forEach((c, i) => {
      const x = p.points[i], w = all > 0 ? weights[i] * 100 / all : 0;
      free += w * x.free;
      if (x.value !== null) {
        sum += w * x.free * x.value;
        there += w * x.free;
      }
      figures += w * (1 - c.open);
      evidence += w * (1 - c.open) * x.there;
    });
    const total = (there > 0 ? sum * (free / there) : 0) - p.deduction;
    return { id: p.id, total, present: figures > 0 ? round10(evidence / figures) : 1 };
  });
  for (const x of out) x.rank = 1 + out.filter(y => round10(y.total) > round10(x.total)).length;
  return out.slice(0, ranked.length);
}

const inUse = () => state.weights.map((w, i) => state.on[i] ? w : 0);
const official = () => data.points.map(p => p.weight);
const changed = () => data.points.some((c, i) => inUse()[i] !== c.weight);

function trial() {
  const result = h("div", { className: "slope" }), sliders = h("div", { className: "sliders" });
  const said = h("p", { className: "note", role: "status" });
  const back = h("button", { type: "button", className: "strong", onclick: () => { state.weights = official(); state.on = data.points.map(() => true); show(); } }, "还原正式权重");
  const update = () => {
    const all = inUse().reduce((s, w) => s + w, 0);
    sliders.querySelectorAll("output").forEach(o => { o.textContent = shareOf(o.dataset.points, all); });
    const now = totals(inUse());
    result.replaceChildren(slopes(now));
    back.disabled = !changed();
    said.textContent = verdict(now, all);
  };
  data.indicators.forEach((x, i) => sliders.append(dials(x, i, update)));
  setTimeout(update);
  return [
    h("div", { className: "bar-top" }, h("h1", {}, "权重试算"), back, h("b", { className: "warn" }, "试算，不是正式结果")),
    said, h("div", { className: "trial" }, sliders, result),
  ];
}

// shareOf is what some points weigh when all that are on are scaled to 100.
function shareOf(points, all) {
  const sum = points.split(" ").reduce((s, i) => s + inUse()[i], 0);
  return all > 0 ? (sum * 100 / all).toFixed(1) : "0";
}

function verdict(now, all) {
  if (all <= 0) return "请至少留一个有权重的观测点。";
  if (!changed()) {
    const off = now.filter(x => Math.abs(x.total - byID.get(x.id).total) > 1e-9 || x.rank !== byID.get(x.id).rank).length;
    return off ? "核对不上：有" + off + "家与正式得分不同，请勿使用，并报告给开发者。" : "现在是正式权重：各家得分、名次与正式结果一致（相差不到1e-9）。拖动左边的滑块，右边随着变。";
  }
  const ran = now.filter(x => x.present < data.available).length;
  const moved = now.filter(x => x.rank !== byID.get(x.id).rank).length;
  return "权重已改动，启用的折算到合计100：" + moved + "家换了名次。左为正式，右为试算。" + (ran ? "这组权重下有" + ran + "家数据不足，参加排名的范围会变，要用这组权重重新运行才准。" : "");
}

// dials are the switch and the slider of an indicator, and of its points when they are unfolded.
function dials(x, i, update) {
  const mine = data.points.map((c, n) => n).filter(n => data.points[n].indicator === i);
  const open = state.spread.has(i);
  const box = h("div", { className: "dial" });
  const factor = mine.reduce((s, n) => s + state.weights[n], 0) / mine.reduce((s, n) => s + data.points[n].weight, 0);
  box.append(dial(x.label, mine, factor, 3, 0.05, v => mine.forEach(n => { state.weights[n] = data.points[n].weight * v; }), update,
    h("button", { type: "button", className: "fold", "aria-expanded": String(open), "aria-label": "观测点", onclick: () => { open ? state.spread.delete(i) : state.spread.add(i); show(); } })));
  if (open) mine.forEach(n => box.append(dial(clip(data.points[n].label, 13), [n], state.weights[n], Math.max(12, data.points[n].weight * 3), 0.5, v => { state.weights[n] = v; }, update, null, data.points[n].label)));
  return box;
}

function dial(label, points, value, most, step, set, update, fold, title) {
  const on = points.some(n => state.on[n]);
  return h("div", { className: fold ? "one" : "one inner-one", title: title || label },
    h("label", {}, h("input", { type: "checkbox", checked: on, onchange: e => { points.forEach(n => { state.on[n] = e.target.checked; }); update(); } }), label), fold,
    h("input", { type: "range", min: 0, max: most, step, value, "aria-label": label + "的权重", oninput: e => { set(Number(e.target.value)); update(); } }),
    h("output", { "data-points": points.join(" ") }));
}

// slopes draws the official ranks on the left, those of the trial on the right and a line from each to each.
function slopes(now) {
  const step = 38, top = 44, wide = 730, left = 284, right = 388, high = top + step * ranked.length + 8;
  const svg = h("svg:svg", { viewBox: "0 0 " + wide + " " + high, role: "img", "aria-label": "正式名次与试算名次" });
  const word = (x, y, words, props) => svg.append(h("svg:text", { x, y, ...props }, words));
  word(0, 28, "正式", { class: "strong" });
  word(right + 10, 28, "试算", { class: "strong" });
  const order = [...now].sort((x, y) => x.rank - y.rank || ranked.indexOf(byID.get(x.id)) - ranked.indexOf(byID.get(y.id)));
  const at = i => top + step * i + 26;
  ranked.forEach((p, i) => {
    const to = order.findIndex(x => x.id === p.id), x = order[to], move = p.rank - x.rank;
    const kind = move > 0 ? "up" : move < 0 ? "down" : "same";
    word(0, at(i), p.rank + " " + clip(short(p), 10));
    svg.append(h("svg:line", { x1: left, x2: right, y1: at(i) - 9, y2: at(to) - 9, class: kind }));
    word(right + 10, at(to), x.rank + " " + clip(short(p), 8), { class: kind });
    word(wide, at(to), (move > 0 ? "▲" + move : move < 0 ? "▼" + -move : "") + " " + two(x.total), { class: kind, "text-anchor": "end" });
  });
  if (data.complete && state.k < ranked.length) svg.append(h("svg:line", { x1: 0, x2: wide, y1: at(state.k) - 28, y2: at(state.k) - 28, class: "cut" }));
  return svg;
}

// ---- 4 One consortium a page ----

const parts = [["brief", "要点"], ["course", "走势"], ["texts", "文字"], ["found", "问题与材料"], ["experts", "专家"]];

function onePlace() {
  const p = byID.get(state.place) || places[0];
  if (!p) return [h("h1", {}, "一家一页"), note("没有申报。")];
  state.place = p.id;
  const at = places.indexOf(p);
  const turn = step => h("button", { type: "button", "aria-label": step < 0 ? "上一家" : "下一家", disabled: !places[at + step], onclick: () => { state.place = places[at + step].id; show(); } }, step < 0 ? "◀" : "▶");
  const some = data.complete ? parts : parts.filter(x => x[0] !== "experts");
  const section = (id, ...content) => h("section", { className: "part" + (state.part === id ? " current" : "") }, h("h2", { className: "only-print" }, parts.find(x => x[0] === id)[1]), content);
  return [
    h("div", { className: "bar-top" }, turn(-1), chooser("联合体", p.id, id => { state.place = id; show(); }), turn(1),
      choice("内容", some, state.part, id => { state.part = id; show(); })),
    h("h2", { className: "who" }, p.name, h("small", {}, " " + p.city + "　"), tags(p)),
    section("brief", brief(p)), section("course", courses(p)), section("texts", texts(p)), section("found", found(p)), data.complete && section("experts", experts(p)),
  ];
}

function brief(p) {
  const tile = (figure, words) => h("div", { className: "tile" }, h("b", {}, figure), h("span", {}, words));
  return [
    h("div", { className: "tiles" },
      tile(p.rank === null ? "不排" : "第" + p.rank, data.words.rank), tile(two(p.total), "得分，满" + amount(round10(p.possible))),
      tile(two(p.parts[0]), "已有基础"), tile(two(p.parts[1]), "建设承诺"), p.counted && tile(two(p.parts[2]), "专家评分"), p.firm && tile(standing(p), data.words.line)),
    h("dl", { className: "facts" }, [...p.facts.slice(0, 3), ["四大经济", economies(p).join("、") + "（工具归类，可改）"], ...p.facts.slice(3)].map(([k, v], i, all) => [h("dt", {}, k), h("dd", { className: i === all.length - 1 ? "whole" : "" }, v || "未填")])),
    h("h3", {}, "答辩待问"),
    p.questions.length === 0 ? note("没有未了结的问题、缺失的依据和需核实的承诺。") : h("ol", { className: "questions" }, p.questions.map(([kind, words]) => h("li", {}, h("span", { className: "tag caution" }, kind), " ", words))),
  ];
}

// courses are small multiples, each in a scale of its own: a line for what was, dashes for what is promised.
function courses(p) {
  const groups = [...new Set(data.metrics.map(m => m.group))];
  return [note("实线、实心点是实际，虚线、空心点是承诺；每幅自己的刻度，由0起；缺的年份不连。"),
    groups.map(g => [h("h3", {}, g), h("div", { className: "multiples" }, data.metrics.map((m, i) => m.group === g && course(m, p.series[i])))])];
}

function course(m, s) {
  const wide = 396, high = 170, left = 8, step = (wide - 76) / (data.years.length - 1), known = s.values.filter(v => v !== null);
  const most = Math.max(...known, 0), least = Math.min(...known, 0);
  const x = i => left + 30 + step * i, y = v => 118 - (most === least ? 0 : (v - least) / (most - least) * 76);
  const svg = h("svg:svg", { viewBox: "0 0 " + wide + " " + high, role: "img", "aria-label": m.label + "：" + data.years.map((t, i) => t.year + "年" + (s.values[i] === null ? "缺" : amount(s.values[i]))).join("，") });
  svg.append(h("svg:line", { x1: left, x2: wide - 8, y1: 120, y2: 120, class: "axis" }));
  s.values.forEach((v, i) => {
    svg.append(h("svg:text", { x: x(i), y: 158, "text-anchor": "middle", class: "mute" }, String(data.years[i].year).slice(2)));
    if (v === null) {
      svg.append(h("svg:text", { x: x(i), y: 112, "text-anchor": "middle", class: "lack" }, { O: "未填", M: "不适用", V: "不识" }[s.status[i]] || ""));
      return;
    }
    const before = i > 0 ? s.values[i - 1] : null;
    if (before !== null) svg.append(h("svg:line", { x1: x(i - 1), y1: y(before), x2: x(i), y2: y(v), class: data.years[i].promised ? "promised" : "actual" }));
  });
  const shown = new Set([0, data.years.findIndex(t => t.promised) - 1, data.years.length - 1]);
  s.values.forEach((v, i) => {
    if (v === null) return;
    svg.append(h("svg:circle", { cx: x(i), cy: y(v), r: 6, class: data.years[i].promised ? "promised" : "actual" }));
    if (shown.has(i)) svg.append(h("svg:text", { x: x(i), y: Math.max(y(v) - 12, 24), "text-anchor": i === 0 ? "start" : i === data.years.length - 1 ? "end" : "middle", dx: i === 0 ? -30 : i === data.years.length - 1 ? 32 : 0 }, figure(v)));
  });
  return h("figure", {}, h("figcaption", { title: m.label + "（" + s.sheet + "!" + s.cells.filter(Boolean).join("、") + "）" }, m.label, h("small", {}, m.unit)), svg);
}

// figure is a number short enough for a small picture.
const figure = v => Math.abs(v) >= 1e5 ? (v / 1e4).toLocaleString("zh-CN", { maximumFractionDigits: 1 }) + "万" : v.toLocaleString("zh-CN", { maximumFractionDigits: 1 });

function texts(p) {
  return p.texts.map(t => h("article", {}, h("h3", {}, t.label, h("small", {}, "　" + t.characters + "字" + (t.limit ? "，限" + t.limit + "字" : "") + "，" + t.place)), h("p", { className: "prose" }, t.text || "未填")));
}

function found(p) {
  const table = (title, heads, rows) => [h("h3", {}, title), rows.length === 0 ? note("没有。") : h("table", { className: "plain" }, h("thead", {}, h("tr", {}, heads.map(x => h("th", {}, x)))),
    h("tbody", {}, rows.map(r => h("tr", {}, r.map(x => h("td", {}, x))))))];
  const tone = { 待修改: "bad", 未说明: "caution" };
  return [
    table("问题", ["", "问题", "在哪里"], p.findings.map(f => [h("span", { className: "tag " + (tone[f.state] || "info") }, f.state), [h("b", {}, f.title), "：" + f.message, f.answer && h("p", {}, "说明：" + f.answer)], f.place])),
    p.copy ? h("p", {}, h("a", { href: p.copy }, "打开标注件"), "（问题标在格里）") : null,
    table("支撑材料", ["材料", "支撑什么", "页码"], p.materials), table("市级核实", ["核实什么", "方式", "单位", "结果"], p.verified),
  ];
}

function experts(p) {
  if (p.opinions.length === 0) return note("没有计入的专家评分。");
  return [note("灰条由最低到最高，竖线是合成分（百分制）；专家匿名，评语次序与专家无关。"),
    h("table", { className: "plain marks" }, h("tbody", {}, p.opinions.map(o => h("tr", {},
      h("td", {}, o.label, o.comments && h("ul", {}, o.comments.map(c => h("li", {}, c)))),
      h("td", { className: "range" }, o.mark !== null ? h("span", { className: "scale" }, h("i", { style: { left: o.low + "%", width: Math.max(o.high - o.low, 0.5) + "%" } }), h("u", { style: { left: o.mark + "%" } })) : null),
      h("td", { className: "num" }, o.mark !== null ? o.mark.toFixed(1) : o.high === null ? o.count + "人" : "提议扣" + amount(o.high) + "分",
        o.mark !== null && h("small", {}, " " + amount(o.low) + "—" + amount(o.high) + "，" + o.count + "人"))))))];
}

// ---- 5 What the chosen are together ----

const economies = p => p.economies && p.economies.length ? p.economies : ["未归入"];
const byRank = () => new Set(ranked.filter(p => p.rank <= state.k).map(p => p.id));

function mix() {
  if (!data.complete) return [h("h1", {}, "组合"), note("评齐之前不出名单：这里是报来的" + data.all + "家" + (places.length < data.all ? "中的" + places.length + "家" : "") + "。四大经济、产业是工具归类，可改（directory.yaml）。"), counts(new Set(places.map(p => p.id)), null)];
  const base = byRank();
  state.picked = state.picked || new Set(base);
  const toggle = (p, on) => { on ? state.picked.add(p.id) : state.picked.delete(p.id); show("pick-" + p.id); };
  const list = (words, ids) => ids.length > 0 && h("span", {}, words, ids.map(id => short(byID.get(id))).join("、"), "。");
  return [
    h("div", { className: "bar-top" }, h("h1", {}, data.words.chosen + "的组合"), howMany(), h("button", { type: "button", disabled: same(base, state.picked), onclick: () => { state.picked = null; show(); } }, "还原为按名次")),
    h("p", { className: "note" }, "虚线以上是按名次；勾选另一组看有什么不同。四大经济、产业是", h("b", {}, "工具归类，可改"), "（directory.yaml）。",
      list("换进：", [...state.picked].filter(id => !base.has(id))), list("换出：", [...base].filter(id => !state.picked.has(id)))),
    h("div", { className: "mix" },
      h("ul", { className: "picks-list" }, ranked.map((p, i) => h("li", { className: p.rank <= state.k && !(ranked[i + 1] && ranked[i + 1].rank <= state.k) ? "cut" : "" }, h("label", {},
        h("input", { type: "checkbox", id: "row-pick-" + p.id, checked: state.picked.has(p.id), onchange: e => toggle(p, e.target.checked) }), h("b", {}, String(p.rank)), " " + clip(short(p), 12)),
        h("small", {}, [p.city, economies(p).join("、").replaceAll("经济", ""), p.industry || "未归入"].join("·"))))),
      counts(state.picked, base)),
  ];
}

const same = (a, b) => a.size === b.size && [...a].every(x => b.has(x));

// counts says how many of a choice fall where, beside how many of another do.
function counts(ids, base) {
  const chosen = places.filter(p => ids.has(p.id)), before = base && places.filter(p => base.has(p.id));
  const block = (title, kinds, of) => h("section", {}, h("h3", {}, title), h("table", { className: "counts" }, h("tbody", {}, kinds.map(kind => {
    const n = chosen.filter(p => of(p).includes(kind)).length, was = before ? before.filter(p => of(p).includes(kind)).length : n;
    if (n === 0 && was === 0 && kind === "未归入") return null;
    return h("tr", { className: n === 0 ? "none" : "" }, h("th", {}, kind), h("td", {}, h("span", { className: "dots", "aria-hidden": "true" }, "●".repeat(Math.min(n, 12))), n === 0 ? "没有" : " " + n),
      h("td", { className: n > was ? "up" : n < was ? "down" : "" }, n > was ? "▲" + (n - was) : n < was ? "▼" + (was - n) : ""));
  }))));
  return h("div", { className: "blocks" }, block("四大经济", [...data.economies, "未归入"], economies),
    block("产业", [...data.industries, "未归入"], p => [p.industry || "未归入"]), block("地市", [...data.cities, ...new Set(places.map(p => p.city).filter(c => !data.cities.includes(c)))], p => [p.city]));
}

// ---- 6 What the meeting advises ----

const key = "lianheti/opinions/" + data.root;
let advice = {}, kept = true;
try {
  advice = JSON.parse(localStorage.getItem(key) || "{}");
} catch (e) {
  kept = false;
}

function keep() {
  try {
    localStorage.setItem(key, JSON.stringify(advice));
  } catch (e) {
    kept = false;
  }
}

const departs = (p, opinion) => (p.rank !== null && p.rank <= data.select[1]) !== (opinion === data.choices[0].id);
const choiceLabel = id => (data.choices.find(c => c.id === id) || { label: id }).label;
const earlier = p => data.earlier && data.earlier.opinions.find(o => o.submission === p.id);
const lacking = () => places.filter(p => advice[p.id] && departs(p, advice[p.id].opinion) && !advice[p.id].reason.trim());

function advise(p, opinion) {
  if (advice[p.id] && advice[p.id].opinion === opinion) delete advice[p.id];
  else advice[p.id] = { opinion, reason: advice[p.id] ? advice[p.id].reason : "", when: new Date().toISOString() };
  keep();
  show("said-" + p.id);
}

function opinions() {
  const clear = h("button", { type: "button", onclick: () => {
    if (clear.dataset.sure) { advice = {}; keep(); show(); return; }
    clear.dataset.sure = "yes";
    clear.textContent = "再点一次就清除";
  } }, "清除");
  const took = h("button", { type: "button", onclick: () => { for (const o of data.earlier.opinions) if (byID.has(o.submission) && !advice[o.submission]) advice[o.submission] = { opinion: o.opinion, reason: o.reason, when: o.when }; keep(); show(); } }, "沿用上次意见");
  const without = lacking();
  return [
    h("div", { className: "bar-top" }, h("h1", {}, "意见记录（建议）"),
      h("button", { type: "button", className: "strong", id: "export", disabled: without.length > 0 || Object.keys(advice).length === 0, onclick: () => save("意见.json", JSON.stringify(exported(), null, 2), "application/json") }, "导出意见.json"),
      h("button", { type: "button", onclick: () => save("会审意见.txt", minutes(), "text/plain") }, "导出纪要文字"), data.earlier && took, clear),
    note("意见是建议，入选由处里在登记表认定；不记名。", kept ? "只存在这台电脑的浏览器里，" : "这个浏览器不肯保存，关页就没有了，", "会后请导出，下一轮运行时用 ", h("span", { className: "whole" }, "--opinions"), " 读入。",
      without.length > 0 && h("b", { className: "warn" }, "与名次不一致、还没写理由的：" + without.map(short).join("、"))),
    h("ul", { className: "advice" }, places.map(p => {
      const mine = advice[p.id], was = earlier(p);
      return h("li", { className: p.rank !== null && p.rank === data.select[1] ? "cut" : "" },
        h("span", { className: "name" }, h("b", {}, p.rank === null ? "– " : p.rank + " "), clip(short(p), 12)),
        h("span", { className: "choice", role: "group", "aria-label": p.name, id: "row-said-" + p.id, tabIndex: -1 }, data.choices.map(c => h("button", { type: "button", "aria-pressed": String(!!mine && mine.opinion === c.id), onclick: () => advise(p, c.id) }, c.label))),
        mine ? h("input", { type: "text", className: "reason" + (departs(p, mine.opinion) && !mine.reason.trim() ? " wanted" : ""), maxLength: 500, value: mine.reason, placeholder: departs(p, mine.opinion) ? "与名次不一致，请写理由" : "理由（可不写）", "aria-label": p.name + "的理由",
          onchange: e => { mine.reason = e.target.value; mine.when = new Date().toISOString(); keep(); show(); } }) : h("span", { className: "tags" }, tags(p)),
        h("small", { title: mine && new Date(mine.when).toLocaleString("zh-CN") }, mine && new Date(mine.when).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" })),
        was && h("p", { className: "before mute" }, "上次：" + choiceLabel(was.opinion) + (was.reason ? "（" + was.reason + "）" : "") + "，当时" + (was.rank === null ? "不排" : "第" + was.rank + "名")));
    })),
  ];
}

function exported() {
  return { schema: data.schema, batch: data.batch, data_root: data.root, select: data.select[1],
    opinions: places.filter(p => advice[p.id]).map(p => ({ submission: p.id, consortium: p.name, rank: p.rank, opinion: advice[p.id].opinion, reason: advice[p.id].reason.trim(), when: advice[p.id].when })) };
}

// minutes is the advice in words.
function minutes() {
  const lines = [data.title + "意见（建议，内部资料）", data.standing + "。数据校验值（data_root）" + data.root + "。"];
  for (const c of data.choices) {
    const some = places.filter(p => advice[p.id] && advice[p.id].opinion === c.id);
    if (some.length === 0) continue;
    lines.push("", c.label + "（" + some.length + "家）：");
    some.forEach((p, i) => lines.push((i + 1) + ". " + p.name + "（" + (p.rank === null ? "不参加排名" : "第" + p.rank + "名") + "，" + two(p.total) + "分）" + (advice[p.id].reason.trim() ? "。理由：" + advice[p.id].reason.trim() : "")));
  }
  const rest = places.filter(p => !advice[p.id]).length;
  if (rest > 0) lines.push("", "其余" + rest + "家没有意见。");
  return lines.join("\r\n") + "\r\n";
}

function save(name, words, type) {
  const url = URL.createObjectURL(new Blob([words], { type: type + ";charset=utf-8" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// ---- The frame around the views ----

const views = [["line", data.words.overview, overview], ["duel", "两家对比", duel], data.trial && ["trial", "权重试算", trial], ["place", "一家一页", onePlace], ["mix", "组合", mix],
  data.complete && ["opinions", "意见记录", opinions]].filter(Boolean);

function go(view, change) {
  Object.assign(state, change);
  location.hash = view;
  if (state.view !== view) return;
  show();
}

// show draws the view anew; focus goes to what it was on.
function show(focus) {
  const [id, , draw] = views.find(v => v[0] === location.hash.slice(1)) || views[0];
  const main = document.getElementById("view"), moved = state.view !== id, at = window.scrollY;
  state.view = id;
  document.body.dataset.view = id;
  document.getElementById("tabs").replaceChildren(...views.map(([v, words], i) => h("a", { href: "#" + v, "aria-current": v === id ? "page" : null }, h("kbd", {}, String(i + 1)), words)));
  main.replaceChildren(...[draw()].flat(Infinity).filter(Boolean));
  const again = focus && document.getElementById("row-" + focus);
  if (again) (again.querySelector("button[aria-pressed=true]") || again).focus({ preventScroll: true });
  if (moved) main.focus({ preventScroll: true });
  window.scrollTo(0, moved ? 0 : at);
}

function frame() {
  document.getElementById("standing").textContent = data.short + (data.trial && !data.complete ? "·可试算" : "") + (data.date ? "　" + data.date : "");
  document.getElementById("standing").title = data.standing;
  document.getElementById("root").textContent = "data_root " + data.root.slice(0, 16);
  document.getElementById("root").title = data.root;
  const foot = [data.title, "内部资料", data.standing, "data_root " + data.root].join("　").replace(/["\\\r\n\f<]/g, " ");
  try { // margin boxes of the printed page: browsers that don't know them print the footer once
    document.styleSheets[0].insertRule("@media print { @page { @bottom-left { content: \"" + foot + "\"; font-size: 8pt } @bottom-right { content: counter(page) \"/\" counter(pages); font-size: 8pt } } }");
  } catch (e) { /* then only that */ }
}

window.addEventListener("hashchange", () => show());
document.addEventListener("keydown", e => {
  const typing = e.target.matches("input[type=text], select, textarea");
  if (typing || e.ctrlKey || e.altKey || e.metaKey) return;
  if (views[Number(e.key) - 1]) location.hash = views[Number(e.key) - 1][0];
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key], rows = [...document.querySelectorAll("button.row, button.fold")], i = rows.indexOf(document.activeElement);
  if (step && i >= 0 && rows[i + step]) {
    rows[i + step].focus();
    e.preventDefault();
  }
});
frame();
show();
