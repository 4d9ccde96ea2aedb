package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

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
	Decimals    Opt[int32] `col:"decimals"`            // that a person may state; nil where the column is no figure of the form
	Key         bool       `col:"is_key" was:"key"`
	References  string     `col:"refers_to,null" was:"references"`
	Formerly    string     `col:"formerly,null"` // its name in schemas of an earlier major version
}

// Dictionary explains every column of every published table, in order. It says what the metadata of the tables say.
func Dictionary(d *templates.Definition) ([]Meaning, error) {
	schemas, err := Schemas(d)
	if err != nil {
		return nil, err
	}
	var out []Meaning
	for _, s := range schemas {
		for _, f := range s.Fields() {
			out = append(out, Meaning{
				Table: Said(s.Metadata(), KeyTable), Column: f.Name, Type: f.Type.Name(), Nullable: f.Nullable,
				Unit: Said(f.Metadata, KeyUnit), Label: Said(f.Metadata, KeyLabel), Description: Said(f.Metadata, KeyDescription),
				Paragraph: Said(f.Metadata, KeyParagraph), Values: Said(f.Metadata, KeyValues),
				Key: slices.Contains(strings.Split(Said(s.Metadata(), KeyPrimary), ValueSeparator), f.Name), References: Said(f.Metadata, KeyReferences),
				Formerly: Said(f.Metadata, KeyFormerly), Decimals: digits(Said(f.Metadata, KeyDecimals)),
			})
		}
	}
	return out, nil
}

// digits reads a count of digits; nothing where none is said.
func digits(s string) Opt[int32] {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return Opt[int32]{}
	}
	return Some(int32(n))
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
	add := func(c Code) { out = append(out, c) }
	for _, f := range d.Form.Metrics() {
		add(fieldCode(d, f, "indicator"))
	}
	for _, f := range d.Form.Fields() {
		if !f.Metric() {
			add(fieldCode(d, f, "field"))
		}
	}
	for _, p := range d.Rubric.Points() {
		add(Code{List: "point", Code: p.ID, Label: p.Label, Group: p.Indicator.Label, Paragraph: d.Table("scores").Column("point").Paragraph,
			Description: fmt.Sprintf("权重 %s（%s），其中留待专家的份额 %s", p.Weight, d.Rubric.WeightsNote, p.ExpertShare)})
	}
	for _, p := range d.Rubric.Points() {
		for _, e := range p.Evidence {
			add(Code{List: "evidence", Code: e.ID, Label: e.Label, Group: p.ID, Unit: e.Unit,
				Description: fmt.Sprintf("%s；相对于：%s；在观测点内的份额 %s", e.Expr, e.Basis, e.Weight.Round(4))})
		}
	}
	add(Code{List: "scenario", Code: templates.BaseScenario, Label: "正式方法"})
	for _, s := range d.Rubric.Scenarios {
		add(Code{List: "scenario", Code: s.ID, Label: s.Label})
	}
	for _, p := range d.Rubric.Points() {
		if !p.Deduction {
			add(Code{List: "scenario", Code: templates.WithoutScenario + p.ID, Label: "去掉观测点 " + p.ID, Group: p.ID})
		}
	}
	for _, r := range d.AllRules() {
		add(Code{List: "rule", Code: r.Code, Label: r.Title, Group: r.Severity, Description: r.Message, Paragraph: r.Authority})
	}
	for _, k := range d.Form.Kinds {
		add(Code{List: "kind", Code: k.ID, Label: k.Label})
	}
	for _, u := range d.Data.Units {
		add(Code{List: "unit", Code: u.Unit, Label: u.Unit, UCUM: u.UCUM, Description: u.Description})
	}
	for _, c := range d.Directory.Cities {
		add(Code{List: "city", Code: c.Code, Label: c.Name})
	}
	return out
}

func fieldCode(d *templates.Definition, f *templates.Field, list string) Code {
	m := fieldMeaning(d, f)
	return Code{List: list, Code: f.ID, Label: m.label, Group: f.Group, Unit: m.unit, Decimals: digits(m.decimals), Description: m.description, Paragraph: m.paragraph}
}
