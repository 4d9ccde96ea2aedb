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

// The self-check calculates on hidden sheets. templates.ValueSheet has a row for every value of the form,
// templates.CaseSheet a row for every case of a rule, templates.RowSheet a row for every row of the lists.

// Columns of templates.ValueSheet.
const (
	nameColumn   = 1 + iota // defined name of the cell
	labelColumn             // its label
	statusColumn            // usable, 不适用, 未填 or unclear
	cleanColumn             // figures, percentages as 0–100; dates as yyyymmdd, long texts without line breaks
	usableColumn            // the status, but unclear where the value itself is wrong
	lengthColumn            // of a long text: characters; of a date typed as text: the text cleaned
	flagColumn              // highest severity: 3 必须修改, 2 需核实说明, 1 提示
	wordsColumn             // text for display: characters and limit
)

// Columns of templates.CaseSheet. The cases of a rule are adjacent; columns about the rule are filled in the first row.
const (
	codeColumn     = 1 + iota
	slotColumn     // number of the value to link to, in templates.ValueSheet
	outcomeColumn  // of the case
	ruleColumn     // outcome of the rule
	severityColumn // 3 必须修改, 2 需核实说明, 1 提示
	targetColumn   // number of the value or row to link to; 0: none
	totalsColumn   = 8
)

// Defined names that visible sheets refer to.
const (
	flagsName      = "check_flags"
	conclusionName = "check_conclusion" // see formulas.yaml
	rowFlagsName   = "check_flags_"     // prefix, followed by the id of the list
	wordsName      = "check_words_"     // prefix, followed by the name of the value
	consortiaList  = "list_consortia"
	cityOfList     = "list_consortia_city"
	parkOfList     = "list_consortia_park"
	keyList        = "list_consortia_key" // the names as nameKey makes them
	parkKeyList    = "list_consortia_park_key"
	nationalList   = "list_consortia_national"
)

// valueNames are the defined names of whole columns of templates.ValueSheet.
var valueNames = map[int]string{statusColumn: "check_status", cleanColumn: "check_clean", usableColumn: "check_usable",
	lengthColumn: "check_length", flagColumn: flagsName}

func listName(choices string) string { return "list_" + choices }

// placeholderList names the list of words that are no answer (such as 无) in a field.
func placeholderList(f *templates.Field) string {
	return listName(table.Either(f.None, "placeholders_but_none", "placeholders"))
}

// answerStatus is 0, or unclear where a field contains a placeholder instead of an answer.
func answerStatus(f *templates.Field, x string) string {
	return table.Either(len(f.PlaceholderWords()) == 0, "0",
		fmt.Sprintf("IF(ISNUMBER(MATCH(TRIM(%s),%s,0)),%d,0)", x, placeholderList(f), unclear))
}

func columnName(column int) string {
	name, _ := excelize.ColumnNumberToName(column)
	return name
}

//go:embed formulas.yaml
var formulasText string

// formulas is formulas.yaml, where the placeholders are explained.
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

// selfCheck builds the calculated sheets.
type selfCheck struct {
	d        *templates.Definition
	workbook *workbook
	slots    []templates.Slot // in form order
	number   map[string]int   // defined name -> index in slots
	rows     *rowTables
	rules    []sheetRule // shown as formulas, by severity and code

	lastColumn int    // last column of templates.ValueSheet in use
	rule       string // code of the rule that is being printed
	base       int    // index of the value that its case is about; noBase: none
}

