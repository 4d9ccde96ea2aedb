// Package consolidate writes the provincial workbook: everything that was submitted, what was found in it and what it
// scored, sheet by sheet, for people who have to defend every line of it.
//
// The workbook holds values, not links into other files; sums and growth are formulas with their results beside them, so that
// programs that do not calculate show figures too. Names and phones stand on one sheet only, 联系人; on all others whatever looks like
// personal data is masked.
package consolidate

import (
	"fmt"
	"io"
	"iter"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/stages/text"
)

// FileName of the provincial workbook.
const FileName = "省级汇总.xlsx"

// Input is what the workbook tells of.
type Input struct {
	table.Round
	Earlier  *Earlier       // that round; nil where none was given
	Select   int            // how many are to be chosen; 0: as the directory says
	Date     string         // of the run, as it is to be shown; empty: none
	ReplyBy  string         // the day by which the prefectures answer; empty: as the calendar says
	DataRoot string         // see publish.Manifest: what all this rests on, in one hash
	Standing table.Standing // what is known, shown wherever a score stands
	// FromTables says that the facts come from published tables: there are no contacts and no returns.
	FromTables bool
	// Returns gives the annotated copy of a submission that goes back, as a path relative to the workbook.
	Returns map[string]string
}

// Write writes the provincial workbook.
func Write(out io.Writer, in Input) error { return write(out, in, sheets) }

// footer says on each page what it is a page of, and which data it rests on.
func (w *workbook) footer() string {
	const enough = 16 // characters of the hash that no two runs of a season share
	foot := w.title() + "　" + w.Standing.Short()
	if len(w.DataRoot) < enough {
		return foot
	}
	return foot + "　数据校验值 " + w.DataRoot[:enough]
}

func write(out io.Writer, in Input, sheets []sheet) error {
	w := newWorkbook(in)
	names := make([]string, len(sheets))
	for i, s := range sheets {
		names[i] = s.name
	}
	var err error
	if w.report, err = book.NewReport(w.footer(), names...); err != nil {
		return err
	}
	for _, s := range sheets {
		if err := s.write(w, s.name); err != nil {
			return fmt.Errorf("工作表“%s”：%w", s.name, err)
		}
	}
	return w.report.Write(out, w.title())
}

// Sheets that others refer to.
const (
	sheetOverview    = "总览"
	sheetSubmissions = "申报一览"
	sheetRanking     = "排名"
	sheetMetrics     = "年度数据"
	sheetMembers     = "成员单位"
	sheetMissing     = "未报清单"
	sheetCities      = "地市汇总"
	sheetLine        = "入选线"
	sheetMoves       = "得分变动"
	sheetLifts       = "入选条件"
	sheetFindings    = "问题清单"
	sheetUnexplained = "未说明的数"
)

// sheet is one worksheet: its name, what it shows, and who writes it.
type sheet struct {
	name, shows string
	write       func(w *workbook, name string) error
}

// sheets is the workbook in order. It is filled in at start because 总览 lists it.
var sheets []sheet

