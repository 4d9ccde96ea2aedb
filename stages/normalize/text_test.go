package normalize

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lianheti/stages/model"
	"lianheti/stages/table"
)

// Requirements
//  1. Dates are read in every usual notation, to the day or the month, and never guessed from a bare year or day-month order.
//  2. Texts stay as typed but for what nobody sees; numbers typed into text fields keep all digits.
//  3. A choice is found in its usual spellings and never replaced by another one.
//  4. Names are counted however they are separated.

func TestDate(t *testing.T) {
	serial := func(raw string, date bool) model.Cell {
		return model.Cell{Kind: model.Number, Raw: raw, Shown: raw, IsDate: date, Filled: true}
	}
	shown := func(raw, shown string, date bool) model.Cell {
		return model.Cell{Kind: model.Number, Raw: raw, Shown: shown, IsDate: date, Filled: true}
	}
	for _, c := range []struct {
		cell model.Cell
		want string // value, or status; then kinds
	}{
		{model.Cell{}, "O"},
		{typed("2024-08-01"), "2024-08-01"},
		{typed("2024年8月1日"), "2024-08-01 date_written"},
		{typed("2024 年 8 月 1 日"), "2024-08-01 date_written"},
		{typed("２０２４年８月"), "2024-08 date_written"},
		{typed("2024.8.1"), "2024-08-01 date_written"},
		{typed("2024.8"), "2024-08 date_written"},
		{typed("2024.10"), "2024-10 date_written"},
		{typed("2024/8/1"), "2024-08-01 date_written"},
		{typed("20240801"), "2024-08-01 date_written"},
		{typed("202408"), "2024-08 date_written"},
		{typed("2024-08-01 00:00:00"), "2024-08-01 date_written"},
		{typed("2024-08-01T09:30:00Z"), "2024-08-01 date_written"},
		{typed("二〇二四年八月一日"), "2024-08-01 date_written"},
		{typed("二○二四年十二月三十一日"), "2024-12-31 date_written"},
		{typed("拟2024年9月"), "2024-09 date_words"},
		{typed("2024年9月（拟）"), "2024-09 date_words"},
		{typed("2024年8月底"), "2024-08 annotated"},
		{typed("2024年"), "V"},
		{typed("2024"), "V"},
		{typed("8/1/2024"), "V"},
		{typed("24年8月1日"), "V"},
		{typed("2024-02-30"), "V"},
		{typed("2024-01-62"), "V"},
		{typed("2024-01-00"), "V"},
		{typed("二〇二四年十一十月"), "V"},
		{typed("二〇二四年八月十一十日"), "V"},
		{shown("45505", "45505.00", false), "2024-08-01 serial_date"},
		{typed("2024年13月"), "V"},
		{typed("无"), "V"},
		{typed("待定"), "V"},
		{serial("45505", true), "2024-08-01"},
		{serial("45505.5", true), "2024-08-01"},
		{serial("45505", false), "2024-08-01 serial_date"},
		{serial("20240801", false), "2024-08-01 date_written"},
		{serial("2024.8", false), "2024-08 ambiguous_month"},
		{serial("2024.1", false), "2024-01 ambiguous_month"},
		{serial("2024", false), "V"},
		{shown("45505", "8月1日", true), "2024-08-01 ambiguous_month"}, // the year was never seen
		{shown("45505", "星期四", true), "2024-08-01 ambiguous_month"},
		{shown("45505", "2024年8月", true), "2024-08 date_written"},
		{shown("45505", "2024-08-01T09:30:00", true), "2024-08-01"},
		{shown("20240801", "2024-08-01", false), "2024-08-01 date_written"},
		{shown("45505", "2023年1月1日", false), "V shown_otherwise"},
		{shown("45505", "¥45,505", false), "V shown_otherwise"},
		{serial("9999999", true), "V"},
		{serial("73050", true), "2099-12-31"},
		{serial("73051", true), "V"},
		{serial("73050", false), "2099-12-31 serial_date"},
		{serial("73051", false), "V"},
		{serial("36526", false), "2000-01-01 serial_date"},
		{serial("36525", false), "V"},
		{shown("1", "1900-01-01", true), "1900-01-01"}, // by the serial number it were 1899-12-31
		{serial("-1", true), "V"},
	} {
		r := ReadDate(c.cell)
		got := r.Value
		if r.Status != table.Normal {
			got = string(r.Status)
		}
		for _, x := range r.Coercions {
			got += " " + x.Kind
		}
		if got != c.want {
			t.Errorf("%q is read as %s, want %s", c.cell.Raw, got, c.want)
		}
	}
}

