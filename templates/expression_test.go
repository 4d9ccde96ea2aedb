package templates

import (
	"errors"
	"testing"

	"github.com/shopspring/decimal"
)

// answers is one made-up submission: numbers and texts by reference, two members.
type answers struct {
	numbers map[Ref]string
	texts   map[Ref]string
}

func (a answers) Number(f string, y int) (decimal.Decimal, bool) {
	s, ok := a.numbers[Ref{f, y}]
	if !ok {
		return decimal.Decimal{}, false
	}
	return decimal.RequireFromString(s), true
}
func (a answers) Text(f string, y int) (string, bool) { s, ok := a.texts[Ref{f, y}]; return s, ok }
func (a answers) Confirmed(f string) (bool, bool) {
	s, ok := a.texts[Ref{f, 0}]
	return s == "true", ok
}
func (a answers) Filled(f string, y int) bool {
	_, n := a.numbers[Ref{f, y}]
	_, t := a.texts[Ref{f, y}]
	return n || t
}
func (a answers) Count(kinds ...string) int {
	if len(kinds) == 0 {
		return 2
	}
	return 1
}
func (a answers) Enrolment(kinds ...string) (decimal.Decimal, bool) {
	if len(kinds) == 1 && kinds[0] == "secondary" {
		return decimal.Decimal{}, false
	}
	return decimal.NewFromInt(4000), true
}
func (a answers) IsMember(name string, kinds ...string) bool { return name == "甲校" }
func (a answers) Records(block string) int                   { return 3 }
func (a answers) RecordsOf(block, column, said string) int   { return 1 }
func (a answers) Total(block string, columns ...string) decimal.Decimal {
	return decimal.NewFromInt(5)
}

var sample = answers{
	numbers: map[Ref]string{
		{"funding_lead", 2024}: "0.1", {"funding_government", 2024}: "0.2", {"funding_total", 2024}: "0.3",
		{"apprentices", 2022}: "40", {"apprentices", 2023}: "50", {"staff_total", 0}: "0", {"staff_names", 0}: "7",
	},
	texts: map[Ref]string{{"lead_school", 0}: "甲校", {"consortium", 0}: "福州新区电子信息产业产教联合体", {"city", 0}: "福州市",
		{"park", 0}: "福州新区", {"filled_on", 0}: "2024-08-16", {"plan", 0}: " 一二三\n四 ", {"no_violation", 0}: "true"},
}

func TestExpressionsOnExactDecimals(t *testing.T) {
	d, err := Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	g := newLanguage(d)
	missing := "missing"
	for source, want := range map[string]any{
		"funding_lead.first + funding_government.first == funding_total.first": true, // 0.1 + 0.2 in binary is not 0.3
		"sum(funding_lead.first, funding_government.first) == 0.3":             true,
		"apprentices.last > apprentices.prior * 1.25":                          false,
		"apprentices.last >= apprentices.prior * 1.25":                         true,
		"abs(apprentices.prior - apprentices.last) == 10":                      true,
		"round(apprentices.prior / 3, 2) == 13.33":                             true,
		"max(apprentices.prior, apprentices.last, 7) == 50":                    true,
		"staff_names == 7":        true,
		"length(plan) == 4":       true,
		"filled(staff_part_time)": false,
		"not filled(staff_part_time) and filled(staff_total)":          true,
		"filled(apprentices.final)":                                    false,
		"staff_part_time == 1":                                         missing,
		"filled(staff_part_time) and staff_part_time == 1":             missing,
		`count("enterprise", "research") == 1 and count() == 2`:        true,
		`enrolment("vocational") == 4000`:                              true,
		`enrolment("secondary") > 0`:                                   missing,
		`is_member(lead_school, "secondary", "vocational")`:            true,
		`records("materials") == 3`:                                    true,
		"listed(consortium) and city_fits(consortium, city)":           true,
		"park_fits(consortium, park)":                                  true,
		"filled_on <= deadline":                                        false,
		`city in ["福州", "福州市"]`:                                        true,
		"no_violation":                                                 true,
		"staff_total == 0 ? true : apprentices.last / staff_total > 1": true,
		"apprentices.last / staff_total > 1":                           missing, // division by zero is no verdict either
	} {
		e, err := g.compile("", source, nil, false)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		got, err := e.Bool(sample)
		if want == missing {
			if err == nil {
				t.Errorf("%s: %v, want no verdict", source, got)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", source, got, err, want)
		}
	}
}

func TestItStandsForTheFieldAtHand(t *testing.T) {
	d, _ := Load(2024)
	e, err := newLanguage(d).compile("", "it.last / it.prior", d.Field("apprentices"), decimal.Decimal{})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := e.Number(sample); err != nil || v.String() != "1.25" {
		t.Errorf("%v %v", v, err)
	}
	if len(e.Refs) != 2 || e.Refs[0] != (Ref{"apprentices", 2023}) {
		t.Errorf("refs %v", e.Refs)
	}
}

func TestUnprintableExpressionsAreRefused(t *testing.T) {
	d, _ := Load(2024)
	g := newLanguage(d)
	for _, source := range []string{
		"apprentice.last > 1", "apprentices.lost > 1", "apprentices > 1", "apprentices.last", "-apprentices.last < 0",
		"len(plan) > 1", "plan matches 'x'", "map([1], # > 0) == [true]", "answers == nil", "plan > 3", "it.last > 0",
		"filled(3)", "members_kind == ''", "apprentices.last ** 2 > 1", "let x = 1; x > 0", "count(3) > 1",
	} {
		if e, err := g.compile("", source, nil, false); err == nil {
			t.Errorf("%s compiles to %v", source, e.Tree)
		}
	}
	if _, err := g.compile("", "enrolment('secondary')", nil, false); err == nil || errors.Is(err, ErrMissing) {
		t.Errorf("a number passes for a condition: %v", err)
	}
}
