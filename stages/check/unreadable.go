package check

import (
	"lianheti/stages/table"
	"lianheti/templates"
)

// unreadable fails what stands where a number, a date or a choice belongs and can't be read as one. A number that was
// read, though it can't be right, is for bounds.
func unreadable(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		switch s := f.status(r); {
		case f.Observe(r).NotAsked():
			t.skip(notAsked)
		case s == table.Missing:
			t.skip(notFilled)
		case s == table.Invalid && f.told(r): // an error, a picture …
			t.skip(toldElsewhere)
		case s == table.Invalid:
			t.fail(fault{refs: []templates.Ref{r}})
		default:
			t.pass()
		}
	}
	t.faults = f.together(t.faults)
}
