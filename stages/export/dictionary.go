package export

import (
	"bufio"
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

// The committed renderings of the dictionary, beside the year's definition.
const (
	DictionaryName      = "数据字典.md"
	DictionarySheetName = "数据字典.xlsx"
)

// pagesText is how the dictionary and its pages are set in Markdown.
//
//go:embed dictionary.md.tmpl
var pagesText string

// cellText takes out of its way what would end a cell or a line in Markdown.
var cellText = strings.NewReplacer("|", "\\|", "\n", " ")

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"cell":    cellText.Replace,
	"csv":     func() string { return CSVNote },
	"queries": Queries,
	"views":   func() string { return ViewsName },
}).Parse(pagesText))

// page is what the definition says of a table.
type page struct {
	*templates.Table
	Columns, Keys []table.Meaning
}

func pagesOf(d *templates.Definition) ([]page, error) {
	columns, err := table.Dictionary(d)
	return table.Each(table.Grouped(columns, func(c table.Meaning) string { return c.Table }),
		func(of []table.Meaning) page {
			keys := table.Where(slices.Values(of), func(c table.Meaning) bool { return c.Key })
			return page{d.Table(of[0].Table), of, keys}
		}), err
}

// DictionaryMarkdown writes the dictionary for people: what each table, each column and each code means.
func DictionaryMarkdown(w io.Writer, d *templates.Definition) error {
	all, err := pagesOf(d)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	return cmp.Or(pages.ExecuteTemplate(b, "dictionary", struct {
		*templates.Definition
		Pages []page
		Codes [][]table.Code
	}{d, all, table.Grouped(table.Codes(d), func(c table.Code) string { return c.List })}), b.Flush())
}

// DictionarySheet writes the dictionary as a workbook: the tables, their columns, and the codes in them, a sheet each,
// headed by the labels that the dictionary gives its own columns.
func DictionarySheet(w io.Writer, d *templates.Definition) error {
	columns, err := table.Dictionary(d)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("%d年批次数据字典", d.Directory.Batch)
	tables := func() (out []table.Meaning, said list.Words) {
		for _, t := range d.Tables {
			if !t.Internal {
				out = append(out, table.Meaning{Table: t.Name, Label: t.Label, Description: t.Description})
			}
		}
		return out, list.Words{"title": title, "csv": CSVNote}
	}
	lists := list.Lists{Definition: d, Sources: map[string]list.Source{"tables": list.From(tables),
		"dictionary": list.Rows(columns), "codes": list.Rows(table.Codes(d))}}
	return lists.Write(w, "数据字典", title)
}

// TablePage explains one table: what a row is, what tells rows apart, its columns, three queries to begin with, and
// rows as an example where dir is a data folder. It gives an error where there is no such table.
func TablePage(w io.Writer, d *templates.Definition, name, dir string) error {
	all, err := pagesOf(d)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(p page) bool { return p.Name == name })
	if at < 0 {
		return fmt.Errorf("没有公开数据表“%s”：表名见 lianheti dictionary --search 表", name)
	}
	b := bufio.NewWriter(w)
	if err := pages.ExecuteTemplate(b, "table", all[at]); err != nil {
		return err
	}
	if dir != "" {
		rec, err := readArrow(filepath.Join(dir, name+".arrow"))
		if err != nil {
			return fmt.Errorf("无法读取数据表 %s：%w", name, err)
		}
		examples(b, rec)
	}
	return b.Flush()
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
