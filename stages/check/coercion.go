package check

import (
	"slices"

	"lianheti/stages/table"
	"lianheti/templates"
)

// coercion fails each value that was read only after a change of one of the rule's kinds.
func coercion(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		if s := f.status(r); s == table.Missing || s == table.Invalid {
			t.skip(notFilled)
			continue
		}
		if !f.changed(r, p.rule.Kinds) {
			t.pass()
			continue
		}
		t.fail(fault{refs: []templates.Ref{r}})
	}
}

// changed says whether a value was read after a change of one of these kinds.
func (f *form) changed(r templates.Ref, kinds []string) bool {
	return slices.ContainsFunc(f.coerced[r], func(c table.Coercion) bool { return slices.Contains(kinds, c.Kind) })
}