func init() {
	sheets = []sheet{
		{sheetOverview, "一屏看全：报送、受理、排名、主要问题", (*workbook).overview},
		{sheetSubmissions, "每个申报一行：封面、结论、问题数、各单值栏目", (*workbook).submitted},
		{sheetRanking, "得分、上下限、名次和名次区间", (*workbook).ranking},
		{sheetWeights, "改权重、关掉观测点、改遴选家数，名次当场重算", (*workbook).weights},
		{sheetPoints, "每个申报在各观测点上的得分，随权重重算", (*workbook).pointScores},
		{sheetDuel, "任选两家逐个观测点比较：甲为什么排在乙前面", (*workbook).duel},
		{sheetLine, "评齐后谁稳、谁两可、要改多少权重才换位；之前看专家分要差多少", (*workbook).line},
		{sheetLifts, "评齐后，线外各家要进线内，哪些数要达到各家最好", (*workbook).lifts},
		{"换一种方法", "换标准化、换合成、换权重、去掉一个观测点后的名次", (*workbook).scenarios},
		{"核查清单", "存疑的数按可能失分排列；评齐后，核实哪几格就不会再换人", (*workbook).checklist},
		{"本次变化", "与上一次运行相比：问题、数据、得分、名次，为什么变", (*workbook).changes},
		{sheetMoves, "得分为什么变：登记、数据、专家、权重等各几分", (*workbook).moves},
		{sheetProfiles, "每家一页A4：要点、图、强弱项、答辩待问", (*workbook).profiles},
		{"得分依据", "每个得分的依据、公式、权重和所在单元格", (*workbook).evidence},
		{"承诺可信度", "承诺增长高于已实现、也高于同批的，请核实", (*workbook).credibility},
		{"专家评分", "专家评分逐条，各起了什么作用", (*workbook).opinions},
		{"观测点", "观测点的原文、权重和依据", (*workbook).rubric},
		{"计分的影响", "名义权重与实际影响，分不出各家的依据，评分标准有没有漏洞", (*workbook).influence},
		{sheetMetrics, "每个申报每个指标一行，各年并列", (*workbook).metrics},
		{"经费", "拟投入运行经费总额和来源", (*workbook).funding},
		{sheetMembers, "成员名册逐家列出", (*workbook).members},
		{"成员重复", "同时列在几个联合体中的单位", (*workbook).sharedMembers},
		{"文字材料", "各文字栏目的全文和字数", (*workbook).texts},
		{"文字比对", "雷同的文字左右并排，相同的片段标红", (*workbook).comparedTexts},
		{"支撑材料", "各申报列出的支撑材料", (*workbook).materials},
		{"市级核实", "各地市怎样核实、结果如何", (*workbook).verifications},
		{"情况说明", "填报单位对问题的说明", (*workbook).explanations},
		{"联系人", "含个人信息，仅限本处使用", (*workbook).contacts},
		{sheetTrends, "主要指标五年合计和走势", (*workbook).trends},
		{sheetCities, "各地市的报送和合计", (*workbook).cities},
		{sheetMissing, "指导目录中没有申报的联合体", (*workbook).missing},
		{"登记", "处里登记的同意、已入选、补报、说明采纳、材料收讫，各起了什么作用", (*workbook).register},
		{sheetFindings, "每个问题：在哪一格、填的什么、怎么改、依据哪里", (*workbook).findings},
		{sheetUnexplained, "从未得到说明的数：是哪一格，影响哪些观测点", (*workbook).unexplained},
		{"规则执行", "每条规则在每个申报上是否通过", (*workbook).rules},
		{"文件清单", "收到的每个文件的去向", (*workbook).files},
		{"读数更正", "读数时由原文到读出的值作了哪些整理", (*workbook).coercions},
		{"表外内容", "填了内容但不在推荐书栏目内的单元格", (*workbook).loose},
		{"数据字典", "data/ 中每张数据表每一列的含义", (*workbook).dictionary},
	}
}

// workbook is what the sheets share.
type workbook struct {
	Input
	*board
	report      *book.Report
	submissions []table.Submission
	verdicts    []table.Verdict   // in the order of the submissions
	index       map[string]int    // of a submission
	pending     map[string]string // by submission: what experts propose and nobody has decided
	pages       *book.Page        // of 一页一联合体, once they are laid out
	pageRows    map[string]int    // where each begins
}

func newWorkbook(in Input) *workbook {
	w := &workbook{Input: in, board: newBoard(in), index: map[string]int{}, pending: map[string]string{}}
	for s := range in.Facts.Submissions.All() {
		w.index[s.Submission] = len(w.submissions)
		w.submissions = append(w.submissions, s)
	}
	for v := range in.Judgement.Verdicts.All() {
		w.verdicts = append(w.verdicts, v)
	}
	for r := range in.Ranking.Ranking.All() {
		if r.Pending {
			w.pending[r.Submission] = r.Proposals
		}
	}
	return w
}

// name is what a consortium is called, with what is for the Department to decide about it.
func (w *workbook) name(id string) string {
	name := text.Mask(w.of(id).Consortium)
	if words := w.pending[id]; words != "" {
		name += "〔待厅里认定：" + words + "〕"
	}
	return name
}

// title names the workbook, on its first sheet and at the foot of each page.
func (w *workbook) title() string {
	return fmt.Sprintf("%d年市域产教联合体申报省级汇总", w.Definition.Year)
}

// of finds a submission by its id; the zero value where there is none.
func (w *workbook) of(id string) table.Submission {
	if i, ok := w.index[id]; ok {
		return w.submissions[i]
	}
	return table.Submission{}
}

// head is the heading of a column as the data dictionary names it.
func (w *workbook) head(tableName, column string) string {
	for _, c := range w.Definition.Table(tableName).Columns {
		if c.Name == column {
			return c.Label
		}
	}
	panic("tables.yaml: no column " + tableName + "." + column)
}

// column is one column of a sheet of rows.
type column[T any] = book.ColumnOf[T]

