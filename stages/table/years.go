package table

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

// Tables of several years are one data set: each row names its batch. What a later year may do to the tables of an earlier one:
//
//	may    add tables, and columns to tables; allow further values; word labels and descriptions anew; drop a field of the form from
//	       the wide tables (submissions, panel), as the form itself drops it
//	never  drop, rename or retype a table or a column of the program's own, retype a field's column, or leave empty
//	       what was never empty
//
// Evolution gives an error that names everything later does which it may not.
func Evolution(earlier, later *templates.Definition) error {
	before, err := schemasByName(earlier)
	if err != nil {
		return err
	}
	after, err := schemasByName(later)
	if err != nil {
		return err
	}
	var broken []string
	for _, name := range slices.Sorted(maps.Keys(before)) {
		now, ok := after[name]
		if !ok {
			broken = append(broken, "缺表 "+name)
			continue
		}
		for _, f := range before[name].Fields() {
			g, ok := now.FieldsByName(f.Name)
			switch {
			case !ok && earlier.Field(f.Name) != nil && later.Field(f.Name) == nil: // the form no longer asks for it
			case !ok:
				broken = append(broken, fmt.Sprintf("%s 缺列 %s", name, f.Name))
			case !arrow.TypeEqual(f.Type, g[0].Type):
				broken = append(broken, fmt.Sprintf("%s.%s 由 %s 变为 %s", name, f.Name, f.Type, g[0].Type))
			case !f.Nullable && g[0].Nullable:
				broken = append(broken, fmt.Sprintf("%s.%s 从前不会为空", name, f.Name))
			}
		}
	}
	if len(broken) > 0 {
		return fmt.Errorf("%d年批次的数据表接不上%d年批次的：%v", later.Directory.Batch, earlier.Directory.Batch, broken)
	}
	return nil
}

func schemasByName(d *templates.Definition) (map[string]*arrow.Schema, error) {
	schemas, err := Schemas(d)
	out := map[string]*arrow.Schema{}
	for _, s := range schemas {
		out[Said(s.Metadata(), KeyTable)] = s
	}
	return out, err
}

// Fulfilled is a commitment of one batch beside the actual figure that a later batch reports for the same year.
type Fulfilled struct {
	Consortium, City string // as the earlier batch has them
	Indicator, Unit  string
	Year             int32
	Promised, Actual float64
	Share            Opt[float64] // actual over promised; nothing where 0 was promised
}

// Fulfilment finds what became of the commitments of an earlier batch (承诺兑现). A consortium is known by its name from year to year,
// for the directory may number anew; an indicator by its id, if the unit is the same. The order is that of the earlier metrics.
func Fulfilment(earlier, later *Facts) []Fulfilled {
	type slot struct {
		consortium, indicator, unit string
		year                        int32
	}
	key := func(s Submission) string { return cmp.Or(text.NameKey(s.Consortium), s.Submission) }
	names := map[string]string{}
	for s := range later.Submissions.All() {
		names[s.Submission] = key(s)
	}
	actual := map[slot]float64{}
	for m := range later.Metrics.All() {
		if m.Kind == string(templates.Actual) && m.Status == Normal {
			actual[slot{names[m.Submission], m.Indicator, m.Unit, m.Year}] = m.Value.V
		}
	}
	submissions := map[string]Submission{}
	for s := range earlier.Submissions.All() {
		submissions[s.Submission] = s
	}
	var out []Fulfilled
	for m := range earlier.Metrics.All() {
		s := submissions[m.Submission]
		now, reported := actual[slot{key(s), m.Indicator, m.Unit, m.Year}]
		if m.Kind != string(templates.Committed) || m.Status != Normal || !reported {
			continue
		}
		f := Fulfilled{Consortium: s.Consortium, City: s.City, Indicator: m.Indicator, Unit: m.Unit, Year: m.Year, Promised: m.Value.V, Actual: now}
		if f.Promised != 0 {
			f.Share = Some(f.Actual / f.Promised)
		}
		out = append(out, f)
	}
	return out
}
