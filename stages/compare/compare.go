// Package compare lists the changes since the previous round: new, withdrawn and resubmitted submissions, new, open and
// closed findings, changed values, verdicts, totals and ranks.
//
// Values are compared as published: of personal fields only whether they are filled in.
package compare

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Causes are the reasons of changes, as far as known.
type Causes struct {
	Moves      map[string][]table.Move // steps of each total that changed, by submission
	Registered *table.Judgement        // the previous round's facts with this round's register; nil: the same, or unknown
	Judged     *table.Judgement        // this round's facts by the previous rules; nil: unknown
}

// Run compares a round with the previous one. Without a previous round there are no changes.
func Run(before, now *table.Round, causes Causes) table.Table[table.Change] {
	out := table.NewBuilder[table.Change](0)
	if before == nil {
		return out.Finish()
	}
	was, is := before.BySubmission(), now.BySubmission()
	registered, judged := verdicts(causes.Registered), verdicts(causes.Judged)
	both := maps.Clone(was)
	maps.Copy(both, is)
	ids := slices.SortedFunc(maps.Keys(both), func(a, b string) int {
		x, y := both[a].Form.Submission, both[b].Form.Submission
		return cmp.Or(cmp.Compare(x.Order(), y.Order()), strings.Compare(a, b))
	})
	kinds := now.Definition.Table("changes").Column("kind").Values
	for _, id := range ids {
		p := &pair{d: now.Facts.Definition, all: [2]map[string]*table.SubmissionRows{was, is}, ids: ids, before: was[id],
			now: is[id], registered: registered[id].Verdict, judged: judged[id].Verdict, register: now.Judgement.Register,
			moves: causes.Moves[id]}
		if p.facts = now.Facts; p.now == nil {
			p.facts = before.Facts
		}
		p.compare()
		slices.SortStableFunc(p.rows, func(a, b table.Change) int {
			return cmp.Compare(slices.Index(kinds, string(a.Kind)), slices.Index(kinds, string(b.Kind)))
		})
		out.Append(p.rows...)
	}
	return out.Finish()
}

func verdicts(j *table.Judgement) map[string]table.Verdict {
	all := cmp.Or(j, &table.Judgement{}).Verdicts.All()
	return table.IndexBy(all, func(v table.Verdict) string { return v.Submission })
}

// pair is one submission in both rounds; one of them may be nil.
type pair struct {
	d           *templates.Definition
	before, now *table.SubmissionRows
	all         [2]map[string]*table.SubmissionRows // of both rounds
	ids         []string
	registered  model.Verdict // the previous round's facts with this round's register; empty: unchanged
	judged      model.Verdict // this round's facts by the previous rules; empty: unknown
	register    table.Register
	moves       []table.Move
	facts       *table.Facts // of the last round that has it
	rows        []table.Change
}

func (p *pair) add(c table.Change) {
	s := cmp.Or(p.now, p.before).Form.Submission
	c.Submission, c.Consortium, c.City = s.Submission, s.Consortium, p.facts.CityOf(s)
	if city, ok := p.facts.Definition.Directory.CityByName(c.City); ok {
		c.CityCode, c.City = city.Code, city.Name
	}
	p.rows = append(p.rows, c)
}

// addKind adds a change whose label is that of its kind.
func (p *pair) addKind(kind table.ChangeKind, before, after string) {
	label := p.d.Sheets().Codes["change"][string(kind)]
	p.add(table.Change{Kind: kind, Label: label, Before: before, After: after})
}

func (p *pair) compare() {
	switch {
	case p.before == nil:
		p.addKind(table.SubmissionNew, "", string(p.now.Verdict.Verdict))
		return
	case p.now == nil:
		p.addKind(table.SubmissionWithdrawn, string(p.before.Verdict.Verdict), "")
		return
	}
	p.values()
	p.list("members", members(p.before.Form), members(p.now.Form))
	for _, list := range table.Unique(p.d.Form.Fields(), func(f *templates.Field) string { return f.Record }) {
		if list != "" && list != "members" {
			p.list(list, p.rowsOf(list, p.before.Form), p.rowsOf(list, p.now.Form))
		}
	}
	p.resent()
	for _, e := range p.register { // the change does not name who objected to what
		if e.Upheld() && e.Key == table.ConsortiumKey(p.now.Form.Submission) {
			p.addKind(table.ObjectionUpheld, "", e.Values[templates.RegisterDate]+"收到")
		}
	}
	p.verdicts()
	p.findings()
	p.points()
}

// resent adds whether the submission was sent again, and whether its content changed.
func (p *pair) resent() {
	was, is := p.before.Form.Submission, p.now.Form.Submission
	kind := table.Resent
	switch {
	case was.SHA256 == is.SHA256:
		kind = table.NotResent
	case len(p.rows) == 0:
		kind = table.ResentUnchanged
	}
	p.addKind(kind, was.EditionText(), is.EditionText())
}

