package consolidate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/book"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// visit is one figure worth looking at on the spot: an evidence that decides, with the reasons to doubt it.
type visit struct {
	rank    table.Rank
	score   table.Score
	loses   float64 // points that the submission loses where the evidence were only as good as the middle of the others
	falls   int     // places that it falls by that
	crosses bool    // and thereby out of the first k
	reasons []string
}

// visits is 现场核查建议: the figures on which rank depends most and for which least speaks, the most pressing first.
//
// What a figure decides is tried out: where it counted only as much as the middle (0.5) of those it is compared with, how many
// points and places would the submission lose? Reasons to doubt are counted, not weighed.
func (w *workbook) visits(name string) error {
	all := w.pressing()
	columns := append([]column[visit]{
		{Head: "次序", Width: 7, Cell: func(v visit) book.Cell {
			return count(int32(slices.IndexFunc(all, func(x visit) bool {
				return x.score.Submission == v.score.Submission && x.score.Evidence == v.score.Evidence
			})) + 1)
		}},
	}, who(w, func(v visit) string { return v.score.Submission })...)
	columns = append(columns,
		column[visit]{Head: w.head("ranking", "rank"), Width: 7, Cell: func(v visit) book.Cell { return optional(v.rank.Rank, book.Centred) }},
		column[visit]{Head: w.head("scores", "point"), Width: 8, Cell: func(v visit) book.Cell { return word(v.score.Point) }},
		column[visit]{Head: "要核的数", Width: 25, Cell: func(v visit) book.Cell { return words(w.evidenceOf(v.score).Label) }},
		column[visit]{Head: "现值", Width: 12, Cell: func(v visit) book.Cell {
			return word(sized(w.evidenceOf(v.score), v.score.Raw.V))
		}},
		column[visit]{Head: "相对于", Width: 14, Cell: func(v visit) book.Cell { return words(w.evidenceOf(v.score).Basis) }},
		column[visit]{Head: "原表位置", Width: 18, Cell: func(v visit) book.Cell { return w.sourceLink(v.score) }},
		column[visit]{Head: "若只及中游，失分", Width: 10, Cell: func(v visit) book.Cell { return book.Cell{Value: v.loses, Look: book.Points} }},
		column[visit]{Head: "名次后退", Width: 9, Style: book.Column{Scale: 5}, Cell: func(v visit) book.Cell { return count(int32(v.falls)) }},
		column[visit]{Head: "因此出线", Width: 9, Style: book.Column{Marks: []book.Mark{{Word: "是", Tone: book.Bad}}}, Cell: func(v visit) book.Cell { return yes(v.crosses) }},
		column[visit]{Head: "为什么要核", Width: 30, Cell: func(v visit) book.Cell { return words(strings.Join(v.reasons, "\n")) }},
		column[visit]{Head: "现场情况（手填）", Width: 20, Cell: func(visit) book.Cell { return book.Cell{Look: book.Plain} }},
	)
	remark := fmt.Sprintf("带去现场核的清单：对名次影响最大、而佐证最少的数，共%d条。影响是试出来的：这个数若只及各家中游，会失几分、退几名；理由逐条列出，不作判断。只列参加排名的。", len(all))
	if len(all) == 0 {
		remark = "没有既影响名次、又缺佐证的数。"
	}
	return rows(w, name, remark, 4, len(all), slices.Values(all), columns)
}

// sized is the value of an evidence as a person says it: rounded, with its unit.
func sized(e *templates.Evidence, v float64) string {
	return table.Plain(table.Some(round2(v))) + e.Unit
}

// relative names an evidence, with what its value is divided by where it is.
func relative(e *templates.Evidence) string {
	if !e.Per() {
		return e.Label
	}
	return e.Label + "，" + e.Basis
}

func round2(v float64) float64 { return float64(int64(v*100+0.5*sign(v))) / 100 }

func sign(v float64) float64 {
	if v < 0 {
		return -1
	}
	return 1
}

// mostVisits is how long the list gets at most.
const mostVisits = 60

