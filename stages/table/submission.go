package table

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lianheti/stages/model"
	"lianheti/stages/text"
	"lianheti/templates"

	"golang.org/x/text/width"
)

// SideLabels are the words for the sides of the line after the first k, by Rank.Line.
var SideLabels = map[string]string{Inside: "线内", Tied: "并列跨线", Outside: "线外"}

// States of a finding.
const (
	ToMend    = "待修改"
	ToExplain = "未说明"
	Explained = "已说明"
)

// State says whether somebody still has to act on the finding; empty for a hint.
func (x Finding) State() string {
	switch {
	case x.Severity == model.MustFix:
		return ToMend
	case x.Severity != model.Explain:
		return ""
	case x.Explanation == "":
		return ToExplain
	}
	return Explained
}

// Open says whether somebody still has to act on the finding.
func (x Finding) Open() bool { return x.State() == ToMend || x.State() == ToExplain }

// SubmissionRows are the rows of one submission in the tables of a round.
type SubmissionRows struct {
	Form     *Form
	Verdict  Verdict
	Rank     Rank
	Scores   iter.Seq[Score] // read anew each time: of a thousand submissions they are many
	Findings []Finding
	Promises []Growth // those with the flag Verify
	Marks    []Mark
	Checks   []Check
	Lifts    []Lift
}

// BySubmission collects the rows of each submission, by its id.
func (r *Round) BySubmission() map[string]*SubmissionRows {
	out := map[string]*SubmissionRows{}
	for form := range r.Facts.Forms {
		out[form.Submission.Submission] = &SubmissionRows{Form: form}
	}
	gather(out, r.Verdicts, func(a *SubmissionRows, x Verdict) { a.Verdict = x })
	gather(out, r.Ranking.Ranking, func(a *SubmissionRows, x Rank) { a.Rank = x })
	gather(out, r.Judgement.Findings, func(a *SubmissionRows, x Finding) { a.Findings = append(a.Findings, x) })
	gather(out, r.Ranking.Marks, func(a *SubmissionRows, x Mark) { a.Marks = append(a.Marks, x) })
	gather(out, r.Ranking.Checklist, func(a *SubmissionRows, x Check) { a.Checks = append(a.Checks, x) })
	gather(out, r.Ranking.Lifts, func(a *SubmissionRows, x Lift) { a.Lifts = append(a.Lifts, x) })
	gather(out, r.Ranking.Credibility, func(a *SubmissionRows, x Growth) {
		if x.Flag == Verify {
			a.Promises = append(a.Promises, x)
		}
	})
	scored := map[string][]int{}
	for i := range r.Ranking.Scores.Len() {
		id := cellOf(r.Ranking.Scores.record, "submission", i)
		scored[id] = append(scored[id], i)
	}
	for id, a := range out {
		a.Scores = r.Ranking.Scores.only(scored[id])
	}
	return out
}

// BySubmission is that of the round.
func (p Publication) BySubmission() map[string]*SubmissionRows {
	if p.Rows != nil {
		return p.Rows()
	}
	return p.Round.BySubmission()
}

func gather[T any](all map[string]*SubmissionRows, rows Table[T], add func(*SubmissionRows, T)) {
	for i := range rows.Len() {
		if a := all[cellOf(rows.record, "submission", i)]; a != nil {
			add(a, rows.Row(i))
		}
	}
}

// OpenIssues lists the titles of the findings on which somebody still has to act, in one text.
func (a *SubmissionRows) OpenIssues() string {
	said := Unique(a.Findings, func(x Finding) string {
		return Either(x.Open(), x.State()+"："+x.Title, "")
	})
	return cmp.Or(Join("；", said...), "没有")
}

// Question is what to ask a consortium at the defence.
type Question struct{ Kind, Words string }

