package export

import (
	"bufio"
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"lianheti/stages/model"
	"lianheti/stages/office/list"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

// pagesText are the templates of the dictionary in Markdown and of the data package in JSON.
//
//go:embed dictionary.md.tmpl datapackage.json.tmpl
var pagesText embed.FS

// cellText escapes what would end a cell or a line in Markdown.
var cellText = strings.NewReplacer("|", "\\|", "\n", " ")

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"cell":    cellText.Replace,
	"csv":     func() string { return CSVNote },
	"queries": Queries,
	"views":   func() string { return ViewsName },
	"json":    func(v any) string { return string(text.JSON(v, false)) },
	"type":    fieldType,
	"said":    table.MetadataValue,
	"split":   strings.Split,
	"digest":  model.Digest,
}).ParseFS(pagesText, "*.tmpl"))

type page struct {
	*templates.Table
	Columns, Keys []table.DictionaryRow
}

func pagesOf(d *templates.Definition) ([]page, error) {
	columns, err := table.Dictionary(d)
	return table.Each(table.GroupBy(columns, func(c table.DictionaryRow) string { return c.Table }),
		func(of []table.DictionaryRow) page {
			keys := table.Where(slices.Values(of), func(c table.DictionaryRow) bool { return c.Key })
			return page{d.Table(of[0].Table), of, keys}
		}), err
}

// DictionaryMarkdown writes the dictionary of tables, columns and codes as Markdown.
func DictionaryMarkdown(w io.Writer, d *templates.Definition) (err error) {
	defer try.Caught(&err)
	all, b := try.Get(pagesOf(d)), bufio.NewWriter(w)
	return cmp.Or(pages.ExecuteTemplate(b, "dictionary", struct {
		*templates.Definition
		Pages []page
		Codes [][]table.Code
	}{d, all, table.GroupBy(table.Codes(d), func(c table.Code) string { return c.List })}), b.Flush())
}

// DictionarySheet writes the dictionary as a workbook with sheets for tables, columns and codes.
func DictionarySheet(w io.Writer, d *templates.Definition) (err error) {
	defer try.Caught(&err)
	columns, title := try.Get(table.Dictionary(d)), fmt.Sprintf("%d年批次数据字典", d.Directory.Batch)
	public := table.Where(slices.Values(d.Published().Tables), func(t *templates.Table) bool { return !t.Internal })
	tables := func() ([]table.DictionaryRow, list.Words) {
		return table.Each(public, func(t *templates.Table) table.DictionaryRow {
			return table.DictionaryRow{Table: t.Name, Label: t.Label, Description: t.Description}
		}), list.Words{"title": title, "csv": CSVNote}
	}
	lists := list.Lists{Definition: d, Sources: map[string]list.Source{"tables": list.From(tables),
		"dictionary": list.Rows(columns), "codes": list.Rows(table.Codes(d))}}
	return lists.Write(w, "数据字典", title)
}

// TablePage describes one table: what a row is, its key and columns, three queries to begin with, and example rows
// where dir is a data folder. It returns an error where there is no such table.
func TablePage(w io.Writer, d *templates.Definition, name, dir string) (err error) {
	defer try.Caught(&err)
	all := try.Get(pagesOf(d))
	at := slices.IndexFunc(all, func(p page) bool { return p.Name == name })
	if at < 0 {
		return fmt.Errorf("没有公开数据表“%s”：表名见 lianheti dictionary --search 表", name)
	}
	b := bufio.NewWriter(w)
	try.Do(pages.ExecuteTemplate(b, "table", all[at]))
	if dir != "" {
		rec, err := readArrow(filepath.Join(dir, name+".arrow"))
		try.In("无法读取数据表 "+name, err)
		examples(b, rec)
	}
	return b.Flush()
}

