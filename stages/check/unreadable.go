package check

import (
	"lianheti/stages/table"
	"lianheti/templates"
)

// unreadable fails what stands where a number, a date or a choice belongs and can't be read as one. A number that was
// read, though it can't be right, is for bounds.
func unreadable(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		switch f.status(r) {
		case table.Missing:
			t.skip(notFilled)
		case table.Invalid:
			t.fail(fault{refs: []templates.Ref{r}})
		default:
			t.pass()
		}
	}
}