// rows writes a sheet of rows. keep is how many columns stay in view.
func rows[T any](w *workbook, name, remark string, keep, n int, all iter.Seq[T], columns []column[T]) error {
	return book.Rows(w.report, book.Grid{Sheet: name, Remark: remark, Rows: n, Freeze: keep}, all, columns)
}

// Columns that 地市汇总 counts and adds up by, on the sheets whose rows are about submissions.
const (
	belongsCol  = 4 // prefecture that a submission belongs to
	verdictCol  = 5 // of 申报一览
	kindCol     = 6 // of 成员单位
	metricCol   = 6 // of 年度数据
	firstYear   = 8 // of 年度数据
	missingCity = 2 // of 未报清单
)

// belongs is the prefecture that a submission is counted with, in belongsCol.
func belongs[T any](w *workbook, id func(T) string) column[T] {
	return column[T]{Head: "汇总地市", Width: 8, Cell: func(row T) book.Cell { return centred(w.Facts.CityOf(w.of(id(row)))) }}
}

// who begins the rows about submissions: number, prefecture, consortium.
func who[T any](w *workbook, id func(T) string) []column[T] {
	of := func(show func(table.Submission) book.Cell) func(T) book.Cell {
		return func(row T) book.Cell { return show(w.of(id(row))) }
	}
	return []column[T]{
		{Head: w.head("submissions", "submission"), Width: 14, Cell: func(row T) book.Cell { return mono(id(row)) }},
		{Head: w.head("submissions", "city"), Width: 8, Cell: of(func(s table.Submission) book.Cell { return centred(s.City) })},
		{Head: w.head("submissions", "consortium"), Width: 38, Cell: of(func(s table.Submission) book.Cell { return book.Cell{Value: w.name(s.Submission), Look: book.Plain} })},
	}
}

// Cells by what they hold. Texts that people typed are masked; what can't hold personal data (codes, hashes) is not.

func words(s string) book.Cell   { return book.Cell{Value: text.Mask(s), Look: book.Plain} }
func prose(s string) book.Cell   { return book.Cell{Value: text.Mask(s), Look: book.Prose} }
func centred(s string) book.Cell { return book.Cell{Value: text.Mask(s), Look: book.Centred} }
func mono(s string) book.Cell    { return book.Cell{Value: s, Look: book.Mono} }

func number(v float64) book.Cell { return book.Cell{Value: v, Look: book.Number(v)} }
func count(n int32) book.Cell    { return book.Cell{Value: n, Look: book.Integer} }

// optional is a number, or an empty cell.
func optional[N int32 | float64](v table.Opt[N], look book.Look) book.Cell {
	if !v.Valid {
		return book.Cell{Look: look}
	}
	return book.Cell{Value: v.V, Look: look}
}

// yes marks what is so.
func yes(b bool) book.Cell {
	if b {
		return centred("是")
	}
	return centred("")
}

// absent is how a value that is not there is shown.
func (w *workbook) absent(s table.Status) string {
	switch s {
	case table.NotApplicable:
		return w.Definition.Form.NotApplicable
	case table.Invalid:
		return "无法识别"
	}
	return "未填"
}

// figure is a number as read, or why there is none.
func (w *workbook) figure(v table.Opt[float64], s table.Status) book.Cell {
	if v.Valid && s == table.Normal {
		return number(v.V)
	}
	return book.Cell{Value: w.absent(s), Look: book.Quiet}
}

// absences colours what stands for values that are not there: 未填 and 无法识别 are to be seen at once.
func (w *workbook) absences() []book.Mark {
	return []book.Mark{{Word: w.absent(table.Missing), Tone: book.Caution}, {Word: w.absent(table.Invalid), Tone: book.Bad}}
}

// Colours of verdicts, severities and outcomes.
var (
	verdictMarks  = []book.Mark{{Word: string(model.Accept), Tone: book.Good}, {Word: string(model.AskFirst), Tone: book.Caution}, {Word: string(model.Return), Tone: book.Bad}}
	severityMarks = []book.Mark{{Word: model.MustFix.Label(), Tone: book.Bad}, {Word: model.Explain.Label(), Tone: book.Caution}, {Word: model.Hint.Label(), Tone: book.Info}}
	fateMarks     = []book.Mark{{Word: model.Accepted.Label(), Tone: book.Good}, {Word: model.Superseded.Label(), Tone: book.Info}, {Word: model.Rejected.Label(), Tone: book.Bad}}
)
