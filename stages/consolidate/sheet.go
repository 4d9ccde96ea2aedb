package consolidate

import (
	"fmt"
	"regexp"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/templates"
)

// reference is what stands in braces in a formula of sheets.yaml.
var reference = regexp.MustCompile(`\{[a-z_.]+[:^]?\}`)

// formulaOf fills in a formula of sheets.yaml: {x} is a cell of the row, or the cells of a group of columns; {x^} the
// first cell of a column, or what stands over a group; {x:} a whole column; {sheet.x} a column of another sheet: none
// without that sheet. Rows may have names of their own.
func (w *workbook) formulaOf(r list.Row, formula string) string {
	names, lost := map[string]string{}, false
	if x, ok := r.Value.(pointRow); ok {
		names = x.names(w, r.List)
	} else if r.List.Sheet.ID == "cities" {
		names = w.kindNames(r)
	}
	filled := reference.ReplaceAllStringFunc(formula, func(s string) string {
		id := strings.TrimRight(s[1:len(s)-1], ":^")
		if sheet, column, other := strings.Cut(id, "."); other {
			lost = lost || !w.written(w.Definition.Sheets.Sheet(sheet))
			return w.planned(sheet).Area(column)
		}
		top := strings.HasSuffix(s, "^}")
		switch first, n := group(r.List, id); {
		case names[id] != "":
			return names[id]
		case n > 0 && top:
			return book.Fixed(pointsLead, first) + ":" + book.Fixed(pointsLead, first+n-1)
		case n > 0:
			return "$" + model.CellName(r.At, first) + ":$" + model.CellName(r.At, first+n-1)
		case top:
			return book.Fixed(r.List.First(), r.List.Col(id))
		case strings.HasSuffix(s, ":}"):
			_, own, _ := strings.Cut(r.List.Area(id), "!")
			return own
		}
		return r.Cell(id)
	})
	if lost {
		return ""
	}
	return w.formula("%s", filled)
}

// Check proves that what sheets.yaml asks of the program is there. The error names file, line and cure.
func Check(d *templates.Definition) error {
	round := table.Round{Facts: &table.Facts{Definition: d}, Judgement: &table.Judgement{}, Ranking: &table.Ranking{}}
	w := newWorkbook(Input{Publication: table.Publication{Round: round}})
	for _, b := range d.Sheets.BooksBy("") {
		for _, s := range d.Sheets.In(b.ID) {
			var err error
			if s.Rows != "" {
				err = w.lists.Check(s)
			} else if w.layouts()[s.ID] == nil {
				err = d.SheetProblem(s, nil, "没有 rows，程序也没有这张表的排版", "请写 rows，或改正 id。")
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// now says whether what waits for a state has its turn.
func (w *workbook) now(when string) bool {
	return when == "" || w.Standing.Complete() == (when == templates.WhenComplete)
}

// planned is a plain sheet, laid out.
func (w *workbook) planned(id string) *list.List { return w.lists.Of(id) }

// finish puts formulas beside the values of a column.
func (w *workbook) finish(c *templates.ReportColumn, r list.Row, cell book.Cell) book.Cell {
	if c.Formula != "" {
		cell.Formula = w.formulaOf(r, c.Formula)
	}
	if c.ID != "" && r.List.Sheet.ID == "cities" {
		cell = inTotal(r, cell, c.ID)
	}
	if c.Drawn && cell.Value != nil && cell.Value != "" {
		cell.Formula = w.atRun(cell.Value)
	}
	return cell
}

// atRun is the formula of what holds at the run's weights and k only: at others nothing is said.
func (w *workbook) atRun(value any) string {
	said := fmt.Sprint(value)
	if s, ok := value.(string); ok {
		said = book.Quote(s)
	}
	return w.formula(`IF(%s=%s,"－",%s)`, setting(rangesRow), book.Quote(onlyRun), said)
}

func (w *workbook) list(l *list.List) error {
	said := l.Sheet.Remark
	if l.Len == 0 {
		said = l.Sheet.None
	}
	w.remark(l.Sheet.ID, l.Words)
	said = l.Sheet.Name + "：" + l.Sheet.Shows + "。\n" + w.filledIn(l.Sheet, said, l.Words)
	return l.Write(w.report, book.Grid{Table: l.Sheet.ID, Remark: said})
}

// filledIn is a remark with its words, after how much of the scores is known where the sheet says so.
func (w *workbook) filledIn(s *templates.ReportSheet, remark string, said list.Words) string {
	return when(s.Known, w.Standing.String()+"。") + templates.Fill(remark, said)
}

// begin heads a page that the program lays out with its title and the remark of its sheet.
func (w *workbook) begin(p *book.Page, cols int, title, sheet string, said list.Words) {
	s := w.Definition.Sheets.Sheet(sheet)
	p.Begin(cols, title, w.filledIn(s, s.Remark, said))
}

// marks are the colours that the definition gives under a name.
func (w *workbook) marks(name string) []book.Mark { return list.Marks(w.Definition, name) }
