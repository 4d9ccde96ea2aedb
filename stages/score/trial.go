package score

import (
	"runtime"
	"slices"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Trial says where one submission would stand if its form were filled otherwise and the others were as they are.
type Trial struct {
	field    *field
	kept     []table.Scale
	excused  map[string]map[templates.Ref]bool
	official map[string]decimal.Decimal
}

// Place is where a submission stands.
type Place struct {
	Ranked   bool
	Unranked string // why not
	Total    float64
	Rank     int // among the ranked; 0 where it is not
}

// NewTrial scores a batch as it is. kept are the scales of an earlier round.
func NewTrial(facts *table.Facts, judgement *table.Judgement, marking table.Marking, kept []table.Scale) (Trial, error) {
	f, err := scored(facts, judgement, marking, kept, runtime.NumCPU())
	if err != nil {
		return Trial{}, err
	}
	official, err := f.official(facts, judgement.Register)
	return Trial{f, kept, f.scheme.excused(judgement), official}, err
}

// Place ranks the batch with this form and verdict in the place of the submission's own, which stays in the set that
// scales are laid over. touched says which evidence the change can reach. Several forms may be tried at a time.
func (t Trial) Place(form *table.Form, v table.Verdict, touched func(*templates.Expression) bool) Place {
	m, p := *t.field.scheme, *t.field.panel
	p.wanting, p.rows = nil, slices.Clone(p.rows)
	entrants := make([]*entrant, len(t.field.entrants))
	var tried *entrant
	for i, was := range t.field.entrants {
		e := *was
		e.measures, e.marks = slices.Clone(was.measures), slices.Clone(was.marks)
		entrants[i] = &e
		if e.submission.Submission == form.Submission.Submission {
			tried, e.submission, e.verdict = &e, form.Submission, v
		}
	}
	for i, s := range m.slots {
		if touched(s.expression()) {
			tried.measures[i] = m.value(i, answers{form, t.excused[form.Submission.Submission], t.official})
		}
	}
	f := field{scheme: &m, panel: &p, entrants: entrants}
	f.lay(t.kept)
	out := Place{Ranked: tried.ranked, Unranked: tried.unranked, Total: tried.total}
	if tried.ranked {
		ranked := slices.DeleteFunc(entrants, func(e *entrant) bool { return !e.ranked })
		rank(ranked)
		out.Rank = tried.rank
	}
	return out
}
