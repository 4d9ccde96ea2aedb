package table

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/office/try"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

// Keys of the metadata of schemas and fields. Empty values are left out.
const (
	KeyTable       = "table" // of the schema
	KeyBatch       = "batch"
	KeyForm        = "form"        // id and version of the form
	KeyDefinition  = "definition"  // sha256 over the definition files
	KeyPrimary     = "primary_key" // of the schema: columns of the primary key, joined by ValueSeparator
	KeyLabel       = "label"       // of schema and field
	KeyDescription = "description"
	KeyUnit        = "unit"           // of the field
	KeyParagraph   = "paragraph"      // paragraph of the work plan
	KeyValues      = "allowed_values" // all of them, joined by ValueSeparator
	KeyReferences  = "references"     // foreign key: table.column
	KeyDecimals    = "decimals"       // decimal places of a field of the form
	KeyFormerly    = "formerly"       // name of the column in schemas of an earlier major version
	KeyNames       = "names"          // column of the same table with the codes that this column has the labels of
)

// batchColumn is the first column of every published table: the year of the call. Row types do not have it.
const batchColumn = "batch"

// ValueSeparator stands between the allowed values of a column.
const ValueSeparator = "; "

// Schemas lists the schemas of all published tables in the order of tables.yaml: the program's columns with their
// descriptions in tables.yaml and form.yaml as metadata. It returns an error where program and files disagree on the
// tables or columns, internal ones included.
func Schemas(d *templates.Definition) (schemas []*arrow.Schema, err error) {
	defer try.Caught(&err)
	made := columns(d)
	for _, t := range d.Published().Tables {
		fields, ok := made[t.Name]
		if !ok {
			return nil, fmt.Errorf("templates/%d/tables.yaml 的表 %s 程序里没有：请删去，或改正表名", d.Year, t.Name)
		}
		delete(made, t.Name)
		if s := try.Get(withMetadata(d, t.Name, fields)); !t.Internal {
			schemas = append(schemas, s)
		}
	}
	if left := slices.Sorted(maps.Keys(made)); len(left) > 0 {
		return nil, fmt.Errorf("templates/%d/tables.yaml 缺表 %s：请补上每张表和每一列的含义", d.Year, strings.Join(left, "、"))
	}
	return schemas, nil
}

// columns are the program's columns of each table. Most tables are found by their tag in Facts, Judgement or Ranking;
// listed here are those that are made in publishing or have columns of the form.
func columns(d *templates.Definition) map[string][]arrow.Field {
	out := map[string][]arrow.Field{
		"panel":      slices.Concat(fieldsOf[panelRow](), formFields(d, "panel", "metrics")),
		"changes":    fieldsOf[Change](),
		"file_notes": fieldsOf[Note](),
		"codes":      fieldsOf[Code](),
		"dictionary": fieldsOf[DictionaryRow](),
		"incentives": fieldsOf[Incentive](),
	}
	empty := &Round{Facts: &Facts{}, Judgement: &Judgement{}, Ranking: &Ranking{}}
	for name, t := range empty.tables() {
		out[name] = t.fields()
	}
	verdict := fieldsOf[Verdict]()[1:] // the submission's id stands there already
	out["submissions"] = slices.Concat(out["submissions"], verdict, formFields(d, "submissions", "singles"))
	return out
}

func fieldsOf[T any]() []arrow.Field { return codecOf(reflect.TypeFor[T]()).schema().Fields() }

