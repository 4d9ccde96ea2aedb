// Package consolidate writes the Department's workbooks: 省级汇总 for deciding, 附录 with everything that was submitted,
// found and scored, and 联系人. The definition's sheets.yaml lists sheets and columns. Lists are written by office/list;
// there is code here for sheets with a free layout, and for the cells that need computing.
//
// Formulas are written with their values, so that programs that do not calculate show figures too. Names and phones are
// in 联系人 only; in all other texts whatever looks like personal data is masked.
package consolidate

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Names of the workbooks.
const (
	FileName     = provinceBook + extension
	AppendixFile = appendixBook + extension
	ContactsFile = "联系人" + extension

	provinceBook = "省级汇总"
	appendixBook = "附录"
	extension    = ".xlsx"
)

// Input is the content of the workbooks.
type Input struct {
	table.Publication
	Before  []*table.Round // earlier years' batches, the oldest first
	Earlier *Earlier       // the previous run, with which Changes compares; nil: none
	// FromTables says that the facts were read back from published tables, without contacts and returned copies.
	FromTables bool
}

// Books writes the workbooks that have content to the files that create opens by name. The one with personal data is
// left out where there is none, and in results kept for a meeting.
func Books(in Input, create func(name string) (io.WriteCloser, error)) (err error) {
	defer try.Caught(&err)
	try.Do(Check(in.Definition))
	w := newWorkbook(in)
	for _, b := range in.Definition.Sheets().BooksBy("") {
		sheets := w.sheetsWithContent(b.ID)
		if len(sheets) == 0 || b.Personal && (in.FromTables || in.Standing.Meeting != "") {
			continue
		}
		to, err := create(b.ID + extension)
		if err == nil {
			err = errors.Join(w.write(to, b, sheets), to.Close())
		}
		try.In(b.ID, err)
	}
	return nil
}

func (w *workbook) write(to io.Writer, b *templates.ReportBook, sheets []*templates.ReportSheet) (err error) {
	defer try.Caught(&err)
	names := table.Each(sheets, func(s *templates.ReportSheet) string { return s.Name })
	w.book, w.title = b.ID, fmt.Sprintf("%d年%s", w.Definition.Year, b.Title)
	w.report = try.Get(book.NewReport(w.footer(), names...))
	for _, s := range sheets {
		if s.Rows == "" {
			err = w.layouts()[s.ID](s.Name)
		} else {
			err = w.writeList(w.lists.Layout(s.ID))
		}
		try.In("工作表“"+s.Name+"”", err)
	}
	return w.report.Write(to, w.title)
}

// sheetsWithContent lists the sheets of a book that are to be written.
func (w *workbook) sheetsWithContent(id string) []*templates.ReportSheet {
	return table.Where(slices.Values(w.Definition.Sheets().In(id)), w.hasContent)
}

func (w *workbook) hasContent(s *templates.ReportSheet) bool {
	switch {
	case !w.isDue(s.When):
		return false
	case s.Rows != "":
		return s.Always || w.lists.Layout(s.ID).Len > 0
	case s.ID == "duel":
		return w.live && len(w.aroundLine()) == 2
	}
	return s.Always || len(w.entries) > 0 || s.ID == "profiles" && w.Fulfilment.Len() > 0
}

// footer is the footer of each page: title, state and the hash of the data.
func (w *workbook) footer() string {
	const enough = 16 // characters of the hash, which tell runs apart
	foot := w.title + "　" + w.Standing.Short()
	if len(w.DataRoot) < enough {
		return foot
	}
	return foot + "　数据校验值 " + w.DataRoot[:enough]
}

// layouts are the functions that write the sheets with a free layout, by id.
func (w *workbook) layouts() map[string]func(name string) error {
	return map[string]func(string) error{"overview": w.overview, "duel": w.comparison, "weights": w.weights,
		"profiles": w.profiles, "filing": w.filing, "trends": w.trends}
}

type workbook struct {
	Input
	*liveScores
	report      *book.Report
	book, title string
	about       map[string]*table.SubmissionRows  // what the run has of a submission
	entries     []entry                           // the submissions in their order
	index       map[string]int                    // of a submission
	byKey       map[string]int                    // of a submission, by the key of its consortium
	ranks       map[string]table.Rank             // by submission
	byRank      []table.Rank                      // the ranked ones in their order
	lifts       map[string]table.Lift             // by submission: the last step, of those that are outside the line
	steps       map[string][]table.Change         // by submission: what each cause did to its total
	details     map[string]map[string]pointDetail // by submission and point
	constant    map[string][]string               // by point: its evidence that tells nobody apart
	lists       *list.Lists
	pages       *book.Page     // of 一页一联合体, once they are laid out
	pageRows    map[string]int // where each begins
}

