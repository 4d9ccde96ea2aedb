package consolidate

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/templates"
)

func (w *workbook) method() string {
	for r := range w.Ranking.Ranking.All() {
		return r.Method
	}
	return w.Definition.Rubric().WeightsNote
}

// methodSummary says in a sentence or two how the ranking was made, and, where there is a line, what a firm rank is.
func (w *workbook) methodSummary() string {
	first, _, _ := strings.Cut(w.method(), "；")
	out := first + "；" + w.Definition.Rubric().WeightsNote + "。"
	if !w.Standing.Complete() {
		return out + w.Definition.Sheets().Codes["line"]["before"]
	}
	firm, sure := w.Definition.Sheets().Codes["firm"], w.Definition.Rubric().Robustness.Sure.InexactFloat64()
	out += templates.Fill(w.Definition.Sheets().Codes["line"]["complete"], list.Words{"k": strconv.Itoa(w.Choose()),
		"sure": share(table.Some(sure)),
		"safe": firm[table.Safe], "fairly": firm[table.Fairly], "contested": firm[table.Contested]})
	for c := range w.Ranking.Certificate.All() {
		out += c.Words + "。"
	}
	return out
}

// samplingRemark matches the details of the weight draws, which are explained in 计分说明.md.
var samplingRemark = regexp.MustCompile(`权重抽取.*$`)

// pointRow is one row of 观测点得分. It has everything that the formulas of the row need, so that the sheet can be sorted.
type pointRow struct {
	table.Rank
	Place    any                    `col:"place"` // unique position in the order of ranks; empty where not ranked
	Compared any                    `col:"compared"`
	Ranked   string                 `col:"ranked"`
	Engine   float64                `col:"engine"`
	RunRank  any                    `col:"run_rank"`
	by       map[string]pointDetail // by point
}

func (w *workbook) scored() ([]pointRow, list.Words) {
	places := map[string]int{}
	for r := range w.Ranking.Ranking.All() {
		places[r.Submission] = len(places) + 1
	}
	var out []pointRow
	for _, s := range w.entries {
		r := w.ranks[s.id()]
		x := pointRow{Rank: r, Place: "", Compared: "", Ranked: rankedNo, Engine: r.Total, by: w.details[s.id()]}
		switch {
		case r.Ranked:
			x.Place, x.Compared, x.Ranked, x.RunRank = places[s.id()], table.Rounded(r.Total), rankedYes, r.Rank.V
		case s.Verdict.Ranked && r.Present < w.Definition.Rubric().Available.InexactFloat64():
			x.Ranked = rankedGate
		}
		out = append(out, x)
	}
	return out, list.Words{"weights": w.Definition.Rubric().WeightsNote, "waiting": pointWaiting, "lacking": pointLacking}
}

// formulaNames are names in formulas that are no columns: w, the points that can be earned; known, their known shares.
func (x pointRow) formulaNames(w *workbook, l *list.List) map[string]string {
	shares := table.Each(w.earning, func(point *templates.Point) string {
		return strconv.FormatFloat(x.by[point.ID].known, 'f', -1, 64)
	})
	return map[string]string{"w": earnableCells(l, x.Complete), "known": "{" + strings.Join(shares, ",") + "}"}
}

// earnableCells are the cells of the points that a submission can earn, before its marks are in by figures only.
func earnableCells(l *list.List, complete bool) string {
	first, n := groupColumns(l, table.Either(complete, "values", "said"))
	return book.AbsCell(pointsLead, first) + ":" + book.AbsCell(pointsLead, first+n-1)
}

// groupColumns returns the first column of a group, and their number. Before the marks are in, said is the group there.
func groupColumns(l *list.List, each string) (first, n int) {
	if first, n = l.Group(each); n == 0 && each == "said" {
		return l.Group("there")
	}
	return first, n
}

// pointWords is the number of characters of a point's wording in the header of its column.
const pointWords = 12

// earned are the points earned for each observation point, as formulas; above them are the points that can be earned.
func (w *workbook) earned(*list.List) []list.Column {
	var out []list.Column
	for i, point := range w.points {
		most, value := w.earn(point), slices.Index(w.earning, point)
		earn := book.SheetPrefix(sheetWeights) + book.AbsCell(weightsFirst+i, weightColEarn)
		top := cell(most, book.Points, w.formula("%s", earn))
		style := book.Column{Scale: max(most, 0.01), Marks: []book.Mark{{Word: pointLacking, Tone: book.Caution}}}
		show := func(r list.Row) book.Cell {
			if value < 0 {
				return greyed(pointWaiting)
			}
			row, own := r.Value.(pointRow), r.Cell("values"+point.ID)
			top, most := book.AbsCell(pointsLead, r.List.Col(point.ID)), most
			if w.complete && !row.Complete {
				top, most = book.AbsCell(pointsLead, r.List.Col("said"+point.ID)), w.figures(point)
			}
			c := cell(pointLacking, book.Points, w.filled("IF(ISNUMBER({own}),{top}*{own},{lacking})", "{own}", own,
				"{top}", top, "{lacking}", book.Quote(pointLacking)))
			if v := row.by[point.ID].score.Value; v.Valid {
				c.Value = most * v.V
			}
			return c
		}
		head := point.ID + " " + short(point, pointWords)
		out = append(out, list.Column{Key: point.ID, Head: head, Style: style, Above: &top, Cell: show})
	}
	return out
}

// pointsLead is the row of the points that can be earned.
const pointsLead = 2