func (p *pair) verdicts() {
	if was, is := p.before.Verdict.Verdict, p.now.Verdict.Verdict; was != is {
		p.add(table.Change{Kind: table.VerdictChanged, Label: "受理结论", Before: string(was), After: string(is),
			Causes: p.verdictCauses(was, is)})
	}
}

func (p *pair) verdictCauses(was, is model.Verdict) string {
	if p.judged == "" {
		return string(table.CauseForm)
	}
	var causes []string
	at := was
	for _, step := range []struct {
		cause table.Cause
		to    model.Verdict
	}{{table.CauseRegister, cmp.Or(p.registered, was)}, {table.CauseOwn, p.judged}, {table.CauseRules, is}} {
		if step.to != at {
			causes, at = append(causes, string(step.cause)), step.to
		}
	}
	return strings.Join(causes, " ")
}

// findings classifies the findings of both rounds as new, reopened, open, explained and closed.
func (p *pair) findings() {
	earlier := table.IndexBy(slices.Values(p.before.Findings), func(x table.Finding) string { return x.Fingerprint })
	now := map[string]bool{}
	for _, x := range p.now.Findings {
		was, known := earlier[x.Fingerprint]
		now[x.Fingerprint] = true
		c := finding(x)
		c.Before, c.After = was.Message, x.Message
		switch {
		case !known:
			c.Kind = table.FindingNew
		case x.Explanation != "":
			c.Kind, c.Before, c.After = table.FindingExplained, cmp.Or(was.Explanation, was.Message), x.Explanation
		case was.Explanation != "":
			c.Kind = table.FindingReopened
		default:
			c.Kind = table.FindingOpen
		}
		p.add(c)
	}
	for _, x := range p.before.Findings {
		if !now[x.Fingerprint] {
			now[x.Fingerprint] = true
			c := finding(x)
			c.Kind, c.Before = table.FindingClosed, x.Message
			p.add(c)
		}
	}
}

func finding(x table.Finding) table.Change {
	return table.Change{Severity: x.Severity, Code: x.Code, Year: x.Year, Label: x.Title, Sheet: x.Sheet, Cell: x.Cell,
		Fingerprint: x.Fingerprint}
}

func (p *pair) values() {
	for _, f := range p.d.Form.Fields() {
		if f.Record != "" || f.ID == "edition" { // resent compares the edition
			continue
		}
		for _, r := range p.d.Refs(f) {
			p.value(f, r)
		}
	}
}

func (p *pair) value(f *templates.Field, r templates.Ref) {
	was, is := p.before.Form.Observe(r), p.now.Form.Observe(r)
	before, after := displayValue(was), displayValue(is)
	c := table.Change{Kind: table.ValueChanged, Field: f.ID, Year: table.Nonzero(r.Year), Label: p.d.Name(r),
		Before: before, After: after, BeforeNumber: number(p.before.Form, r), AfterNumber: number(p.now.Form, r),
		Sheet: is.Place.Sheet, Cell: is.Place.Cell}
	switch {
	case was.Status == table.Missing && is.Status == table.Missing:
		return
	case was.Status == table.Missing:
		c.Kind, c.Before = table.ValueFilled, ""
	case is.Status == table.Missing:
		c.Kind, c.After = table.ValueCleared, ""
	case before != after:
	case strings.TrimSpace(was.Raw) != strings.TrimSpace(is.Raw):
		c.Kind, c.Before, c.After = table.ValueRewritten, text.Mask(was.Raw), text.Mask(is.Raw)
	default:
		return
	}
	p.add(c)
}

func displayValue(o table.Observation) string {
	switch o.Status {
	case table.Normal:
		return cmp.Or(text.Mask(o.Value), "已填")
	case table.Invalid:
		return cmp.Or(text.Mask(o.Raw), o.Status.Absent())
	}
	return o.Status.Absent()
}

func number(f *table.Form, r templates.Ref) table.Opt[float64] {
	v, ok := f.Number(r.Field, r.Year)
	return table.Known(v.InexactFloat64(), ok)
}

// points compares totals, rounded as for ranks, and ranks.
func (p *pair) points() {
	was, is := p.before.Rank, p.now.Rank
	if math.Abs(was.Total-is.Total) >= table.SameTotal {
		p.total(table.TotalChanged, "得分", table.Move{Before: was.Total, After: is.Total})
		for _, m := range p.moves {
			p.total(table.TotalStep, "得分："+p.d.Sheets().Codes["cause"][string(m.Cause)], m)
		}
	}
	if was.Rank != is.Rank {
		p.add(table.Change{Kind: table.RankChanged, Label: "名次", Before: rankText(was), After: rankText(is),
			BeforeNumber: toFloat(was.Rank), AfterNumber: toFloat(is.Rank), Because: p.overtakers()})
	}
}

