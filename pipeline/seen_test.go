package pipeline

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lianheti/samples/must"
	"lianheti/stages/check"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/table"
	"lianheti/templates"
)

// The invariant of reading, over every field and every kind of cell: what stands in a cell becomes its value by a
// lossless route of the definition, or a finding names the cell: 需核实 at least where something was guessed, 必须修改 where
// nothing could be read. The finding shows what the filler sees, unless it is of a person.

// cellKind is one way in which a cell may be filled.
type cellKind struct {
	name string
	fill func(c *model.Entry)
}

func text1(words string) cellKind {
	return cellKind{fmt.Sprintf("text %q", words), func(c *model.Entry) { c.Kind, c.Raw, c.Shown = model.Text, words, words }}
}

func number1(raw, shown string) cellKind {
	return cellKind{"number " + raw + " shown " + shown, func(c *model.Entry) { c.Kind, c.Raw, c.Shown = model.Number, raw, shown }}
}

func day1(raw, shown string) cellKind {
	return cellKind{"number " + raw + " in a date format", func(c *model.Entry) { c.Kind, c.Raw, c.Shown, c.IsDate = model.Number, raw, shown, true }}
}

func kind1(kind model.Kind, raw, shown string) cellKind {
	return cellKind{fmt.Sprintf("kind %d %s", kind, raw), func(c *model.Entry) { c.Kind, c.Raw, c.Shown = kind, raw, shown }}
}

// struck1 is another kind of cell, partly or wholly struck out.
func struck1(k cellKind, what string) cellKind {
	return cellKind{k.name + ", struck out: " + what, func(c *model.Entry) { k.fill(c); c.Struck = what }}
}

var cellKinds = []cellKind{
	number1("12", "12"), number1("0.45", "45%"), number1("0.85", "0.85%"), number1("45.2", "45.2%"), number1("120000", "12万"), number1("14996692", "1499.7万"),
	number1("12", "12人"), number1("300", "约300"), number1("12", ""), number1("0", ""), number1("12", "无"), number1("0", "-"), number1("12.5", "13"), number1("1234567", "1,234,567"),
	number1("13800138000", "138-0013-8000"), number1("59100000000", "59100000000"), number1("14996692000", "14996692000"), number1("2024.8", "2024.8"), number1("20240801", "20240801"), number1("45505", "45505"),
	day1("7", "1900-01-07"), day1("45292", "1月1日"), day1("45505", "2024-08-01"), day1("2024.8", "1905-07-16"), day1("-3", "-3"),
	kind1(model.Bool, "1", "TRUE"), kind1(model.Bool, "0", "FALSE"), kind1(model.Error, "#N/A", "#N/A"), kind1(model.Uncomputed, "=50+68", "=50+68"),
	kind1(model.Picture, "#VALUE!", ""), kind1(model.Picture, `=DISPIMG("ID_1",1)`, ""),
	text1("1 250"), text1("1\u00A0250"), text1("1\u202F250"), text1("1\u200B250"), text1("１２"), text1("1200（元）"), text1("120（万）"), text1("85（‰）"), text1("235（天）"), text1("2.6（亩）"),
	text1("580（估）"), text1("75（预计）"), text1("12（含在建2个）"), text1("约3000"), text1("0.98万"), text1("1.5余万人"), text1("260²"), text1("一百零五"), text1("3-5"), text1("12人天"),
	text1("待定"), text1("/"), text1("无"), text1("—"), text1("同上"), text1("见附件"), text1("待补充"), text1("……"), text1("不适用"), text1("N/A"), text1("若干"), text1("xx"),
	text1("2024年9月31日"), text1("2024.10"), text1("拟于2024年9月"), text1("2024年8月底"), text1("1999"), text1("八月五日"), text1("5.91E+10"), text1("12345"), text1("TRUE"), text1("#N/A"),
	text1("118 164"), text1("100-120"), text1("100~120"), text1("≥100"), text1("100左右"), text1("十二万"), text1("1.2万"), text1("廿"), text1("两百"), text1("几十"), text1("①②"), text1("⑫"), text1("12①"), text1("½"), text1("1 1/2"),
	text1("三成"), text1("百分之八十"), text1("1O0"), text1("l20"), text1("120。"), text1("(120)"), text1("-120"), text1("120个/年"), text1("年均120"), text1("120+30"), text1("'120"), text1("1,2345"), text1("1.234,5"), text1("1.2.3"), text1("120\n130"), text1("120、130"),
	text1("¥120"), text1("120元"), text1("120%"), text1("1.2k"), text1("120w"), text1("120*"), text1("120？"), text1("第120"), text1("男60女60"), text1("1万2"), text1("约九成六"), text1("123"), text1("同2022年"), text1("√"), text1("有"), text1("１.２万人"),
	number1("120", "¥120"), number1("120", "$120.00"), number1("120", "120.00 万元"), number1("12.5", "13"), number1("120", "12000%"), number1("120", "第120名"), number1("1200000", "1.2百万"), number1("120", "(120)"), number1("-120", "120"), number1("120", "1 2 0"), number1("120", "12.0"),
	number1("120", "No120"), number1("120", "120以上"), number1("1E-7", "0"), number1("99999999999999999", "99999999999999999"), day1("120", "1900年"), day1("0.5", "12:00"), day1("120", "2880:00"),
	struck1(text1("300"), "26"), struck1(text1("300"), "300"), struck1(number1("120", "120"), "120"),
	{"volatile", func(c *model.Entry) { c.Kind, c.Raw, c.Shown, c.Formula = model.Number, "24", "24", "YEAR(NOW())-2000" }},
	{"stale", func(c *model.Entry) {
		c.Kind, c.Raw, c.Shown, c.Formula, c.Stale = model.Number, "24", "24", "10+2", "12"
	}},
	{"merged", func(c *model.Entry) { c.Kind, c.Raw, c.Shown, c.Merged = model.Text, "300", "300", "D14:E14" }},
	{"covered by a merged cell", func(c *model.Entry) {
		c.Kind, c.Raw, c.Shown, c.Filled, c.Merged = model.Blank, "", "", false, "D14:E14"
	}},
}

