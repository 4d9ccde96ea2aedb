-- 上面每张表一个同名的视图，下面的视图回答常问的问题；名称都是小写英文，不用加引号。
-- 在 data 文件夹里：duckdb -init views.sql，然后 FROM by_city;
-- 在 Python 里：con = duckdb.connect(); con.execute("SET file_search_path = 'output/2024/data'"); con.execute(open('output/2024/data/views.sql').read())
-- 几个年度一起：建好之后把要用的表改成读几处，再问 commitments_met，例如
--   CREATE OR REPLACE VIEW metrics AS FROM read_parquet('*/data/metrics.parquet', union_by_name = true);
-- 一 各地市报了多少、受理怎样
CREATE OR REPLACE VIEW by_city AS
SELECT batch, city_code, city, count(*) AS submissions, count(*) FILTER (verdict = '受理') AS accepted, count(*) FILTER (verdict = '待说明') AS to_explain,
       count(*) FILTER (verdict = '退回修改') AS returned, sum(errors)::BIGINT AS errors, sum(warnings)::BIGINT AS warnings
FROM submissions GROUP BY ALL ORDER BY batch, city_code;
-- 二 每个数带上指标、地市、联合体的名称和出处
CREATE OR REPLACE VIEW named_metrics AS
SELECT m.batch, m.submission, s.city_code, s.city, s.consortium, m.indicator, c.label AS indicator_label, m.year, m.kind, m.value, m.unit, m.status, m.sheet, m.cell
FROM metrics m JOIN submissions s USING (batch, submission) LEFT JOIN codes c ON c.batch = m.batch AND c.list = 'indicator' AND c.code = m.indicator
ORDER BY m.batch, m.submission, m.indicator, m.year;
-- 三 最后一年的实际与最后一年的承诺并排
CREATE OR REPLACE VIEW commitments AS
WITH ends AS (SELECT batch, max(year) FILTER (kind = 'actual') AS actual_year, max(year) FILTER (kind = 'committed') AS committed_year FROM metrics GROUP BY batch)
SELECT m.batch, m.submission, m.city, m.consortium, m.indicator, m.indicator_label, m.unit, actual_year, max(value) FILTER (year = actual_year) AS actual,
       committed_year, max(value) FILTER (year = committed_year) AS committed, committed - actual AS difference
FROM named_metrics m JOIN ends USING (batch) GROUP BY ALL HAVING count(*) FILTER (year = actual_year) > 0 AND count(*) FILTER (year = committed_year) > 0
ORDER BY m.batch, m.submission, m.indicator;
-- 四 两个实际年度的增长（百分之几；基数不到$base的、本身是百分比的没有增长率）
CREATE OR REPLACE VIEW growth AS
SELECT b.batch, b.submission, b.city, b.consortium, b.indicator, b.indicator_label, b.unit, a.year AS from_year, a.value AS from_value, b.year AS to_year, b.value AS to_value,
       b.value - a.value AS difference, CASE WHEN a.value >= $base AND b.unit IS DISTINCT FROM '％' THEN round(100 * (b.value - a.value) / a.value, 2) END AS percent
FROM named_metrics a JOIN named_metrics b ON b.batch = a.batch AND b.submission = a.submission AND b.indicator = a.indicator AND b.year = a.year + 1
WHERE a.kind = 'actual' AND b.kind = 'actual' ORDER BY b.batch, b.submission, b.indicator;
-- 五 哪条规则在哪个地市查出多少
CREATE OR REPLACE VIEW findings_by_rule AS
SELECT batch, code, rule, title, severity, city_code, city, count(*) AS findings, count(DISTINCT submission) AS submissions, count(*) FILTER (explanation IS NOT NULL) AS explained
FROM findings GROUP BY ALL ORDER BY batch, code, city_code;
-- 六 得分到观测点，再到每条数据依据和单元格
CREATE OR REPLACE VIEW scores_in_detail AS
SELECT x.batch, x.submission, s.city, s.consortium, x.point, p.label AS point_label, x.evidence, e.label AS evidence_label, x.raw, x.normalised, x.weight, x.points, x.lower, x.upper, x.status, x.cells
FROM scores x JOIN submissions s USING (batch, submission) LEFT JOIN codes p ON p.batch = x.batch AND p.list = 'point' AND p.code = x.point
LEFT JOIN codes e ON e.batch = x.batch AND e.list = 'evidence' AND e.code = x.evidence
ORDER BY x.batch, x.submission, x.point, x.evidence NULLS FIRST;
-- 七 名次，和它可能在哪里到哪里
CREATE OR REPLACE VIEW ranks AS
SELECT batch, rank, submission, city_code, city, consortium, verdict, total, total_lower, total_upper, rank_best, rank_worst, complete, unranked_reason
FROM ranking ORDER BY batch, rank NULLS LAST, submission;
-- 八 哪些单位同时在几个联合体里
CREATE OR REPLACE VIEW shared_members AS
SELECT m.batch, m.name_key, min(m.name) AS name, m.kind, count(DISTINCT m.submission) AS consortia, string_agg(DISTINCT s.consortium, '；' ORDER BY s.consortium) AS names
FROM members m JOIN submissions s USING (batch, submission) WHERE m.name_key IS NOT NULL GROUP BY m.batch, m.name_key, m.kind HAVING consortia > 1 ORDER BY consortia DESC, m.name_key;
-- 九 哪些数没有：未填、不适用、读不出
CREATE OR REPLACE VIEW gaps AS
SELECT batch, indicator, indicator_label, year, kind, count(*) FILTER (status = 'A') AS given, count(*) FILTER (status = 'O') AS missing, count(*) FILTER (status = 'M') AS not_applicable, count(*) FILTER (status = 'V') AS unreadable
FROM named_metrics GROUP BY ALL ORDER BY batch, indicator, year;
-- 十 上一批次的承诺兑现了没有（要把几个年度的 metrics、submissions、codes 读在一起）
CREATE OR REPLACE VIEW commitments_met AS
SELECT p.city, p.consortium, p.indicator, p.indicator_label, p.year, p.batch AS promised_in, a.batch AS reported_in, p.value AS promised, a.value AS actual, p.unit, round(100 * a.value / nullif(p.value, 0), 1) AS percent
FROM named_metrics p JOIN named_metrics a ON a.consortium = p.consortium AND a.indicator = p.indicator AND a.year = p.year AND a.unit = p.unit AND a.batch > p.batch
WHERE p.kind = 'committed' AND a.kind = 'actual' AND p.status = 'A' AND a.status = 'A' ORDER BY p.batch, p.submission, p.indicator, p.year;
-- 十一 核对表的项目清单和任务清单：list_cells 里没有申报编号的，带上地市和联合体
CREATE OR REPLACE VIEW projects AS
SELECT c.batch, f.submission, f.city_code, f.city, f.consortium, c.list, c.record, c.field, c.number, c.text, c.unit, c.status, c.file, c.sheet, c.cell
FROM list_cells c JOIN (SELECT DISTINCT batch, submission, city_code, city, consortium, file FROM fulfilment) f USING (batch, file)
WHERE c.submission IS NULL ORDER BY c.batch, f.submission, c.list, c.record, c.field;
