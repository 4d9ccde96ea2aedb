package check

import (
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// fraction fails a bare number between 0 and 1 where a percentage from 0 to 100 is asked: 0.45 is most likely 45 %. Where
// the filler typed a percent sign or formatted the cell as a percentage (the rule's kinds of coercions), what was meant is plain.
func fraction(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		if f.batch.def.Field(r.Field).Type != templates.PercentField || !t.byStatus(f, r) {
			continue
		}
		n, _ := f.number(r)
		_, plain := f.changed(r, p.rule.Kinds)
		if n.IsPositive() && n.LessThan(decimal.NewFromInt(1)) && !plain {
			if c, rounded := f.changed(r, []string{"rounded"}); rounded {
				n, _ = decimal.NewFromString(c.From)
			}
			t.fail(fault{refs: []templates.Ref{r}, vars: map[string]string{"detail": n.Shift(2).String()}})
			continue
		}
		t.pass()
	}
}
