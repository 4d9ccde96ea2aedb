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

// attachExplanations attaches explanations to their findings. An explanation is valid for certain values: those of the
// hash beside it or, without one, of its workbook. One from the last round stays valid while the values are the same,
// even if a prefecture sends its own original. Changed values open the finding again. Empty words (无, /) are no
// explanation; anything else is for a person to judge.
func (f *form) attachExplanations(findings []table.Finding) {
	f.addedRows = f.findAddedRows()
	for i := range findings {
		x := &findings[i]
		given := f.explanationsFor(x)
		if x.Severity != model.Explain && !f.becomesWarning(x) {
			continue
		}
		before := f.prior[x.Fingerprint]
		for _, e := range append(given, before...) {
			switch {
			case e.ValueHash == x.ValueHash,
				e.ValueHash == "" && !slices.ContainsFunc(before, func(b table.PriorExplanation) bool {
					return b.Words == e.Words && b.ValueHash != x.ValueHash // the same words were given for other values
				}):
				x.OwnExplanation = cmp.Or(x.OwnExplanation, e.Words)
			default:
				x.Outdated = e.Words
			}
		}
		if x.OwnExplanation != "" {
			x.Explanation, x.Outdated = x.OwnExplanation, ""
		}
		f.setSeverity(x)
	}
}

// becomesWarning reports whether an error counts as a warning once it is explained: a figure that nobody has yet.
func (f *form) becomesWarning(x *table.Finding) bool {
	rule := f.def.Rule(x.Code)
	mustStay := func(field string) bool { return !rule.CanExplain(field) }
	return len(rule.Explained) > 0 && !slices.ContainsFunc(strings.Fields(x.Fields), mustStay)
}

// setSeverity sets the severity of such an error, by whether it has a valid explanation.
func (f *form) setSeverity(x *table.Finding) {
	if f.becomesWarning(x) {
		x.Severity = table.Either(x.Explanation != "", model.Explain, model.Severity(f.def.Rule(x.Code).Severity))
	}
}

// addedRow is a row of 情况说明 that the filler added, without a key of ours.
type addedRow struct {
	*parsedSubject
	row          int
	about, words string
	matched      bool
}

func (f *form) findAddedRows() (added []*addedRow) {
	for i, e := range f.Explanations {
		if len(e.Fingerprint) == model.KeyLength || e.About == "" && e.Explanation == "" {
			continue
		}
		if f.sheets == nil {
			f.indexNames()
		}
		row := &addedRow{f.parseSubject(e.About), i, e.About, e.Explanation, false}
		head, tail, found := strings.Cut(strings.ReplaceAll(e.About, ":", "："), "：")
		if found && e.Explanation == "" && row.partial {
			// Both in one cell: 2年度数据!F14：试点到期
			if h := f.parseSubject(head); !h.unknown && f.parseSubject(tail).unknown {
				row = &addedRow{h, i, head, tail, false}
			}
		}
		added = append(added, row)
	}
	return added
}

// explanationsFor returns the explanations of a finding in the workbook: in rows with its key, or that name it.
func (f *form) explanationsFor(x *table.Finding) (out []table.PriorExplanation) {
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
	if len(f.addedRows) == 0 {
		return out
	}
	keys := f.keysOf(x)
	for _, row := range f.addedRows {
		at := slices.IndexFunc(keys, func(key string) bool { return row.keys[key] })
		if at >= 0 {
			row.matched = true
			row.unknown = row.unknown && at > 0 // the first is the whole text
			take(f.Explanations[row.row], row.words)
		}
	}
	return out
}

// uselessReason returns why a row can't be used; empty: it can.
func (f *form) uselessReason(row *addedRow) string {
	switch {
	case f.def.Reading.IsEmptyExplanation(row.words):
		return "没有写明原因"
	case row.unknown && !row.partial && !row.matched: // copied from a returned copy
		return "现在没有这个问题，或者数已经改变；仍有问题的请重新说明"
	case row.unknown:
		return "认不出是哪一栏"
	case !row.matched:
		return "没有需要说明的问题，说明照录"
	}
	return ""
}

// unmatched fails the added rows that can't be used; many with the same reason are one fault.
func unmatched(f *form, _ *plan, t *tally) {
	if len(f.addedRows) == 0 {
		t.skip(nothingAdded)
	}
	const singly = 5
	for _, rows := range table.GroupBy(f.addedRows, f.uselessReason) {
		why, size := f.uselessReason(rows[0]), 1
		if why != "" && len(rows) > singly {
			size = len(rows)
		}
		for some := range slices.Chunk(rows, size) {
			t.decide(why == "", func() fault { return f.unmatchedFault(why, some) })
		}
	}
}

func (f *form) unmatchedFault(why string, rows []*addedRow) fault {
	x := fault{fields: []string{"explanations_about"}, raw: rows[0].words, value: rows[0].about}
	var names []string
	for _, row := range rows {
		e := f.Explanations[row.row]
		x.places = append(x.places, model.Place{File: f.Submission.File, Sheet: e.Sheet, Cell: e.Cell})
		names = append(names, "“"+cmp.Or(text.Clip(row.about, maxText), "（空）")+"”")
	}
	x.member = text.Mask(text.NameKey(names[0]))
	x.vars = map[string]string{"list": text.Few(names, maxNames, "行"), "detail": why}
	return x
}

// applyRegister applies the decisions of the Department, for the values that they name: a consent or an accepted
// explanation answers a finding, whatever the workbook says; a refused explanation no longer does. An error can't be
// answered unless becomesWarning.
func (f *form) applyRegister(findings []table.Finding) {
	for i := range findings {
		x := &findings[i]
		if x.Severity != model.Explain && !f.becomesWarning(x) {
			continue
		}
		for _, e := range f.register {
			switch {
			case e.Sheet.Effect == templates.EffectAnswer && e.Key == f.key && slices.Contains(e.Sheet.Rules, x.Rule):
				x.Explanation = text.Mask(fmt.Sprintf("%s：%s", e.Sheet.Title, e.Document()))
			case e.Decides(*x):
				f.applyDecision(x, e)
			}
		}
		f.setSeverity(x)
	}
}

func (f *form) applyDecision(x *table.Finding, e table.RegisterEntry) {
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

// unrankedReason says why a consortium is listed but not ranked: selected before, or rejected; empty: neither.
func (f *form) unrankedReason() string {
	how, document := "", ""
	if e := f.register.Find(templates.EffectSelect, f.key); e.Sheet != nil {
		how, document = e.Sheet.Title, e.Document()
	} else if r := f.register.Ruling(f.key); r.Reject.V {
		how, document = "不予立项", r.Document
	} else {
		return ""
	}
	return text.Mask(fmt.Sprintf("登记为%s（%s），只列示，不参加排名", how, document))
}
