package export

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

// PackageName is the file that explains the data files, beside them.
const PackageName = "datapackage.json"

// dataPackage is a Data Package v2 (https://datapackage.org/standard/data-package). Its version is that of the tables'
// schemas. Beyond the standard are batch, form and definition, and unit, paragraph and arrowType of a field.
type dataPackage struct {
	Profile     string            `json:"$schema"`
	Name        string            `json:"name"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Version     string            `json:"version"`
	Created     string            `json:"created"` // the batch's date: nothing published reads the clock
	Licenses    []titled          `json:"licenses"`
	Sources     []titled          `json:"sources"`
	Batch       int               `json:"batch"`
	Form        string            `json:"form"`
	Definition  map[string]string `json:"definition"` // file: sha256
	Resources   []resource        `json:"resources"`
}

// titled is a license, which has a name, or a source, which has a path.
type titled struct {
	Name  string `json:"name,omitempty"`
	Title string `json:"title"`
	Path  string `json:"path,omitempty"`
}

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
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Unit        string      `json:"unit,omitempty"`
	Paragraph   string      `json:"paragraph,omitempty"`
	ArrowType   string      `json:"arrowType"`
	Constraints constraints `json:"constraints"`
}

type constraints struct {
	Required bool     `json:"required"`
	Enum     []string `json:"enum,omitempty"`
}

func explain(dir string, d *templates.Definition, resources []resource) error {
	data := text.JSON(dataPackage{
		Profile:  "https://datapackage.org/profiles/2.0/datapackage.json",
		Name:     fmt.Sprintf("lianheti-%d", d.Directory.Batch),
		Title:    fmt.Sprintf("%s：%d年批次数据", d.Form.Title, d.Directory.Batch),
		Version:  d.Data.Version,
		Created:  d.Directory.Deadline + "T00:00:00Z",
		Licenses: []titled{{Name: d.Data.License.Name, Title: d.Data.License.Title}},
		Sources:  []titled{{Title: d.Table("files").Label + "（files 表）：收到的每个文件及其摘要", Path: "files.parquet"}},
		Description: "每张表有 Parquet、Arrow 和 CSV 三种格式，内容相同。空表示没有，与0和空文字不同；各列的含义也在 dictionary 表里，" +
			"代码的名称在 codes 表里。不含个人信息。" + CSVNote,
		Batch:      d.Directory.Batch,
		Form:       fmt.Sprintf("%s v%d", d.Form.ID, d.Form.Version),
		Definition: d.Sources,
		Resources:  resources,
	}, true)
	return os.WriteFile(filepath.Join(dir, PackageName), data, 0o644)
}

// newResource describes a file that was written. The tabular one bears the table's name, the other adds its format.
//
// Two things are as frictionless 5.21 needs them, which reads Parquet through pandas and checks the data against the
// schema: a tabular resource does not give its bytes, because that reader counts none; and whole numbers with gaps are
// of type number, because pandas holds them as floats (arrowType says what they are).
func newResource(name string, rec arrow.Record, held map[string]map[string]bool, f format, path string,
	written *sink) resource {
	schema, csv := rec.Schema(), f.name == "csv" // where an empty text reads as nothing
	of := func(key string) string { return table.Said(schema.Metadata(), key) }
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
		said := func(key string) string { return table.Said(c.Metadata, key) }
		x := field{
			Name: c.Name, Type: fieldTypes[c.Type.ID()], Title: said(table.KeyLabel), Description: said(table.KeyDescription),
			Unit: said(table.KeyUnit), Paragraph: said(table.KeyParagraph), ArrowType: c.Type.Name(),
			Constraints: constraints{Required: !c.Nullable && !(csv && c.Type.ID() == arrow.STRING)},
		}
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
