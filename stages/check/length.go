package check

import (
	"fmt"

	"lianheti/templates"
)

// length fails each text over its limit, by the one count of characters.
func length(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		field := f.batch.def.Field(r.Field)
		if field.Limit == 0 || !t.byStatus(f, r) {
			continue
		}
		n := f.characters(r)
		if n > field.Limit {
			t.fail(fault{refs: []templates.Ref{r}, vars: map[string]string{"count": fmt.Sprint(n)}})
			continue
		}
		t.pass()
	}
}

// characters counts a text as it was typed: a long one was counted before anything was hidden in it.
func (f *form) characters(r templates.Ref) int {
	if t := f.LongText(r.Field, r.Year); t != nil {
		return int(t.Characters)
	}
	text, _ := f.Text(r.Field, r.Year)
	return templates.Characters(text)
}
