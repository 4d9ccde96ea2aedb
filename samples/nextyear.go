package samples

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"

	"lianheti/stages/blankform"
	"lianheti/stages/office/try"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// NextYear is the fixtures of the year after: some apply again, the selected ones report on their commitments.
type NextYear struct {
	Again    []struct{ From, File string } // fixtures of the year before, with all years moved by one
	Selected []struct{ Consortium, Document string }
	Progress []Progress
}

// Progress is one progress form as data.
type Progress struct {
	From    string // fixture of the year before, with the commitments
	File    string
	Code    string // check code of the recommendation
	Sealed  bool   // whether the supplement is sealed too
	Rate    decimal.Decimal
	Values  map[string]any              // override what follows from commitments and Rate
	Lists   map[string][]map[string]any `yaml:",inline"` // as in Fixture; the members are those of the year before
	Planted []Planted
}

// Planted is a situation in a progress form, and what a run must make of it: findings, or results of figures.
type Planted struct {
	Rule   string
	Status string // in the table fulfilment
	Field  string // empty: the form as a whole
	Year   int
	Count  int // for a status without a field: the number of figures
	Note   string
}

// RegisterName is the file name of the Department's register.
const RegisterName = "登记表.xlsx"

// LoadNextYear reads the fixtures of a year, and those of the year before that they refer to.
func LoadNextYear(fsys fs.FS, year int) (f *NextYear, earlier map[string]Fixture, err error) {
	defer try.Caught(&err)
	f, earlier = &NextYear{}, map[string]Fixture{}
	try.Do(decode(fsys, fmt.Sprintf("%d.yaml", year), f))
	before := try.Get(fs.Sub(fsys, fmt.Sprint(year-1)))
	all, _, err := Load(before)
	try.Do(err)
	for _, x := range all {
		earlier[x.Name] = x
	}
	for _, a := range f.Again {
		x := Fixture{Name: a.File}
		move := func(text string) string { return templates.ShiftYears(text, year-1, year) }
		try.Do(decode(before, a.From, &x, move))
		x.File, earlier[a.File] = a.File, x
	}
	return f, earlier, nil
}

// Files makes all sample files of the year.
func (f *NextYear) Files(d *templates.Definition, earlier map[string]Fixture) (out map[string][]byte, err error) {
	defer try.Caught(&err)
	out = map[string][]byte{"README.md": try.Get(readme(d, "following", map[string]any{
		"D": d, "Watermark": Watermark, "Before": d.Year - 1, "Register": RegisterName, "Forms": f.Progress,
	}))}
	for _, a := range f.Again {
		out[a.File] = try.Get(earlier[a.File].Workbook(d))
	}
	register := map[string][]map[string]string{}
	for _, s := range f.Selected {
		register["selected"] = append(register["selected"],
			map[string]string{"consortium": s.Consortium, "document": s.Document})
	}
	for _, p := range f.Progress {
		out[p.File] = try.Get(p.fixture(d.Progress, earlier[p.From]).Workbook(d.Progress))
	}
	var book bytes.Buffer
	try.Do(blankform.Register(&book, d, register))
	out[RegisterName] = book.Bytes()
	return out, nil
}

// fixture returns the filled form: prefilled, with figures at the given rate of the commitments, then Values.
func (p Progress) fixture(d *templates.Definition, was Fixture) Fixture {
	names := d.Form.Promises
	basis := map[bool]string{true: "附表（盖章）", false: "未盖章"}[p.Sealed]
	out := Fixture{Name: p.File, File: p.File, Lists: map[string][]map[string]any{"members": was.Lists["members"]},
		Values: map[string]any{names.School: was.Values["lead_school"], names.Code: p.Code, names.Basis: basis}}
	maps.Copy(out.Lists, p.Lists)
	for _, id := range []string{"consortium", "city", "park", "lead_school", "lead_enterprise"} {
		out.Values[id] = was.Values[id]
	}
	if funds, ok := was.Values["funding_total"].(map[string]any); ok {
		sum := decimal.Decimal{}
		for _, v := range funds {
			if n, err := decimal.NewFromString(fmt.Sprint(v)); err == nil {
				sum = sum.Add(n)
			}
		}
		out.Values[names.Funds] = sum
	}
	for _, metric := range d.Form.Metrics() {
		if !metric.Accompanied {
			continue
		}
		given, _ := was.Values[metric.ID].(map[string]any)
		reported := map[string]any{}
		for companion, rate := range map[string]decimal.Decimal{names.Stated: decimal.NewFromInt(1), names.Promised: p.Rate} {
			field := d.CompanionField(metric, companion)
			if field == nil {
				continue
			}
			for _, r := range d.Refs(field) {
				year := fmt.Sprint(r.Year)
				n, err := decimal.NewFromString(fmt.Sprint(given[year]))
				if err != nil {
					continue // blank, or not a number
				}
				out.Values[field.ID] = map[string]any{year: n}
				reached := n.Mul(rate).RoundUp(*metric.Decimals)
				if metric.Max != nil {
					reached = decimal.Min(reached, *metric.Max)
				}
				reported[year] = reached
			}
		}
		out.Values[metric.ID] = reported
	}
	for id, v := range p.Values {
		years, dated := v.(map[string]any)
		if into, ok := out.Values[id].(map[string]any); ok && dated {
			maps.Copy(into, years)
			continue
		}
		out.Values[id] = v
	}
	return out
}
