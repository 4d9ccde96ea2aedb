package audit

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Report is what the workbook tells of.
type Report struct {
	Definition *templates.Definition
	Subjects   []Subject
	LeftOut    []Subject // who was not tried
	Rows       []table.Incentive
}

// Sheets of the workbook.
const (
	sheetKinds    = "总览"
	sheetPerverse = "逆向动作"
	sheetClaims   = "凭单方陈述"
	sheetSubjects = "各家"
)

// Write writes the workbook. It is for the Department alone, and says so on every sheet and page.
func (r Report) Write(w io.Writer) error {
	a := r.Definition.Audit
	title := fmt.Sprintf("%d年%s（%s）", r.Definition.Directory.Batch, a.Title, a.Mark)
	report, err := book.NewReport(title, sheetKinds, sheetPerverse, sheetClaims, sheetSubjects)
	if err != nil {
		return err
	}
	err = cmp.Or(r.kinds(report, title), r.moves(report, sheetPerverse, templates.Perverse),
		r.moves(report, sheetClaims, templates.Claim), r.subjects(report))
	if err != nil {
		return err
	}
	return report.Write(w, title)
}

type tally struct {
	list                     string
	label, evidence          string
	tried, rises, pays, free int
	best                     table.Incentive // that pays most
}

// tallies counts the moves by kind: the perverse ones as defined, several together, then the claims.
func (r Report) tallies() []*tally {
	var all, claims []*tally
	of := map[string]*tally{}
	for _, m := range r.Definition.Audit.Moves {
		t := &tally{list: sheetPerverse, label: m.Label, evidence: m.Evidence}
		if of[m.ID] = t; m.List == templates.Claim {
			t.list, claims = sheetClaims, append(claims, t)
		} else {
			all = append(all, t)
		}
	}
	of[KindGathered] = &tally{list: sheetPerverse, label: "同一动作几处一起做"}
	of[KindPair] = &tally{list: sheetPerverse, label: "最强的动作两两一起做"}
	for _, row := range r.Rows {
		t := of[row.Kind]
		t.tried++
		if rises(row) {
			t.rises++
		}
		if row.Pays {
			t.pays++
			t.best = best(t.best, row)
		}
		if row.Pays && row.Warnings.V == 0 {
			t.free++
		}
	}
	return append(append(all, of[KindGathered], of[KindPair]), claims...)
}

func best(a, b table.Incentive) table.Incentive {
	if a.Move == "" || First(b, a) < 0 {
		return b
	}
	return a
}

// rises says whether a move raises the total, by more than rounding.
func rises(r table.Incentive) bool {
	return r.TotalAfter.Valid && r.TotalAfter.V-r.TotalBefore >= table.SameTotal
}

// First orders moves by the places and the points that they bring.
func First(a, b table.Incentive) int {
	up := func(r table.Incentive) int32 {
		if !r.RankAfter.Valid {
			return -1 << 30
		}
		return r.RankBefore - r.RankAfter.V
	}
	return cmp.Or(cmp.Compare(up(b), up(a)), cmp.Compare(b.TotalAfter.V-b.TotalBefore, a.TotalAfter.V-a.TotalBefore),
		cmp.Compare(a.Submission, b.Submission), cmp.Compare(a.Move, b.Move))
}

// column is one of cells that words or a figure give; said one of words.
func column[T any](head string, width float64, cell func(T) book.Cell) book.ColumnOf[T] {
	return book.ColumnOf[T]{Head: head, Width: width, Cell: cell}
}

func said[T any](head string, width float64, say func(T) string) book.ColumnOf[T] {
	return column(head, width, func(row T) book.Cell { return words(say(row)) })
}

func words(s string) book.Cell { return book.Cell{Value: s, Look: book.Plain} }

func sheet[T any](w *book.Report, name, remark string, alarm bool, rows []T, columns ...book.ColumnOf[T]) error {
	grid := book.Grid{Sheet: name, Remark: remark, Alarm: alarm, Rows: len(rows), Freeze: 2}
	return book.Rows(w, grid, slices.Values(rows), columns)
}

func count[N int | int32](n N) book.Cell { return book.Cell{Value: int(n), Look: book.Integer} }

func place[N int | int32](n N, ranked bool) book.Cell {
	if !ranked {
		return book.Cell{Value: "不排", Look: book.Quiet}
	}
	return count(n)
}

// kinds is 总览: what each kind of move brings.
func (r Report) kinds(w *book.Report, title string) error {
	all, paying := r.tallies(), 0
	for _, t := range all {
		if t.list == sheetPerverse {
			paying += t.pays
		}
	}
	found := "没有一个逆向动作能抬高名次。"
	if paying > 0 {
		found = fmt.Sprintf("逆向动作里有%d个能抬高名次，是计分办法的毛病，见“%s”。", paying, sheetPerverse)
	}
	remark := fmt.Sprintf("%s。在表单规则之内逐家试%d个动作（%d家参加排名的），别家的数不变：%s", title, len(r.Rows), len(r.Subjects), found)
	remark += "逆向：少列、少报、不报、拆东补西，联合体并没有更好。凭单方陈述：写得更好，名次上升是应该的，但要有佐证。"
	return sheet(w, sheetKinds, remark, paying > 0, all,
		said("哪一类", 12, func(t *tally) string { return t.list }),
		said("动作", 36, func(t *tally) string { return t.label }),
		column("试了", 8, func(t *tally) book.Cell { return count(t.tried) }),
		column("得分上升", 10, func(t *tally) book.Cell { return count(t.rises) }),
		column("名次上升", 10, func(t *tally) book.Cell { return count(t.pays) }),
		column("其中不多出需核实的", 12, func(t *tally) book.Cell { return count(t.free) }),
		said("升得最多的", 14, func(t *tally) string {
			if t.pays == 0 {
				return ""
			}
			return fmt.Sprintf("第%d名→第%d名", t.best.RankBefore, t.best.RankAfter.V)
		}),
		said("是哪一家", 34, func(t *tally) string { return t.best.Consortium }),
		said("拿什么核", 44, func(t *tally) string { return t.evidence }),
	)
}

