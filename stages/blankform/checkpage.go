package blankform

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Columns of the self-check page, and its header row. Each rule has a row, the most severe rules first.
const (
	resultColumn = 4
	placeColumn  = 5
	pasteColumn  = 7
	headerRow    = 4
)

func (p *renderer) writeCheckPage() {
	p.current = templates.CheckSheet
	page := formulas().Page
	rules := slices.DeleteFunc(bySeverity(p.d.Rules), func(r *templates.Rule) bool { return r.Tier() == 1 })
	last := headerRow + len(rules)
	layout := &templates.SheetLayout{LastRow: last, LastCol: len(page.Columns), Freeze: headerRow}
	for _, column := range page.Columns {
		layout.Widths = append(layout.Widths, column.Width)
	}
	try.Do(p.f.SetSheetDimension(p.current, "A1:"+cell(last, layout.LastCol)))
	book.SetPrintNames(p.f, p.current, book.AbsRange(p.current, 1, 1, last, layout.LastCol),
		book.PrintTitles(p.current, headerRow, headerRow, 0))
	p.watermark(1)
	try.Do(p.f.AutoFilter(p.current, fmt.Sprintf("%s:%s", cell(headerRow, 1), cell(last, layout.LastCol)), nil))
	p.setUpPage(true) // after the filter, which would reset the page settings
	p.colourResults(last)
	c := &sheetCells{map[[2]int]excelize.Cell{}, map[int]float64{}, nil}
	p.workbook.setFormula(p.current, 3, 1, conclusionName)
	for i, line := range []struct {
		role templates.Role
		text string
	}{{templates.TitleRole, p.current}, {templates.BodyRole, page.Introduction}, {templates.ShownRole, ""}} {
		c.put(i+1, 1, 1, layout.LastCol, p.staticCell(i+1, 1, line.role, line.text, false))
		c.growRow(i+1, max(fixedHeights[line.role], 24))
	}
	for i, column := range page.Columns {
		c.put(headerRow, i+1, 1, 1, p.staticCell(headerRow, i+1, templates.HeaderRole, column.Head, false))
	}
	c.growRow(headerRow, 24)
	for i, r := range rules {
		p.putRule(c, headerRow+1+i, r)
	}
	p.writeRows(layout, c)
}

// putRule puts the row of a rule: result and place as formulas, or the reason why a sheet can't check it.
func (p *renderer) putRule(c *sheetCells, row int, r *templates.Rule) {
	const size = 10 // of the font
	text, centred, link := p.style("check text"), p.style("check centred"), p.style("check link")
	cure, explainable := templates.Fill(r.Cure, p.cureVars()), r.Severity != string(model.MustFix) || len(r.Explained) > 0
	key := table.Either(explainable, r.Code, "—") // an error must be corrected, not explained
	for i, x := range []string{r.Code, model.Severity(r.Severity).Label(), r.Title, "—", r.Sheet, cure, key} {
		style := table.Either(i+1 == resultColumn || i < 2, centred, text)
		c.put(row, i+1, 1, 1, excelize.Cell{StyleID: style, Value: x})
		c.growRow(row, float64(lines(x, formulas().Page.Columns[i].Width, size)*14)+padding)
	}
	n := slices.IndexFunc(p.check.rules, func(s sheetRule) bool { return s.rule == r })
	if n < 0 {
		return
	}
	outcome, words := caseCell(ruleColumn, p.check.rules[n].first), strings.Join(table.Each(outcomeWords, quote), ",")
	printed := map[int]string{placeColumn: p.check.linkFormula(n),
		resultColumn: fmt.Sprintf("CHOOSE(%s+1,%s)", outcome, words)}
	if explainable {
		printed[pasteColumn] = p.check.explanationKey(n)
	}
	for column, f := range printed {
		p.workbook.setFormula(p.current, row, column, f)
		content := p.workbook.streamCell(p.current, row, column)
		content.StyleID = map[int]int{resultColumn: centred, placeColumn: link, pasteColumn: text}[column]
		c.put(row, column, 1, 1, content)
	}
	for _, one := range p.check.rules[n].cases { // the place may be any of them
		if len(one.slots) > 0 {
			slot := p.check.slots[one.slots[0]]
			label := p.d.Name(slot.Ref())
			c.growRow(row, float64(lines(label, formulas().Page.Columns[placeColumn-1].Width, size)*14)+padding)
		}
	}
}

