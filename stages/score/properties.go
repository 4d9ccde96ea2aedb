package score

import (
	"slices"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// What a way to score must hold to, whatever the rubric: values of table.Lapse.Property. Each is tried on the submissions
// at hand by one edit at a time, the others' verdicts and the set of the ranked staying as they are; neither the own total
// nor the own rank may then move the wrong way.
const (
	PropertyMember        = "member"        // adding a member never lowers
	PropertySize          = "size"          // a smaller size (enrolment, employees) never raises
	PropertyBlank         = "blank"         // leaving a figure blank never raises
	PropertyPrior         = "prior"         // a smaller figure of a year before never raises
	PropertySupplementary = "supplementary" // what the official form does not ask for moves nothing
	PropertyBetter        = "better"        // a better figure never lowers
	PropertySum           = "sum"           // the points add up to the total
)

// mostTrials bounds the work: edits × ranked submissions. Where there are many, some submissions stand for all.
const mostTrials = 300_000

// edit is one thing done to a form.
type edit struct {
	property string
	ref      templates.Ref    // the figure; of no field: the roster
	value    *decimal.Decimal // nil: blank
	roster   func([]table.Member) []table.Member
	words    string
}

// prover tries edits on a batch that was scored.
type prover struct {
	*field
	ranked  []*entrant
	scales  []scale
	touches map[templates.Ref][]int // slots of counted evidence that look at a figure
	rosters []int                   // those that look at the roster
	at      []int                   // criterion of each slot
}

func (f *field) prover(ranked []*entrant) *prover {
	p := &prover{field: f, ranked: ranked, scales: f.scales(f.reference, ""), touches: map[templates.Ref][]int{}, at: make([]int, f.evidence)}
	for i, c := range f.criteria {
		for k, share := range c.shares {
			at := c.first + k
			if p.at[at] = i; share == 0 {
				continue
			}
			x := f.slots[at].expression()
			for _, r := range x.Refs {
				p.touches[r] = append(p.touches[r], at)
			}
			if len(x.Roster) > 0 {
				p.rosters = append(p.rosters, at)
			}
		}
	}
	return p
}

// prove lists what does not hold, and says on how many submissions it was tried.
func (f *field) prove(ranked []*entrant) ([]table.Lapse, int) {
	p := f.prover(ranked)
	var out []table.Lapse
	edits, tried := 0, 0
	for _, e := range ranked {
		if e.form.Form == nil || edits*len(ranked) > mostTrials {
			continue
		}
		tried++
		before := table.Place{Total: e.total, Rank: e.rank}
		sum := -e.deduction
		for i, c := range f.criteria {
			sum += float64(c.earn(e.complete)*e.stretch) * e.points[i].value
		}
		if round10(sum) != round10(e.total) {
			out = append(out, p.lapse(e, edit{property: PropertySum}, table.Place{Total: sum, Rank: e.rank}))
		}
		for _, x := range p.edits(e.form) {
			edits++
			if after := p.after(e, x); x.breaks(before, after) {
				out = append(out, p.lapse(e, x, after))
			}
		}
	}
	return out, tried
}

// breaks says whether what came of an edit is not what must come of it.
func (x edit) breaks(before, after table.Place) bool {
	const noise = 1e-9
	raised := after.Total > before.Total+noise || after.Rank < before.Rank
	lowered := after.Total < before.Total-noise || after.Rank > before.Rank
	switch x.property {
	case PropertyMember, PropertyBetter:
		return lowered
	case PropertySupplementary:
		return raised || lowered
	}
	return raised
}

// edits lists what is tried on one form: of each figure that counts one change for the better or for the worse, and its blank; of the
// roster a member more of each kind, and schools half as large.
func (p *prover) edits(a answers) []edit {
	var out []edit
	for _, f := range p.def.Form.Fields() {
		if !f.Numeric() || f.Record != "" {
			continue
		}
		for _, r := range p.def.Refs(f) {
			if len(p.touches[r]) == 0 {
				continue
			}
			value, there := a.Number(r.Field, r.Year)
			if !there {
				continue
			}
			out = append(out, edit{property: PropertyBlank, ref: r, words: "留空"}, p.changed(f, r, value))
		}
	}
	if len(p.rosters) == 0 {
		return out
	}
	for _, k := range p.def.Form.Kinds {
		added := table.Member{Kind: k.ID, Status: table.Missing}
		if k.School {
			added.Enrolment, added.Status = table.Some(1000.0), table.Normal
		}
		out = append(out, edit{property: PropertyMember, words: "增加一家" + k.Label,
			roster: func(m []table.Member) []table.Member { return append(slices.Clone(m), added) }})
	}
	return append(out, edit{property: PropertySize, words: "在校生数减半", roster: func(m []table.Member) []table.Member {
		half := slices.Clone(m)
		for i := range half {
			half[i].Enrolment.V = float64(int(half[i].Enrolment.V / 2))
		}
		return half
	}})
}

// changed is the change that the properties speak of: a year before, and a size that is neither good nor bad, made smaller; what the
// form does not ask for doubled; anything else made better by a tenth and one.
func (p *prover) changed(f *templates.Field, r templates.Ref, value decimal.Decimal) edit {
	one, two, tenth := decimal.NewFromInt(1), decimal.NewFromInt(2), decimal.New(11, -1)
	y, dated := p.def.Form.YearOf(r.Year)
	out := edit{ref: r}
	switch {
	case p.def.Supplementary(f, r.Year):
		out.property, out.words, value = PropertySupplementary, "加倍", value.Mul(two).Add(one)
	case f.Better == templates.Neither:
		out.property, out.words, value = PropertySize, "减半", value.Div(two)
	case dated && y.Kind == templates.Actual && p.before(f, y):
		out.property, out.words, value = PropertyPrior, "减半", value.Div(two)
	case f.Better == templates.Lower:
		out.property, out.words, value = PropertyBetter, "改好一成", value.Div(tenth)
	default:
		out.property, out.words, value = PropertyBetter, "改好一成", value.Mul(tenth).Add(one)
	}
	if f.Max != nil && value.GreaterThan(*f.Max) {
		value = *f.Max
	}
	value = value.Round(0)
	out.value = &value
	return out
}

// before says whether a field is asked for a later actual year, too, so that a smaller figure now looks like growth.
func (p *prover) before(f *templates.Field, y templates.Year) bool {
	return slices.ContainsFunc(f.Years, func(id string) bool {
		later, _ := p.def.Form.Year(id)
		return later.Kind == templates.Actual && later.Year > y.Year
	})
}

// rescaled is the scale that an edit leaves of one evidence.
type rescaled struct {
	at    int
	scale scale
}

// after says where one submission stands after an edit.
func (p *prover) after(e *entrant, x edit) table.Place {
	by, reached := e.form, p.touches[x.ref]
	if by.edit = &x; x.roster != nil {
		form := *e.form.Form
		form.Members = x.roster(form.Members)
		by.Form, reached = &form, p.rosters
	}
	return p.place(e, by, reached)
}

// place says where one submission stands with other answers, those of the others being as they are: only what they reach is worked out again. It
// stays in the sets that scales are laid over.
func (p *prover) place(e *entrant, by answers, reached []int) table.Place {
	after, others := *e, []rescaled(nil)
	after.measures = slices.Clone(e.measures)
	for _, at := range reached {
		was, now := e.measures[at], p.value(at, by)
		if now.ok == was.ok && now.raw == was.raw && now.excused == was.excused {
			continue
		}
		s := p.scales[at]
		if e.shapes && !p.reference.stays[at] {
			own := func(x standard) bool { return x.submission == e.submission.Submission }
			set := slices.DeleteFunc(slices.Clone(p.reference.sets[at]), own)
			if !now.excused {
				set = append(set, standard{e.submission.Submission, table.Opt[float64]{V: now.raw, Valid: now.ok}})
			}
			s = newScale(p.slots[at].Evidence, set)
		}
		if others = append(others, rescaled{at, s}); now.ok {
			now.normalised = s.at(now.raw)
		}
		after.measures[at] = now
	}
	out := table.Place{Ranked: true, Total: e.total, Rank: e.rank}
	if len(others) == 0 {
		return out
	}
	p.aggregate(&after)
	out.Total, out.Rank = after.total, 1
	for _, o := range p.ranked {
		if o != e && round10(p.otherwise(o, others)) > round10(after.total) {
			out.Rank++
		}
	}
	return out
}

// otherwise is the total of another submission on other scales of some evidence.
func (p *prover) otherwise(o *entrant, scales []rescaled) float64 {
	total := o.total
	for _, s := range scales {
		if x, i := o.measures[s.at], p.at[s.at]; x.ok {
			c := p.criteria[i]
			share := float64(c.earn(o.complete)*o.stretch) * (1 - c.say(o.complete)) * c.shares[s.at-c.first] / o.points[i].present
			total += float64(share * (s.scale.at(x.raw) - x.normalised))
		}
	}
	return total
}

// lapse writes down what does not hold.
func (p *prover) lapse(e *entrant, x edit, after table.Place) table.Lapse {
	out := table.Lapse{Batch: e.submission.Batch, Submission: e.submission.Submission, Property: x.property, Field: x.ref.Field, Edit: x.words,
		Total: e.total, TotalAfter: after.Total, Rank: int32(e.rank), RankAfter: int32(after.Rank)}
	if x.ref.Year > 0 {
		out.Year = table.Some(int32(x.ref.Year))
	}
	return out
}