func TestEveryCellIsReadOrTold(t *testing.T) {
	d := must.Get(templates.Load(2024))(t)
	sources := must.Get(intake.Discover([]string{filepath.Join(samplesDir, "福州", "福州经济技术开发区物联网产教联合体.xlsx")}))(t)
	w := intake.Read(d, sources[0])
	w.Entries = slices.DeleteFunc(w.Entries, func(e model.Entry) bool { return e.Record > 2 }) // more rows alike would be a list pasted a column off
	for _, kind := range cellKinds {
		t.Run(kind.name, func(t *testing.T) {
			filled := w
			filled.Entries, filled.Notes = slices.Clone(w.Entries), slices.Clone(w.Notes)
			for i := range filled.Entries {
				e := &filled.Entries[i]
				if f := d.Field(e.Field); f.Locked || f.Record == "explanations" {
					continue
				}
				e.Filled, e.Formula, e.IsDate, e.Struck = true, "", false, ""
				if kind.fill(e); e.Merged != "" { // reading the file says so
					filled.Notes = append(filled.Notes, model.Finding{Code: intake.CodeMerged, Places: []model.Place{e.Place}, Vars: map[string]string{}})
				}
			}
			readOrTold(t, d, filled)
		})
	}
}

// mild are the fields whose rules of their own are content with 需核实: the form itself doesn't ask for them.
var mild = map[string]bool{"edition": true, "members_enrolment": true, "members_lead": true, "verifications_date": true}

// readOrTold fails where the invariant does not hold in a workbook.
func readOrTold(t *testing.T, d *templates.Definition, w model.Workbook) {
	batch := normalize.NewBatch(d)
	batch.Add(normalize.Workbook(d, w))
	facts := batch.Facts()
	judgement := must.Get(check.Run(facts, check.Known{Alone: true}))(t)
	told := map[string][]table.Finding{}
	for x := range judgement.Findings.All() {
		rule := d.Rule(x.Code)
		if rule.Check == "expr" && rule.List == "" || rule.Check == "bounds" || rule.Check == "length" || rule.Check == "required" || rule.Check == "column" { // about values, not about reading
			continue
		}
		for _, p := range x.AllPlaces() {
			told[p.String()] = append(told[p.String()], x)
		}
	}
	routes := map[string][]table.Coercion{}
	for c := range facts.Coercions.All() {
		routes[c.Sheet+"!"+c.Cell] = append(routes[c.Sheet+"!"+c.Cell], c)
		if d.Reading.Route(c.Kind).Class == "" {
			t.Errorf("%s is no route of the definition", c.Kind)
		}
	}
	form := formOf(facts)
	for _, e := range w.Entries {
		f := d.Field(e.Field)
		if f.Locked || f.Record == "explanations" {
			continue
		}
		at := e.Place.String()
		grave := func(s model.Severity) bool {
			return slices.ContainsFunc(told[at], func(x table.Finding) bool {
				return x.Severity == model.MustFix || x.Severity == s
			})
		}
		class := templates.Lossless
		for _, c := range routes[at] {
			if k := d.Reading.Route(c.Kind).Class; k == templates.Unreadable || k == templates.Guess && class == templates.Lossless {
				class = k
			}
		}
		status := table.Normal
		if f.Record == "" {
			status = form.Observe(templates.Ref{Field: e.Field, Year: e.Year}).Status
		}
		switch {
		case status == table.Missing:
			t.Errorf("%s %s: %q is said to be blank", at, e.Field, e.Shown)
		case (class == templates.Unreadable || status == table.Invalid) && !grave(model.MustFix) && !(mild[e.Field] && grave(model.Explain)):
			t.Errorf("%s %s: %q could not be read, and nothing is said: %v", at, e.Field, e.Shown, kindsOf(routes[at]))
		case class == templates.Guess && !grave(model.Explain) && e.Field != enrolmentOfNone(routes[at]):
			t.Errorf("%s %s: %q is guessed, and nothing is said: %v", at, e.Field, e.Shown, kindsOf(routes[at]))
		case (class != templates.Lossless || status == table.Invalid) && !f.Personal && e.Shown != "" && e.Field != enrolmentOfNone(routes[at]) && !quoted(told[at], e.Cell):
			t.Errorf("%s %s: no finding shows %q: %s", at, e.Field, e.Shown, messages(told[at]))
		}
	}
}

