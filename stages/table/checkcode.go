package table

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"lianheti/templates"

	"golang.org/x/text/width"
)

// crockfordBase32 leaves out the letters that are mistaken for digits when a code is read out or typed.
var crockfordBase32 = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// codeVersion is the first group of a code. Older codes had none, and did not cover the supplementary figures.
const codeVersion = "V2"

// CheckCode is a hash that ties a printed form to the values it was printed from: the version and four groups of four
// characters. It covers all clean values of the official form, the roster and the supplementary figures, but not
// explanations, materials, verification, edition and personal data, which nobody shall be able to guess from it.
func CheckCode(d *templates.Definition, figures []Figure, metrics []Metric, texts []Text, members []Member) string {
	f := &Form{Figures: figures, Metrics: metrics, Texts: texts, Members: members, def: d}
	f.index()
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%d\x00%s\x01", d.Form.ID, d.Year, codeVersion)
	for _, field := range d.Form.Fields() {
		if field.Personal || field.Extra || field.Locked || field.Record != "" {
			continue
		}
		for _, r := range d.Refs(field) {
			o := f.Observe(r)
			value := o.Value
			if o.Status == Invalid {
				value = strings.TrimSpace(o.Raw)
			}
			fmt.Fprintf(h, "%s\x00%d\x00%s\x00%s\x01", r.Field, r.Year, o.Status, value)
		}
	}
	kind := func(m Member) int { // as printed: by kind, members of no kind last
		i := slices.IndexFunc(d.Form.Kinds, func(k templates.MemberKind) bool { return k.ID == m.Kind })
		return (i + len(d.Form.Kinds) + 1) % (len(d.Form.Kinds) + 1)
	}
	members = slices.Clone(members)
	slices.SortStableFunc(members, func(a, b Member) int { return cmp.Compare(kind(a), kind(b)) })
	for _, m := range members {
		fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s\x00%s\x01", m.Kind, m.KindLabel, m.Name, m.Status, Plain(m.Enrolment))
	}
	const bits80 = 10
	code := crockfordBase32.EncodeToString(h.Sum(nil)[:bits80])
	return strings.Join([]string{codeVersion, code[:4], code[4:8], code[8:12], code[12:]}, "-")
}

var (
	codePattern = regexp.MustCompile(codeVersion + `(-[0-9A-HJKMNP-TV-Z]{4}){4}`)
	wholeCode   = regexp.MustCompile(`^` + codePattern.String() + `$`)
	oldCode     = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$`)
)

// FindCode finds the check code in a text; empty where there is none.
func FindCode(words string) string {
	return codePattern.FindString(normalizeCode(words))
}

// SameCode says whether a code typed from paper is this one.
func SameCode(typed, own string) bool { return normalizeCode(typed) == own }

func normalizeCode(code string) string {
	return strings.ToUpper(strings.Join(strings.Fields(width.Fold.String(code)), ""))
}

// CompareCode compares a code typed from paper with that of the workbook, in words.
func CompareCode(paper, own string) string {
	paper = normalizeCode(paper)
	switch {
	case paper == own:
		return "相同：纸质件与这份工作簿的内容一致"
	case oldCode.MatchString(paper):
		return "是旧版校验码（没有 " + codeVersion + " 开头，不含补充采集的数），不能与现在的比：请用本版程序重新打印"
	case wholeCode.MatchString(paper):
		return "不同：纸质件不是由这份工作簿印出的，或印出后改过数"
	}
	return "不是校验码：应为 " + codeVersion + " 和四组四位的字母数字，用短横隔开"
}

// PaperAnswer is the text that the official form prints for a field in a year: 不适用 in words, unreadable values as
// typed, dates in full. Personal data is not included.
func (f *Form) PaperAnswer(r templates.Ref) string {
	o := f.Observe(r)
	switch {
	case o.Status == NotApplicable:
		return f.def.Form.NotApplicable
	case o.Status == Invalid:
		return strings.TrimSpace(o.Raw)
	case o.Status == Normal && f.def.Field(r.Field).Type == templates.DateField:
		return ChineseDate(o.Value)
	}
	return o.Value
}

// ChineseDate formats an ISO date or month as official papers do: 2024年7月28日. Other texts are returned as they are.
func ChineseDate(iso string) string {
	for _, layout := range [][2]string{{time.DateOnly, "2006年1月2日"}, {"2006-01", "2006年1月"}} {
		if day, err := time.Parse(layout[0], iso); err == nil {
			return day.Format(layout[1])
		}
	}
	return iso
}
