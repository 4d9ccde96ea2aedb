// Package review writes 会审.html, one self-contained page for the meeting room.
//
// The page shows the results of a run; the only thing it computes is totals under other weights, by the formula in
// package score. What applicants and experts wrote is data, never markup: it is in one block of JSON, from which the
// script creates text nodes. The content security policy of the page forbids every request, and every script and
// style but the two in it, which are identified by their hashes.
package review

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// FileName is the file name of the page.
const FileName = "会审.html"

// The parts of the page.
var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// Limits of the page: what people look through in a meeting, and what any office computer opens at once.
const (
	maxSubmissions = 60
	maxBytes       = 3 << 20
)

// Input is what the page shows.
type Input struct {
	table.Publication
	Opinions   *Opinions // from an earlier meeting; nil: none
	AllowTrial bool      // allow other weights even before all marks are in, and in a meeting copy
}

// Write writes the page. It shows the submissions around the selection line, as many as the limits allow. Trying other
// weights needs data of all submissions: it is left out where it would take the place of half of those shown.
func Write(out io.Writer, in Input) error {
	all := min(maxSubmissions, in.Ranking.Ranking.Len())
	for most, trial := all, true; ; most = most * 3 / 4 {
		if trial && most < (all+1)/2 {
			most, trial = all, false
		}
		data, err := json.Marshal(newPage(in, most, trial))
		if err != nil {
			return err
		}
		page := render(in.title(), data)
		if len(page) <= maxBytes {
			_, err := out.Write(page)
			return err
		}
		if most <= 2 && !trial {
			return fmt.Errorf("两家的内容就超过%d MB，写不成一页", maxBytes>>20)
		}
	}
}

func (in Input) title() string {
	return fmt.Sprintf("%d年省级市域产教联合体会审", in.Definition.Year)
}

// render fills in the page. encoding/json escapes <, >, &, U+2028 and U+2029, so no text can end the block of data.
func render(title string, data []byte) []byte {
	css, js := normalizeNewlines(pageCSS), normalizeNewlines(pageJS)
	policy := fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; base-uri 'none'; form-action 'none'",
		cspHash(js), cspHash(css))
	parts := strings.NewReplacer("@@title@@", html.EscapeString(title), "@@policy@@", policy, "@@style@@", css,
		"@@data@@", string(data), "@@script@@", js)
	return []byte(parts.Replace(normalizeNewlines(pageHTML)))
}

// normalizeNewlines removes CRs, as browsers do before hashing, however the file was checked out.
func normalizeNewlines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// cspHash is the hash by which a policy allows an inline script or style.
func cspHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// masked is a text that a person may have typed. It is masked when it is written.
type masked string

// MarshalJSON masks.
func (s masked) MarshalJSON() ([]byte, error) {
	return json.Marshal(text.Mask(strings.ToValidUTF8(string(s), string(utf8.RuneError))))
}

// record is an object in the data of the page, with the keys that page.js uses.
type record map[string]any

