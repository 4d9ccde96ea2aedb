package marking

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
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

// ReadList reads a list of experts from the flat cells of a workbook: a row of heads anywhere (编号, 姓名, 单位, 观测点), then an
// expert a row. Who has no points there marks all. Points are separated by whatever is no part of a number; an indicator (3) means all
// of its points.
func ReadList(d *templates.Definition, cells []model.Cell) ([]Assignment, error) {
	heads, row, sheet := map[string]int{}, 0, ""
	for _, c := range cells {
		if strings.TrimSpace(c.Raw) == headID {
			row, sheet = c.Row, c.Place.Sheet
			break
		}
	}
	if row == 0 {
		return nil, fmt.Errorf("专家名单里没有“%s”这一列：第一行请写 %s、%s、%s、%s，一位专家一行", headID, headID, headName, headUnit, headPoints)
	}
	rows := map[int]map[int]string{}
	for _, c := range cells {
		switch {
		case c.Place.Sheet != sheet:
		case c.Row == row:
			heads[strings.TrimSpace(c.Raw)] = c.Col
		case c.Row > row:
			if rows[c.Row] == nil {
				rows[c.Row] = map[int]string{}
			}
			rows[c.Row][c.Col] = strings.TrimSpace(c.Raw)
		}
	}
	var out []Assignment
	var numbers []int
	for n := range rows {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	taken := map[string]int{}
	for _, n := range numbers {
		at := func(head string) string {
			if heads[head] == 0 {
				return ""
			}
			return rows[n][heads[head]]
		}
		a := Assignment{Expert: at(headID), Name: at(headName), Unit: at(headUnit)}
		if a.Expert == "" || strings.ContainsAny(a.Expert, `\/:*?"<>|.`) {
			return nil, fmt.Errorf("专家名单第%d行的编号“%s”为空，或含有文件名不能用的字符：请写 E1、专家01 这样的编号", n, a.Expert)
		}
		if before, twice := taken[text.NameKey(a.Expert)]; twice {
			return nil, fmt.Errorf("专家名单第%d行与第%d行的编号相同（%s）：编号不能重复", n, before, a.Expert)
		}
		taken[text.NameKey(a.Expert)] = n
		var err error
		if a.Points, err = readPoints(d.Rubric, at(headPoints)); err != nil {
			return nil, fmt.Errorf("专家名单第%d行：%w", n, err)
		}
		out = append(out, a)
	}
	if out == nil {
		return nil, fmt.Errorf("专家名单里没有专家：表头下面一位专家一行")
	}
	return out, nil
}

// readPoints reads the points of one expert.
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
			return nil, fmt.Errorf("观测点“%s”不由专家评：可写的有 %s", id, strings.Join(ids(Marked(r)), "、"))
		}
	}
	return out, nil
}

func ids(points []*templates.Point) []string {
	var out []string
	for _, p := range points {
		out = append(out, p.ID)
	}
	return out
}