func newWorkbook(in Input) *workbook {
	w := &workbook{Input: in, liveScores: newLiveScores(in), about: in.BySubmission(), index: map[string]int{},
		byKey: map[string]int{}}
	w.ranks = table.IndexBy(in.Ranking.Ranking.All(), func(r table.Rank) string { return r.Submission })
	w.byRank = table.Where(in.Ranking.Ranking.All(), func(r table.Rank) bool { return r.Ranked })
	w.lifts = table.IndexBy(in.Ranking.Lifts.All(), func(l table.Lift) string { return l.Submission })
	steps := table.Where(in.Changes.All(), func(c table.Change) bool { return c.Kind == table.TotalStep })
	w.steps = table.GroupMap(slices.Values(steps), func(c table.Change) string { return c.Submission })
	for s := range in.Submissions.All() {
		a := w.about[s.Submission]
		w.index[s.Submission], w.byKey[table.ConsortiumKey(s)] = len(w.entries), len(w.entries)
		w.entries = append(w.entries, entry{s, a.Verdict, a.Form})
	}
	w.details, w.constant = w.pointsOfAll(), w.constantEvidence()
	w.lists = &list.Lists{Definition: in.Definition, Sources: w.allSources(), Views: w.allViews(), Groups: w.allGroups(),
		IsDue: w.isDue, AdjustCell: w.addFormula, Find: in.Find}
	return w
}

// name is the name of a submission's consortium, with a tag while experts' proposals are not decided.
func (w *workbook) name(id string) string {
	return text.Mask(w.submission(id).Consortium) + w.ranks[id].Tag()
}

// submission finds a submission by its id; the zero value where there is none.
func (w *workbook) submission(id string) table.Submission {
	if i, ok := w.index[id]; ok {
		return w.entries[i].Submission
	}
	return table.Submission{}
}

// sheet is the name of a sheet by its id, for texts; with the file where it is in another one.
func (w *workbook) sheet(id string) string {
	s := w.Definition.Sheets().Sheet(id)
	return textIf(s.Book != w.book, s.Book) + "“" + s.Name + "”"
}

// linkTo is the link to a cell of a sheet, also in another book; empty where the sheet is not written.
func (w *workbook) linkTo(id, cell string) string {
	s := w.Definition.Sheets().Sheet(id)
	if !w.hasContent(s) {
		return ""
	}
	return textIf(s.Book != w.book, s.Book+extension) + book.CellLink(s.Name, cell)
}

func (w *workbook) head(table, column string) string { return w.Definition.ColumnLabel(table, column) }

// Cells by content. Texts that people typed are masked; codes and hashes are not.

func plain(s string) book.Cell   { return book.Cell{Value: text.Mask(s), Look: book.Plain} }
func centred(s string) book.Cell { return book.Cell{Value: text.Mask(s), Look: book.Centred} }
func mono(s string) book.Cell    { return book.Cell{Value: s, Look: book.Mono} }
func greyed(s string) book.Cell  { return book.Cell{Value: s, Look: book.Quiet} }

// cell is a value with its style, and its formula, if any.
func cell(value any, look book.Look, formula ...string) book.Cell {
	return book.Cell{Value: value, Look: look, Formula: strings.Join(formula, "")}
}

func linked(value any, to string) book.Cell {
	return book.Cell{Value: value, Look: book.Link, Link: to}
}

func number(v float64) book.Cell { return book.Cell{Value: v, Look: book.NumberLook(v)} }
func count(n int) book.Cell      { return book.Cell{Value: n, Look: book.Integer} }
func points(v float64) book.Cell { return book.Cell{Value: table.Rounded(v), Look: book.Points} }

// figure is a number, or the reason why there is none.
func figure(v table.Opt[float64], s table.Status) book.Cell {
	absent := greyed(cmp.Or(s.Absent(), table.Missing.Absent()))
	return table.Either(v.Valid && s == table.Normal, number(v.V), absent)
}

var formulaReference = regexp.MustCompile(`\{[a-z_.]+[:^]?\}`)