// Questions lists what to ask at the defence, most serious first.
func (a *SubmissionRows) Questions(d *templates.Definition) []Question {
	var out []Question
	add := func(kind, format string, args ...any) {
		out = append(out, Question{kind, fmt.Sprintf(format, args...)})
	}
	for _, want := range []string{ToMend, ToExplain} {
		for _, x := range a.Findings {
			if x.State() == want {
				add(want, "%s（%s）", x.Message, model.Place{File: x.File, Sheet: x.Sheet, Cell: x.Cell})
			}
		}
	}
	if a.Rank.Proposals != "" {
		add("专家的提议", "%s", a.Rank.Proposals)
	}
	if a.Rank.LineReason != "" {
		add("名次两可", "%s", a.Rank.LineReason)
	}
	for _, c := range a.Promises {
		add("承诺可信度", "%s：%s", d.Label(c.Indicator), c.Note)
	}
	lacking := Where(a.Scores, func(s Score) bool {
		return s.Evidence != "" && s.Weight > 0 && !s.Raw.Valid
	})
	for _, same := range GroupBy(lacking, func(s Score) string { return s.Note }) {
		names := Each(same, func(s Score) string { return s.Point + " " + d.Rubric().Point(s.Point).Find(s.Evidence).Label })
		add("缺依据", "%s：%s", strings.Join(names, "、"), same[0].Note)
	}
	for _, x := range a.Findings {
		if x.State() == Explained {
			add("说明待核", "%s 说明：%s", x.Message, x.Explanation)
		}
	}
	return out
}

// MembersByKind is the number of members in words: 12家：高职2、企业8.
func (f *Form) MembersByKind(d *templates.Definition) string {
	kinds := Words(d.Form.Kinds, func(k templates.MemberKind) string {
		if n := f.Count(k.ID); n > 0 {
			return fmt.Sprintf("%s%d", k.Label, n)
		}
		return ""
	})
	return fmt.Sprintf("%d家：%s", len(f.Members), strings.Join(kinds, "、"))
}

// AllPlaces lists the places of a finding.
func (x Finding) AllPlaces() []model.Place {
	var out []model.Place
	for s := range strings.SplitSeq(x.Places, "; ") {
		parts := strings.Split(s, "!")
		p := model.Place{File: x.File}
		switch len(parts) {
		case 1:
			if s != x.File && x.Sheet != "" {
				p.Sheet = s
			} else {
				p.File = s
			}
		case 2:
			p.Sheet, p.Cell = parts[0], parts[1]
		default: // of another file
			p.File, p.Sheet, p.Cell = strings.Join(parts[:len(parts)-2], "!"), parts[len(parts)-2], parts[len(parts)-1]
		}
		out = append(out, p)
	}
	return out
}

// crockfordBase32 leaves out the letters that are mistaken for digits when a code is read out or typed.
var crockfordBase32 = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// codeVersion is the first group of a code. Older codes had none, and did not cover the supplementary figures.
const codeVersion = "V2"

// CheckCode is a hash that ties a printed form to the values it was printed from: the version and four groups of four
// characters. It covers all clean values of the official form, the roster and the supplementary figures, but not
// explanations, materials, verification, edition and personal data, which nobody shall be able to guess from it.
func CheckCode(d *templates.Definition, figures []Figure, metrics []Metric, texts []Text, members []Member) string {
	values := Each(metrics, func(m Metric) metricValue { return metricValue{m.Value, m.Status, m.Raw} })
	f := &Form{Figures: figures, asked: metrics, metrics: values, Texts: texts, Members: members, def: d}
	f.index()
	h, b := sha256.New(), []byte(nil)
	add := func(parts ...string) {
		b = append(text.AppendParts(b[:0], parts...), 1)
		_, _ = h.Write(b)
	}
	add(d.Form.ID, strconv.Itoa(d.Year), codeVersion)
	for _, field := range d.Form.Fields() {
		if field.Personal || field.Extra || field.Locked || field.Record != "" {
			continue
		}
		for _, r := range d.Refs(field) {
			o := f.Observe(r)
			value := Either(o.Status == Invalid, strings.TrimSpace(o.Raw), o.Value)
			add(r.Field, strconv.Itoa(r.Year), string(o.Status), value)
		}
	}
	kind := func(m Member) int { // as printed: by kind, members of no kind last
		i := slices.IndexFunc(d.Form.Kinds, func(k templates.MemberKind) bool { return k.ID == m.Kind })
		return (i + len(d.Form.Kinds) + 1) % (len(d.Form.Kinds) + 1)
	}
	members = slices.Clone(members)
	slices.SortStableFunc(members, func(a, b Member) int { return cmp.Compare(kind(a), kind(b)) })
	for _, m := range members {
		add(m.Kind, m.KindLabel, m.Name, string(m.Status), Plain(m.Enrolment))
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
func FindCode(words string) string { return codePattern.FindString(normalizeCode(words)) }

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
