package blankform

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lianheti/stages/model"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v4"
)

// The self-check calculates on hidden sheets: templates.ValueSheet has a row for every value of the form,
// templates.CaseSheet one for every case of a rule, templates.RowSheet one for every row of the lists.

// Columns of templates.ValueSheet.
const (
	nameColumn   = 1 + iota // defined name of the cell
	labelColumn             // what it is called
	statusColumn            // can be used, 不适用, 未填, unclear
	cleanColumn             // figures, percentages as 0–100; dates as yyyymmdd, long texts without line breaks
	usableColumn            // the status, but unclear where the value is at fault itself
	lengthColumn            // characters of a long text; of a date typed as text, that text tidied
	flagColumn              // gravest fault: 3 必须修改, 2 需核实说明, 1 提示
	wordsColumn             // characters and limit, to be shown
)

// Columns of templates.CaseSheet. Rows of one rule stand together; what is said of the rule stands in its first row.
const (
	codeColumn     = 1 + iota
	slotColumn     // number of the value to go to, in templates.ValueSheet
	outcomeColumn  // of the case
	ruleColumn     // outcome of the rule
	severityColumn // 3 必须修改, 2 需核实说明, 1 提示
	targetColumn   // number of the value, or of the row, to go to; 0: none
	totalsColumn   = 8
)

// Names of what other sheets show.
const (
	flagsName      = "check_flags"
	conclusionName = "check_conclusion" // see formulas.yaml
	rowFlagsName   = "check_flags_"     // and the id of the list
	wordsName      = "check_words_"     // and the name of the value
	consortiaList  = "list_consortia"
	cityOfList     = "list_consortia_city"
	parkOfList     = "list_consortia_park"
	keyList        = "list_consortia_key" // the names made comparable, as nameKey does
	parkKeyList    = "list_consortia_park_key"
	nationalList   = "list_consortia_national"
)

// valueNames are the names of what is known of all values, by column.
var valueNames = map[int]string{statusColumn: "check_status", cleanColumn: "check_clean", usableColumn: "check_usable",
	lengthColumn: "check_length", flagColumn: flagsName}

func listName(choices string) string { return "list_" + choices }

// placeholderList is the name of the words that answer nothing in a field; in some 无 is an answer.
func placeholderList(f *templates.Field) string {
	if f.None {
		return listName("placeholders_but_none")
	}
	return listName("placeholders")
}

// answered is 0, but unclear where a field holds nothing but the place of an answer.
func answered(f *templates.Field, x string) string {
	if len(f.PlaceholderWords()) == 0 {
		return "0"
	}
	return fmt.Sprintf("IF(ISNUMBER(MATCH(TRIM(%s),%s,0)),%d,0)", x, placeholderList(f), unclear)
}

func columnName(column int) string {
	name, _ := excelize.ColumnNumberToName(column)
	return name
}

//go:embed formulas.yaml
var formulasText string

// formulas are what can be written down as it is: formulas of the hidden sheets, how inputs are filled, what the page
// of the self-check says. What the braces hold is said there.
var formulas = sync.OnceValue(func() (all struct {
	Number    string                       // whether a figure can be used
	Values    map[string]map[string]string // by type of field and column
	Checks    map[string]string            // of single values
	Totals    []struct{ Name, Formula string }
	Functions map[string]string // of the expression language
	Inputs    map[string]struct{ Prompt, Title, Stop, Demand string }
	Page      struct {
		Introduction string
		Columns      []struct {
			Head  string
			Width float64
		}
	}
}) {
	outcomes := strings.NewReplacer("{passed}", strconv.Itoa(passed), "{explained}", strconv.Itoa(explained),
		"{missing}", strconv.Itoa(missing), "{unclear}", strconv.Itoa(unclear), "{failed}", strconv.Itoa(failed),
		"{status_not_applicable}", strconv.Itoa(statusNotApplicable))
	try.Do(yaml.Load([]byte(outcomes.Replace(formulasText)), &all)) // the program's own text
	return all
})

// selfCheck is everything the sheets calculate about themselves.
type selfCheck struct {
	d     *templates.Definition
	l     *ledger
	slots []templates.Slot
	print *formulaPrinter
	rows  *rowTables
	rules []sheetRule // shown as formulas, by severity and code

	perValue int // last column of templates.ValueSheet that is taken
}