// formulaOf resolves the references in a formula of sheets.yaml: {x} is a cell of the row, or the cells of a group of
// columns; {x^} the first cell of a column, or the cells above a group; {x:} a whole column; {sheet.x} a column of
// another sheet. The formula is empty where that sheet is not written. Rows may have names of their own.
func (w *workbook) formulaOf(r list.Row, formula string) string {
	names, missing := map[string]string{}, false
	if x, ok := r.Value.(pointRow); ok {
		names = x.formulaNames(w, r.List)
	} else if r.List.Sheet.ID == "cities" {
		names = w.kindNames(r)
	}
	filled := formulaReference.ReplaceAllStringFunc(formula, func(s string) string {
		id := strings.TrimRight(s[1:len(s)-1], ":^")
		if sheet, column, other := strings.Cut(id, "."); other {
			missing = missing || !w.hasContent(w.Definition.Sheets().Sheet(sheet))
			return w.lists.Layout(sheet).Area(column)
		}
		top := strings.HasSuffix(s, "^}")
		switch first, n := groupColumns(r.List, id); {
		case names[id] != "":
			return names[id]
		case n > 0 && top:
			return book.AbsCell(pointsLead, first) + ":" + book.AbsCell(pointsLead, first+n-1)
		case n > 0:
			return "$" + model.CellName(r.At, first) + ":$" + model.CellName(r.At, first+n-1)
		case top:
			return book.AbsCell(r.List.First(), r.List.Col(id))
		case strings.HasSuffix(s, ":}"):
			_, own, _ := strings.Cut(r.List.Area(id), "!")
			return own
		}
		return r.Cell(id)
	})
	return textIf(!missing, w.formula("%s", filled))
}

// Check checks that the rows, views and layouts in sheets.yaml exist. The error names file, line and cure.
func Check(d *templates.Definition) (err error) {
	defer try.Caught(&err)
	round := table.Round{Facts: &table.Facts{Definition: d}, Judgement: &table.Judgement{}, Ranking: &table.Ranking{}}
	w := newWorkbook(Input{Publication: table.Publication{Round: round}})
	for _, b := range d.Sheets().BooksBy("") {
		for _, s := range d.Sheets().In(b.ID) {
			if s.Rows != "" {
				try.Do(w.lists.Check(s))
			} else if w.layouts()[s.ID] == nil {
				try.Do(d.SheetProblem(s, nil, "没有 rows，程序也没有这张表的排版", "请写 rows，或改正 id。"))
			}
		}
	}
	return nil
}

// isDue says whether a sheet or column with this When is shown in the present state.
func (w *workbook) isDue(when string) bool {
	return when == "" || w.Standing.Complete() == (when == templates.WhenComplete)
}

func (w *workbook) addFormula(c *templates.ReportColumn, r list.Row, cell book.Cell) book.Cell {
	if c.Formula != "" {
		cell.Formula = w.formulaOf(r, c.Formula)
	}
	if c.ID != "" && r.List.Sheet.ID == "cities" {
		cell = inTotal(r, cell, c.ID)
	}
	if c.Drawn && cell.Value != nil && cell.Value != "" {
		cell.Formula = w.onlyAtRun(cell.Value)
	}
	return cell
}

// onlyAtRun is the formula of a value that is valid for the run's weights and number to choose only; otherwise a dash.
func (w *workbook) onlyAtRun(value any) string {
	said := fmt.Sprint(value)
	if s, ok := value.(string); ok {
		said = book.Quote(s)
	}
	return w.formula(`IF(%s=%s,"－",%s)`, setting(rangesRow), book.Quote(onlyRun), said)
}

func (w *workbook) writeList(l *list.List) error {
	said := table.Either(l.Len == 0, l.Sheet.None, l.Sheet.Remark)
	w.addRemarkWords(l.Sheet.ID, l.Words)
	said = l.Sheet.Name + "：" + l.Sheet.Shows + "。\n" + w.remarkText(l.Sheet, said, l.Words)
	return l.Write(w.report, book.Grid{Table: l.Sheet.ID, Remark: said})
}

// remarkText is a remark with its words, after the state of the marking where the sheet shows it.
func (w *workbook) remarkText(s *templates.ReportSheet, remark string, said list.Words) string {
	return textIf(s.Known, w.Standing.String()+"。") + templates.Fill(remark, said)
}

// beginPage writes title and remark of a sheet with a free layout.
func (w *workbook) beginPage(p *book.Page, cols int, title, sheet string, said list.Words) {
	s := w.Definition.Sheets().Sheet(sheet)
	p.AddTitle(cols, title, w.remarkText(s, s.Remark, said))
}