// pointGroups are the columns, one for each point, that the formulas use. The shares with marks (said) exist once marks
// count; above them are the points that figures can earn, for submissions whose marks are not all in.
func (w *workbook) pointGroups() map[string]list.Group {
	said := table.Either(w.complete, w.earning, nil)
	return map[string]list.Group{
		"earned": w.earned,
		"values": w.pointColumns("values", w.earning, "归一值", func(x pointDetail) book.Cell {
			return table.Either(x.score.Value.Valid, cell(x.score.Value.V, book.Precise), greyed(pointLacking))
		}),
		"there": w.pointColumns("there", w.withEvidence, "依据在案", func(x pointDetail) book.Cell {
			return cell(x.present, book.Share)
		}),
		"said": w.pointColumns("said", said, "连同评分在案", func(x pointDetail) book.Cell {
			return cell(x.presentWithMarks, book.Share)
		}),
		"doubt": w.pointColumns("doubt", w.withEvidence, "存疑", func(x pointDetail) book.Cell { return plain(x.doubt) }),
	}
}

// pointColumns makes one such group: normalised values below the points that can be earned, shares of the evidence
// below the points that figures can earn.
func (w *workbook) pointColumns(id string, points []*templates.Point, title string,
	show func(pointDetail) book.Cell) list.Group {
	column := func(point *templates.Point) list.Column {
		place, earned := slices.Index(w.points, point), book.AbsCell(pointsLead, w.lists.Layout("points").Col(point.ID))
		top := cell(w.earn(point), book.Points, w.formula("%s", earned))
		style := book.Column{Look: book.CommittedHeader, Scale: 1}
		switch id {
		case "values":
		case "doubt":
			top, style.Scale = book.Cell{}, 0
		default:
			scaled := book.SheetPrefix(sheetWeights) + book.AbsCell(weightsFirst+place, weightColScale)
			top.Value, top.Formula, style.Scale = w.figures(point), w.formula("%s*(1-%s)", scaled, point.ExpertShare), 0
		}
		return list.Column{Key: id + point.ID, Head: title + " " + point.ID, Style: style, Above: &top,
			Cell: list.Of(func(r pointRow) book.Cell { return show(r.by[point.ID]) })}
	}
	return func(*list.List) []list.Column { return table.Each(points, column) }
}

// share writes a share for a person, rounded down: less than all is never 100.
func share(v table.Opt[float64]) string {
	return table.Either(v.Valid, table.Plain(table.Some(float64(int64(v.V*1000))/10))+"％", "－")
}

// methodPart is the part of the method's description that begins with some words; empty where there is none.
func (w *workbook) methodPart(begins string) string {
	for part := range strings.SplitSeq(w.method(), "；") {
		if strings.HasPrefix(part, begins) {
			return part
		}
	}
	return ""
}

// constantEvidence names the counted evidence of each point that has the same value in the whole reference set.
func (w *workbook) constantEvidence() map[string][]string {
	values := map[string]map[table.Opt[float64]]bool{} // the different ones, by evidence
	for s := range w.Ranking.Scales.All() {
		if s.Base == table.AsCounted {
			table.Submap(values, s.Evidence)[s.Raw] = true
		}
	}
	out := map[string][]string{}
	for _, p := range w.Definition.Rubric().Points() {
		for _, e := range p.Evidence {
			if all := slices.Collect(maps.Keys(values[e.ID])); len(all) == 1 && e.Counts() {
				said := table.Either(all[0].Valid, "（都是"+table.Plain(all[0])+e.Unit+"）", "（都没有数）")
				out[p.ID] = append(out[p.ID], e.Label+said)
			}
		}
	}
	return out
}

// lastInside is the total of the last submission inside the line.
func (w *workbook) lastInside() float64 {
	last := 0.0
	for _, r := range w.byRank {
		if int(r.Rank.V) <= w.Choose() {
			last = r.Total
		}
	}
	return last
}

// sideText is the side of the line of a submission and how firm it is; a dash before there is a line.
func (w *workbook) sideText(r table.Rank) string {
	firm := w.Definition.Sheets().Codes["firm"][r.Firm]
	return cmp.Or(table.SideLabels[r.Line]+textIf(firm != "", "，"+firm), "－")
}

// totalHeader is the header of a column of totals, with the points possible.
func (w *workbook) totalHeader() string {
	for r := range w.Ranking.Ranking.All() {
		return fmt.Sprintf("得分（满%s）", table.Plain(table.Some(table.Rounded(r.Possible))))
	}
	return "得分"
}

// nearLine are the ranked submissions around the line that are analysed in detail.
func (w *workbook) nearLine() []table.Rank {
	first, last := w.Definition.Rubric().Robustness.Window(w.Choose())
	return table.Where(slices.Values(w.byRank), func(r table.Rank) bool {
		return int(r.Rank.V) >= first && int(r.Rank.V) <= last
	})
}

// margin is by how much the experts' points of the one behind must exceed the other's, and whether that is possible.
func margin(ahead, behind table.Rank) (float64, bool) {
	points := math.Ceil(table.Rounded(ahead.Total-behind.Total)*100) / 100
	return points, points < behind.Open
}

// marginToNext says by how much the experts' points must be higher for a submission to overtake the one before it.
func (w *workbook) marginToNext(r table.Rank) book.Cell {
	i := slices.IndexFunc(w.byRank, func(x table.Rank) bool { return x.Submission == r.Submission })
	if i < 1 {
		return greyed("－")
	}
	points, possible := margin(w.byRank[i-1], r)
	most := table.Plain(table.Some(table.Rounded(r.Open)))
	return plain(table.Either(possible,
		fmt.Sprintf("专家部分要比“%s”高出%.2f分（满%s）", w.byRank[i-1].Consortium, points, most),
		fmt.Sprintf("专家部分（满%s）全得满也不够", most)))
}