// newSelfCheck prints every rule that can be a formula, and fills in the calculated sheets.
func newSelfCheck(d *templates.Definition, l *workbook) *selfCheck {
	s := &selfCheck{d: d, workbook: l, slots: d.Layout().Slots(), number: map[string]int{},
		rows: &rowTables{d: d, index: map[string]int{}}, lastColumn: wordsColumn, base: noBase}
	for i, slot := range s.slots {
		s.number[slot.Name] = i
	}
	for _, r := range bySeverity(d.Rules) {
		if r.Sheet != "" || r.Tier() == 1 {
			continue
		}
		check, ok := sheetChecks[r.Check]
		if !ok {
			try.Do(fmt.Errorf("规则 %s 的检查方式 %s 不能写成表内公式，请在 sheet 写明原因", r.Code, r.Check))
		}
		s.rule = r.Code
		s.rules = append(s.rules, check(s, r))
	}
	s.fillCases()
	s.fillValues()
	s.fillTotals()
	s.fillRows() // last: by now all columns are known
	return s
}

func bySeverity(rules []*templates.Rule) []*templates.Rule {
	out := slices.Clone(rules)
	slices.SortStableFunc(out, func(a, b *templates.Rule) int { return severityRank(b) - severityRank(a) })
	return out
}

func severityRank(r *templates.Rule) int {
	return 3 - slices.Index(model.Severities, model.Severity(r.Severity))
}

// fillCases writes the cases of the rules, one a row; cases about single values go beside the values.
func (s *selfCheck) fillCases() {
	row := 2
	set := func(column int, f string) { s.workbook.setFormula(templates.CaseSheet, row, column, f) }
	for n := range s.rules {
		r := &s.rules[n]
		r.first = row
		s.workbook.set(templates.CaseSheet, row, codeColumn, r.rule.Code, "")
		s.workbook.set(templates.CaseSheet, row, severityColumn, float64(severityRank(r.rule)), "")
		outcomes, outcome := s.outcomes(n), thisRowCell(ruleColumn)
		slots := fmt.Sprintf("$%[1]s%[2]d:$%[1]s%[3]d", columnName(slotColumn), row, row+len(r.cases)-1)
		worst, target := "MAX("+outcomes+")", fmt.Sprintf("INDEX(%s,MATCH(%s,%s,0))", slots, outcome, outcomes)
		switch {
		case r.perValue > 0:
			target = fmt.Sprintf("MATCH(%s,%s,0)", outcome, outcomes)
		case r.column > 0:
			worst, target = thisRowCell(outcomeColumn), fmt.Sprintf("IFERROR(MATCH(%s,%s,0),1)", outcome, s.rows.span(r.column))
		case len(r.cases) == 1:
			worst, target = thisRowCell(outcomeColumn), thisRowCell(slotColumn)
		}
		set(ruleColumn, worst)
		set(targetColumn, fmt.Sprintf("IF(%s<%d,0,%s)", outcome, missing, target))
		for _, c := range r.cases {
			if r.perValue > 0 {
				s.workbook.setFormula(templates.ValueSheet, c.slots[0]+2, r.perValue, c.formula)
				continue
			}
			slot := 1 // a rule without values links to its list
			if len(c.slots) > 0 {
				slot = c.slots[0] + 1
			}
			s.workbook.set(templates.CaseSheet, row, slotColumn, float64(slot), "")
			set(outcomeColumn, c.formula)
			row++
		}
		row = max(row, r.first+1)
	}
}

// outcomes refers to the outcomes of the n-th rule's cases.
func (s *selfCheck) outcomes(n int) string {
	r := s.rules[n]
	return table.Either(r.perValue > 0, s.valueSpan(r.perValue),
		span(templates.CaseSheet, outcomeColumn, r.first, r.first+len(r.cases)-1))
}

// thisRowCell refers to a column in the row of the formula.
func thisRowCell(column int) string { return "$" + columnName(column) + thisRow }

func caseCell(column, row int) string {
	return fmt.Sprintf("%s!$%s$%d", templates.CaseSheet, columnName(column), row)
}

// span refers to rows of a column of a hidden sheet.
func span(sheet string, column, from, to int) string {
	return fmt.Sprintf("%[1]s!$%[2]s$%[3]d:$%[2]s$%[4]d", sheet, columnName(column), from, to)
}

