package check

import (
	"regexp"
	"slices"
	"strings"

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
		switch large, decided := f.evaluate(f, c.When, t); {
		case !decided:
		case !large:
			t.skip(guardFalse)
		case slices.ContainsFunc(supports(f), func(s string) bool { return speaksOf(s, c.Field) }):
			t.pass()
		default:
			t.fail(fault{refs: []templates.Ref{{Field: c.Field.ID, Year: c.Year.Year}}, kase: c,
				vars: map[string]string{"list": strings.Join(c.Field.Evidence, "、")}})
		}
	}
}

func supports(f *form) []string {
	var out []string
	for _, m := range f.Materials {
		out = append(out, m.Supports, m.Title)
	}
	return out
}

// pointNumber finds the numbers of observation points: 3.1, but not the 3.1 of 13.12.
var pointNumber = regexp.MustCompile(`[0-9]+(\.[0-9]+)+`)

func speaksOf(support string, field *templates.Field) bool {
	key := text.NameKey(support)
	if strings.Contains(key, text.NameKey(field.Label)) || strings.Contains(key, field.ID) {
		return true
	}
	return slices.ContainsFunc(pointNumber.FindAllString(key, -1), func(n string) bool { return slices.Contains(field.Evidence, n) })
}
