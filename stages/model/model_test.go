package model

import "testing"

func TestRanges(t *testing.T) {
	at := func(sheet string, cells ...string) []Place {
		var out []Place
		for _, c := range cells {
			out = append(out, Place{File: "a.xlsx", Sheet: sheet, Cell: c})
		}
		return out
	}
	for _, c := range []struct {
		places []Place
		want   string
	}{
		{at("封面", "E2", "E3", "E4"), "封面!E2:E4"},
		{at("甲", "D4", "E4", "D5", "E5", "E7", "E4"), "甲!D4:E5、E7"},
		{append(append(at("甲", "AA10"), at("乙", "Z9")...), at("甲", "AB10")...), "甲!AA10:AB10；乙!Z9"},
		{append(at("成员名册", ""), at("", "")...), "成员名册；整份文件"},
	} {
		if got := Ranges(c.places); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
