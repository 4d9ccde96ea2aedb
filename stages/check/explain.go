package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// explain puts explanations beside the findings that they are about. They hold for the values that they were given for:
// those of the hash beside them or, without one, of their workbook. One in force in the last round still is while the
// values are the same, even if a prefecture sends its own original. Changed values open the finding again. What says
// nothing (无, /) is no explanation; all else is for a person to judge.
func (f *form) explain(findings []table.Finding) {
	rows := f.asked()
	f.asks = rows
	for i := range findings {
		x := &findings[i]
		given := rows.given(x)
		if x.Severity != model.Explain && !f.yields(x) {
			continue
		}
		before := f.given[x.Fingerprint]
		for _, e := range append(given, before...) {
			switch {
			case e.ValueHash == x.ValueHash, e.ValueHash == "" && !slices.ContainsFunc(before, func(b table.Given) bool {
				return b.Words == e.Words && b.ValueHash != x.ValueHash // the very same words were given for other values
			}):
				x.Own = cmp.Or(x.Own, e.Words)
			default:
				x.Outdated = e.Words
			}
		}
		if x.Own != "" {
			x.Explanation, x.Outdated = x.Own, ""
		}
		f.weigh(x)
	}
}

// yields says whether a fault is one to be explained only, once it is: a figure that nobody has yet.
func (f *form) yields(x *table.Finding) bool {
	rule := f.def.Rule(x.Code)
	mustStay := func(field string) bool { return !rule.Yields(field) }
	return len(rule.Explained) > 0 && !slices.ContainsFunc(strings.Fields(x.Fields), mustStay)
}

// weigh gives a fault that yields its severity, by whether an explanation is in force.
func (f *form) weigh(x *table.Finding) {
	if !f.yields(x) {
		return
	}
	x.Severity = model.Severity(f.def.Rule(x.Code).Severity)
	if x.Explanation != "" {
		x.Severity = model.Explain
	}
}

// explanationRows finds the rows of explanations by the key of a finding or, without one, by what they are about.
type explanationRows struct {
	form    *form
	names   *names
	byKey   map[string][]int
	byAbout map[string][]int
	own     []ownRow // rows without a key
}

// ownRow is a row that the filler added: its number, and whether it is about anything that was found.
type ownRow struct {
	row          int
	about, words string
	lost         bool // something that it is about is nothing that the form has
	titled       bool // it is about a problem as a returned copy had it
	matched      bool
}

func (f *form) asked() *explanationRows {
	out := &explanationRows{form: f, byKey: map[string][]int{}, byAbout: map[string][]int{}}
	for i, e := range f.Explanations {
		if len(e.Fingerprint) == model.KeyLength {
			out.byKey[e.Fingerprint] = append(out.byKey[e.Fingerprint], i)
			continue
		}
		if e.About == "" && e.Explanation == "" {
			continue
		}
		if out.names == nil {
			out.names = f.called()
		}
		own := ownRow{row: i, about: e.About, words: e.Explanation}
		about := out.names.understand(own.about)
		head, tail, found := strings.Cut(strings.ReplaceAll(own.about, ":", "："), "：")
		if found && own.words == "" && about.loose {
			// Both in one cell: 2年度数据!F14：试点到期
			if h := out.names.understand(head); !h.lost && out.names.understand(tail).lost {
				about, own.about, own.words = h, head, tail
			}
		}
		own.lost, own.titled = about.lost, !about.loose
		for _, key := range about.keys {
			out.byAbout[key] = append(out.byAbout[key], len(out.own))
		}
		out.own = append(out.own, own)
	}
	return out
}

// given lists what the workbook says about a finding, in rows with its key or that name it.
func (a *explanationRows) given(x *table.Finding) (out []table.Given) {
	take := func(i int, words string) {
		if words = text.Mask(strings.TrimSpace(words)); words != "" && !a.form.batch.def.Reading.SaysNothing(words) {
			hash := a.form.Explanations[i].ValueHash
			out = append(out, table.Given{Fingerprint: x.Fingerprint, ValueHash: hash, Words: words})
		}
	}
	for _, i := range a.byKey[x.Fingerprint] {
		e := a.form.Explanations[i]
		words := e.Explanation
		if words == "" {
			words = model.WordsBeside(e.About, x.Title, x.Message)
		}
		take(i, words)
	}
	if a.names == nil {
		return out
	}
	var found []int
	for _, key := range a.names.keysOf(x) {
		found = append(found, a.byAbout[key]...)
		for _, n := range a.byAbout[key] {
			a.own[n].lost = a.own[n].lost && !strings.HasPrefix(key, wholeKey)
		}
	}
	slices.Sort(found)
	for _, n := range slices.Compact(found) {
		a.own[n].matched = true
		take(a.own[n].row, a.own[n].words)
	}
	return out
}