func (p *pair) total(kind table.ChangeKind, label string, m table.Move) {
	p.add(table.Change{Kind: kind, Label: label, Causes: string(m.Cause), Because: m.Because,
		Before: fmt.Sprintf("%.2f", m.Before), After: fmt.Sprintf("%.2f", m.After),
		BeforeNumber: table.Some(m.Before), AfterNumber: table.Some(m.After)})
}

// overtakers names the submissions that are now on the other side of this one, which explains a changed rank.
func (p *pair) overtakers() string {
	if !p.before.Rank.Rank.Valid || !p.now.Rank.Rank.Valid {
		return ""
	}
	words := map[string][]string{}
	for _, id := range p.ids {
		var ahead, ranked [2]bool
		for i, own := range []table.Rank{p.before.Rank, p.now.Rank} {
			if o := p.all[i][id]; o != nil && o.Rank.Rank.Valid {
				ranked[i], ahead[i] = true, o.Rank.Rank.V < own.Rank.V
			}
		}
		what := map[[3]bool]string{{false, true, true}: "排到前面的：", {false, true, false}: "新参加排名而在前面的：",
			{true, false, true}: "落到后面的：", {true, false, false}: "原在前面、不再参加排名的：",
		}[[3]bool{ahead[0], ahead[1], ranked[0] && ranked[1]}]
		if what != "" {
			words[what] = append(words[what], cmp.Or(p.all[1][id], p.all[0][id]).Form.Submission.Consortium)
		}
	}
	return strings.Join(table.Each(slices.Sorted(maps.Keys(words)), func(what string) string {
		return what + text.Few(words[what], table.FewNames, "家")
	}), "；")
}

func rankText(r table.Rank) string {
	return table.Either(r.Rank.Valid, fmt.Sprintf("第%d名", r.Rank.V), "不参加排名")
}

func toFloat(v table.Opt[int32]) table.Opt[float64] { return table.Known(float64(v.V), v.Valid) }

// record is one row of a list of the form: key, content and place.
type record struct {
	key, content string
	sheet, cell  string
}

// listColumns are the key columns of a list and the columns of its content; nil: the first one, and all.
var listColumns = map[string]struct{ by, says []string }{
	"materials":     {by: []string{"title"}},
	"verifications": {by: []string{"section", "means"}},
	// only rows with an explanation: a returned copy has prefilled rows without
	"explanations": {by: []string{"about"}, says: []string{"explanation"}},
}

func (p *pair) rowsOf(list string, f *table.Form) []record {
	area := p.d.Layout().Area(list)
	by, says := listColumns[list].by, listColumns[list].says
	for _, c := range area.Columns {
		column := c.Name[len(list)+1:]
		if by == nil {
			by = []string{column}
		}
		if listColumns[list].says == nil {
			says = append(says, column)
		}
	}
	var out []record
	for _, row := range f.Rows(list) {
		said := func(columns []string) string {
			return joinMasked(table.Each(columns, func(c string) string { return row.Cells[list+"_"+c].Text })...)
		}
		if r := (record{said(by), said(says), row.At.Sheet, row.At.Cell}); r.content != "" {
			out = append(out, r)
		}
	}
	return out
}

// list compares two lists without regard to order. Rows with the same key are matched in their order.
func (p *pair) list(block string, was, is []record) {
	change := func(kind table.ChangeKind, at record, before, after string) {
		p.add(table.Change{Kind: kind, Field: block, Label: at.key, Before: before, After: after,
			Sheet: at.sheet, Cell: at.cell})
	}
	left := slices.Clone(was)
	for _, r := range is {
		at := slices.IndexFunc(left, func(x record) bool { return x.key == r.key })
		if at < 0 {
			change(table.RecordAdded, r, "", r.content)
			continue
		}
		if left[at].content != r.content {
			change(table.RecordChanged, r, left[at].content, r.content)
		}
		left = slices.Delete(left, at, at+1)
	}
	for _, r := range left {
		change(table.RecordRemoved, r, r.content, "")
	}
}

// joinMasked joins the non-empty columns of a row, masked.
func joinMasked(columns ...string) string {
	return strings.Join(table.Words(columns, text.Mask), "，")
}

func members(f *table.Form) []record {
	return table.Each(f.Members, func(m table.Member) record {
		lead := table.Either(m.IsLead, "牵头单位", "")
		pupils := table.Either(m.Enrolment.Valid, "在校生"+table.Plain(m.Enrolment)+"人", "")
		return record{text.Mask(m.Name), joinMasked(m.KindLabel, m.Name, pupils, lead), m.Sheet, m.Cell}
	})
}