// pressing makes the list.
func (w *workbook) pressing() []visit {
	ranks := map[string]table.Rank{}
	var ranked []table.Rank
	for r := range w.Ranking.Ranking.All() {
		if r.Ranked {
			ranks[r.Submission], ranked = r, append(ranked, r)
		}
	}
	doubts := w.doubts()
	const middle = 0.5
	var all []visit
	for s := range w.Ranking.Scores.All() {
		r, ok := ranks[s.Submission]
		if !ok || s.Evidence == "" || s.Weight == 0 || !s.Normalised.Valid || s.Normalised.V <= middle || w.evidenceOf(s).Absolute() {
			continue
		}
		v := visit{rank: r, score: s, loses: s.Weight * (s.Normalised.V - middle)}
		for _, other := range ranked {
			if other.Rank.V > r.Rank.V && other.Total > r.Total-v.loses {
				v.falls++
			}
		}
		v.crosses = w.Standing.Complete() && int(r.Rank.V) <= w.choose() && int(r.Rank.V)+v.falls > w.choose()
		if v.reasons = doubts(s); len(v.reasons) > 0 && (v.falls > 0 || int(r.Rank.V) <= w.choose()) {
			all = append(all, v)
		}
	}
	slices.SortStableFunc(all, func(a, b visit) int {
		return cmp.Or(-compareBool(a.crosses, b.crosses), -cmp.Compare(a.falls, b.falls), -cmp.Compare(len(a.reasons), len(b.reasons)), -cmp.Compare(a.loses, b.loses))
	})
	return all[:min(mostVisits, len(all))]
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// doubts gives the reasons to look at an evidence on the spot.
func (w *workbook) doubts() func(table.Score) []string {
	named := map[string][]string{}   // by submission: what the materials say they support
	sheets := map[string]string{}    // by submission: the sheets that were verified
	verify := map[[2]string]string{} // promises to verify, by submission and indicator
	found := map[[2]string][]string{}
	guessed := map[[2]string]bool{}
	list, _, _ := w.Definition.Layout().Area("materials")
	for m := range w.Facts.Materials.All() {
		named[m.Submission] = append(named[m.Submission], m.Supports)
	}
	for v := range w.Facts.Verifications.All() {
		sheets[v.Submission] += v.Section + "\n"
	}
	for g := range w.Ranking.Credibility.All() {
		if g.Flag == "verify" {
			verify[[2]string{g.Submission, g.Indicator}] = g.Note
		}
	}
	for x := range w.Judgement.Findings.All() {
		for _, f := range strings.Fields(x.Fields) {
			if x.Severity == model.Explain {
				found[[2]string{x.Submission, f}] = append(found[[2]string{x.Submission, f}], x.Title+"（"+w.answered(x)+"）")
			}
		}
	}
	for c := range w.Facts.Coercions.All() {
		if c.Guess {
			guessed[[2]string{c.Submission, c.Field}] = true
		}
	}
	return func(s table.Score) []string {
		var out []string
		add := func(reason string) {
			if !slices.Contains(out, reason) {
				out = append(out, reason)
			}
		}
		e := w.evidenceOf(s)
		supported := slices.ContainsFunc(named[s.Submission], func(what string) bool { return strings.Contains(what, s.Point) })
		for _, ref := range e.Expression.Refs {
			label := w.Definition.Field(ref.Field).Label
			supported = supported || slices.ContainsFunc(named[s.Submission], func(what string) bool { return strings.Contains(what, label) })
			for _, title := range found[[2]string{s.Submission, ref.Field}] {
				add("有问题：" + title)
			}
			if guessed[[2]string{s.Submission, ref.Field}] {
				add("读数属于推测，见“读数更正”")
			}
			if note := verify[[2]string{s.Submission, ref.Field}]; note != "" && e.Kind == templates.Commitment {
				add("承诺偏高：" + note)
			}
		}
		if !supported {
			add(list.Sheet.Title + "里没有对应的材料")
		}
		if sheet, _, _ := strings.Cut(s.Cells, "!"); sheet != "" && !strings.Contains(sheets[s.Submission], sheet) {
			add("市级没有核实“" + sheet + "”")
		}
		if s.Kind == templates.GrowthRate && s.Raw.Valid && s.Raw.V >= steep {
			add(fmt.Sprintf("一年增长%s%s", table.Plain(table.Some(round2(s.Raw.V))), e.Unit))
		}
		if s.Normalised.V == 1 && out != nil { // by itself no reason to doubt
			add("各家中最高")
		}
		return out
	}
}

// steep is the growth in a year, in per cent or points, from which it is worth a look by itself.
const steep = 50

// sourceLink shows the cells of an evidence and leads to the first of them.
func (w *workbook) sourceLink(s table.Score) book.Cell {
	c := mono(s.Cells)
	sheet, cell, ok := strings.Cut(strings.Split(s.Cells, "; ")[0], "!")
	if path, there := w.Returns[s.Submission]; there && ok {
		c.Look, c.Link = book.Link, path+book.CellLink(sheet, strings.Split(cell, ":")[0])
	}
	return c
}
