package score

import (
	"maps"
	"slices"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Properties that scoring must have under any rubric; values of table.Lapse.Property. Each is tested by editing one
// submission at a time, with all others unchanged: neither its total nor its rank may move the wrong way.
const (
	PropertyMember        = "member"        // adding a member never lowers
	PropertySize          = "size"          // a smaller size (enrolment, employees) never raises
	PropertyBlank         = "blank"         // leaving a figure blank never raises
	PropertyPrior         = "prior"         // a smaller figure of a year before never raises
	PropertySupplementary = "supplementary" // a figure that the official form does not ask for changes nothing
	PropertyBetter        = "better"        // a better figure never lowers
	PropertySum           = "sum"           // the points add up to the total
)

type edit struct {
	property    string
	ref         templates.Ref    // the figure; zero for the roster
	value       *decimal.Decimal // nil: blank
	roster      func([]table.Member) []table.Member
	description string
}

// affectedEvidence lists the counted evidence whose expression a change affects.
func (f *scoredBatch) affectedEvidence(by func(*templates.Expression) bool) (out []int) {
	for at, s := range f.slots[:f.evidenceCount] {
		if f.criteria[s.criterion].shares[s.index] > 0 && by(s.expression()) {
			out = append(out, at)
		}
	}
	return out
}

// affects reports whether an expression refers to what the edit changes.
func (x edit) affects(e *templates.Expression) bool {
	return table.Either(x.roster != nil, len(e.Roster) > 0, slices.Contains(e.Refs, x.ref))
}

// testProperties returns the violations of the properties, and the number of submissions tested.
func (f *scoredBatch) testProperties() ([]table.Lapse, int) {
	var out []table.Lapse
	const most = 300_000 // edits × ranked: in a large batch, only a sample of submissions is tested
	edits, tried := 0, 0
	for _, e := range f.ranked {
		if e.form.Form == nil || edits*len(f.ranked) > most {
			continue
		}
		tried++
		before := table.Position{Total: e.Total, Rank: int(e.Rank.V)}
		sum := -e.Deduction.V
		for i, c := range f.criteria {
			sum += float64(c.maxPoints(e.Complete)*e.reweighting) * e.points[i].value
		}
		if table.Rounded(sum) != table.Rounded(e.Total) {
			out = append(out, e.lapse(edit{property: PropertySum}, table.Position{Total: sum, Rank: before.Rank}))
		}
		for _, x := range f.edits(e.form) {
			edits++
			if after := f.placeAfter(e, x); x.violatedBy(before, after) {
				out = append(out, e.lapse(x, after))
			}
		}
	}
	return out, tried
}

// violatedBy reports whether the change of total or rank violates the edit's property.
func (x edit) violatedBy(before, after table.Position) bool {
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

// edits lists the edits of one form: each figure that counts changed and blank, and changes of the roster.
func (f *scoredBatch) edits(a answers) []edit {
	var out []edit
	for _, field := range f.def.Form.Fields() {
		if !field.Numeric() || field.Record != "" {
			continue
		}
		for _, r := range f.def.Refs(field) {
			blank := edit{property: PropertyBlank, ref: r, description: "留空"}
			if value, there := a.Number(r.Field, r.Year); there && len(f.affectedEvidence(blank.affects)) > 0 {
				out = append(out, blank, f.changedFigure(field, r, value))
			}
		}
	}
	if len(f.affectedEvidence(edit{roster: slices.Clone[[]table.Member]}.affects)) == 0 {
		return out
	}
	for _, k := range f.def.Form.Kinds {
		added := table.Member{Kind: k.ID, Status: table.Missing}
		if k.School {
			added.Enrolment, added.Status = table.Some(1000.0), table.Normal
		}
		out = append(out, edit{property: PropertyMember, description: "增加一家" + k.Label,
			roster: func(m []table.Member) []table.Member { return append(slices.Clone(m), added) }})
	}
	return append(out, edit{property: PropertySize, description: "在校生数减半", roster: func(m []table.Member) []table.Member {
		half := slices.Clone(m)
		for i := range half {
			half[i].Enrolment.V = float64(int(half[i].Enrolment.V / 2))
		}
		return half
	}})
}

// changedFigure is the edit that changes one figure, with the property that it tests.
func (f *scoredBatch) changedFigure(field *templates.Field, r templates.Ref, value decimal.Decimal) edit {
	one, two, tenth := decimal.NewFromInt(1), decimal.NewFromInt(2), decimal.New(11, -1)
	y := f.def.Form.YearOf(r.Year)
	later := func(id string) bool {
		other := f.def.Form.Year(id)
		return other.Kind == templates.Actual && other.Year > y.Year
	}
	out := edit{ref: r}
	switch {
	case f.def.Supplementary(field, r.Year):
		out.property, out.description, value = PropertySupplementary, "加倍", value.Mul(two).Add(one)
	case field.Better == templates.Neither:
		out.property, out.description, value = PropertySize, "减半", value.Div(two)
	case y.Kind == templates.Actual && slices.ContainsFunc(field.Years, later): // a smaller figure looks like growth
		out.property, out.description, value = PropertyPrior, "减半", value.Div(two)
	case field.Better == templates.Lower:
		out.property, out.description, value = PropertyBetter, "改好一成", value.Div(tenth)
	default:
		out.property, out.description, value = PropertyBetter, "改好一成", value.Mul(tenth).Add(one)
	}
	if field.Max != nil && value.GreaterThan(*field.Max) {
		value = *field.Max
	}
	value = value.Round(0)
	out.value = &value
	return out
}

// placeAfter is the entrant's total and rank after an edit.
func (f *scoredBatch) placeAfter(e *entrant, x edit) table.Position {
	edited := e.form
	if edited.edit = &x; x.roster != nil {
		edited.Form = e.form.WithMembers(x.roster(e.form.Members))
	}
	return f.placeWith(e, edited, f.affectedEvidence(x.affects))
}

// placeWith is the total and rank with other answers. Only the affected evidence, and its scales, are computed again.
func (f *scoredBatch) placeWith(e *entrant, by answers, reached []int) table.Position {
	scales := map[int]scale{} // of the evidence whose value changes
	after := e.withMeasures(func(at int, x *measurement) {
		if !slices.Contains(reached, at) {
			return
		}
		now := f.measureSlot(at, by)
		if now.ok == x.ok && now.raw == x.raw && now.excused == x.excused {
			return
		}
		scales[at] = f.scales[at]
		if e.inReference && !f.reference.fixed[at] {
			own := func(x referenceValue) bool { return x.submission == e.Submission }
			set := slices.DeleteFunc(slices.Clone(f.reference.sets[at]), own)
			if !now.excused {
				set = append(set, referenceValue{e.Submission, table.Known(now.raw, now.ok)})
			}
			scales[at] = newScale(f.slots[at].Evidence, set)
		}
		now.normalised = scales[at].normalise(now)
		*x = now
	})
	out := table.Position{Ranked: true, Total: e.Total, Rank: int(e.Rank.V)}
	if len(scales) == 0 {
		return out
	}
	out.Total = f.totalOf(after)
	out.Rank = e.rankAmong(f.ranked, out.Total, func(o *entrant) float64 { return f.totalOnScales(o, scales) })
	return out
}

// totalOnScales is another entrant's total when the scales of some evidence are replaced.
func (f *scoredBatch) totalOnScales(o *entrant, scales map[int]scale) float64 {
	total := o.Total
	for _, at := range slices.Sorted(maps.Keys(scales)) {
		if x := o.measures[at]; x.ok {
			change := scales[at].normaliseValue(x.raw) - x.normalised
			total += float64(f.maxEvidencePoints(o, f.slots[at].criterion, f.slots[at].index) * change)
		}
	}
	return total
}

// maxEvidencePoints is what an evidence adds to the total when its normalised value is 1.
func (m *scheme) maxEvidencePoints(e *entrant, i, k int) float64 {
	c := m.criteria[i]
	share := (1 - c.expertShare(e.Complete)) * c.shares[k] / e.points[i].present
	return float64(c.maxPoints(e.Complete)*e.reweighting) * share
}

func (e *entrant) lapse(x edit, after table.Position) table.Lapse {
	return table.Lapse{Submission: e.Submission, Property: x.property, Field: x.ref.Field, Year: table.Nonzero(x.ref.Year),
		Edit: x.description, Total: e.Total, TotalAfter: after.Total, Rank: e.Rank.V, RankAfter: int32(after.Rank)}
}

// Trial computes the place that one submission would have if only its form changed. It is safe for concurrent use.
type Trial struct {
	*scoredBatch
	byID     map[string]*entrant
	official map[string]map[string]float64
}

// NewTrial scores a batch as it is. kept are the scales of an earlier round.
func NewTrial(r *table.Round, kept []table.Scale) (Trial, error) {
	f, err := scoreBatch(r, kept, 0)
	if err != nil {
		return Trial{}, err
	}
	assignRanks(f.ranked)
	return Trial{f, f.byID(), f.officialEnrolment(r.Facts, r.Register)}, nil
}

// Place ranks the batch with another form and verdict of one submission; touched selects the evidence it affects.
func (t Trial) Place(form *table.Form, v table.Verdict, touched func(*templates.Expression) bool) table.Position {
	e := t.byID[form.Submission.Submission]
	if !v.Ranked || !e.Ranked {
		return table.Position{Unranked: table.Either(v.Ranked, e.Unranked, v.Unranked), Total: e.Total}
	}
	a := answers{Form: form, excused: e.excused, official: t.official[e.Submission]}
	return t.placeWith(e, a, t.affectedEvidence(touched))
}
