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

// explain puts the explanations beside the warnings they are about, and beside the faults that an explanation makes a
// warning. Words cover a finding for the values they were given for: those whose hash stands with them, or, where
// none does, those of the workbook they stand in. What was in force in the last round is so still while the values
// are the same, even if a prefecture mended its own original in which nothing is explained. Changed values open the
// finding again; the words are kept beside it. What they say is for a person to judge; what says nothing (无, /) is no
// explanation.
func (f *form) explain(findings []table.Finding) {
	rows := f.asked()
	f.asks = rows
	for i := range findings {
		x := &findings[i]
		given := rows.given(x)
		if x.Severity != model.Explain && !f.yields(x) {
			continue
		}
		before := f.batch.given[x.Fingerprint]
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
	rule := f.batch.def.Rule(x.Code)
	mustStay := func(field string) bool { return !rule.Yields(field) }
	return len(rule.Explained) > 0 && !slices.ContainsFunc(strings.Fields(x.Fields), mustStay)
}

// weigh gives a fault that yields its severity, by whether an explanation is in force.
func (f *form) weigh(x *table.Finding) {
	if !f.yields(x) {
		return
	}
	x.Severity = model.Severity(f.batch.def.Rule(x.Code).Severity)
	if x.Explanation != "" {
		x.Severity = model.Explain
	}
}

// asked finds the rows of the workbook's explanations, by their number: by the key of a warning, or where a row has
// none, by what it says it is about.
type asked struct {
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
	heard        bool
}

func (f *form) asked() *asked {
	out := &asked{form: f, byKey: map[string][]int{}, byAbout: map[string][]int{}}
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

// given lists what the workbook says about a finding: in the rows with its key, and in rows without any that name it,
// as one does who explains before being asked.
func (a *asked) given(x *table.Finding) (out []table.Given) {
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
		a.own[n].heard = true
		take(a.own[n].row, a.own[n].words)
	}
	return out
}

// unheard says of the rows that the filler added what of them nobody can use: what one is about is nothing that the
// form has, it says nothing, or there is nothing to explain. Many of one kind are told together.
func unheard(f *form, _ *plan, t *tally) {
	if len(f.asks.own) == 0 {
		t.skip(nothingAdded)
	}
	told := map[string][]ownRow{}
	for _, o := range f.asks.own {
		kind := ""
		switch {
		case f.batch.def.Reading.SaysNothing(o.words):
			kind = "没有写明原因"
		case o.lost && o.titled && !o.heard:
			kind = "现在没有这个问题，或者数已经改变；仍有问题的请重新说明"
		case o.lost:
			kind = "认不出是哪一栏"
		case !o.heard:
			kind = "没有需要说明的问题，说明照录"
		default:
			t.pass()
			continue
		}
		told[kind] = append(told[kind], o)
	}
	const singly = 5
	for _, kind := range slices.Sorted(maps.Keys(told)) {
		size := 1
		if len(told[kind]) > singly {
			size = len(told[kind])
		}
		for rows := range slices.Chunk(told[kind], size) {
			t.fail(f.unheard(kind, rows))
		}
	}
}

// unheard is the fault of rows of one kind.
func (f *form) unheard(kind string, rows []ownRow) fault {
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

// settle applies what the Department registered to the findings of one submission: a consent answers the findings that
// it is about; an explanation that was accepted answers its finding, whatever the workbook says; one that was refused
// answers it no longer. A decision holds for the values it was made about, where it names them. Faults that must be
// mended can't be explained away.
func (f *form) settle(findings []table.Finding) {
	key := f.batch.keys[f.position]
	for i := range findings {
		x := &findings[i]
		if x.Severity != model.Explain && !f.yields(x) {
			continue
		}
		for _, e := range f.batch.register {
			switch {
			case e.Sheet.Effect == templates.Settles && e.Key == key && slices.Contains(e.Sheet.Rules, x.Rule):
				x.Explanation = text.Mask(fmt.Sprintf("%s：%s", e.Sheet.Title, e.Document()))
			case e.Decides(*x):
				f.decide(x, e)
			}
		}
		f.weigh(x)
	}
}

// decide applies a decision about an explanation.
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

// rejected says on what ground the Department turned a consortium down; empty where it did not.
func (f *form) rejected() string {
	r := f.batch.register.Ruling(f.batch.keys[f.position])
	if !r.Reject.V {
		return ""
	}
	return text.Mask(fmt.Sprintf("登记为不予立项（%s），只列示，不参加排名", r.Document))
}

// selected says why a consortium that was selected before is not ranked; empty where it was not.
func (f *form) selected() string {
	e, ok := f.batch.register.Find(templates.Selects, f.batch.keys[f.position])
	if !ok {
		return ""
	}
	return text.Mask(fmt.Sprintf("登记为%s（%s），只列示，不参加排名", e.Sheet.Title, e.Document()))
}