// enrolmentOfNone is the column that only schools fill in: 无 of another unit is no question, and of a school it is told
// as missing.
func enrolmentOfNone(list []table.Coercion) string {
	if slices.ContainsFunc(list, func(c table.Coercion) bool { return c.Kind == "none" }) {
		return "members_enrolment"
	}
	return ""
}

func messages(list []table.Finding) (out []string) {
	for _, x := range list {
		out = append(out, x.Message)
	}
	return out
}

func kindsOf(list []table.Coercion) (out []string) {
	for _, c := range list {
		out = append(out, c.Kind)
	}
	return out
}

// quoted says whether one of the findings shows what the filler sees of a cell, or what is struck out in it; of a
// merged one, that it is.
func quoted(findings []table.Finding, c model.Cell) bool {
	if c.Merged != "" || c.Kind == model.Uncomputed {
		return len(findings) > 0
	}
	return slices.ContainsFunc(findings, func(x table.Finding) bool {
		return strings.Contains(strings.ReplaceAll(x.Message, "\u200B", ""), strings.ReplaceAll(c.Shown, "\u200B", "")) || c.Struck != "" && strings.Contains(x.Message, c.Struck) || strings.Contains(x.Message, "已隐去")
	})
}

// formOf is the only submission of some facts.
func formOf(facts *table.Facts) *table.Form {
	for f := range facts.Forms {
		return f
	}
	return nil
}

// Requirements
//  1. What one mistake did to a whole column is one finding that names the column and every cell: a format, words filled down.
//  2. All figures 不适用 are one finding.
func TestOneMistakeIsOneFinding(t *testing.T) {
	d := must.Get(templates.Load(2024))(t)
	sources := must.Get(intake.Discover([]string{filepath.Join(samplesDir, "福州", "福州经济技术开发区物联网产教联合体.xlsx")}))(t)
	w := intake.Read(d, sources[0])
	first := d.Form.Years[0].Year
	for _, c := range []struct {
		kind  cellKind
		years []int
		code  string
	}{
		{day1("7", "1900-01-07"), []int{first}, "LHT-2-041"},
		{text1("同上年"), []int{first}, "LHT-2-003"},
		{text1("不适用"), []int{first, d.Form.Years[1].Year}, "LHT-3-090"},
	} {
		filled, cells := w, 0
		filled.Entries = slices.Clone(w.Entries)
		for i := range filled.Entries {
			e := &filled.Entries[i]
			if f := d.Field(e.Field); len(f.Years) == len(d.Form.Years) && slices.Contains(c.years, e.Year) {
				e.Filled = true
				c.kind.fill(e)
				cells++
			}
		}
		batch := normalize.NewBatch(d)
		batch.Add(normalize.Workbook(d, filled))
		judgement := must.Get(check.Run(batch.Facts(), check.Known{Alone: true}))(t)
		for x := range judgement.Findings.All() {
			if x.Code == c.code && len(x.AllPlaces()) == cells {
				cells = 0
			} else if x.Severity != model.Hint {
				t.Errorf("%s: besides %s %s", c.kind.name, x.Code, x.Message)
			}
		}
		if cells != 0 {
			t.Errorf("%s: no %s about all %d cells", c.kind.name, c.code, cells)
		}
	}
}