// newPage collects the data of the page for at most so many submissions; trial: with what trying other weights needs,
// where that is allowed. Words that must not appear before all marks
// are in are here, not in the script. Values of a submission are in the order of points, evidence and metrics.
func newPage(in Input, most int, trial bool) record {
	d, k, complete := in.Definition, in.Choose(), in.Standing.Complete()
	p := record{
		"title": in.title(), "batch": d.Directory.Batch, "standing": masked(in.Standing.String()),
		"short": in.Standing.Short(), "state": in.Ranking.State(), "complete": complete, "date": in.Date, "root": in.DataRoot,
		"schema": Schema, "weights": d.Rubric().WeightsNote, "available": d.Rubric().Available.InexactFloat64(),
		"earlier":    in.Opinions,
		"trial":      false,
		"industries": d.Directory.Industries, "all": in.Facts.Submissions.Len(),
		"select": [3]int{min(d.Directory.Select.Min, k), k, max(d.Directory.Select.Max, k)}, // at least, as run, at most
		"words": record{"overview": "各家得分", "rank": "数据部分暂列", "chosen": "各家",
			"note": "专家评齐之前只有数据部分得分，次序是暂列，不作数。点一家看问题和缺数。"},
	}
	if complete {
		p["words"] = record{"overview": "入选线", "rank": "名次", "line": "线内外", "chance": "机会", "chosen": "拟选",
			"note":  "入选由处里决定，不由名次。点一家看为什么两可、什么定得下来。",
			"moved": fmt.Sprintf("稳不稳只按本次运行的%d家算过；现在看的是别的家数，标记里是进入前几名的机会。", k),
			"sides": []string{table.SideLabels[table.Inside], table.SideLabels[table.Outside]}}
		p["choices"] = choices
		p["swaps"] = table.Each(slices.Collect(in.Ranking.Swaps.All()), func(s table.Swap) record {
			return record{"inside": s.Inside, "outside": s.Outside, "words": masked(s.Words)}
		})
		for c := range in.Ranking.Certificate.All() {
			p["certain"] = masked(c.Words) // how much weight must be moved to change the selection
		}
	}
	p["indicators"], p["points"], p["evidence"] = scoringScheme(d)
	p["years"] = table.Each(d.Form.Years, func(y templates.Year) record {
		return record{"year": y.Year, "promised": y.Kind == templates.Committed}
	})
	p["metrics"] = table.Each(yearlyMetrics(d), func(f *templates.Field) record {
		return record{"label": d.Label(f.ID), "unit": f.Unit, "group": f.Group}
	})
	p["cities"] = table.Each(d.Directory.Cities, func(c templates.City) string { return c.Name })
	p["economies"] = table.Each(d.Directory.Economies, func(e templates.Economy) string { return e.Label })
	ranking, about := slices.Collect(in.Ranking.Ranking.All()), in.BySubmission()
	shown := aroundLine(ranking, k, most)
	p["places"] = in.submissionRecords(shown, about)
	switch allowed := in.AllowTrial || complete && in.Standing.Meeting == ""; {
	case allowed && trial:
		unseen := slices.DeleteFunc(ranking, func(r table.Rank) bool { return !r.Ranked || slices.Contains(shown, r) })
		p["trial"] = true
		p["unseen"] = table.Each(unseen, func(r table.Rank) record { return in.trialData(r, about[r.Submission]) })
	case allowed:
		p["words"].(record)["note"] = fmt.Sprint(p["words"].(record)["note"], "家数或文字太多，这一页不带权重试算。")
	}
	return p
}

type label struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// scoredPoints returns the points of the rubric without the deduction.
func scoredPoints(d *templates.Definition) []*templates.Point {
	return slices.DeleteFunc(slices.Clone(d.Rubric().Points()), func(p *templates.Point) bool { return p.Deduction })
}

// scoringScheme lists what is scored. Points refer to their indicator, and evidence to its point, by index.
func scoringScheme(d *templates.Definition) (indicators []label, points, evidence []record) {
	for _, c := range scoredPoints(d) {
		if n := len(indicators); n == 0 || indicators[n-1].ID != c.Indicator.ID {
			indicators = append(indicators, label{c.Indicator.ID, c.Indicator.Label})
		}
		for _, e := range c.Evidence {
			if e.Counts() {
				evidence = append(evidence, record{"point": len(points), "label": e.Label, "unit": e.Unit})
			}
		}
		points = append(points, record{"indicator": len(indicators) - 1, "label": c.Full(),
			"weight": c.Weight.InexactFloat64(), "open": c.ExpertShare.InexactFloat64()}) // the share that experts give
	}
	return indicators, points, evidence
}

// yearlyMetrics returns the metrics with several years, which are drawn as lines.
func yearlyMetrics(d *templates.Definition) []*templates.Field {
	return slices.DeleteFunc(d.Form.Metrics(), func(f *templates.Field) bool { return len(f.Years) < 2 })
}

// aroundLine returns the rows of a ranking nearest to the line after the first k, at most so many, ranked ones first.
func aroundLine(ranking []table.Rank, k, most int) []table.Rank {
	if len(ranking) <= most {
		return ranking
	}
	ranked := len(table.Where(slices.Values(ranking), func(r table.Rank) bool { return r.Ranked }))
	from := max(0, min(k-most/2, ranked-most))
	return ranking[from : from+most]
}

// Schema identifies the format of 意见.json, see opinions.schema.json.
const Schema = "lianheti/opinions/1"

// OpinionsFile is the file name that the page exports.
const OpinionsFile = "意见.json"

