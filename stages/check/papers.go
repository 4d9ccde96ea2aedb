package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/text"
	"lianheti/templates"
)

// unsupported fails a large claim (where the rule's guard holds) for which the index of supporting materials names
// neither the field nor one of the observation points that it is evidence for.
func unsupported(f *form, p *plan, t *tally) {
	for _, c := range p.rule.Cases {
		if len(f.Materials) == 0 {
			list, _, _ := f.batch.def.Layout().Area("materials")
			t.skip(list.Sheet.Title + "为空")
			continue
		}
		if f.applies(f, c, t) {
			t.judge(f.supported(c.Field), func() fault {
				return fault{refs: []templates.Ref{{Field: c.Field.ID, Year: c.Year.Year}}, kase: c,
					vars: map[string]string{"list": strings.Join(c.Field.Evidence, "、")}}
			})
		}
	}
}

// pointNumber finds the numbers of observation points: 3.1, but not the 3.1 of 13.12.
var pointNumber = regexp.MustCompile(`[0-9]+(\.[0-9]+)+`)

// supported says whether a material speaks of a field.
func (f *form) supported(field *templates.Field) bool {
	point := func(n string) bool { return slices.Contains(field.Evidence, n) }
	for _, m := range f.Materials {
		for _, said := range []string{text.NameKey(m.Supports), text.NameKey(m.Title)} {
			if strings.Contains(said, text.NameKey(field.Label)) || strings.Contains(said, field.ID) ||
				slices.ContainsFunc(pointNumber.FindAllString(said, -1), point) {
				return true
			}
		}
	}
	return false
}

// deniedVerification fails what a city found to be untrue, at the result and at the figures that its row names.
func deniedVerification(f *form, _ *plan, t *tally) {
	t.skip("市级核实表为空")
	for _, v := range f.Verifications {
		t.judge(!f.batch.def.Reading.Denied(v.Result), func() fault {
			const column = "verifications_result"
			at := f.listCell(model.Place{File: f.Submission.File, Sheet: v.Sheet, Cell: v.Cell}, column)
			return fault{refs: f.named(v.Section), places: []model.Place{at}, fields: []string{column},
				member: fmt.Sprintf("verifications:%d", v.Record), raw: v.Result, value: v.Result, vars: map[string]string{
					"count": fmt.Sprint(rowOf(at)), "raw": text.Clip(v.Result, longest), "value": text.Clip(v.Result, longest), "detail": text.Clip(v.Section, longest)}}
		})
	}
}

// named lists the values whose names a text holds, those of the actual years where a value has years.
func (f *form) named(s string) (out []templates.Ref) {
	key := text.NameKey(s)
	for _, r := range f.batch.every {
		label := text.NameKey(f.batch.def.Label(r.Field))
		year, dated := f.batch.def.Form.YearOf(r.Year)
		if label != "" && strings.Contains(key, label) && (!dated || year.Kind == templates.Actual) {
			out = append(out, r)
		}
	}
	return out
}
