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

// pagesText is how the dictionary and its pages are set in Markdown, and the data package in JSON.
//
//go:embed dictionary.md.tmpl datapackage.json.tmpl
var pagesText embed.FS

// cellText takes out of its way what would end a cell or a line in Markdown.
var cellText = strings.NewReplacer("|", "\\|", "\n", " ")

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"cell":    cellText.Replace,
	"csv":     func() string { return CSVNote },
	"queries": Queries,
	"views":   func() string { return ViewsName },
	"json":    func(v any) string { return string(text.JSON(v, false)) },
}).ParseFS(pagesText, "*.tmpl"))

// page is what the definition says of a table.
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
	}{d, all, table.GroupBy(table.Codes(d), func(c table.Code) string { return c.List })}), b.Flush())
}

// DictionarySheet writes the dictionary as a workbook: the tables, their columns, and the codes in them, a sheet each,
// headed by the labels that the dictionary gives its own columns.
func DictionarySheet(w io.Writer, d *templates.Definition) error {
	columns, err := table.Dictionary(d)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("%d年批次数据字典", d.Directory.Batch)
	tables := func() (out []table.DictionaryRow, said list.Words) {
		for _, t := range d.Tables {
			if !t.Internal {
				out = append(out, table.DictionaryRow{Table: t.Name, Label: t.Label, Description: t.Description})
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

// PackageName is the file that explains the data files, beside them.
const PackageName = "datapackage.json"

type resource struct {
	Name        string       `json:"name"`
	Type        string       `json:"type,omitempty"`
	Path        string       `json:"path"`
	Title       string       `json:"title"`
	Description string       `json:"description"`
	Format      string       `json:"format"`
	MediaType   string       `json:"mediatype"`
	Encoding    string       `json:"encoding,omitempty"`
	Bytes       int64        `json:"bytes,omitempty"`
	Hash        string       `json:"hash"`
	Schema      *tableSchema `json:"schema,omitempty"`
}

// tableSchema is a Table Schema v2. Both formats have nulls of their own, so no text stands for a missing value.
type tableSchema struct {
	Profile       string   `json:"$schema"`
	Fields        []field  `json:"fields"`
	MissingValues []string `json:"missingValues"`
	PrimaryKey    []string `json:"primaryKey,omitempty"`
	ForeignKeys   []key    `json:"foreignKeys,omitempty"`
}

// key is a foreign key, and what it refers to.
type key struct {
	Resource  string   `json:"resource,omitempty"`
	Fields    []string `json:"fields"`
	Reference *key     `json:"reference,omitempty"`
}

type field struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Unit        string `json:"unit,omitempty"`
	Paragraph   string `json:"paragraph,omitempty"`
	ArrowType   string `json:"arrowType"`
	Constraints struct {
		Required bool     `json:"required"`
		Enum     []string `json:"enum,omitempty"`
	} `json:"constraints"`
}

func explain(dir string, d *templates.Definition, resources []resource) error {
	var b bytes.Buffer
	err := pages.ExecuteTemplate(&b, "package", struct {
		*templates.Definition
		Resources []resource
	}{d, resources})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, PackageName), text.JSON(json.RawMessage(b.Bytes()), true), 0o644)
}

// newResource describes a file that was written. The tabular one bears the table's name, the other adds its format.
//
// Two things are as frictionless 5.21 needs them, which reads Parquet through pandas and checks the data against the
// schema: a tabular resource does not give its bytes, because that reader counts none; and whole numbers with gaps are
// of type number, because pandas holds them as floats (arrowType says what they are).
func newResource(name string, rec arrow.Record, held map[string]map[string]bool, f format, path string,
	written *sink) resource {
	schema, csv := rec.Schema(), f.name == "csv" // where an empty text reads as nothing
	of := func(key string) string { return table.MetadataValue(schema.Metadata(), key) }
	r := resource{
		Name: name + "-" + f.name, Path: path, Title: of(table.KeyLabel), Description: of(table.KeyDescription),
		Format: f.name, MediaType: f.mediatype, Bytes: written.size, Hash: "sha256:" + written.sha256(),
		Schema: &tableSchema{Profile: "https://datapackage.org/profiles/2.0/tableschema.json", MissingValues: []string{}},
	}
	if f.tabular {
		r.Name, r.Type, r.Bytes = name, "table", 0
	}
	if csv {
		r.Encoding, r.Schema.MissingValues = "utf-8", []string{""}
	}
	for _, c := range schema.Fields() {
		said := func(key string) string { return table.MetadataValue(c.Metadata, key) }
		x := field{
			Name: c.Name, Type: fieldTypes[c.Type.ID()], Title: said(table.KeyLabel), Description: said(table.KeyDescription),
			Unit: said(table.KeyUnit), Paragraph: said(table.KeyParagraph), ArrowType: c.Type.Name(),
		}
		x.Constraints.Required = !c.Nullable && !(csv && c.Type.ID() == arrow.STRING)
		if x.Type == "integer" && c.Nullable {
			x.Type = "number"
		}
		if values := said(table.KeyValues); values != "" {
			x.Constraints.Enum = strings.Split(values, table.ValueSeparator)
		}
		r.Schema.Fields = append(r.Schema.Fields, x)
		if target := said(table.KeyReferences); target != "" && refers(rec, c.Name, held[target]) {
			to, column, _ := strings.Cut(target, ".")
			refers := key{Fields: []string{c.Name}, Reference: &key{Resource: to, Fields: []string{column}}}
			r.Schema.ForeignKeys = append(r.Schema.ForeignKeys, refers)
		}
	}
	if key := strings.Split(of(table.KeyPrimary), table.ValueSeparator); unique(rec, key) {
		r.Schema.PrimaryKey = key
	}
	return r
}

// fieldTypes are the Table Schema types of the Arrow types in use.
var fieldTypes = map[arrow.Type]string{
	arrow.STRING: "string", arrow.INT32: "integer", arrow.INT64: "integer", arrow.FLOAT64: "number",
	arrow.BOOL: "boolean", arrow.DATE32: "date",
}

// The data package declares a key only where it holds in this very run: a path that was masked, say, may name two
// files.

// unique says whether columns together are there in every row and never repeat.
func unique(rec arrow.Record, names []string) bool {
	gap := func(name string) bool {
		at := rec.Schema().FieldIndices(name)
		return len(at) != 1 || rec.Column(at[0]).NullN() > 0
	}
	return !slices.ContainsFunc(names, gap) && table.DuplicateKey(rec, names) == ""
}

// refers says whether every value of a column is one of those that another table holds; nil: there is no such table.
func refers(rec arrow.Record, column string, held map[string]bool) bool {
	for v := range table.Values(rec, column) {
		if !held[v] {
			return false
		}
	}
	return held != nil
}