// moves lists the moves of a kind that raise a total or a rank, those first that raise the rank most.
func (r Report) moves(w *book.Report, name string, list templates.AuditList) error {
	rows := table.Where(slices.Values(r.Rows), func(x row) bool { return x.List == string(list) })
	rising := table.Where(slices.Values(rows), func(x row) bool { return x.Pays || rises(x) })
	slices.SortStableFunc(rising, First)
	remark := fmt.Sprintf("%s。试了%d个，抬高得分或名次的%d个列在这里；全部在数据表 incentives。",
		r.Definition.Audit.Mark, len(rows), len(rising))
	head := map[string]string{}
	for _, c := range r.Definition.Table("incentives").Columns {
		head[c.Name] = c.Label
	}
	verdict := said(head["verdict"], 11, func(x row) string { return x.Verdict })
	verdict.Style.Marks = []book.Mark{
		{Word: string(model.Return), Tone: book.Bad}, {Word: string(model.Accept), Tone: book.Good}}
	columns := []book.ColumnOf[row]{
		said(head["city"], 9, func(x row) string { return x.City }),
		said(head["consortium"], 30, func(x row) string { return x.Consortium }),
		column(head["what"], 66, func(x row) book.Cell { return book.Cell{Value: x.What, Look: book.Prose} }),
		column(head["rank_before"], 9, func(x row) book.Cell { return count(x.RankBefore) }),
		column(head["rank_after"], 9, func(x row) book.Cell { return place(x.RankAfter.V, x.RankAfter.Valid) }),
		column("得分增减", 10, func(x row) book.Cell {
			return book.Cell{Value: x.TotalAfter.V - x.TotalBefore, Look: book.Gain}
		}),
		verdict,
		said(head["new_findings"], 40, func(x row) string { return cmp.Or(x.Findings, "没有") }),
		column(head["findings_gone"], 9, func(x row) book.Cell { return count(x.Gone.V) }),
		column(head["cells"], 30, func(x row) book.Cell { return book.Cell{Value: fewCells(x.Cells), Look: book.Mono} }),
	}
	if list == templates.Claim {
		columns = slices.Insert(columns, 3, said(head["evidence"], 40, func(x row) string { return x.Evidence }))
	}
	return sheet(w, name, remark, false, rising, columns...)
}

type row = table.Incentive

func fewCells(list string) string {
	cells := strings.Split(list, "; ")
	if n := len(cells); n > shown {
		return fmt.Sprintf("%s 等%d格", strings.Join(cells[:shown], "; "), n)
	}
	return list
}

type subject struct {
	Subject
	perverse, claim table.Incentive
	pays            int
}

// subjects is 各家: what each could gain at most; then those that were not tried.
func (r Report) subjects(w *book.Report) error {
	of := map[string]*subject{}
	var all []*subject
	for _, s := range r.Subjects {
		all = append(all, &subject{Subject: s})
		of[s.Submission.Submission] = all[len(all)-1]
	}
	slices.SortStableFunc(all, func(a, b *subject) int { return cmp.Compare(a.Rank, b.Rank) })
	for _, row := range r.Rows {
		switch s := of[row.Submission]; {
		case !row.Pays:
		case row.List == string(templates.Perverse):
			s.pays, s.perverse = s.pays+1, best(s.perverse, row)
		default:
			s.claim = best(s.claim, row)
		}
	}
	for _, s := range r.LeftOut {
		all = append(all, &subject{Subject: s})
	}
	what := func(x table.Incentive) book.Cell {
		if x.Move == "" {
			return words("")
		}
		return book.Cell{Value: fmt.Sprintf("第%d名　%s", x.RankAfter.V, x.What), Look: book.Prose}
	}
	remark := r.Definition.Audit.Mark + "。每家在表单规则之内最多能把名次抬到哪里；没有试的写明原因。"
	return sheet(w, sheetSubjects, remark, false, all,
		column("名次", 8, func(s *subject) book.Cell { return place(s.Rank, s.Ranked) }),
		said("联合体名称", 34, func(s *subject) string { return s.Submission.Consortium }),
		column("得分", 9, func(s *subject) book.Cell {
			if !s.Ranked {
				return words("")
			}
			return book.Cell{Value: s.Total, Look: book.Points}
		}),
		column("抬高名次的逆向动作", 12, func(s *subject) book.Cell { return count(s.pays) }),
		column("其中升得最多的", 56, func(s *subject) book.Cell { return what(s.perverse) }),
		column("凭单方陈述升得最多的", 56, func(s *subject) book.Cell { return what(s.claim) }),
		said("没有试的原因", 40, func(s *subject) string { return s.Unranked }),
	)
}