// fillValues writes a row for every value of the form.
func (s *selfCheck) fillValues() {
	voids, flags := s.casesByValue()
	for i, slot := range s.slots {
		row := i + 2
		status := thisRowCell(statusColumn)
		label := s.d.Name(slot.Ref())
		s.workbook.set(templates.ValueSheet, row, nameColumn, slot.Name, "")
		s.workbook.set(templates.ValueSheet, row, labelColumn, label, "")
		s.fillStatus(row, slot)
		switch {
		case slot.Field.Type == templates.ConfirmField: // an empty box means not confirmed
			s.workbook.setFormula(templates.ValueSheet, row, usableColumn,
				fmt.Sprintf("IF(%s=%d,0,%s)", status, missing, status))
		case len(voids[i]) > 0:
			s.workbook.setFormula(templates.ValueSheet, row, usableColumn,
				fmt.Sprintf("IF(%s=%d,%d,%s)", maxOf(voids[i]), failed, unclear, status))
		}
		severities := []string{fmt.Sprintf("(%s=%d)*3", status, unclear)}
		for rank := 3; rank > 0; rank-- {
			if cases := flags[[2]int{i, rank}]; cases != nil {
				severities = append(severities, fmt.Sprintf("(%s=%d)*%d", maxOf(cases), failed, rank))
			}
		}
		s.workbook.setFormula(templates.ValueSheet, row, flagColumn, maxOf(severities))
	}
	for _, column := range slices.Sorted(maps.Keys(valueNames)) {
		s.workbook.defineName(valueNames[column], templates.ValueSheet, 2, column, len(s.slots)+1, column)
	}
}

func maxOf(of []string) string { return combine("MAX", ",", of) }

// statusColumnOf returns the column with the status of a value that other rules go by.
func (s *selfCheck) statusColumnOf(i int) int {
	if f := s.slots[i].Field; f.Type == templates.ConfirmField || f.Numeric() &&
		slices.ContainsFunc(s.rules, func(r sheetRule) bool {
			return r.rule.Voids && slices.ContainsFunc(r.cases, func(c sheetCase) bool { return slices.Contains(c.slots, i) })
		}) {
		return usableColumn
	}
	return statusColumn
}

// casesByValue returns for each value the cases that, failed, make it unusable for other rules, and those that colour
// it, by value and severity rank of the rule.
func (s *selfCheck) casesByValue() (voids map[int][]string, flags map[[2]int][]string) {
	voids, flags = map[int][]string{}, map[[2]int][]string{}
	for _, r := range s.rules {
		for k, c := range r.cases {
			outcome := table.Either(r.perValue > 0, thisRowCell(r.perValue), caseCell(outcomeColumn, r.first+k))
			for _, i := range c.slots {
				if r.rule.Voids {
					voids[i] = append(voids[i], outcome)
				}
				if at := ([2]int{i, severityRank(r.rule)}); r.rule.Check != "required" && r.rule.Check != "supplement" {
					flags[at] = append(flags[at], outcome)
				}
			}
		}
	}
	return voids, flags
}

// fillStatus writes whether a value can be used, and its comparable form.
func (s *selfCheck) fillStatus(row int, slot templates.Slot) {
	f, form := slot.Field, s.d.Form
	vars := map[string]string{"x": slot.Name, "clean": thisRowCell(cleanColumn), "length": thisRowCell(lengthColumn),
		"list": listName(f.Choices), "answered": answerStatus(f, slot.Name), "not_applicable": quote(form.NotApplicable),
		"checked": quote(form.Confirm.Checked), "unchecked": quote(form.Confirm.Unchecked)}
	kind := string(f.Type)
	switch {
	case f.Numeric():
		vars["decimals"] = strconv.Itoa(int(*f.Decimals))
	case f.Long():
		vars["answered"] = answerStatus(f, vars["clean"])
	case f.Open:
		kind = "open"
	}
	columns := map[string]int{"status": statusColumn, "clean": cleanColumn, "length": lengthColumn}
	for column, formula := range formulas().Values[kind] {
		s.workbook.setFormula(templates.ValueSheet, row, columns[column], templates.Fill(formula, vars))
	}
	if f.Long() && f.Limit > 0 {
		s.workbook.setFormula(templates.ValueSheet, row, wordsColumn, vars["length"]+`&"／`+strconv.Itoa(f.Limit)+`字"`)
		s.workbook.defineName(wordsName+slot.Name, templates.ValueSheet, row, wordsColumn, row, wordsColumn)
	}
}

