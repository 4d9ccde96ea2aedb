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

	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

// Keys of the metadata that schemas and fields carry; a field has those that say something.
const (
	KeyTable       = "table" // of the schema
	KeyBatch       = "batch"
	KeyForm        = "form"        // id and version of the form
	KeyDefinition  = "definition"  // sha256 over the definition files
	KeyPrimary     = "primary_key" // of the schema: columns that together never repeat, joined by ValueSeparator
	KeyLabel       = "label"       // of schema and field
	KeyDescription = "description"
	KeyUnit        = "unit"           // of the field
	KeyParagraph   = "paragraph"      // where the work plan says it
	KeyValues      = "allowed_values" // all of them, joined by ValueSeparator
	KeyReferences  = "references"     // table.column that holds every value
	KeyDecimals    = "decimals"       // that a figure of the form may state
	KeyFormerly    = "formerly"       // name of the column in schemas of an earlier major version
	KeyNames       = "names"          // column of the same table whose codes this one gives the labels of
)

// batchColumn begins every published table: the year of the call, which is the run's and no row's.
const batchColumn = "batch"

// ValueSeparator stands between the allowed values of a column.
const ValueSeparator = "; "

// Schemas gives the schemas of all published tables in the order of tables.yaml: the columns that the program makes,
// with what tables.yaml and form.yaml say of them as metadata. It gives an error where they disagree on a table or a
// column, of internal tables too.
func Schemas(d *templates.Definition) (schemas []*arrow.Schema, err error) {
	made := columns(d)
	for _, t := range d.Tables {
		fields, ok := made[t.Name]
		if !ok {
			return nil, fmt.Errorf("templates/%d/tables.yaml 的表 %s 程序里没有：请删去，或改正表名", d.Year, t.Name)
		}
		delete(made, t.Name)
		s, err := describe(d, t.Name, fields)
		if err != nil {
			return nil, err
		}
		if !t.Internal {
			schemas = append(schemas, s)
		}
	}
	if left := slices.Sorted(maps.Keys(made)); len(left) > 0 {
		return nil, fmt.Errorf("templates/%d/tables.yaml 缺表 %s：请补上每张表和每一列的含义", d.Year, strings.Join(left, "、"))
	}
	return schemas, nil
}

// columns gives the columns that each table has in the program. A table of rows is known by its tag in Facts, Judgement
// or Ranking; only what is derived in publishing, or has columns of the form, is listed here.
func columns(d *templates.Definition) map[string][]arrow.Field {
	out := map[string][]arrow.Field{
		"panel":      slices.Concat(fieldsOf[panelRow](), formFields(d, "panel", "metrics")),
		"changes":    fieldsOf[Change](),
		"file_notes": fieldsOf[Note](),
		"codes":      fieldsOf[Code](),
		"dictionary": fieldsOf[Meaning](),
		"incentives": fieldsOf[Incentive](),
	}
	for _, holder := range []any{&Facts{}, &Judgement{}, &Ranking{}} {
		for name, t := range tablesOf(holder) {
			out[name] = t.fields()
		}
	}
	verdict := fieldsOf[Verdict]()[1:] // the submission's id stands there already
	out["submissions"] = slices.Concat(out["submissions"], verdict, formFields(d, "submissions", "singles"))
	return out
}

func fieldsOf[T any]() []arrow.Field { return codecOf(reflect.TypeFor[T]()).schema().Fields() }

