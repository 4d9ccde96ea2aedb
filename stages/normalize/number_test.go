package normalize

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Requirements
//  1. What fillers write for a number is read as the number they mean, in the field's unit; each change is recorded.
//  2. A change of magnitude or meaning is a guess; the others are not.
//  3. 未填, 不适用 and 0 stay three things; 无 is never 0.
//  4. What can't be read is invalid, never a number near it.
//  5. Nothing a file can hold makes the arithmetic big or panics.

var definition = func() *templates.Definition {
	d, err := templates.Load(2024)
	if err != nil {
		panic(err)
	}
	return d
}()

func typed(s string) model.Cell {
	return model.Cell{Kind: model.Text, Raw: s, Shown: s, Filled: strings.TrimSpace(s) != ""}
}

// numeric is a number that a cell shows as its format has it; as it is where that is not given.
func numeric(raw, shown string) model.Cell {
	if shown == "" {
		shown = raw
	}
	return model.Cell{Kind: model.Number, Raw: raw, Shown: shown, Filled: true}
}

// guessed says whether a change is one of magnitude or meaning.
func guessed(c table.Coercion) bool {
	return definition.Reading.Route(c.Kind).Class == templates.Guess
}

// show writes a reading in a line: the value, or the status, and the kinds of changes.
func show(n *Reading) string {
	out := string(n.Status)
	if n.Status == table.Normal {
		out = n.Number.V.String()
	}
	for _, c := range n.Coercions {
		out += " " + c.Kind
	}
	return out
}

