package check

import (
	"lianheti/stages"
	"lianheti/stages/table"
	"lianheti/templates"
)

// personal fails a text in which something looks like a phone or an identity number. Fields that ask for such things are
// left alone: they never leave the contacts.
func personal(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		switch field := f.batch.def.Field(r.Field); {
		case field.Personal || !field.Long() && field.Type != templates.TextField:
			continue
		case f.status(r) != table.Normal:
			t.skip(notFilled)
			continue
		}
		if text, _ := f.Text(r.Field, r.Year); stages.Mask(text) != text {
			t.fail(fault{refs: []templates.Ref{r}})
			continue
		}
		t.pass()
	}
}
