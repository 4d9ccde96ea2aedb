-- 承诺的增长与已经做到的增长相比：DuckDB，直接查 Parquet。
-- 用法：在 data 文件夹里  duckdb < commitments.sql
-- 已做到的是最近一个实际年度比上一年；承诺的是此后到最后一年的年均。差距越大，越值得现场核一核。
-- 退回修改的（数还要改）、现有不到 10 的（2 个变 4 个也是翻番）、百分比都不比。
WITH years AS (
  SELECT max(year) FILTER (kind = 'actual') AS last, min(year) AS first, max(year) AS final FROM 'metrics.parquet'
), wide AS (
  SELECT submission, indicator, unit,
         max(value) FILTER (year = first) AS before, max(value) FILTER (year = last) AS now, max(value) FILTER (year = final) AS promised,
         any_value(final - last) AS span
  FROM 'metrics.parquet', years WHERE status = 'A' AND unit <> '％' GROUP BY ALL
), growth AS (
  SELECT *, now / nullif(before, 0) - 1 AS achieved, pow(promised / nullif(now, 0), 1.0 / span) - 1 AS committed FROM wide
)
SELECT s.city AS 地市, s.consortium AS 联合体, c.label || '（' || growth.unit || '）' AS 指标, now AS 现有, promised AS 承诺,
       round(100 * achieved, 1) AS 已实现增长率, round(100 * committed, 1) AS 承诺年均增长率, round(100 * (committed - achieved), 1) AS 差距
FROM growth JOIN 'submissions.parquet' s USING (submission) JOIN 'codes.parquet' c ON c.list = 'indicator' AND c.code = indicator
WHERE before > 0 AND now >= 10 AND promised > 0 AND s.verdict <> '退回修改'
ORDER BY committed - achieved DESC, s.submission, indicator LIMIT 20;
