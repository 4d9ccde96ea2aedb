package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// findings is 问题清单.
func (w *workbook) findings(name string) error {
	label := func(column string) string { return w.head("findings", column) }
	columns := append([]column[table.Finding]{
		{Head: label("severity"), Width: 12, Style: book.Column{Marks: severityMarks}, Cell: func(x table.Finding) book.Cell { return centred(x.Severity.Label()) }},
	}, who(w, func(x table.Finding) string { return x.Submission })...)
	columns = append(columns,
		column[table.Finding]{Head: label("title"), Width: 22, Cell: func(x table.Finding) book.Cell { return words(x.Title) }},
		column[table.Finding]{Head: "位置", Width: 20, Cell: w.placeLink},
		column[table.Finding]{Head: label("raw"), Width: 18, Cell: func(x table.Finding) book.Cell { return words(x.Raw) }},
		column[table.Finding]{Head: label("message"), Width: 56, Cell: func(x table.Finding) book.Cell { return words(x.Message) }},
		column[table.Finding]{Head: label("cure"), Width: 46, Cell: func(x table.Finding) book.Cell { return words(x.Cure) }},
		column[table.Finding]{Head: "处理状态", Width: 11, Style: book.Column{Marks: answeredMarks}, Cell: func(x table.Finding) book.Cell { return centred(w.answered(x)) }},
		column[table.Finding]{Head: label("explanation"), Width: 36, Cell: func(x table.Finding) book.Cell { return words(x.Explanation) }},
		column[table.Finding]{Head: label("authority"), Width: 20, Cell: func(x table.Finding) book.Cell { return words(x.Authority) }},
		column[table.Finding]{Head: label("code"), Width: 12, Cell: func(x table.Finding) book.Cell { return mono(x.Code) }},
		column[table.Finding]{Head: label("places"), Width: 30, Cell: func(x table.Finding) book.Cell { return words(x.Places) }},
		column[table.Finding]{Head: label("file"), Width: 40, Cell: func(x table.Finding) book.Cell { return words(x.File) }},
		column[table.Finding]{Head: label("fingerprint"), Width: 36, Cell: func(x table.Finding) book.Cell { return mono(fingerprint(x)) }},
	)
	beyond := w.Definition.Form.Beyond
	remark := "“位置”链接到标注件中的那一格；没有标注件的，链接到本工作簿中这个值所在的行。请按“程度”和“处理状态”筛选，未说明的另列在“" + sheetUnexplained + "”；依据为“" + beyond.Coherence + "”的由栏目之间的关系推出，“" + beyond.Tool + "”是本工具自己的要求，“" + beyond.Asked + "”的单独不构成退回的理由。"
	return rows(w, name, remark, 4, w.Judgement.Findings.Len(), w.Judgement.Findings.All(), columns)
}

// fingerprint is what a person copies to decide about a finding: it, for the values that it has now.
func fingerprint(x table.Finding) string { return model.ExplanationKey(x.Fingerprint, x.ValueHash) }

// Where a finding stands.
const (
	toMend    = "待修改"
	toExplain = "未说明"
	explained = "已说明"
)

var answeredMarks = []book.Mark{{Word: toMend, Tone: book.Bad}, {Word: toExplain, Tone: book.Caution}, {Word: explained, Tone: book.Good}}

// answered says whether anybody still has to act on a finding.
func (w *workbook) answered(x table.Finding) string {
	switch {
	case x.Severity == model.MustFix:
		return toMend
	case x.Severity != model.Explain:
		return ""
	case x.Explanation == "":
		return toExplain
	}
	return explained
}

// placeLink shows where a finding is and leads there: into the annotated copy, or else to the value's row in this workbook.
func (w *workbook) placeLink(x table.Finding) book.Cell {
	place := model.Place{File: x.File, Sheet: x.Sheet, Cell: x.Cell}
	if x.Sheet == "" {
		return words(place.String())
	}
	c := book.Cell{Value: place.String(), Look: book.Link}
	if path, ok := w.Returns[x.Submission]; ok {
		c.Link = path + book.CellLink(x.Sheet, x.Cell)
		return c
	}
	i, ok := w.index[x.Submission]
	if !ok {
		c.Look = book.Plain
		return c
	}
	sheet, row := sheetSubmissions, i+3
	fields := w.Definition.Form.Metrics()
	if k := slices.IndexFunc(fields, func(f *templates.Field) bool { return slices.Contains(strings.Fields(x.Fields), f.ID) }); k >= 0 {
		sheet, row = sheetMetrics, i*len(fields)+k+3
	}
	c.Link = book.CellLink(sheet, model.CellName(row, 1))
	return c
}