func TestNumber(t *testing.T) {
	people, percent, money, output, visits := definition.Field("apprentices"), definition.Field("employment_rate"), definition.Field("funding_total"), definition.Field("park_output"), definition.Field("skill_certifications")
	for _, c := range []struct {
		field *templates.Field
		cell  model.Cell
		want  string
	}{
		{people, model.Cell{}, "O"},
		{people, numeric("0", ""), "0"},
		{people, numeric("300", ""), "300"},
		{people, numeric("3.0000000000000004", ""), "3 float_noise"},
		{money, numeric("0.30000000000000004", ""), "0.3 float_noise"},
		{money, numeric("1.2E+3", ""), "1200"},
		{people, numeric("1e999999999", ""), "V"},
		{people, numeric("45", "4500%"), "V shown_otherwise"},
		{people, model.Cell{Kind: model.Number, Raw: "45505", Shown: "2024-08-01", IsDate: true, Filled: true}, "V shown_otherwise"},
		{people, model.Cell{Kind: model.Number, Raw: "12", Shown: "12", Formula: "6+6", Filled: true}, "12 formula"},
		{people, model.Cell{Kind: model.Error, Raw: "#REF!", Shown: "#REF!", Filled: true}, "V error_value"},
		{people, typed("#REF!"), "V error_value"}, // pasted as a value
		{people, model.Cell{Kind: model.Bool, Raw: "1", Shown: "TRUE", Filled: true}, "V"},
		{people, typed("300"), "300 text_number"},
		{people, typed(" 300 "), "300 trimmed text_number"},
		{people, typed("３００"), "300 full_width text_number"},
		{people, typed("\u202E21"), "V"},
		{people, typed("1,234"), "1234 thousands text_number"},
		{people, typed("1，234"), "1234 full_width thousands text_number"},
		{people, typed("12 345"), "12345 spaced text_number"},
		{people, typed("1,234."), "1234 thousands text_number"}, // as a cell of #,##0.## shows it
		{people, typed("1,23"), "V"},
		{people, typed("300人"), "300 unit_suffix"},
		{people, typed("300 名"), "300 unit_suffix"},
		{people, typed("300（人）"), "300 full_width unit_suffix text_number"},
		{people, typed("300人次"), "V"},
		{visits, typed("300人次"), "300 unit_suffix"},
		{people, typed("12万"), "120000 magnitude"},
		{people, typed("1.2万人"), "12000 magnitude"},
		{people, typed("2千"), "2000 magnitude"},
		{money, typed("12万元"), "12 unit_suffix"},
		{money, typed("12万"), "12 magnitude"},
		{money, typed("1.2亿元"), "12000 magnitude"},
		{money, typed("350000元"), "35 magnitude"},
		{output, typed("1200万元"), "0.12 magnitude"},
		{output, typed("860亿"), "860 magnitude"},
		{output, typed("2千万"), "0.2 magnitude"},
		{money, typed("15.2w"), "15.2 magnitude"},
		{money, typed("1.5千万"), "1500 magnitude"},
		{people, typed("约300"), "300 approximate text_number"},
		{people, typed("300余人"), "300 approximate unit_suffix"},
		{people, typed("近三百人左右"), "300 approximate chinese_numerals approximate unit_suffix"},
		{people, typed("300+"), "300 approximate text_number"},
		{people, typed("300-400"), "V"},
		{people, typed("300~400"), "V"},
		{people, typed("若干"), "V"},
		{people, typed("待定"), "V"},
		{people, typed("(12)"), "V"},
		{people, typed("12（含在建2个）"), "12 full_width annotated text_number"},
		{people, typed("无"), "M none"},
		{people, typed("—"), "M none"},
		{people, typed("／"), "M full_width none"},
		{people, typed("不适用"), "M not_applicable"},
		{people, typed("N/A"), "M not_applicable"},
		{people, typed("-5"), "-5 text_number"},
		{people, typed("−5"), "-5 full_width text_number"},
		{people, typed("1.2E+03"), "1200 scientific text_number"},
		{people, typed("三百二十"), "320 chinese_numerals text_number"},
		{people, typed("一百零五人"), "105 chinese_numerals unit_suffix"},
		{people, typed("一千零二十"), "1020 chinese_numerals text_number"},
		{people, typed("十二"), "12 chinese_numerals text_number"},
		{people, typed("三百五"), "V"},
		{people, typed("百"), "V"},
		{people, typed("五十万"), "500000 chinese_numerals magnitude"},
		{people, typed("12个人和3个"), "V"},
		{people, typed("三个五个"), "V"},
		{people, typed("300（人）（估）"), "300 full_width unit_suffix approximate text_number"},
		{people, numeric("12", "-"), "V shown_otherwise"},
		{people, numeric("0", "0人"), "0 unit_suffix"},
		{people, numeric("12", "12(3)"), "V shown_otherwise"},
		{people, numeric("12", "12(3)人"), "V shown_otherwise"},
		{people, numeric("12", "12)"), "12"},
		{output, numeric("1200000000000", "1.2万亿元"), "12000 magnitude"},
		{percent, numeric("95.5", ""), "95.5"},
		{percent, numeric("0.45", ""), "0.45"},
		{percent, numeric("0.45", "45.00%"), "45 percent_format"},
		{percent, numeric("0.9549999999999999", "95.50%"), "95.5 float_noise percent_format"},
		{percent, typed("45%"), "45 percent_sign"},
		{percent, typed("45％"), "45 full_width percent_sign"},
		{percent, typed("百分之四十五"), "45 percent_sign chinese_numerals text_number"},
		{percent, typed("45"), "45 text_number"},
		{percent, typed("45.678"), "45.68 text_number rounded"},
		{percent, typed("45人"), "V"},
		{percent, typed("85（‰）"), "8.5 full_width magnitude"},
		{percent, numeric("45.2", "45.2%"), "45.2 percent_sign"},
		{percent, numeric("0.85", "0.85%"), "0.85 percent_sign"},
		{percent, numeric("0.452", "45%"), "45.2 percent_format shown_near"},
		{money, typed("1200（元）"), "0.12 full_width magnitude"},
		{output, typed("1523.6（万元）"), "0.1524 full_width magnitude rounded"},
		{people, typed("1.5（万）"), "15000 full_width magnitude"},
		{people, typed("580（估）"), "580 full_width approximate text_number"},
		{people, typed("75（天）"), "V"},
		{people, typed("1\u00A0250"), "1250 invisible thousands text_number"},
		{people, typed("1\u202F250"), "1250 invisible thousands text_number"},
		{people, typed("1\u200B250"), "1250 trimmed text_number"},
		{people, typed("260²"), "V"},
		{people, numeric("12", "12万"), "120000 magnitude"},
		{money, numeric("14996692", "1499.7万"), "1499.67 magnitude rounded"},
		{people, numeric("14997", "15"), "14.997 magnitude"},
		{people, numeric("12.5", "13"), "12.5"},
		{people, numeric("1234567", "1,234,567"), "1234567"},
		{people, numeric("-1234.5", "(1,234.50)"), "-1234.5"},
		{people, numeric("1234", "¥1,234.00"), "V shown_otherwise"},
		{money, numeric("1234", "¥1,234.00"), "1234 annotated"},
		{money, numeric("12.5", "13"), "12.5 shown_rounded"},
		{money, numeric("1499.67", "1,500"), "1499.67 shown_near"},
		{money, numeric("-12", "12"), "V shown_otherwise"},
		{money, numeric("12", "-12"), "V shown_otherwise"},
		{money, numeric("12", "(12)"), "V shown_otherwise"},
		{money, numeric("-1234.5", "(1,234.50)"), "-1234.5"},
		{money, numeric("-12", "¥-12"), "-12 annotated"},
		{people, typed("118 164"), "118164 spaced text_number"},
		{people, numeric("0", "-"), "0 shown_dash"},
		{people, numeric("5913456", "5.91E+06"), "5913456"},
		{people, numeric("5913456", "5.92E+06"), "V shown_otherwise"},
		{people, numeric("12", "无"), "V shown_otherwise"},
		{people, numeric("300", "约300"), "300 approximate"},
		{people, numeric("300", "300人"), "300 unit_suffix"},
		{people, numeric("13800138000", "138-0013-8000"), "V shown_otherwise"},
		{people, model.Cell{Kind: model.Number, Raw: "12", Filled: true}, "V shown_otherwise"},
		{people, model.Cell{Kind: model.Uncomputed, Raw: "=50+68", Shown: "=50+68", Filled: true}, "V uncomputed"},
		{people, model.Cell{Kind: model.Picture, Raw: "#VALUE!", Filled: true}, "V picture"},
		{people, model.Cell{Merged: "D14:E14"}, "V merged"},
		{people, model.Cell{Kind: model.Text, Raw: "120", Shown: "120", Struck: "118", Filled: true}, "120 text_number struck"},
		{people, model.Cell{Kind: model.Number, Raw: "120", Shown: "120", Struck: "120", Filled: true}, "120 struck_out"},
		{people, typed(strings.Repeat("9", 60)), "V"},
		{people, typed("9999999999999999999"), "V"},
	} {
		if got := show(ReadNumber(c.cell, c.field)); got != c.want {
			t.Errorf("%s %q (%s) is read as %s, want %s", c.field.ID, c.cell.Raw, c.cell.Shown, got, c.want)
		}
	}
}