// newSelfCheck prints every rule that a sheet can show.
func newSelfCheck(d *templates.Definition, l *ledger) (*selfCheck, error) {
	s := &selfCheck{d: d, l: l, slots: d.Layout().Slots(), rows: &rowTables{d: d, at: map[string]int{}},
		perValue: wordsColumn}
	s.print = &formulaPrinter{d: d, slots: s.slots, number: map[string]int{}, rows: s.rows, base: noBase}
	for i, slot := range s.slots {
		s.print.number[slot.Name] = i
	}
	for _, r := range bySeverity(d.Rules) {
		if r.Sheet != "" || r.Tier() == 1 {
			continue
		}
		check, ok := sheetChecks[r.Check]
		if !ok {
			return nil, fmt.Errorf("规则 %s 的检查方式 %s 不能写成表内公式，请在 sheet 写明原因", r.Code, r.Check)
		}
		s.rules = append(s.rules, check(s, r))
		if err := s.print.err; err != nil {
			return nil, fmt.Errorf("规则 %s：%w；不能写成表内公式的，请在 sheet 写明原因", r.Code, err)
		}
	}
	s.fillCases()
	s.fillValues()
	s.fillTotals()
	s.fillRows() // last: all that looks at lists has its columns
	return s, nil
}

func bySeverity(rules []*templates.Rule) []*templates.Rule {
	out := slices.Clone(rules)
	slices.SortStableFunc(out, func(a, b *templates.Rule) int { return severityRank(b) - severityRank(a) })
	return out
}

func severityRank(r *templates.Rule) int {
	return 3 - slices.Index(model.Severities, model.Severity(r.Severity))
}

// fillCases puts the cases of every rule one under the other; those about single values beside the values.
func (s *selfCheck) fillCases() {
	row := 2
	set := func(column int, f string) { s.l.calculate(templates.CaseSheet, row, column, f) }
	for n := range s.rules {
		r := &s.rules[n]
		r.first = row
		s.l.set(templates.CaseSheet, row, codeColumn, r.rule.Code, "")
		s.l.set(templates.CaseSheet, row, severityColumn, float64(severityRank(r.rule)), "")
		outcomes, outcome := s.outcomes(n), own(ruleColumn)
		slots := fmt.Sprintf("$%[1]s%[2]d:$%[1]s%[3]d", columnName(slotColumn), row, row+len(r.cases)-1)
		worst, target := "MAX("+outcomes+")", fmt.Sprintf("INDEX(%s,MATCH(%s,%s,0))", slots, outcome, outcomes)
		switch {
		case r.perValue > 0:
			target = fmt.Sprintf("MATCH(%s,%s,0)", outcome, outcomes)
		case r.column > 0:
			worst, target = own(outcomeColumn), fmt.Sprintf("IFERROR(MATCH(%s,%s,0),1)", outcome, s.rows.span(r.column))
		case len(r.cases) == 1:
			worst, target = own(outcomeColumn), own(slotColumn)
		}
		set(ruleColumn, worst)
		set(targetColumn, fmt.Sprintf("IF(%s<%d,0,%s)", outcome, missing, target))
		for _, c := range r.cases {
			if r.perValue > 0 {
				s.l.calculate(templates.ValueSheet, c.slots[0]+2, r.perValue, c.formula)
				continue
			}
			slot := 1 // a rule without values is linked to its list
			if len(c.slots) > 0 {
				slot = c.slots[0] + 1
			}
			s.l.set(templates.CaseSheet, row, slotColumn, float64(slot), "")
			set(outcomeColumn, c.formula)
			row++
		}
		row = max(row, r.first+1)
	}
}

// outcomes is where the outcomes of the n-th rule's cases stand.
func (s *selfCheck) outcomes(n int) string {
	r := s.rules[n]
	if r.perValue > 0 {
		return s.valueSpan(r.perValue)
	}
	return span(templates.CaseSheet, outcomeColumn, r.first, r.first+len(r.cases)-1)
}

// own is the cell of a column in the row of the formula.
func own(column int) string { return "$" + columnName(column) + hereRow }

func caseCell(column, row int) string {
	return fmt.Sprintf("%s!$%s$%d", templates.CaseSheet, columnName(column), row)
}

// span is some rows of a column of one of these sheets.
func span(sheet string, column, from, to int) string {
	return fmt.Sprintf("%[1]s!$%[2]s$%[3]d:$%[2]s$%[4]d", sheet, columnName(column), from, to)
}

// fillValues looks at every value of the form.
func (s *selfCheck) fillValues() {
	voids, flags := s.about()
	for i, slot := range s.slots {
		row := i + 2
		status := own(statusColumn)
		s.l.set(templates.ValueSheet, row, nameColumn, slot.Name, "")
		s.l.set(templates.ValueSheet, row, labelColumn, s.d.Name(templates.Ref{Field: slot.Field.ID, Year: slot.Year}), "")
		s.fillStatus(row, slot)
		switch {
		case slot.Field.Type == templates.ConfirmField: // a box left empty is not confirmed
			s.l.calculate(templates.ValueSheet, row, usableColumn, fmt.Sprintf("IF(%s=%d,0,%s)", status, missing, status))
		case len(voids[i]) > 0:
			s.l.calculate(templates.ValueSheet, row, usableColumn,
				fmt.Sprintf("IF(%s=%d,%d,%s)", worst(voids[i]), failed, unclear, status))
		}
		grave := []string{fmt.Sprintf("(%s=%d)*3", status, unclear)}
		for rank := 3; rank > 0; rank-- {
			if cases := flags[flagged{i, rank}]; cases != nil {
				grave = append(grave, fmt.Sprintf("(%s=%d)*%d", worst(cases), failed, rank))
			}
		}
		s.l.calculate(templates.ValueSheet, row, flagColumn, worst(grave))
	}
	for _, column := range slices.Sorted(maps.Keys(valueNames)) {
		s.l.define(valueNames[column], templates.ValueSheet, 2, column, len(s.slots)+1, column)
	}
}