// ruleRow is one rule with what it came to on each submission.
type ruleRow struct {
	*templates.Rule
	outcomes []model.Outcome // in the order of the submissions
	counts   map[model.Outcome]int
}

// aboutFiles says whether a rule is about files; only where it failed is it about a submission.
func (r *ruleRow) aboutFiles() bool { return r.Check == "file" || r.Check == "marks" }

// widest is up to how many submissions 规则执行 has a column each; beyond it the counts must do.
const widest = 60

// rules is 规则执行: rules down, submissions across.
func (w *workbook) rules(name string) error {
	byCode := map[string]*ruleRow{}
	var list []*ruleRow
	for _, r := range w.Definition.Rules {
		byCode[r.Code] = &ruleRow{Rule: r, outcomes: make([]model.Outcome, len(w.submissions)), counts: map[model.Outcome]int{}}
		list = append(list, byCode[r.Code])
	}
	for o := range w.Judgement.Outcomes.All() {
		r := byCode[o.Code]
		if r.aboutFiles() && o.Outcome != model.Fail {
			continue // a file that can't be used has no submission to pass or fail
		}
		r.outcomes[w.index[o.Submission]] = o.Outcome
		r.counts[o.Outcome]++
	}
	for x := range w.Judgement.Findings.All() {
		if x.Submission == "" {
			byCode[x.Code].counts[model.Fail]++
		}
	}
	label := func(column string) string { return w.head("findings", column) }
	columns := []column[*ruleRow]{
		{Head: label("code"), Width: 12, Cell: func(r *ruleRow) book.Cell { return mono(r.Code) }},
		{Head: label("title"), Width: 30, Cell: func(r *ruleRow) book.Cell { return words(r.Title) }},
		{Head: label("severity"), Width: 12, Style: book.Column{Marks: severityMarks}, Cell: func(r *ruleRow) book.Cell { return centred(model.Severity(r.Severity).Label()) }},
		{Head: label("authority"), Width: 24, Cell: func(r *ruleRow) book.Cell { return words(r.Authority) }},
	}
	for _, o := range []model.Outcome{model.Fail, model.Pass, model.NotApplicable, model.NotRun} {
		columns = append(columns, column[*ruleRow]{Head: o.Label(), Width: 8, Cell: func(r *ruleRow) book.Cell {
			if r.aboutFiles() && o != model.Fail {
				return centred("")
			}
			return count(int32(r.counts[o]))
		}})
	}
	remark := "各列是该规则在多少个申报上未通过、通过、不适用、无法检查；缺数据的一律不算通过。关于文件的规则（LHT-1）只列未通过的。"
	if len(w.submissions) <= widest {
		remark += fmt.Sprintf("右边逐个申报列出：%s 通过，%s 未通过，%s 不适用，%s 无法检查。", marks[model.Pass], marks[model.Fail], marks[model.NotApplicable], marks[model.NotRun])
		for i, s := range w.submissions {
			columns = append(columns, column[*ruleRow]{Head: s.Consortium, Width: 4, Style: book.Column{Look: book.Standing, Marks: outcomeMarks},
				Cell: func(r *ruleRow) book.Cell { return centred(marks[r.outcomes[i]]) }})
		}
	} else {
		remark += "申报较多，逐个申报的结果见 data/outcomes。"
	}
	return rows(w, name, remark, 2, len(list), slices.Values(list), columns)
}

// marks are the outcomes in a narrow column.
var marks = map[model.Outcome]string{model.Pass: "✓", model.Fail: "✗", model.NotApplicable: "－", model.NotRun: "？"}

var outcomeMarks = []book.Mark{{Word: marks[model.Fail], Tone: book.Bad}, {Word: marks[model.NotRun], Tone: book.Caution}}
