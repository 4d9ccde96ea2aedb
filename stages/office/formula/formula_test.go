package formula

// Requirements
//  1. A formula of the supported part gives what Excel gives, errors included.
//  2. Anything else is an error, never a value and never a panic, whoever wrote it.

import (
	"errors"
	"strings"
	"testing"
)

// sheet has 1, 2, 3 in A1:A3, a text in B1, "7" in B2, an error in C1 and nothing elsewhere. Far away it has no cells.
type sheet struct{}

func (sheet) Cell(_ string, row, col int) (Value, error) {
	switch {
	case row > 1000 || col > 100:
		return nil, errors.New("too far")
	case col == 1 && row <= 3:
		return float64(row), nil
	case col == 2 && row == 1:
		return "甲乙丙", nil
	case col == 2 && row == 2:
		return "7", nil
	case col == 3 && row == 1:
		return NA, nil
	}
	return nil, nil
}

func (sheet) Name(name string) (Area, bool) {
	return Area{"S", 1, 1, 3, 1}, name == "数"
}

func (sheet) Format(_ string, row, _ int) string { return strings.Repeat("0%", row%2) }

func TestFormulasGiveWhatExcelGives(t *testing.T) {
	for source, want := range map[string]Value{
		"1+2*3": 7.0, "-2+5": 3.0, "7-2-1": 4.0, "8/2/2": 2.0, "50%": 0.5, "A2*10%%": 0.002, "(1+2)*3": 9.0, "1/0": DivZero,
		"1=1": true, `"a"="A"`: true, "2<10": true, `"x"<1`: false, "A9=0": true, `A9=""`: true, "TRUE": true, `1&"x"`: "1x",
		"A9": 0.0, "B2+1": 8.0, "B1+1": ValueErr, "C1+1": NA, "SUM(A1:A3)": 6.0, "SUM(A3:A1)": 6.0, "SUM(数)": 6.0, "SUM(别的)": RefErr,
		"SUM(A1:B3)": 6.0, "SUM(A1:C3)": NA, "MAX(A1:A3,5)": 5.0, "MIN(D1:D2)": 0.0, "ROUND(2.5,0)": 3.0, "ROUND(-2.5,0)": -3.0, "ROUND(1.005,2)": 1.01,
		"INT(-1.5)": -2.0, "MOD(-1,3)": 2.0, "ABS(-1)": 1.0, "NOT(1)": false, "AND(1,A1:A3)": true, "OR(0,0)": false,
		`IF(A1=1,"是","否")`: "是", "IF(0,1)": false, "IF(C1,1,2)": NA, "IFERROR(1/0,5)": 5.0, "IFERROR(4,5)": 4.0, "CHOOSE(2,7,8)": 8.0, "CHOOSE(3,7,8)": ValueErr,
		"LEN(B1)": 3.0, "LEFT(B1)": "甲", "RIGHT(B1,2)": "乙丙", "MID(B1,2,1)": "乙", "MID(B1,0,1)": ValueErr, `FIND("乙",B1)`: 2.0, `FIND("丁",B1)`: ValueErr,
		`SUBSTITUTE("aXbX","X","-")`: "a-b-", `SUBSTITUTE("aXbX","X","-",2)`: "aXb-", `EXACT("a","A")`: false, `TRIM(" a  b ")`: "a b", `LOWER("AB")`: "ab",
		`VALUE("1.5")`: 1.5, `VALUE("x")`: ValueErr, "ISNUMBER(A1)": true, "ISERROR(C1)": true, `HYPERLINK("#A1","去")`: "去", `"他说""是"""`: `他说"是"`,
		"COUNTIF(A1:A3,2)": 1.0, "SUMIF(A1:A3,2,A1:A3)": 2.0, "MATCH(3,A1:A3)": 3.0, "MATCH(9,A1:A3)": NA, "INDEX(A1:A3,2)": 2.0, "INDEX(A1:A3,9)": RefErr,
		"ROW(A3)": 3.0, "SUMPRODUCT(A1:A3,A1:A3)": 14.0, "SUMPRODUCT((A1:A3=2)*A1:A3)": 2.0, "YEAR(45505)": 2024.0, "MONTH(45505)": 8.0, "DAY(45505)": 1.0,
		`CELL("format",A1)`: "P2", `CELL("format",A2)`: "G",
	} {
		if v, err := Evaluate(sheet{}, "S", source); err != nil || v != want {
			t.Errorf("=%s gives %v (%v), not %v", source, v, err, want)
		}
	}
}

func TestMove(t *testing.T) {
	for source, want := range map[string]string{"A1+$B$2": "C4+$B$2", "SUM($A1:A$1)*2": "SUM($A4:C$1)*2", "'表'!Z9": "'表'!AB12", "数+1": "数+1", "1+2": "1+2"} {
		if got := Move(source, 3, 2); got != want {
			t.Errorf("%s moved is %s, not %s", source, got, want)
		}
	}
}

func TestTheRestIsAnError(t *testing.T) {
	for _, source := range []string{"", "1+", "(1", "1)", `"a`, "1 2", "VLOOKUP(1,A1:B2,2)", "ABS()", "ROUND(1)", "IF(1)", "IF()", "INDEX(A1)", "SUM()", "MID(B1,1)",
		"SUMIF(A1,1)", "CELL(1)", "IF(A1:A3,1,2)", "A2000", "SUM(A1:A2000)", "*2", "1,2", "SUM(1,,)", "{1,2}", "A1#", "2^3"} {
		if v, err := Evaluate(sheet{}, "S", source); err == nil {
			t.Errorf("=%s gives %v", source, v)
		}
	}
}

func FuzzFormula(f *testing.F) {
	for _, source := range []string{"SUM(A1:A3)*2%", `IF(A1="x",MID(B1,1,2),-3)`, "INDEX(数,2)/ROUND(A1,1)", `SUBSTITUTE("a","a","b",1)`, "1e5", "((", `"`} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 100 { // a text can double with every function
			return
		}
		if v, err := Evaluate(sheet{}, "S", source); err == nil && v == nil {
			t.Errorf("=%s gives nothing", source)
		}
	})
}
