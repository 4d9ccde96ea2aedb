package check

import (
	"fmt"

	"lianheti/stages/table"
	"lianheti/templates"
)

// required fails each value that the official form asks for and that was left blank. 不适用 is an answer; something
// unreadable is neither given nor missing. Declarations have rules of their own.
func required(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		if field := f.batch.def.Field(r.Field); !field.Required || field.Type == templates.ConfirmField || f.batch.def.Supplementary(field, r.Year) {
			continue
		}
		if f.voided[r] != "" {
			t.skip(toldElsewhere)
			continue
		}
		switch f.status(r) {
		case table.Missing:
			t.fail(fault{refs: []templates.Ref{r}})
		case table.Invalid:
			t.lack(r)
		default:
			if f.Observe(r).NotAsked() {
				t.skip(notAsked)
				continue
			}
			t.pass()
		}
	}
}

// supplement notes once a submission how many of the values that the Department collects beyond the form were left blank.
func supplement(f *form, p *plan, t *tally) {
	var blank, unclear []templates.Ref
	total := 0
	for _, r := range p.refs {
		if !f.batch.def.Supplementary(f.batch.def.Field(r.Field), r.Year) {
			continue
		}
		if f.Observe(r).NotAsked() || f.voided[r] != "" {
			t.skip(notAsked)
			continue
		}
		total++
		switch f.status(r) {
		case table.Missing:
			blank = append(blank, r)
		case table.Invalid:
			unclear = append(unclear, r)
		}
	}
	switch {
	case len(blank) > 0:
		t.fail(fault{refs: blank, vars: map[string]string{"count": fmt.Sprint(len(blank)), "max": fmt.Sprint(total)}})
	case len(unclear) > 0:
		t.lack(unclear...)
	case total > 0:
		t.pass()
	}
}
