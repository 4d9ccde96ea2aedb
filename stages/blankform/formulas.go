package blankform

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"lianheti/stages/office/try"
	"lianheti/templates"

	"go.yaml.in/yaml/v4"
)

//go:embed formulas.yaml
var formulasText string

// formulas are those of the hidden sheets that can be written down as they are. What the braces hold is said there.
var formulas = sync.OnceValue(func() (all struct {
	Number string                       // whether a figure can be used
	Values map[string]map[string]string // by type of field and column
	Totals []struct{ Name, Formula string }
}) {
	outcomes := strings.NewReplacer("{missing}", strconv.Itoa(missing), "{unclear}", strconv.Itoa(unclear), "{failed}",
		strconv.Itoa(failed), "{status_not_applicable}", strconv.Itoa(statusNotApplicable))
	try.Do(yaml.Load([]byte(outcomes.Replace(formulasText)), &all)) // the program's own text
	return all
})

// valueColumns are the columns of templates.ValueSheet by the names that formulas.yaml has for them.
var valueColumns = map[string]int{"status": statusColumn, "clean": cleanColumn, "length": lengthColumn}

// fillStatus says of a value whether it can be used, and makes it comparable.
func (s *selfCheck) fillStatus(row int, slot templates.Slot) {
	f, form := slot.Field, s.d.Form
	words := map[string]string{"x": slot.Name, "clean": own(cleanColumn), "length": own(lengthColumn),
		"list": listName(f.Choices), "answered": answered(f, slot.Name), "not_applicable": quote(form.NotApplicable),
		"checked": quote(form.Confirm.Checked), "unchecked": quote(form.Confirm.Unchecked)}
	kind := string(f.Type)
	switch {
	case f.Numeric():
		words["decimals"] = strconv.Itoa(int(*f.Decimals))
	case f.Long():
		words["answered"] = answered(f, words["clean"])
	case f.Open:
		kind = "open"
	}
	for column, formula := range formulas().Values[kind] {
		s.l.calculate(templates.ValueSheet, row, valueColumns[column], templates.Fill(formula, words))
	}
	if f.Long() && f.Limit > 0 {
		s.l.calculate(templates.ValueSheet, row, wordsColumn, words["length"]+`&"／`+strconv.Itoa(f.Limit)+`字"`)
		s.l.define(wordsName+slot.Name, templates.ValueSheet, row, wordsColumn, row, wordsColumn)
	}
}

// statusOfNumber says whether a figure in a list can be used.
func (r *rowTables) statusOfNumber(x string) string {
	return templates.Fill(formulas().Number, map[string]string{"x": x, "not_applicable": quote(r.d.Form.NotApplicable)})
}

// fillTotals sums up what the first sheet and the self-check show.
func (s *selfCheck) fillTotals() {
	final := s.rules[len(s.rules)-1]
	last := final.first
	if final.perValue == 0 {
		last += len(final.cases) - 1
	}
	words := map[string]string{"rules": span(templates.CaseSheet, ruleColumn, 2, last), "progress": s.progress(),
		"severity": span(templates.CaseSheet, severityColumn, 2, last), "explained_in": s.d.ExplainedIn()}
	row := 1
	total := func(name, formula string) {
		row++
		s.l.set(templates.CaseSheet, row, totalsColumn, name, "")
		s.l.calculate(templates.CaseSheet, row, totalsColumn+1, formula)
		s.l.define(name, templates.CaseSheet, row, totalsColumn+1, row, totalsColumn+1)
	}
	for _, t := range formulas().Totals {
		total(t.Name, templates.Fill(t.Formula, words))
	}
	for _, layout := range s.d.Layout().Sheets {
		if layout.Sheet.Asks() {
			total(templates.LeftName(layout.Sheet), s.left(layout))
		}
	}
}
