-- 承诺兑现：上一批次承诺的数，对上后来批次报来的实际数。DuckDB，几个年度作为一个数据集读。
-- 用法：在各年度结果所在的文件夹（其下是 2024/data、2025/data …）里  duckdb < fulfilment.sql
-- 联合体按名称对上（目录序号每年可能重排），指标按编号，单位相同才比。
-- union_by_name：以后年度多出来的列，在以前的年度里为空；列名和类型在同一主版本内不变（见 samples/analysis/README.md）。
WITH metrics AS (SELECT * FROM read_parquet('*/data/metrics.parquet', union_by_name = true)),
submissions AS (SELECT batch, submission, city, consortium FROM read_parquet('*/data/submissions.parquet', union_by_name = true)),
codes AS (SELECT * FROM read_parquet('*/data/codes.parquet', union_by_name = true)),
observed AS (
  SELECT m.*, city, consortium
  FROM metrics m JOIN submissions USING (batch, submission) WHERE status = 'A'
)
SELECT p.city AS 地市, p.consortium AS 联合体, c.label AS 指标, p.year AS 年度, p.batch AS 承诺批次, a.batch AS 实际批次,
       p.value AS 承诺, a.value AS 实际, p.unit AS 单位, round(100 * a.value / nullif(p.value, 0), 1) AS 兑现率
FROM observed p
JOIN observed a ON a.consortium = p.consortium AND a.indicator = p.indicator AND a.year = p.year AND a.unit = p.unit AND a.kind = 'actual' AND a.batch > p.batch
LEFT JOIN codes c ON c.list = 'indicator' AND c.code = p.indicator AND c.batch = p.batch
WHERE p.kind = 'committed'
ORDER BY p.batch, p.submission, p.indicator, p.year;
