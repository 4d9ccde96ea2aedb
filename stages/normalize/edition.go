package normalize

import (
	"regexp"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Editions as people write them: 第二次, 2版, V2.0, 第3次报送. What may count corrections instead of editions (第一次修改) is none.
var (
	editionForm = regexp.MustCompile(`^(?:报送)?(?:版次|版本)?:?(?:第|v|ver\.?|version)?` +
		`([0-9]{1,2}|[〇零一二三四五六七八九十两壹贰叁肆伍陆柒捌玖拾]+)(?:\.0)?` +
		`(?:版次|版本|版|次|稿|轮)?(?:报送|上报|申报|填报|提交)?$`)
	firstForm = regexp.MustCompile(`^(?:首|初)(?:次|版)(?:报送|上报|申报|填报|提交)?$`)
)

// Edition reads the number of an edition in words; ok is false where they don't tell it.
func Edition(words string) (n int32, ok bool) {
	s := strings.ToLower(strings.Join(strings.Fields(fold(trim(words))), ""))
	if firstForm.MatchString(s) {
		return 1, true
	}
	m := editionForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	if figure, err := strconv.Atoi(m[1]); err == nil {
		return int32(figure), figure > 0
	}
	numeral, rest, ok := chineseNumber(m[1])
	return int32(numeral.IntPart()), ok && rest == "" && numeral.IsPositive()
}

// edition reads the field as a number or as words for one; other words (约2) don't tell the edition.
func (r *reader) edition(f *templates.Field, e model.Entry) *Reading {
	n, known := Edition(e.Shown)
	stored, _ := plain(e.Raw)
	// 2 shown as 第2版
	worded := e.Kind == model.Number && !e.IsDate && e.Shown != e.Raw && stored.Equal(decimal.NewFromInt32(n))
	if known && cause(e.Cell) == "" && (e.Kind == model.Text || worded) {
		v := &Reading{Status: table.Normal, Number: table.Some(decimal.NewFromInt32(n))}
		v.note("edition_words", e.Shown, strconv.Itoa(int(n)))
		v.struck(e.Cell)
		r.coerced(f, e, v.Coercions, strconv.Itoa(int(n)))
		r.Submission.Edition = table.Some(n)
		return v
	}
	v := r.number(f, e)
	value := v.Number.V
	sure := e.Kind != model.Text && v.Number.Valid && value.IsInteger() && value.IsPositive()
	if sure && (f.Max == nil || value.LessThanOrEqual(*f.Max)) {
		r.Submission.Edition = table.Some(int32(value.IntPart()))
	}
	return v
}
