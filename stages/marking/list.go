package marking

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Heads of the columns in a list of experts. Only the first must be there.
const (
	headID     = "编号"
	headName   = "姓名"
	headUnit   = "单位"
	headPoints = "观测点"
)

// ReadList reads a list of experts: a row of heads anywhere (编号, 姓名, 单位, 观测点), then an expert a row. Who has no points
// there marks all; an indicator (3) means all of its points.
func ReadList(d *templates.Definition, cells []model.Cell) ([]Assignment, error) {
	first := slices.IndexFunc(cells, func(c model.Cell) bool { return strings.TrimSpace(c.Raw) == headID })
	if first < 0 {
		return nil, fmt.Errorf("专家名单里没有“%s”这一列：第一行请写 %s、%s、%s、%s，一位专家一行", headID, headID, headName, headUnit, headPoints)
	}
	heads, row := map[int]string{}, cells[first].Row
	rows := map[int]map[string]string{}
	for _, c := range cells {
		switch {
		case c.Place.Sheet != cells[first].Place.Sheet:
		case c.Row == row:
			heads[c.Col] = strings.TrimSpace(c.Raw)
		case c.Row > row:
			table.In(rows, c.Row)[heads[c.Col]] = strings.TrimSpace(c.Raw)
		}
	}
	var out []Assignment
	taken := map[string]int{}
	for _, n := range slices.Sorted(maps.Keys(rows)) {
		a := Assignment{Expert: rows[n][headID], Name: rows[n][headName], Unit: rows[n][headUnit]}
		if a.Expert == "" || strings.ContainsAny(a.Expert, `\/:*?"<>|.`) {
			return nil, fmt.Errorf("专家名单第%d行的编号“%s”为空，或含有文件名不能用的字符：请写 E1、专家01 这样的编号", n, a.Expert)
		}
		if before, twice := taken[text.NameKey(a.Expert)]; twice {
			return nil, fmt.Errorf("专家名单第%d行与第%d行的编号相同（%s）：编号不能重复", n, before, a.Expert)
		}
		taken[text.NameKey(a.Expert)] = n
		var err error
		if a.Points, err = readPoints(d.Rubric, rows[n][headPoints]); err != nil {
			return nil, fmt.Errorf("专家名单第%d行：%w", n, err)
		}
		out = append(out, a)
	}
	if out == nil {
		return nil, fmt.Errorf("专家名单里没有专家：表头下面一位专家一行")
	}
	return out, nil
}

func readPoints(r *templates.Rubric, words string) ([]string, error) {
	var out []string
	for _, id := range strings.FieldsFunc(words, func(c rune) bool { return c != '.' && (c < '0' || c > '9') }) {
		found := false
		for _, p := range Marked(r) {
			if p.ID == id || p.Indicator.ID == id {
				out, found = append(out, p.ID), true
			}
		}
		if !found {
			all := table.Each(Marked(r), func(p *templates.Point) string { return p.ID })
			return nil, fmt.Errorf("观测点“%s”不由专家评：可写的有 %s", id, strings.Join(all, "、"))
		}
	}
	return out, nil
}

// progress knows who has marked what, and who can't.
type progress struct {
	rubric   *templates.Rubric
	known    submissions
	counted  map[[2]string][]string // experts, by submission and point
	conflict map[[2]string]bool     // by expert and submission
	part     int32                  // the highest number of a supplementary workbook that came back
}

func newProgress(facts *table.Facts, marking table.Marking) *progress {
	r := &progress{facts.Definition.Rubric, newSubmissions(facts), map[[2]string][]string{}, map[[2]string]bool{}, 0}
	for m := range marking.Marks.All() {
		r.part = max(r.part, m.Supplement)
		switch {
		case m.Status == table.MarkConflict:
			r.conflict[[2]string{m.Expert, m.Submission}] = true
		case m.Status == table.MarkCounted && m.Kind != table.MarkVeto:
			at := [2]string{m.Submission, m.Point}
			r.counted[at] = append(r.counted[at], m.Expert)
		}
	}
	return r
}

// could lists who can still mark a point of a submission.
func (r *progress) could(list []Assignment, submission string, p *templates.Point) (out []int) {
	for i, a := range list {
		marked := slices.Contains(r.counted[[2]string{submission, p.ID}], a.Expert)
		conflict := r.conflict[[2]string{a.Expert, submission}] || a.Unit != "" && r.known.belongs(a.Unit, submission)
		if a.marks(p) && !marked && !conflict {
			out = append(out, i)
		}
	}
	return out
}

// Supplements gives each expert what is still to be marked: of each point of each submission so many marks as the best
// marked has, and the least number at any rate. Whoever has marked something is not asked again.
func Supplements(facts *table.Facts, marking table.Marking, subjects []Subject, list []Assignment) []Assignment {
	r := newProgress(facts, marking)
	only := map[int]map[string][]string{}
	for _, p := range Marked(r.rubric) {
		wanted := r.rubric.Experts.Least
		for _, s := range subjects {
			wanted = max(wanted, len(r.counted[[2]string{s.Submission.Submission, p.ID}]))
		}
		for _, s := range subjects {
			id := s.Submission.Submission
			could, lacking := r.could(list, id, p), wanted-len(r.counted[[2]string{id, p.ID}])
			for _, i := range could[:min(lacking, len(could))] {
				of := table.In(only, i)
				of[id] = append(of[id], p.ID)
			}
		}
	}
	var out []Assignment
	for i, a := range list {
		if only[i] != nil {
			a.Part, a.Only = int(r.part)+1, only[i]
			out = append(out, a)
		}
	}
	return out
}

// Short says where these experts can't reach the least number of marks, their units and recusals considered.
func Short(facts *table.Facts, marking table.Marking, subjects []Subject, list []Assignment) []string {
	r := newProgress(facts, marking)
	var out []string
	for _, s := range subjects {
		id := s.Submission.Submission
		lacking := map[int][]string{} // points, by how many marks there can be
		for _, p := range Marked(r.rubric) {
			n := len(r.counted[[2]string{id, p.ID}]) + len(r.could(list, id, p))
			lacking[n] = append(lacking[n], p.ID)
		}
		for n := range r.rubric.Experts.Least {
			if points := lacking[n]; points != nil {
				out = append(out, fmt.Sprintf("%s（%s）的观测点%s最多只能有%d个评分，不到%d个，评不齐：请增加没有利害关系的专家",
					s.Submission.Consortium, id, strings.Join(points, "、"), n, r.rubric.Experts.Least))
			}
		}
	}
	return out
}
