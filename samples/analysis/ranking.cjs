// 排名有多稳：Node 和浏览器都能读的 apache-arrow，读 .arrow 文件。
// 用法：node ranking.cjs output/2024/data        （先 npm install apache-arrow）
// 一行一家：得分、权重变动时的名次区间、进入前五的机会；并数一数有多少格没有数据、为什么没有。
const fs = require("node:fs");
const path = require("node:path");
const { tableFromIPC } = require("apache-arrow");

const folder = process.argv[2];
const read = (name) => tableFromIPC(fs.readFileSync(path.join(folder, `${name}.arrow`)));

const ranking = read("ranking");
// 列的名称和单位就在文件里。
const head = Object.fromEntries(ranking.schema.fields.map((f) => [f.name, f.metadata.get("label")]));
console.log([head.rank, head.consortium, head.total, `${head.rank_low}—${head.rank_high}`, head.first_5].join("\t"));
let ranked = 0;
let total = 0;
for (const r of ranking) {
  total += r.total;
  if (!r.ranked) continue;
  ranked++;
  console.log([r.rank, r.consortium, r.total.toFixed(2), `${r.rank_low}—${r.rank_high}`, `${(100 * r.first_5).toFixed(0)}%`].join("\t"));
}
const metrics = read("metrics");
const status = {};
for (const s of metrics.getChild("status")) status[s] = (status[s] ?? 0) + 1;
console.log(`年度数据 ${metrics.numRows} 格：正常 ${status.A ?? 0}，未填 ${status.O ?? 0}，不适用 ${status.M ?? 0}，读不出 ${status.V ?? 0}`);
console.log(JSON.stringify({ rows: ranking.numRows, ranked, total, observations: metrics.numRows, normal: status.A ?? 0 }));