// fillRows writes the columns about the lists, and for each list the severity of the faults in its rows.
func (s *selfCheck) fillRows() {
	byRow := table.Where(slices.Values(s.rules), func(r sheetRule) bool { return r.column > 0 })
	for _, rules := range table.GroupBy(byRow, func(r sheetRule) string { return r.block }) {
		block := rules[0].block
		severities := table.Each(rules, func(r sheetRule) string {
			return fmt.Sprintf("(%s=%d)*%d", thisRowCell(r.column), failed, severityRank(r.rule))
		})
		column := s.rows.column(block, "flag", "MAX("+strings.Join(severities, ",")+")")
		s.workbook.defineName(rowFlagsName+block, templates.RowSheet, 2, column, s.rows.columns[column-1].rows+1, column)
	}
	for i, c := range s.rows.columns {
		s.workbook.set(templates.RowSheet, 1, i+1, c.block+" "+c.key, "")
		for k := 1; k <= c.rows; k++ {
			s.workbook.setFormula(templates.RowSheet, k+1, i+1, c.formula)
		}
	}
}

// fillTotals writes the totals that the first sheet and the self-check page show.
func (s *selfCheck) fillTotals() {
	final := s.rules[len(s.rules)-1]
	last := final.first + table.Either(final.perValue > 0, 0, len(final.cases)-1)
	words := map[string]string{"rules": span(templates.CaseSheet, ruleColumn, 2, last), "progress": s.progress(),
		"severity": span(templates.CaseSheet, severityColumn, 2, last), "explained_in": s.d.ExplainedIn()}
	row := 1
	total := func(name, formula string) {
		row++
		s.workbook.set(templates.CaseSheet, row, totalsColumn, name, "")
		s.workbook.setFormula(templates.CaseSheet, row, totalsColumn+1, formula)
		s.workbook.defineName(name, templates.CaseSheet, row, totalsColumn+1, row, totalsColumn+1)
	}
	for _, t := range formulas().Totals {
		total(t.Name, templates.Fill(t.Formula, words))
	}
	for _, layout := range s.d.Layout().Sheets {
		if layout.Sheet.HasInputs() {
			total(templates.LeftName(layout.Sheet), s.remaining(layout))
		}
	}
}

// remaining prints what is left to do on a sheet: required values and errors; for a list, its number of rows.
func (s *selfCheck) remaining(layout *templates.SheetLayout) string {
	parts := table.Each(layout.Records, func(area templates.RecordArea) string {
		return fmt.Sprintf(`"已填"&%s&"行"`, s.rows.records(area.Block.ID))
	})
	if len(layout.Slots) == 0 {
		return strings.Join(parts, `&"，"&`)
	}
	from := s.number[layout.Slots[0].Name] + 2
	count := func(column, what int) string {
		return fmt.Sprintf("COUNTIF(%s,%d)", span(templates.ValueSheet, column, from, from+len(layout.Slots)-1), what)
	}
	for _, r := range s.rules {
		if r.rule.Check == "required" {
			blank := count(r.perValue, failed)
			parts = append(parts, fmt.Sprintf(`IF(%s>0,"还有"&%s&"项必填栏目未填","必填栏目已填完")`, blank, blank))
		}
	}
	errors := count(flagColumn, 3)
	parts = append(parts, fmt.Sprintf(`IF(%s>0,"；"&%s&"格%s","")`, errors, errors, model.MustFix.Label()))
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