// withMetadata makes a table's schema: its columns with the metadata from tables.yaml and form.yaml.
func withMetadata(d *templates.Definition, name string, fields []arrow.Field) (*arrow.Schema, error) {
	t := d.Table(name)
	if t == nil {
		return nil, fmt.Errorf("templates/%d/tables.yaml 缺表 %s：请补上每张表和每一列的含义", d.Year, name)
	}
	known := columnMetadataOf(d, t)
	var described []arrow.Field
	var missing []string
	for _, f := range append([]arrow.Field{{Name: batchColumn, Type: arrow.PrimitiveTypes.Int32}}, fields...) {
		m, ok := known[f.Name]
		if !ok {
			missing = append(missing, f.Name)
			continue
		}
		delete(known, f.Name)
		m[KeyFormerly] = MetadataValue(f.Metadata, KeyFormerly)
		f.Metadata = m.metadata()
		described = append(described, f)
		for _, c := range t.Columns {
			if c.Names == f.Name {
				described = append(described, arrow.Field{Name: c.Name, Type: arrow.BinaryTypes.String, Nullable: true,
					Metadata: known[c.Name].metadata()})
				delete(known, c.Name)
			}
		}
	}
	if left := slices.Sorted(maps.Keys(known)); len(missing)+len(left) > 0 {
		return nil, fmt.Errorf("templates/%d/tables.yaml 的表 %s 与程序不符（程序有而未说明的列：%s；说明了而程序没有的列：%s）：请补上或删去",
			d.Year, name, orNone(missing), orNone(left))
	}
	metadata := arrow.NewMetadata(
		[]string{KeyTable, KeyLabel, KeyDescription, KeyPrimary, KeyBatch, KeyForm, KeyDefinition},
		[]string{t.Name, t.Label, t.Description, strings.Join(t.Key, ValueSeparator), strconv.Itoa(d.Directory.Batch),
			fmt.Sprintf("%s v%d", d.Form.ID, d.Form.Version), definitionHash(d)})
	return arrow.NewSchema(described, &metadata), nil
}

func orNone(names []string) string { return cmp.Or(strings.Join(names, "、"), "无") }