func TestDatesSurviveEveryNotation(t *testing.T) {
	for day := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2028; day = day.AddDate(0, 0, 1) {
		want := day.Format(time.DateOnly)
		for _, layout := range []string{"2006-01-02", "2006年1月2日", "2006.1.2", "2006/01/02", "20060102", "2006年01月02号"} {
			if got := ReadDate(typed(day.Format(layout))); got.Value != want {
				t.Fatalf("%s is read as %s", day.Format(layout), got.Value)
			}
		}
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		cell model.Cell
		want string
	}{
		{typed(" 一\r\n二\u200b "), "一\n二"},
		{typed("=1+1"), "=1+1"},
		{typed("＋86"), "＋86"},
		{model.Cell{Kind: model.Number, Raw: "1.38E10", Shown: "1.38E10", Filled: true}, "13800000000"},
		{model.Cell{Kind: model.Number, Raw: "350102199001011234", Shown: "350102199001011234", Filled: true}, "350102199001011234"},
		{model.Cell{Kind: model.Number, Raw: "45356", Shown: "3-5", IsDate: true, Filled: true}, "3-5"},
		{model.Cell{Kind: model.Bool, Raw: "1", Shown: "TRUE", Filled: true}, "TRUE"},
	} {
		if got := ReadText(c.cell); got.Value != c.want || got.Status != table.Normal {
			t.Errorf("%q becomes %q", c.cell.Raw, got.Value)
		}
	}
	if got := ReadText(model.Cell{Kind: model.Error, Raw: "#N/A", Filled: true}); got.Status != table.Invalid {
		t.Error("an error value became a text")
	}
	// Requirement: a text for which its format shows another is not read; what a format adds to it is read with it.
	for shown, want := range map[string]table.Status{"": table.Invalid, "另一学院": table.Invalid, "甲学院（筹）": table.Normal, "甲学院": table.Normal} {
		got := ReadText(model.Cell{Kind: model.Text, Raw: "甲学院", Shown: shown, Filled: true})
		if told := len(got.Coercions) == 1 && got.Coercions[0].Kind == "shown_otherwise"; got.Status != want || told != (want == table.Invalid) {
			t.Errorf("甲学院 shown as %q: %+v", shown, got)
		}
	}
	for shown, want := range map[string]table.Status{"某学院": table.Invalid, "☑": table.Invalid, strings.Repeat("园区2023年产值", 10): table.Invalid, "第5号": table.Normal, "5": table.Normal} {
		if got := ReadText(model.Cell{Kind: model.Number, Raw: "5", Shown: shown, Filled: true}); got.Status != want {
			t.Errorf("5 shown as %q: %+v", shown, got)
		}
	}
	if got := ReadText(typed("\u200b\u200b")); got.Status != table.Missing {
		t.Error("invisible characters count as filled")
	}
}

