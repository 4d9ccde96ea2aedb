package check

import (
	"cmp"
	"fmt"
	"slices"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// settle applies what the Department registered to the findings of one submission: a consent answers the findings that it is
// about; an explanation that was accepted answers its finding, whatever the workbook says; one that was refused
// answers it no longer. A decision holds for the values it was made about, where it names them. Faults that must be mended
// can't be explained away.
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