// Queries are three queries to begin with: number of rows, distribution, rows by city or submission.
func Queries(name string, columns []table.DictionaryRow) []string {
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

// examples writes the first rows, one line for each value, because most tables are too wide.
func examples(w io.Writer, rec arrow.Record) {
	fmt.Fprintf(w, "\n例（共%d行）：\n", rec.NumRows())
	for n := range int(min(rec.NumRows(), exampleRows)) {
		fmt.Fprintf(w, "\n第%d行\n", n+1)
		for i, c := range rec.Columns() {
			value := table.Either(c.IsNull(n), "（空）", strings.ReplaceAll(c.ValueStr(n), "\n", " "))
			fmt.Fprintf(w, "- `%s` %s\n", rec.ColumnName(i), text.Clip(value, exampleText))
		}
	}
}

// Search writes a line for each table, column and code whose description contains a word, and returns their number.
func Search(w io.Writer, d *templates.Definition, word string) (found int, err error) {
	defer try.Caught(&err)
	columns, b, word := try.Get(table.Dictionary(d)), bufio.NewWriter(w), strings.ToLower(word)
	match := func(where, label, unit string, more ...string) {
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
			match("表 "+t.Name, t.Label, "", t.Description)
		}
		match("列 "+c.Table+"."+c.Column, c.Label, c.Unit, c.Description, c.Values, c.Paragraph)
	}
	for _, c := range table.Codes(d) {
		match("代码 "+c.List+" "+c.Code, c.Label, c.Unit, c.Description, c.Group, c.Paragraph)
	}
	return found, b.Flush()
}

// PackageName is the file that describes the data files.
const PackageName = "datapackage.json"

// resource is one file of a data package: a table in one format.
type resource struct {
	*arrow.Schema
	File
	Table, Format, MediaType string
	Tabular                  bool
	PrimaryKey               []string
	ForeignKeys              [][3]string // column, and the table and column that it refers to
}

// writePackage describes the files, and a file of views where there is one.
func writePackage(dir string, d *templates.Definition, resources []resource, views []byte) (err error) {
	defer try.Caught(&err)
	var b bytes.Buffer
	try.Do(pages.ExecuteTemplate(&b, "package", struct {
		*templates.Definition
		Resources []resource
		Views     []byte
	}{d, resources, views}))
	return os.WriteFile(filepath.Join(dir, PackageName), text.JSON(json.RawMessage(b.Bytes()), true), 0o644)
}

// newResource begins the description of a table, the same in all formats: columns, and the keys that hold.
func newResource(name string, rec arrow.Record, referenced map[string]map[string]bool) resource {
	r := resource{Table: name, Schema: rec.Schema()}
	for _, c := range rec.Schema().Fields() {
		target := table.MetadataValue(c.Metadata, table.KeyReferences)
		if to, column, ok := strings.Cut(target, "."); ok && refers(rec, c.Name, referenced[target]) {
			r.ForeignKeys = append(r.ForeignKeys, [3]string{c.Name, to, column})
		}
	}
	key := strings.Split(table.MetadataValue(rec.Schema().Metadata(), table.KeyPrimary), table.ValueSeparator)
	if unique(rec, key) {
		r.PrimaryKey = key
	}
	return r
}

// fieldType is the Table Schema type of a column. Integers with nulls are numbers: frictionless 5.21 reads Parquet with
// pandas, which stores them as floats (arrowType has the real type).
func fieldType(f arrow.Field) string {
	if as := fieldTypes[f.Type.ID()]; as != "integer" || !f.Nullable {
		return as
	}
	return "number"
}

var fieldTypes = map[arrow.Type]string{
	arrow.STRING: "string", arrow.INT32: "integer", arrow.INT64: "integer", arrow.FLOAT64: "number",
	arrow.BOOL: "boolean", arrow.DATE32: "date",
}

// unique says whether columns are a key: never null and unique together. The data package declares only keys that hold
// in this run, because masking may make two paths equal.
func unique(rec arrow.Record, names []string) bool {
	gap := func(name string) bool {
		at := rec.Schema().FieldIndices(name)
		return len(at) != 1 || rec.Column(at[0]).NullN() > 0
	}
	return !slices.ContainsFunc(names, gap) && table.DuplicateKey(rec, names) == ""
}

// refers says whether every value of a column is allowed by a foreign key; nil: there is no such table.
func refers(rec arrow.Record, column string, allowed map[string]bool) bool {
	for v := range table.Values(rec, column) {
		if !allowed[v] {
			return false
		}
	}
	return allowed != nil
}
