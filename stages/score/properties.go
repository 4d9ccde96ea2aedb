package score

import (
	"maps"
	"slices"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// What a way to score must hold to, whatever the rubric: values of table.Lapse.Property. Each is tried by one edit of
// one submission at a time, all else staying as it is; neither its total nor its rank may then move the wrong way.
const (
	PropertyMember        = "member"        // adding a member never lowers
	PropertySize          = "size"          // a smaller size (enrolment, employees) never raises
	PropertyBlank         = "blank"         // leaving a figure blank never raises
	PropertyPrior         = "prior"         // a smaller figure of a year before never raises
	PropertySupplementary = "supplementary" // what the official form does not ask for moves nothing
	PropertyBetter        = "better"        // a better figure never lowers
	PropertySum           = "sum"           // the points add up to the total
)

type edit struct {
	property string
	ref      templates.Ref    // the figure; of no field: the roster
	value    *decimal.Decimal // nil: blank
	roster   func([]table.Member) []table.Member
	words    string
}

type tester struct {
	*field
	ranked []*entrant
	scales []scale
}

// reached lists the counted evidence that a change reaches.
func (p *tester) reached(by func(*templates.Expression) bool) (out []int) {
	for at, s := range p.slots[:p.evidence] {
		if p.criteria[s.criterion].shares[s.part] > 0 && by(s.expression()) {
			out = append(out, at)
		}
	}
	return out
}

// touches says whether an expression looks at what an edit changes.
func (x edit) touches(e *templates.Expression) bool {
	if x.roster != nil {
		return len(e.Roster) > 0
	}
	return slices.Contains(e.Refs, x.ref)
}

// testProperties lists what does not hold, and says on how many submissions it was tried.
func (f *field) testProperties(ranked []*entrant) ([]table.Lapse, int) {
	p := &tester{f, ranked, f.scales(f.reference, "")}
	var out []table.Lapse
	const most = 300_000 // edits × ranked: where there are many, some submissions stand for all
	edits, tried := 0, 0
	for _, e := range ranked {
		if e.form.Form == nil || edits*len(ranked) > most {
			continue
		}
		tried++
		before := table.Position{Total: e.Total, Rank: int(e.Rank.V)}
		sum := -e.Deduction.V
		for i, c := range f.criteria {
			sum += float64(c.earn(e.Complete)*e.reweighting) * e.points[i].value
		}
		if round10(sum) != round10(e.Total) {
			out = append(out, e.lapse(edit{property: PropertySum}, table.Position{Total: sum, Rank: before.Rank}))
		}
		for _, x := range p.edits(e.form) {
			edits++
			if after := p.after(e, x); x.breaks(before, after) {
				out = append(out, e.lapse(x, after))
			}
		}
	}
	return out, tried
}

// breaks says whether what came of an edit is not what must come of it.
func (x edit) breaks(before, after table.Position) bool {
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

// edits lists what is tried on one form: a change and the blank of each figure that counts, and changes of the roster.
func (p *tester) edits(a answers) []edit {
	var out []edit
	for _, f := range p.def.Form.Fields() {
		if !f.Numeric() || f.Record != "" {
			continue
		}
		for _, r := range p.def.Refs(f) {
			blank := edit{property: PropertyBlank, ref: r, words: "留空"}
			if value, there := a.Number(r.Field, r.Year); there && len(p.reached(blank.touches)) > 0 {
				out = append(out, blank, p.changed(f, r, value))
			}
		}
	}
	if len(p.reached(edit{roster: slices.Clone[[]table.Member]}.touches)) == 0 {
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

// changed is the change of one figure and the property that it tests.
func (p *tester) changed(f *templates.Field, r templates.Ref, value decimal.Decimal) edit {
	one, two, tenth := decimal.NewFromInt(1), decimal.NewFromInt(2), decimal.New(11, -1)
	y := p.def.Form.YearOf(r.Year)
	out := edit{ref: r}
	switch {
	case p.def.Supplementary(f, r.Year):
		out.property, out.words, value = PropertySupplementary, "加倍", value.Mul(two).Add(one)
	case f.Better == templates.Neither:
		out.property, out.words, value = PropertySize, "减半", value.Div(two)
	case y.Kind == templates.Actual && p.before(f, y):
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

// before says whether a field has a later actual year, too, so that a smaller figure now looks like growth.
func (p *tester) before(f *templates.Field, y templates.Year) bool {
	return slices.ContainsFunc(f.Years, func(id string) bool {
		later := p.def.Form.Year(id)
		return later.Kind == templates.Actual && later.Year > y.Year
	})
}

func (p *tester) after(e *entrant, x edit) table.Position {
	by := e.form
	if by.edit = &x; x.roster != nil {
		form := *e.form.Form
		form.Members = x.roster(form.Members)
		by.Form = &form
	}
	return p.place(e, by, p.reached(x.touches))
}

// place says where one submission stands with other answers; only what they reach is worked out again.
func (p *tester) place(e *entrant, by answers, reached []int) table.Position {
	scales := map[int]scale{} // that become others
	after := e.withMeasures(func(at int, x *measure) {
		if !slices.Contains(reached, at) {
			return
		}
		now := p.value(at, by)
		if now.ok == x.ok && now.raw == x.raw && now.excused == x.excused {
			return
		}
		scales[at] = p.scales[at]
		if e.shapes && !p.reference.stays[at] {
			own := func(x standard) bool { return x.submission == e.Submission }
			set := slices.DeleteFunc(slices.Clone(p.reference.sets[at]), own)
			if !now.excused {
				set = append(set, standard{e.Submission, table.Known(now.raw, now.ok)})
			}
			scales[at] = newScale(p.slots[at].Evidence, set)
		}
		now.normalised = scales[at].of(now)
		*x = now
	})
	out := table.Position{Ranked: true, Total: e.Total, Rank: int(e.Rank.V)}
	if len(scales) == 0 {
		return out
	}
	out.Total = p.total(after)
	out.Rank = e.place(p.ranked, out.Total, func(o *entrant) float64 { return p.otherwise(o, scales) })
	return out
}

// otherwise is another submission's total on other scales of some evidence.
func (p *tester) otherwise(o *entrant, scales map[int]scale) float64 {
	total := o.Total
	for _, at := range slices.Sorted(maps.Keys(scales)) {
		if x := o.measures[at]; x.ok {
			total += float64(p.pointsAtBest(o, p.slots[at].criterion, p.slots[at].part) * (scales[at].at(x.raw) - x.normalised))
		}
	}
	return total
}

// pointsAtBest is what an evidence at its best adds to the total.
func (m *scheme) pointsAtBest(e *entrant, i, k int) float64 {
	c := m.criteria[i]
	share := (1 - c.expertShare(e.Complete)) * c.shares[k] / e.points[i].present
	return float64(c.earn(e.Complete)*e.reweighting) * share
}

func (e *entrant) lapse(x edit, after table.Position) table.Lapse {
	return table.Lapse{Submission: e.Submission, Property: x.property, Field: x.ref.Field, Year: table.Nonzero(x.ref.Year),
		Edit: x.words, Total: e.Total, TotalAfter: after.Total, Rank: e.Rank.V, RankAfter: int32(after.Rank)}
}

// Trial says where one submission would stand if its form alone were filled otherwise; it serves several at a time.
type Trial struct {
	*tester
	of       map[string]*entrant
	official map[string]map[string]float64
}

// NewTrial scores a batch as it is. kept are the scales of an earlier round.
func NewTrial(r *table.Round, kept []table.Scale) (Trial, error) {
	f, err := scored(r, kept, 0)
	if err != nil {
		return Trial{}, err
	}
	ranked := rank(table.Where(slices.Values(f.entrants), func(e *entrant) bool { return e.Ranked }))
	t := Trial{tester: &tester{f, ranked, f.scales(f.reference, "")}, of: f.byID()}
	t.official, err = f.official(r.Facts, r.Register)
	return t, err
}

// Place ranks the batch with another form and verdict of one submission. touched says which evidence the change can
// reach. One that is not ranked keeps its own total.
func (t Trial) Place(form *table.Form, v table.Verdict, touched func(*templates.Expression) bool) table.Position {
	e := t.of[form.Submission.Submission]
	switch {
	case !v.Ranked:
		return table.Position{Unranked: v.Unranked, Total: e.Total}
	case !e.Ranked:
		return table.Position{Unranked: e.Unranked, Total: e.Total}
	}
	return t.place(e, answers{Form: form, excused: e.excused, official: t.official[e.Submission]}, t.reached(touched))
}