// unmatched fails the filler's rows that nobody can use; many of one kind are one finding.
func unmatched(f *form, _ *plan, t *tally) {
	if len(f.asks.own) == 0 {
		t.skip(nothingAdded)
	}
	groups := map[string][]ownRow{}
	for _, o := range f.asks.own {
		kind := ""
		switch {
		case f.def.Reading.SaysNothing(o.words):
			kind = "没有写明原因"
		case o.lost && o.titled && !o.matched:
			kind = "现在没有这个问题，或者数已经改变；仍有问题的请重新说明"
		case o.lost:
			kind = "认不出是哪一栏"
		case !o.matched:
			kind = "没有需要说明的问题，说明照录"
		default:
			t.pass()
			continue
		}
		groups[kind] = append(groups[kind], o)
	}
	const singly = 5
	for _, kind := range slices.Sorted(maps.Keys(groups)) {
		size := 1
		if len(groups[kind]) > singly {
			size = len(groups[kind])
		}
		for rows := range slices.Chunk(groups[kind], size) {
			t.fail(f.unmatchedFault(kind, rows))
		}
	}
}

func (f *form) unmatchedFault(kind string, rows []ownRow) fault {
	x := fault{fields: []string{"explanations_about"}, raw: rows[0].words, value: rows[0].about}
	var names []string
	for _, o := range rows {
		e := f.Explanations[o.row]
		x.places = append(x.places, model.Place{File: f.Submission.File, Sheet: e.Sheet, Cell: e.Cell})
		names = append(names, "“"+cmp.Or(text.Clip(o.about, longest), "（空）")+"”")
	}
	x.member = text.Mask(text.NameKey(names[0]))
	x.vars = map[string]string{"list": text.Few(names, shownNames, len(names), "行"), "detail": kind}
	return x
}

// settle applies the Department's decisions, for the values that they name: a consent or an accepted explanation
// answers a finding, whatever the workbook says; a refused one no longer does. What must be mended can't be explained
// away.
func (f *form) settle(findings []table.Finding) {
	for i := range findings {
		x := &findings[i]
		if x.Severity != model.Explain && !f.yields(x) {
			continue
		}
		for _, e := range f.register {
			switch {
			case e.Sheet.Effect == templates.Settles && e.Key == f.key && slices.Contains(e.Sheet.Rules, x.Rule):
				x.Explanation = text.Mask(fmt.Sprintf("%s：%s", e.Sheet.Title, e.Document()))
			case e.Decides(*x):
				f.decide(x, e)
			}
		}
		f.weigh(x)
	}
}

func (f *form) decide(x *table.Finding, e table.Registered) {
	words, decision := e.Values[templates.RegisterWords], e.Values[templates.RegisterDecision]
	if !e.Accepted {
		if words != "" {
			words = "：" + words
		}
		x.Message = text.Mask(fmt.Sprintf("%s（原说明%s%s）", x.Message, decision, words))
		x.Explanation = ""
		return
	}
	x.Accepted = true
	if words = cmp.Or(words, x.Explanation); words == "" {
		x.Explanation = decision
		return
	}
	x.Explanation = text.Mask(fmt.Sprintf("%s（%s）", words, decision))
}

// apart says why a consortium is listed and not ranked: selected before, or turned down; empty: neither.
func (f *form) apart() string {
	how, document := "", ""
	if e, ok := f.register.Find(templates.Selects, f.key); ok {
		how, document = e.Sheet.Title, e.Document()
	} else if r := f.register.Ruling(f.key); r.Reject.V {
		how, document = "不予立项", r.Document
	} else {
		return ""
	}
	return text.Mask(fmt.Sprintf("登记为%s（%s），只列示，不参加排名", how, document))
}
