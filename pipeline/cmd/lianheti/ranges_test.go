package main

import (
	"testing"

	"lianheti/pipeline"
)

func TestRanges(t *testing.T) {
	at := func(sheet string, cells ...string) pipeline.CheckedFinding {
		x := pipeline.CheckedFinding{}
		for _, c := range cells {
			x.Places = append(x.Places, pipeline.CheckedPlace{File: "a.xlsx", Sheet: sheet, Cell: c})
		}
		return x
	}
	for _, c := range []struct {
		group []pipeline.CheckedFinding
		want  string
	}{
		{[]pipeline.CheckedFinding{at("封面", "E2"), at("封面", "E3"), at("封面", "E4")}, "封面!E2:E4"},
		{[]pipeline.CheckedFinding{at("甲", "D4", "E4"), at("甲", "D5", "E5"), at("甲", "E7"), at("甲", "E4")}, "甲!D4:E5、E7"},
		{[]pipeline.CheckedFinding{at("甲", "AA10"), at("乙", "Z9"), at("甲", "AB10")}, "甲!AA10:AB10；乙!Z9"},
		{[]pipeline.CheckedFinding{at("成员名册", ""), at("", "")}, "成员名册；整份文件"},
	} {
		if got := ranges(c.group); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
