package export

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

// TablePage explains one table: what a row is, what tells rows apart, its columns, three queries to begin with, and
// rows as an example where dir is a data folder. It gives an error where there is no such table.
func TablePage(w io.Writer, d *templates.Definition, name, dir string) error {
	dictionary, err := table.Dictionary(d)
	if err != nil {
		return err
	}
	all := slices.Values(dictionary)
	columns := table.Where(all, func(c table.Meaning) bool { return c.Table == name })
	if len(columns) == 0 {
		return fmt.Errorf("没有公开数据表“%s”：表名见 lianheti dictionary --search 表", name)
	}
	b := bufio.NewWriter(w)
	page(b, d.Table(name), columns)
	if dir != "" {
		rec, err := readArrow(filepath.Join(dir, name+".arrow"))
		if err != nil {
			return fmt.Errorf("无法读取数据表 %s：%w", name, err)
		}
		examples(b, rec)
	}
	return b.Flush()
}

// page writes what the definition says of a table.
func page(w io.Writer, t *templates.Table, columns []table.Meaning) {
	fmt.Fprintf(w, "\n## %s %s\n\n%s\n\n", t.Name, t.Label, t.Description)
	grain := "没有主键，各行可以相同。"
	if len(t.Key) > 0 {
		var labels []string
		for _, c := range columns {
			if c.Key {
				labels = append(labels, c.Label+"（`"+c.Column+"`）")
			}
		}
		grain = "每一组" + strings.Join(labels, "、") + "一行，不重复。"
	}
	fmt.Fprintf(w, "%s %d列。\n\n", grain, len(columns))
	row(w, "列", "名称", "类型", "单位", "可为空", "含义", "允许取值", "出处", "主键", "取自")
	row(w, "---", "---", "---", "---", "---", "---", "---", "---", "---", "---")
	for _, c := range columns {
		said := c.Description
		if c.Formerly != "" {
			said += "（原名 `" + c.Formerly + "`）"
		}
		row(w, "`"+c.Column+"`", c.Label, c.Type, c.Unit, yes(c.Nullable),
			said, c.Values, c.Paragraph, yes(c.Key), c.References)
	}
	fmt.Fprintf(w, "\n先问三句（DuckDB，载入 %s 之后）：\n\n```sql\n%s\n```\n",
		ViewsName, strings.Join(Queries(t.Name, columns), "\n"))
}

// Queries are three questions to begin with: how much there is, how it is spread, and whose it is.
func Queries(name string, columns []table.Meaning) []string {
	spread, has := "SUMMARIZE "+name+";", map[string]bool{}
	for _, c := range slices.Backward(columns) {
		has[c.Column] = true
		if c.Values != "" && c.Column != "city_code" {
			spread = fmt.Sprintf("SELECT \"%s\", count(*) AS n FROM %s GROUP BY ALL ORDER BY ALL;", c.Column, name)
		}
	}
	whose := "FROM " + name + " LIMIT 10;"
	switch {
	case has["city"]:
		whose = fmt.Sprintf("SELECT city, count(*) AS n FROM %s GROUP BY ALL ORDER BY ALL;", name)
	case has["submission"]:
		whose = "SELECT s.city, s.consortium, t.* FROM " + name + " t JOIN submissions s USING (batch, submission) LIMIT 10;"
	}
	return []string{fmt.Sprintf("SELECT batch, count(*) AS n FROM %s GROUP BY batch;", name), spread, whose}
}

// How much of a table is shown as an example.
const (
	exampleRows = 2
	exampleText = 60
)

// examples shows the first rows, a line a value: most tables are too wide to stand side by side.
func examples(w io.Writer, rec arrow.Record) {
	fmt.Fprintf(w, "\n例（共%d行）：\n", rec.NumRows())
	for n := range int(min(rec.NumRows(), exampleRows)) {
		fmt.Fprintf(w, "\n第%d行\n", n+1)
		for i, c := range rec.Columns() {
			value := "（空）"
			if !c.IsNull(n) {
				value = strings.ReplaceAll(c.ValueStr(n), "\n", " ")
			}
			fmt.Fprintf(w, "- `%s` %s\n", rec.ColumnName(i), text.Clip(value, exampleText))
		}
	}
}

// Search writes the tables, columns and codes that say a word, a line each, and gives how many there are.
func Search(w io.Writer, d *templates.Definition, word string) (found int, err error) {
	columns, err := table.Dictionary(d)
	if err != nil {
		return 0, err
	}
	b, word := bufio.NewWriter(w), strings.ToLower(word)
	say := func(where, label, unit string, more ...string) {
		if !strings.Contains(strings.ToLower(strings.Join(append(more, where, label, unit), "\n")), word) {
			return
		}
		found++
		if unit != "" {
			label += "（" + unit + "）"
		}
		fmt.Fprintf(b, "%s\t%s\t%s\n", where, label, strings.ReplaceAll(more[0], "\n", " "))
	}
	for i, c := range columns {
		if i == 0 || c.Table != columns[i-1].Table {
			t := d.Table(c.Table)
			say("表 "+t.Name, t.Label, "", t.Description)
		}
		say("列 "+c.Table+"."+c.Column, c.Label, c.Unit, c.Description, c.Values, c.Paragraph)
	}
	for _, c := range table.Codes(d) {
		say("代码 "+c.List+" "+c.Code, c.Label, c.Unit, c.Description, c.Group, c.Paragraph)
	}
	return found, b.Flush()
}