// definitionHash is one sha256 for all definition files of the year.
func definitionHash(d *templates.Definition) string {
	h := sha256.New()
	for _, file := range slices.Sorted(maps.Keys(d.Sources)) {
		fmt.Fprintf(h, "%s %s\n", file, d.Sources[file])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// columnMetadata is the metadata of one column, by key.
type columnMetadata map[string]string

// metadata leaves out empty values, so that readers do not show them.
func (m columnMetadata) metadata() arrow.Metadata {
	var keys, values []string
	for _, key := range []string{KeyLabel, KeyDescription, KeyUnit, KeyParagraph, KeyValues, KeyReferences, KeyFormerly,
		KeyDecimals, KeyNames} {
		if m[key] != "" {
			keys, values = append(keys, key), append(values, m[key])
		}
	}
	return arrow.NewMetadata(keys, values)
}

// columnMetadataOf is the metadata of a table's columns, by name: those in tables.yaml and those from the form.
func columnMetadataOf(d *templates.Definition, t *templates.Table) map[string]columnMetadata {
	out, fields := map[string]columnMetadata{}, formColumns(d, t)
	namesakes := GroupMap(slices.Values(fields), func(f *templates.Field) string { return f.Label })
	for _, f := range fields {
		m := fieldMetadata(d, f)
		if len(namesakes[f.Label]) > 1 { // the form prints 企业兼职教师 twice, and 年 月 日: unit or group tells them apart
			m[KeyLabel] = strings.TrimSpace(f.Group + " " + f.Label)
			if f.Unit != "" {
				m[KeyLabel] = fmt.Sprintf("%s（%s）", f.Label, f.Unit)
			}
		}
		out[f.ID] = m
		if f.Type == templates.DateField {
			out[f.ID+textSuffix] = columnMetadata{KeyLabel: m[KeyLabel] + "（所填）", KeyParagraph: f.Paragraph,
				KeyDescription: "ISO 8601 日期，到日或到月；到日的在 " + f.ID + " 里也是日期"}
		}
	}
	for _, c := range t.Columns {
		values := c.Values
		if c.Name == "city_code" {
			values = Each(d.Directory.Cities, func(city templates.City) string { return city.Code })
		}
		m := columnMetadata{KeyLabel: c.Label, KeyDescription: c.Description, KeyUnit: c.Unit, KeyParagraph: c.Paragraph,
			KeyReferences: c.References, KeyValues: strings.Join(values, ValueSeparator), KeyNames: c.Names}
		// the column may be a field of the form, or a column of the list that the table is named after
		if f := cmp.Or(d.Field(c.Name), d.Field(t.Name+"_"+c.Name)); f != nil {
			m[KeyUnit], m[KeyParagraph] = cmp.Or(c.Unit, f.Unit), cmp.Or(c.Paragraph, f.Paragraph)
			m[KeyDecimals] = decimals(f)
		}
		out[c.Name] = m
	}
	return out
}

// formColumns lists the fields of the form that are columns of a table and not listed in tables.yaml.
func formColumns(d *templates.Definition, t *templates.Table) []*templates.Field {
	return slices.DeleteFunc(d.FormColumns(t), func(f *templates.Field) bool {
		return slices.ContainsFunc(t.Columns, func(c *templates.Column) bool { return c.Name == f.ID })
	})
}

// decimals is the number of decimal places of a field, as text; empty where it is not a number.
func decimals(f *templates.Field) string {
	if f.Decimals == nil {
		return ""
	}
	return strconv.Itoa(int(*f.Decimals))
}

// fieldMetadata is the metadata of a field of the form.
func fieldMetadata(d *templates.Definition, f *templates.Field) columnMetadata {
	m := columnMetadata{KeyLabel: f.Label, KeyUnit: f.Unit, KeyParagraph: f.Paragraph, KeyDecimals: decimals(f)}
	if !f.Open {
		m[KeyValues] = strings.Join(d.Options(f), ValueSeparator)
	}
	extra := Words(f.Years, func(id string) string { // years that are not on the official form
		if y := d.Form.Year(id); y.ID != "" && !slices.Contains(f.RequiredYears, id) {
			return strconv.Itoa(y.Year)
		}
		return ""
	})
	said := Join("；", f.Group, typeWords[f.Type], f.Hint, strings.TrimSuffix(d.Form.Note(f.Footnote), "。"), d.Form.Mark(f),
		Either(len(extra) > 0, strings.Join(extra, "、")+"年为"+d.Form.ExtraTag, ""),
		Either(len(f.Evidence) > 0, "佐证观测点 "+strings.Join(f.Evidence, "、"), ""))
	m[KeyDescription] = cmp.Or(said, f.Label)
	return m
}

var typeWords = map[templates.FieldType]string{templates.DateField: "日期；只填到月的为空，见所填",
	templates.PercentField: "0–100", templates.ConfirmField: "true 已确认，false 未确认"}

// DictionaryRow is one row of the table dictionary: one column of a published table.
type DictionaryRow struct {
	Table       string     `col:"table_name" was:"table"`
	Column      string     `col:"column_name" was:"column"`
	Type        string     `col:"type"` // as Arrow names it: utf8, int32, int64, float64, bool, date32
	Nullable    bool       `col:"nullable"`
	Unit        string     `col:"unit,null"`
	Label       string     `col:"label"`
	Description string     `col:"description"`
	Paragraph   string     `col:"paragraph,null"`
	Values      string     `col:"allowed_values,null"` // joined by ValueSeparator
	Decimals    Opt[int32] `col:"decimals"`            // decimal places; null where it is not a number of the form
	Key         bool       `col:"is_key" was:"key"`
	References  string     `col:"refers_to,null" was:"references"`
	Formerly    string     `col:"formerly,null"` // its name in schemas of an earlier major version
}

// Dictionary lists every column of every published table, with the metadata of the schemas.
func Dictionary(d *templates.Definition) ([]DictionaryRow, error) {
	schemas, err := Schemas(d)
	var out []DictionaryRow
	for _, s := range schemas {
		key := strings.Split(MetadataValue(s.Metadata(), KeyPrimary), ValueSeparator)
		for _, f := range s.Fields() {
			said := func(key string) string { return MetadataValue(f.Metadata, key) }
			out = append(out, DictionaryRow{Table: MetadataValue(s.Metadata(), KeyTable), Column: f.Name, Type: f.Type.Name(),
				Nullable: f.Nullable, Unit: said(KeyUnit), Label: said(KeyLabel), Description: said(KeyDescription),
				Paragraph: said(KeyParagraph), Values: said(KeyValues), Decimals: digits(said(KeyDecimals)),
				Key: slices.Contains(key, f.Name), References: said(KeyReferences), Formerly: said(KeyFormerly)})
		}
	}
	return out, err
}

func digits(s string) Opt[int32] {
	n, err := strconv.ParseInt(s, 10, 32)
	return Known(int32(n), err == nil)
}

// MetadataValue is the value of a metadata key; empty where there is none.
func MetadataValue(m arrow.Metadata, key string) string {
	v, _ := m.GetValue(key)
	return v
}

// Code is one row of the table codes: a code used in other tables, with its label.
type Code struct {
	List        string     `col:"list"` // indicator, field, point, evidence, scenario, rule, kind, unit, city
	Code        string     `col:"code"` // unique within the list
	Label       string     `col:"label"`
	Group       string     `col:"group_name,null" was:"group"`
	Unit        string     `col:"unit,null"`
	Decimals    Opt[int32] `col:"decimals"`  // decimal places of a number of the form
	UCUM        string     `col:"ucum,null"` // of a unit: its code in the Unified Code for Units of Measure
	Description string     `col:"description,null"`
	Paragraph   string     `col:"paragraph,null"`
}

// Codes lists the codes that come from the definition, list by list in its order.
func Codes(d *templates.Definition) []Code {
	var out []Code
	add := func(list string, c Code) {
		c.List = list
		out = append(out, c)
	}
	for _, f := range d.Form.Metrics() {
		add("indicator", fieldCode(d, f))
	}
	for _, f := range d.Form.Fields() {
		if !f.Metric() {
			add("field", fieldCode(d, f))
		}
	}
	points := d.Rubric().Points()
	for _, p := range points {
		add("point", Code{Code: p.ID, Label: p.Label, Group: p.Indicator.Label,
			Paragraph:   d.Table("scores").Column("point").Paragraph,
			Description: fmt.Sprintf("权重 %s（%s），其中留待专家的份额 %s", p.Weight, d.Rubric().WeightsNote, p.ExpertShare)})
	}
	for _, p := range points {
		for _, e := range p.Evidence {
			add("evidence", Code{Code: e.ID, Label: e.Label, Group: p.ID, Unit: e.Unit,
				Description: fmt.Sprintf("%s；相对于：%s；在观测点内的份额 %s", e.Expr, e.Basis, e.Weight.Round(4))})
		}
	}
	add("scenario", Code{Code: templates.BaseScenario, Label: "正式方法"})
	for _, s := range d.Rubric().Scenarios {
		add("scenario", Code{Code: s.ID, Label: s.Label})
	}
	for _, p := range points {
		if !p.Deduction {
			add("scenario", Code{Code: templates.WithoutScenario + p.ID, Label: "去掉观测点 " + p.ID, Group: p.ID})
		}
	}
	for _, r := range d.AllRules() {
		add("rule", Code{Code: r.Code, Label: r.Title, Group: r.Severity, Description: r.Message, Paragraph: r.Authority})
	}
	for _, k := range d.Form.Kinds {
		add("kind", Code{Code: k.ID, Label: k.Label})
	}
	for _, u := range d.Published().Data.Units {
		add("unit", Code{Code: u.Unit, Label: u.Unit, UCUM: u.UCUM, Description: u.Description})
	}
	for _, c := range d.Directory.Cities {
		add("city", Code{Code: c.Code, Label: c.Name})
	}
	return out
}

func fieldCode(d *templates.Definition, f *templates.Field) Code {
	m := fieldMetadata(d, f)
	return Code{Code: f.ID, Label: f.Label, Group: f.Group, Unit: f.Unit, Decimals: digits(m[KeyDecimals]),
		Description: m[KeyDescription], Paragraph: f.Paragraph}
}