// describe puts the words of tables.yaml and form.yaml on the columns.
func describe(d *templates.Definition, name string, fields []arrow.Field) (*arrow.Schema, error) {
	t := d.Table(name)
	if t == nil {
		return nil, fmt.Errorf("templates/%d/tables.yaml 缺表 %s：请补上每张表和每一列的含义", d.Year, name)
	}
	known := meanings(d, t)
	var described []arrow.Field
	var missing []string
	for _, f := range append([]arrow.Field{{Name: batchColumn, Type: arrow.PrimitiveTypes.Int32}}, fields...) {
		m, ok := known[f.Name]
		if !ok {
			missing = append(missing, f.Name)
			continue
		}
		delete(known, f.Name)
		m[KeyFormerly] = Said(f.Metadata, KeyFormerly)
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

// meaning is what is said of one column, by key of the metadata.
type meaning map[string]string

// metadata leaves out what has nothing to say, so that readers show no empty entries.
func (m meaning) metadata() arrow.Metadata {
	var keys, values []string
	for _, key := range []string{KeyLabel, KeyDescription, KeyUnit, KeyParagraph, KeyValues, KeyReferences, KeyFormerly,
		KeyDecimals, KeyNames} {
		if m[key] != "" {
			keys, values = append(keys, key), append(values, m[key])
		}
	}
	return arrow.NewMetadata(keys, values)
}

// meanings gives what is said of each column of a table, by name: the columns that tables.yaml lists, and the fields of
// the form that follow them.
func meanings(d *templates.Definition, t *templates.Table) map[string]meaning {
	out, called := map[string]meaning{}, map[string]int{}
	fields := formColumns(d, t)
	for _, f := range fields {
		called[f.Label]++
	}
	for _, f := range fields {
		m := fieldMeaning(d, f)
		if called[f.Label] > 1 { // the form prints 企业兼职教师 twice, and 年 月 日: unit or group tells them apart
			m[KeyLabel] = strings.TrimSpace(f.Group + " " + f.Label)
			if f.Unit != "" {
				m[KeyLabel] = fmt.Sprintf("%s（%s）", f.Label, f.Unit)
			}
		}
		out[f.ID] = m
		if f.Type == templates.DateField {
			said := "ISO 8601 日期，到日或到月；到日的在 " + f.ID + " 里也是日期"
			out[f.ID+textSuffix] = meaning{KeyLabel: m[KeyLabel] + "（所填）", KeyParagraph: f.Paragraph, KeyDescription: said}
		}
	}
	for _, c := range t.Columns {
		values := c.Values
		if c.Name == "city_code" {
			values = Each(d.Directory.Cities, func(city templates.City) string { return city.Code })
		}
		m := meaning{KeyLabel: c.Label, KeyDescription: c.Description, KeyUnit: c.Unit, KeyParagraph: c.Paragraph,
			KeyReferences: c.References, KeyValues: strings.Join(values, ValueSeparator), KeyNames: c.Names}
		// a field of the form has the column's name, also under the name of the list that the table is made of
		if f := cmp.Or(d.Field(c.Name), d.Field(t.Name+"_"+c.Name)); f != nil {
			m[KeyUnit], m[KeyParagraph] = cmp.Or(c.Unit, f.Unit), cmp.Or(c.Paragraph, f.Paragraph)
			m[KeyDecimals] = decimals(f)
		}
		out[c.Name] = m
	}
	return out
}

// formColumns lists the fields that a table has as columns besides those that tables.yaml lists.
func formColumns(d *templates.Definition, t *templates.Table) []*templates.Field {
	return slices.DeleteFunc(d.FormColumns(t), func(f *templates.Field) bool {
		return slices.ContainsFunc(t.Columns, func(c *templates.Column) bool { return c.Name == f.ID })
	})
}

// decimals is how many digits behind the point a figure may have; empty where the field holds none.
func decimals(f *templates.Field) string {
	if f.Decimals == nil {
		return ""
	}
	return strconv.Itoa(int(*f.Decimals))
}

// fieldMeaning is what the form says of one of its fields.
func fieldMeaning(d *templates.Definition, f *templates.Field) meaning {
	m := meaning{KeyLabel: f.Label, KeyUnit: f.Unit, KeyParagraph: f.Paragraph, KeyDecimals: decimals(f)}
	if !f.Open {
		m[KeyValues] = strings.Join(d.Options(f), ValueSeparator)
	}
	extra := Words(f.Years, func(id string) string { // that the official form does not print
		if y := d.Form.Year(id); y.ID != "" && !slices.Contains(f.RequiredYears, id) {
			return strconv.Itoa(y.Year)
		}
		return ""
	})
	parts := []string{f.Group, typeWords[f.Type], f.Hint, strings.TrimSuffix(d.Form.Note(f.Footnote), "。"), d.Form.Mark(f)}
	if len(extra) > 0 {
		parts = append(parts, strings.Join(extra, "、")+"年为"+d.Form.ExtraTag)
	}
	if len(f.Evidence) > 0 {
		parts = append(parts, "佐证观测点 "+strings.Join(f.Evidence, "、"))
	}
	m[KeyDescription] = cmp.Or(strings.Join(Words(parts, strings.Clone), "；"), f.Label)
	return m
}

var typeWords = map[templates.FieldType]string{templates.DateField: "日期；只填到月的为空，见所填",
	templates.PercentField: "0–100", templates.ConfirmField: "true 已确认，false 未确认"}

// Meaning is one row of dictionary: one column of a published table.
type Meaning struct {
	Table       string     `col:"table_name" was:"table"`
	Column      string     `col:"column_name" was:"column"`
	Type        string     `col:"type"` // as Arrow names it: utf8, int32, int64, float64, bool, date32
	Nullable    bool       `col:"nullable"`
	Unit        string     `col:"unit,null"`
	Label       string     `col:"label"`
	Description string     `col:"description"`
	Paragraph   string     `col:"paragraph,null"`
	Values      string     `col:"allowed_values,null"` // joined by ValueSeparator
	Decimals    Opt[int32] `col:"decimals"`            // that a person may state; none where it is no figure of the form
	Key         bool       `col:"is_key" was:"key"`
	References  string     `col:"refers_to,null" was:"references"`
	Formerly    string     `col:"formerly,null"` // its name in schemas of an earlier major version
}

// Dictionary explains every column of every published table, in order. It says what the metadata of the tables say.
func Dictionary(d *templates.Definition) ([]Meaning, error) {
	schemas, err := Schemas(d)
	var out []Meaning
	for _, s := range schemas {
		key := strings.Split(Said(s.Metadata(), KeyPrimary), ValueSeparator)
		for _, f := range s.Fields() {
			said := func(key string) string { return Said(f.Metadata, key) }
			out = append(out, Meaning{Table: Said(s.Metadata(), KeyTable), Column: f.Name, Type: f.Type.Name(),
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

// Said gives what metadata say under a key; empty where nothing.
func Said(m arrow.Metadata, key string) string {
	v, _ := m.GetValue(key)
	return v
}

// Code is one row of codes: a code that stands in other tables, with its name.
type Code struct {
	List        string     `col:"list"` // indicator, field, point, evidence, scenario, rule, kind, unit, city
	Code        string     `col:"code"` // unique within the list
	Label       string     `col:"label"`
	Group       string     `col:"group_name,null" was:"group"`
	Unit        string     `col:"unit,null"`
	Decimals    Opt[int32] `col:"decimals"`  // that a figure of the form may state
	UCUM        string     `col:"ucum,null"` // of a unit: its code in the Unified Code for Units of Measure
	Description string     `col:"description,null"`
	Paragraph   string     `col:"paragraph,null"`
}

// Codes explains the codes in the tables that only the definition knows, list by list in the order of the definition.
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
	points := d.Rubric.Points()
	for _, p := range points {
		add("point", Code{Code: p.ID, Label: p.Label, Group: p.Indicator.Label,
			Paragraph:   d.Table("scores").Column("point").Paragraph,
			Description: fmt.Sprintf("权重 %s（%s），其中留待专家的份额 %s", p.Weight, d.Rubric.WeightsNote, p.ExpertShare)})
	}
	for _, p := range points {
		for _, e := range p.Evidence {
			add("evidence", Code{Code: e.ID, Label: e.Label, Group: p.ID, Unit: e.Unit,
				Description: fmt.Sprintf("%s；相对于：%s；在观测点内的份额 %s", e.Expr, e.Basis, e.Weight.Round(4))})
		}
	}
	add("scenario", Code{Code: templates.BaseScenario, Label: "正式方法"})
	for _, s := range d.Rubric.Scenarios {
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
	for _, u := range d.Data.Units {
		add("unit", Code{Code: u.Unit, Label: u.Unit, UCUM: u.UCUM, Description: u.Description})
	}
	for _, c := range d.Directory.Cities {
		add("city", Code{Code: c.Code, Label: c.Name})
	}
	return out
}

func fieldCode(d *templates.Definition, f *templates.Field) Code {
	m := fieldMeaning(d, f)
	return Code{Code: f.ID, Label: f.Label, Group: f.Group, Unit: f.Unit, Decimals: digits(m[KeyDecimals]),
		Description: m[KeyDescription], Paragraph: f.Paragraph}
}