// A number survives every way of writing it.
func TestNumberIsTheSameHoweverWritten(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	field := definition.Field("funding_total")
	for range 2000 {
		n := decimal.New(random.Int64N(1e9), -int32(random.IntN(1+int(*field.Decimals))))
		plain := n.String()
		for _, s := range []string{plain, plain + "万元", " " + plain + " ", plain + "（万元）", thousands(plain), fullWidth(thousands(plain))} {
			got := ReadNumber(typed(s), field)
			if got.Status != table.Normal || !got.Number.V.Equal(n) || slices.ContainsFunc(got.Coercions, guessed) {
				t.Fatalf("%q is read as %s", s, show(got))
			}
		}
	}
}

func thousands(s string) string {
	whole, fraction, dot := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		return whole + "." + fraction
	}
	return whole
}

func fullWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7F {
			return r + 0xFEE0
		}
		return r
	}, s)
}

func TestChineseNumbers(t *testing.T) {
	digits := []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	for n := 1; n < 10000; n++ {
		s, zero := "", false
		for i, scale := range []string{"千", "百", "十", ""} {
			d := n / []int{1000, 100, 10, 1}[i] % 10
			switch {
			case d == 0:
				zero = s != ""
				continue
			case zero:
				s, zero = s+"零", false
			}
			s += digits[d] + scale
		}
		if got, rest, ok := parseChineseNumber(s); !ok || rest != "" || got.IntPart() != int64(n) {
			t.Fatalf("%s is read as %v (%v)", s, got, ok)
		}
	}
}

// What is no numeral is none, and none begins with what may be a slip.
func TestNoChineseNumbers(t *testing.T) {
	for s, want := range map[string]string{"一二百": "", "十百": "", "一十二十": "", "零百": "", "一百十": "", "百": "", "三百五": "", "一〇": "10", "二〇二四": "2024", "十": "10", "三个五": "3", "一百零五人": "105",
		"一二三四五六七八九": "123456789", "一二三四五六七八九一": "", "": "", "人": ""} {
		got, rest, ok := parseChineseNumber(s)
		if ok != (want != "") || ok && (got.String() != want || !strings.HasSuffix(s, rest)) || !ok && rest != s {
			t.Errorf("%s is read as %v and %q (%v), want %q", s, got, rest, ok, want)
		}
	}
}

// Numbers that no form can mean are none.
func TestPlainNumbersStaySmall(t *testing.T) {
	for s, want := range map[string]bool{"1000000000000000000": true, "1000000000000000001": false, "-1000000000000000000": true, "-1000000000000000001": false, "1e18": true, "2e18": false,
		"0e18": true, "0e19": false, "1e-40": true, "1e-41": false, "1e0005": false, "1e005": true,
		"1." + strings.Repeat("0", 38): true, "1." + strings.Repeat("0", 39): false, "1,2": false, "": false, "一": false} {
		if n, ok := parseDecimal(s); ok != want {
			t.Errorf("%s is read as %v (%v), want %v", s, n, ok, want)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"12万", "约300", "１２", "1,234.5", "45%", "三百二十", "1e9", "12（含2）", "300余人", "百分之五"} {
		f.Add(s)
	}
	fields := definition.Form.Metrics()
	f.Fuzz(func(t *testing.T, s string) {
		for _, field := range fields[:12] {
			n := ReadNumber(typed(s), field)
			again := ReadNumber(typed(s), field)
			if show(n) != show(again) {
				t.Fatalf("%q is read twice differently", s)
			}
			switch n.Status {
			case table.Normal:
				if n.Number.V.Abs().GreaterThan(decimal.New(1, 27)) || len(n.Number.V.String()) > 80 {
					t.Errorf("%q is read as %s", s, n.Number.V)
				}
				if !strings.ContainsAny(foldWidth(s), "0123456789〇零一二三四五六七八九十壹贰叁肆伍陆柒捌玖拾两") {
					t.Errorf("%q holds no digit and is read as %s", s, n.Number.V)
				}
			case table.Missing:
				if strings.TrimSpace(s) != "" {
					t.Errorf("%q is called missing", s)
				}
			}
			if _, err := fmt.Sscan(n.Number.V.String(), new(float64)); err != nil {
				t.Errorf("%q: %v", s, err)
			}
		}
	})
}
