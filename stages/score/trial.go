package score

import (
	"runtime"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Trial says where one submission would stand if its form were filled otherwise and the others were as they are. Several forms may be tried
// at a time.
type Trial struct {
	*prover
	of       map[string]*entrant
	official map[string]decimal.Decimal
}

// NewTrial scores a batch as it is. kept are the scales of an earlier round.
func NewTrial(facts *table.Facts, judgement *table.Judgement, marking table.Marking, kept []table.Scale) (Trial, error) {
	f, err := scored(facts, judgement, marking, kept, runtime.NumCPU())
	if err != nil {
		return Trial{}, err
	}
	t := Trial{prover: f.prover(f.rank()), of: map[string]*entrant{}}
	for _, e := range f.entrants {
		t.of[e.Submission] = e
	}
	t.official, err = f.official(facts, judgement.Register)
	return t, err
}

// Place ranks the batch with this form and verdict in the place of the submission's own, which stays in the set that scales are laid over.
// touched says which evidence the change can reach. A submission that is not ranked has its own total.
func (t Trial) Place(form *table.Form, v table.Verdict, touched func(*templates.Expression) bool) table.Place {
	e := t.of[form.Submission.Submission]
	switch {
	case !v.Ranked:
		return table.Place{Unranked: v.Unranked, Total: e.Total}
	case !e.Ranked:
		return table.Place{Unranked: e.Unranked, Total: e.Total}
	}
	return t.place(e, answers{Form: form, excused: e.excused, official: t.official}, t.reached(touched))
}