// Opinions is a meeting's advice on one run. It names no person.
type Opinions struct {
	Schema   string    `json:"schema"`
	Batch    int       `json:"batch"`
	DataRoot string    `json:"data_root"` // of the run that the meeting discussed
	Select   int       `json:"select"`    // number to be selected
	Opinions []Opinion `json:"opinions"`
}

// Opinion is the advice on one submission.
type Opinion struct {
	Submission string `json:"submission"`
	Consortium string `json:"consortium"`
	Rank       *int   `json:"rank"` // at the time; null: not ranked
	Opinion    string `json:"opinion"`
	Reason     string `json:"reason"`
	When       string `json:"when"` // RFC 3339
}

// The possible advice. The Department decides, in its register.
const (
	propose  = "propose"
	deferred = "defer"
	decline  = "decline"
)

var choices = []label{{propose, "建议入选"}, {deferred, "缓议"}, {decline, "不入选"}}

// Label is the advice in Chinese.
func (x Opinion) Label() string {
	return table.IndexBy(slices.Values(choices), func(c label) string { return c.ID })[x.Opinion].Label
}

// maxReason is the maximum length of a reason, in characters.
const maxReason = 500

// ReadOpinions reads 意见.json, which must be about this batch and the run with this data root. Reasons are masked.
func ReadOpinions(data []byte, batch int, previous string) (*Opinions, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	o := &Opinions{}
	if err := d.Decode(o); err != nil {
		return nil, fmt.Errorf("不是会审页导出的 %s，或已损坏。请重新从会审页导出", OpinionsFile)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s 的末尾还有别的内容。请重新从会审页导出", OpinionsFile)
	}
	switch root := text.Mask(o.DataRoot); {
	case o.Schema != Schema:
		return nil, fmt.Errorf("不是会审页导出的 %s，或是另一版程序的（schema 是“%s”，不是“%s”）", OpinionsFile, text.Mask(o.Schema), Schema)
	case o.Batch != batch:
		return nil, fmt.Errorf("是%d年批次的，本轮是%d年", o.Batch, batch)
	case previous == "":
		return nil, fmt.Errorf("说的是 data_root 为 %s 的那次结果。请用 --previous 指向那次结果", root)
	case o.DataRoot != previous:
		return nil, fmt.Errorf("说的是 data_root 为 %s 的结果，而 --previous 的是 %s，不是同一次。请用 --previous 指向会上看的那次结果",
			root, previous)
	}
	return o, o.validate()
}

// validate lists the faults of each opinion, and masks the reasons.
func (o *Opinions) validate() error {
	var wrong []error
	seen := map[string]bool{}
	for i := range o.Opinions {
		x := &o.Opinions[i]
		fault := func(format string, args ...any) {
			wrong = append(wrong, fmt.Errorf("第%d条（%s）：%s", i+1, text.Mask(x.Submission), fmt.Sprintf(format, args...)))
		}
		if seen[x.Submission] || x.Submission == "" {
			fault("申报编号为空或重复，一家只能有一条意见")
		}
		seen[x.Submission] = true
		if x.Label() == "" {
			fault("opinion 是“%s”，要是 %s、%s、%s 之一", text.Mask(x.Opinion), propose, deferred, decline)
		}
		inside := x.Rank != nil && *x.Rank <= o.Select
		if inside != (x.Opinion == propose) && strings.TrimSpace(x.Reason) == "" {
			fault("意见与名次不一致，要写理由")
		}
		if n := utf8.RuneCountInString(x.Reason); n > maxReason {
			fault("理由有%d字，最多%d字", n, maxReason)
		}
		if _, err := time.Parse(time.RFC3339, x.When); err != nil {
			fault("when“%s”不是带时区的时间", text.Mask(x.When))
		}
		x.Reason, x.Consortium = text.Mask(x.Reason), text.Mask(x.Consortium)
	}
	return errors.Join(wrong...)
}

// Strangers returns the opinions about submissions that this round does not have.
func (o *Opinions) Strangers(facts *table.Facts) []Opinion {
	known := table.IndexBy(facts.Submissions.All(), func(s table.Submission) string { return s.Submission })
	return table.Where(slices.Values(o.Opinions), func(x Opinion) bool { return known[x.Submission].Submission == "" })
}