func TestChoice(t *testing.T) {
	cities, kinds := definition.Options(definition.Field("city")), definition.Options(definition.Field("members_kind"))
	for _, c := range []struct {
		typed   string
		options []string
		want    string
		known   bool
	}{
		{"福州", cities, "福州", true},
		{" 福州 ", cities, "福州", true},
		{"福州市", cities, "福州", true},
		{"福", cities, "福", false},
		{"闽北", cities, "闽北", false},
		{"高职院校", kinds, "高职院校（含职教本科）", true},
		{"高职院校(含职教本科)", kinds, "高职院校（含职教本科）", true},
		{"行业协会", kinds, "行业协会", false},
	} {
		if got, known := MatchOption(c.typed, c.options); got != c.want || known != c.known {
			t.Errorf("%q is taken for %q, %t", c.typed, got, known)
		}
	}
}

func TestConfirm(t *testing.T) {
	for s, want := range map[string][2]bool{"☑": {true, true}, "√": {true, true}, "是": {true, true}, "TRUE": {true, true}, "☐": {false, true}, "否": {false, true}, "待定": {false, false}} {
		if yes, ok := ParseConfirmation(s); [2]bool{yes, ok} != want {
			t.Errorf("%s: %v %v", s, yes, ok)
		}
	}
}

func TestNames(t *testing.T) {
	for s, want := range map[string]string{
		"甲某某、乙某某、丙某":        "甲某某|乙某某|丙某",
		"甲某某，乙某某;丙某":        "甲某某|乙某某|丙某",
		"甲某某 乙某某 丙某":        "甲某某|乙某某|丙某",
		"甲 某 乙 某":           "甲某|乙某",
		"甲 某、乙某某":           "甲某|乙某某",
		"1.甲某某 2.乙某某":       "甲某某|乙某某",
		"甲某某（主任）、乙某某（兼）等2人": "甲某某|乙某某等2人",
		"甲某某\n乙某某":          "甲某某|乙某某",
		"甲某某、乙某某、共2人":       "甲某某|乙某某",
		"":                  "",
	} {
		if got := strings.Join(SplitNames(s), "|"); got != want {
			t.Errorf("%q gives %s, want %s", s, got, want)
		}
	}
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"2024年8月1日", "2024.8", "20240801", "二〇二四年八月", "2024-08-01 00:00", "拟2024年9月"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := ReadDate(typed(s))
		if r.Status != table.Normal {
			return
		}
		_, day := time.Parse(time.DateOnly, r.Value)
		_, month := time.Parse("2006-01", r.Value)
		if day != nil && month != nil {
			t.Errorf("%q is read as %q", s, r.Value)
		}
		if again := ReadDate(typed(r.Value)); again.Value != r.Value || len(again.Coercions) > 0 && again.Coercions[0].From != again.Coercions[0].To {
			if again.Value != r.Value {
				t.Errorf("%q is read as %q, and that as %q", s, r.Value, again.Value)
			}
		}
	})
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"甲某某、乙某某", "甲 某 乙 某", "1.甲某某 2.乙某某", "甲某某（主任）"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		names := SplitNames(s)
		if slices.ContainsFunc(names, func(n string) bool { return strings.TrimSpace(n) == "" || strings.ContainsAny(n, "、,;\n") }) {
			t.Errorf("%q gives %q", s, names)
		}
		if utf8.ValidString(s) && len(names) > 0 {
			if again := SplitNames(strings.Join(names, "、")); len(again) > len(names) {
				t.Errorf("%q gives %q, joined again %q", s, names, again)
			}
		}
	})
}

// Requirements
//  1. Every kind of change that the code names is a route of reading.yaml, where its class and label stand.
func TestKindsAreRoutes(t *testing.T) {
	named := regexp.MustCompile(`(?:\.(?:addCoercion|coerce)\(|Kind(?: [!=]= |: )|return )"([a-z_]+)"`)
	files, _ := filepath.Glob("*.go")
	seen := 0
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range named.FindAllStringSubmatch(string(code), -1) {
			if seen++; definition.Reading.Route(m[1]).Class == "" {
				t.Errorf("%s: %q is no route", file, m[1])
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d kinds were found", seen)
	}
}
