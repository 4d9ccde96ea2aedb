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
		text, _ := f.Text(r.Field, r.Year)
		n := templates.Characters(text)
		if n > field.Limit {
			t.fail(fault{refs: []templates.Ref{r}, vars: map[string]string{"count": fmt.Sprint(n)}})
			continue
		}
		t.pass()
	}
}