func worst(of []string) string { return joined("MAX", ",", of) }

// usableColumn is where the usable status of a value stands.
func (s *selfCheck) usableColumn(i int) int {
	if f := s.slots[i].Field; f.Type == templates.ConfirmField || f.Numeric() &&
		slices.ContainsFunc(s.rules, func(r sheetRule) bool {
			return r.rule.Voids && slices.ContainsFunc(r.cases, func(c sheetCase) bool { return slices.Contains(c.slots, i) })
		}) {
		return usableColumn
	}
	return statusColumn
}

// flagged is a value and the severity of rules about it, by its rank.
type flagged struct{ value, rank int }

// about gives for each value the cases that void it for other rules when they fail, and those that may flag it.
func (s *selfCheck) about() (voids map[int][]string, flags map[flagged][]string) {
	voids, flags = map[int][]string{}, map[flagged][]string{}
	for _, r := range s.rules {
		for k, c := range r.cases {
			outcome := caseCell(outcomeColumn, r.first+k)
			if r.perValue > 0 {
				outcome = own(r.perValue)
			}
			for _, i := range c.slots {
				if r.rule.Voids {
					voids[i] = append(voids[i], outcome)
				}
				if at := (flagged{i, severityRank(r.rule)}); r.rule.Check != "required" && r.rule.Check != "supplement" {
					flags[at] = append(flags[at], outcome)
				}
			}
		}
	}
	return voids, flags
}

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

// fillRows writes the columns about the lists, and for each list how grave the faults of its rows are.
func (s *selfCheck) fillRows() {
	byRow := table.Where(slices.Values(s.rules), func(r sheetRule) bool { return r.column > 0 })
	for _, rules := range table.Grouped(byRow, func(r sheetRule) string { return r.block }) {
		block := rules[0].block
		grave := table.Each(rules, func(r sheetRule) string {
			return fmt.Sprintf("(%s=%d)*%d", own(r.column), failed, severityRank(r.rule))
		})
		column := s.rows.column(block, "flag", "MAX("+strings.Join(grave, ",")+")")
		s.l.define(rowFlagsName+block, templates.RowSheet, 2, column, s.rows.columns[column-1].rows+1, column)
	}
	for i, c := range s.rows.columns {
		s.l.set(templates.RowSheet, 1, i+1, c.block+" "+c.key, "")
		for k := 1; k <= c.rows; k++ {
			s.l.calculate(templates.RowSheet, k+1, i+1, c.formula)
		}
	}
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
		if layout.Sheet.HasInputs() {
			total(templates.LeftName(layout.Sheet), s.left(layout))
		}
	}
}

// left says what is left to fill in on a sheet: required values, and what is wrong; of a list, how long it is.
func (s *selfCheck) left(layout *templates.SheetLayout) string {
	parts := table.Each(layout.Records, func(area templates.RecordArea) string {
		return fmt.Sprintf(`"已填"&%s&"行"`, s.rows.records(area.Block.ID))
	})
	if len(layout.Slots) == 0 {
		return strings.Join(parts, `&"，"&`)
	}
	from := s.print.number[layout.Slots[0].Name] + 2
	count := func(column, what int) string {
		return fmt.Sprintf("COUNTIF(%s,%d)", span(templates.ValueSheet, column, from, from+len(layout.Slots)-1), what)
	}
	for _, r := range s.rules {
		if r.rule.Check == "required" {
			blank := count(r.perValue, failed)
			parts = append(parts, fmt.Sprintf(`IF(%s>0,"还有"&%s&"项必填栏目未填","必填栏目已填完")`, blank, blank))
		}
	}
	grave := count(flagColumn, 3)
	parts = append(parts, fmt.Sprintf(`IF(%s>0,"；"&%s&"格%s","")`, grave, grave, model.MustFix.Label()))
	return strings.Join(parts, "&")
}

func (s *selfCheck) progress() string {
	for n, r := range s.rules {
		if r.rule.Check == "required" {
			filled := fmt.Sprintf("(%d-COUNTIF(%s,%d))", len(r.cases), s.outcomes(n), failed)
			return fmt.Sprintf(`%s&"／%d项（"&INT(%s*100/%d)&"%%）"`, filled, len(r.cases), filled, len(r.cases))
		}
	}
	return `""`
}