// linkFormula links to the first place that decides the outcome.
func (s *selfCheck) linkFormula(n int) string {
	r, target := s.rules[n], caseCell(targetColumn, s.rules[n].first)
	link := ""
	switch list := s.listOf(r); {
	case r.column > 0:
		area := s.d.Layout().Area(r.block)
		first := area.Columns[0]
		link = fmt.Sprintf(`HYPERLINK("#'%s'!%s"&ROW(INDEX(%s,%s)),"%s第"&%s&"行")`, area.Sheet, columnName(first.Col),
			first.Name, target, area.Sheet, target)
	case list != "":
		area := s.d.Layout().Area(list)
		link = fmt.Sprintf("HYPERLINK(%s,%s)", quote("#"+area.Columns[0].Name), quote(area.Sheet))
	case len(r.cases) == 1:
		i := r.cases[0].slots[0]
		link = fmt.Sprintf("HYPERLINK(%s,%s)", quote("#"+s.slots[i].Name),
			quote(s.d.Name(templates.Ref{Field: s.slots[i].Field.ID, Year: s.slots[i].Year})))
	default:
		link = fmt.Sprintf(`HYPERLINK("#"&INDEX(%s,%s),INDEX(%s,%s))`, s.valueSpan(nameColumn), target,
			s.valueSpan(labelColumn), target)
	}
	return fmt.Sprintf(`IF(%s=0,"",%s)`, target, link)
}

// explanationKey is what an explanation must name: the code, and the place if a single one fails.
func (s *selfCheck) explanationKey(n int) string {
	r, target := s.rules[n], caseCell(targetColumn, s.rules[n].first)
	name, outcomes := "", s.outcomes(n)
	switch {
	case r.column > 0 && r.block == "members":
		name, outcomes = fmt.Sprintf(`IFERROR(TRIM(INDEX(members_name,%s)),"")`, target), s.rows.span(r.column)
	case r.column == 0 && len(r.cases[0].slots) > 0:
		name = fmt.Sprintf("INDEX(%s,%s)", s.valueSpan(labelColumn), target)
	default:
		return quote(r.rule.Code)
	}
	alone := fmt.Sprintf("%s=%d", caseCell(ruleColumn, r.first), failed)
	if r.column > 0 || r.perValue > 0 || len(r.cases) > 1 {
		alone = fmt.Sprintf("AND(%s,COUNTIF(%s,%d)=1)", alone, outcomes, failed)
	}
	return fmt.Sprintf(`%s&IF(%s,"："&%s,"")`, quote(r.rule.Code), alone, name)
}

// listOf returns the list that a rule without values is about; empty: it has values.
func (s *selfCheck) listOf(r sheetRule) string {
	if len(r.cases[0].slots) > 0 {
		return ""
	}
	for _, place := range r.rule.Places {
		if area := s.d.Layout().Area(place); area.Block != nil {
			return place
		}
	}
	return r.block
}

func (s *selfCheck) valueSpan(column int) string {
	return span(templates.ValueSheet, column, 2, len(s.slots)+1)
}

// cureVars are general words for the placeholders of a cure, where it is about no single value.
func (p *renderer) cureVars() map[string]string {
	vars := map[string]string{"unit": "旁边所标单位", "value": "所填的数", "raw": "所填内容", "label": "这一栏", "name": "这一栏",
		"how": "按这一栏旁边的说明填写"}
	for _, y := range p.d.Form.Years {
		vars[y.ID] = y.Label
	}
	return vars
}

// colourResults colours the results; a failed one has the colour of its severity.
func (p *renderer) colourResults(last int) {
	first := headerRow + 1
	result, severity := fmt.Sprintf("$%s%d", columnName(resultColumn), first), fmt.Sprintf("$B%d", first)
	fails := fmt.Sprintf("%s=%s", result, quote(outcomeWords[failed]))
	p.addConditionalFormats(cell(first, resultColumn)+":"+cell(last, resultColumn), []conditionalFormat{
		{fmt.Sprintf("AND(%s,%s=%s)", fails, severity, quote(model.MustFix.Label())), "error"},
		{fmt.Sprintf("AND(%s,%s=%s)", fails, severity, quote(model.Explain.Label())), "warning"},
		{fails, "hint failed"},
		{fmt.Sprintf("OR(%s=%s,%s=%s)", result, quote(outcomeWords[missing]), result, quote(outcomeWords[unclear])),
			"open"},
		{fmt.Sprintf("%s=%s", result, quote(outcomeWords[passed])), "passed"},
	})
}
