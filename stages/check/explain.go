package check

import (
	"cmp"
	"fmt"
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
	f.added = f.addedRows()
	for i := range findings {
		x := &findings[i]
		given := f.givenAbout(x)
		if x.Severity != model.Explain && !f.yields(x) {
			continue
		}
		before := f.given[x.Fingerprint]
		for _, e := range append(given, before...) {
			switch {
			case e.ValueHash == x.ValueHash,
				e.ValueHash == "" && !slices.ContainsFunc(before, func(b table.PriorExplanation) bool {
					return b.Words == e.Words && b.ValueHash != x.ValueHash // the very same words were given for other values
				}):
				x.OwnExplanation = cmp.Or(x.OwnExplanation, e.Words)
			default:
				x.Outdated = e.Words
			}
		}
		if x.OwnExplanation != "" {
			x.Explanation, x.Outdated = x.OwnExplanation, ""
		}
		f.weigh(x)
	}
}

// yields says whether a fault is one to be explained only, once it is: a figure that nobody has yet.
func (f *form) yields(x *table.Finding) bool {
	rule := f.def.Rule(x.Code)
	mustStay := func(field string) bool { return !rule.CanExplain(field) }
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

// addedRow is a row of explanations that the filler added, without a key of ours.
type addedRow struct {
	*naming
	row          int
	about, words string
	matched      bool
}

func (f *form) addedRows() (added []*addedRow) {
	for i, e := range f.Explanations {
		if len(e.Fingerprint) == model.KeyLength || e.About == "" && e.Explanation == "" {
			continue
		}
		if f.called == nil {
			f.called = f.vocabulary()
		}
		row := &addedRow{f.called.understand(e.About), i, e.About, e.Explanation, false}
		head, tail, found := strings.Cut(strings.ReplaceAll(e.About, ":", "："), "：")
		if found && e.Explanation == "" && row.loose {
			// Both in one cell: 2年度数据!F14：试点到期
			if h := f.called.understand(head); !h.lost && f.called.understand(tail).lost {
				row = &addedRow{h, i, head, tail, false}
			}
		}
		added = append(added, row)
	}
	return added
}

// givenAbout lists what the workbook says about a finding, in rows with its key or that name it.
func (f *form) givenAbout(x *table.Finding) (out []table.PriorExplanation) {
	take := func(e table.Explanation, words string) {
		if words = text.Mask(strings.TrimSpace(words)); words != "" && !f.def.Reading.IsEmptyExplanation(words) {
			out = append(out, table.PriorExplanation{Fingerprint: x.Fingerprint, ValueHash: e.ValueHash, Words: words})
		}
	}
	for _, e := range f.Explanations {
		if e.Fingerprint == x.Fingerprint {
			take(e, cmp.Or(e.Explanation, model.FillersWords(e.About, x.Title, x.Message)))
		}
	}
	if len(f.added) == 0 {
		return out
	}
	keys := f.called.keysOf(x)
	for _, row := range f.added {
		at := slices.IndexFunc(keys, func(key string) bool { return row.keys[key] })
		if at >= 0 {
			row.matched = true
			row.lost = row.lost && at > 0 // the first is the whole text
			take(f.Explanations[row.row], row.words)
		}
	}
	return out
}

// useless is why nobody can use a row; empty where somebody can.
func (f *form) useless(row *addedRow) string {
	switch {
	case f.def.Reading.IsEmptyExplanation(row.words):
		return "没有写明原因"
	case row.lost && !row.loose && !row.matched: // it is about a problem as a returned copy had it
		return "现在没有这个问题，或者数已经改变；仍有问题的请重新说明"
	case row.lost:
		return "认不出是哪一栏"
	case !row.matched:
		return "没有需要说明的问题，说明照录"
	}
	return ""
}

// unmatched fails the filler's rows that nobody can use; many of one kind are one finding.
func unmatched(f *form, _ *plan, t *tally) {
	if len(f.added) == 0 {
		t.skip(nothingAdded)
	}
	const singly = 5
	for _, rows := range table.GroupBy(f.added, f.useless) {
		why, size := f.useless(rows[0]), 1
		if why != "" && len(rows) > singly {
			size = len(rows)
		}
		for some := range slices.Chunk(rows, size) {
			t.judge(why == "", func() fault { return f.unmatchedFault(why, some) })
		}
	}
}

func (f *form) unmatchedFault(why string, rows []*addedRow) fault {
	x := fault{fields: []string{"explanations_about"}, raw: rows[0].words, value: rows[0].about}
	var names []string
	for _, row := range rows {
		e := f.Explanations[row.row]
		x.places = append(x.places, model.Place{File: f.Submission.File, Sheet: e.Sheet, Cell: e.Cell})
		names = append(names, "“"+cmp.Or(text.Clip(row.about, longest), "（空）")+"”")
	}
	x.member = text.Mask(text.NameKey(names[0]))
	x.vars = map[string]string{"list": text.Few(names, shownNames, "行"), "detail": why}
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
			case e.Sheet.Effect == templates.EffectAnswer && e.Key == f.key && slices.Contains(e.Sheet.Rules, x.Rule):
				x.Explanation = text.Mask(fmt.Sprintf("%s：%s", e.Sheet.Title, e.Document()))
			case e.Decides(*x):
				f.decide(x, e)
			}
		}
		f.weigh(x)
	}
}

func (f *form) decide(x *table.Finding, e table.RegisterEntry) {
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
	if e, ok := f.register.Find(templates.EffectSelect, f.key); ok {
		how, document = e.Sheet.Title, e.Document()
	} else if r := f.register.Ruling(f.key); r.Reject.V {
		how, document = "不予立项", r.Document
	} else {
		return ""
	}
	return text.Mask(fmt.Sprintf("登记为%s（%s），只列示，不参加排名", how, document))
}
