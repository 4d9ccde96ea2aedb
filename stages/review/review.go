// Package review writes 会审.html: one page for the meeting room, which opens by double click and needs no network.
//
// It shows what a run found; the one thing that it works out itself is totals under other weights, by the formula that
// package score documents. What applicants and experts wrote is data, never markup: it stands in one block of JSON,
// which the page's script puts into the document as text. The page's policy forbids every request, and every script
// and style but the two that are in it, which are known by their hashes.
package review

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// FileName of the page.
const FileName = "会审.html"

// What the page is made of. It is written by hand, in the language that browsers read.
var (
	//go:embed page.html
	shell string
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// Limits of the page: a projector's reader looks at so many, and so much is opened at once by any office computer.
const (
	mostPlaces = 60
	mostBytes  = 3 << 20
)

// Input is what the page tells of.
type Input struct {
	table.Publication
	Opinions   *Opinions // of an earlier meeting; nil: none
	AllowTrial bool      // weights may be tried even before all marks are in, and in a copy for a meeting
}

// Write writes the page. Of many submissions it shows those around the line, as many as the limits allow, and says so.
func Write(out io.Writer, in Input) error {
	for most := min(mostPlaces, in.Ranking.Ranking.Len()); ; most = most * 3 / 4 {
		data, err := json.Marshal(newPage(in, most))
		if err != nil {
			return err
		}
		page := render(in.title(), data)
		if len(page) <= mostBytes {
			_, err := out.Write(page)
			return err
		}
		if most <= 2 {
			return fmt.Errorf("两家的内容就超过%d MB，写不成一页", mostBytes>>20)
		}
	}
}

// title names the page.
func (in Input) title() string {
	return fmt.Sprintf("%d年省级市域产教联合体会审", in.Definition.Year)
}

// render puts the page together. encoding/json writes <, >, &, U+2028 and U+2029 as escapes: no text ends its block.
func render(title string, data []byte) []byte {
	css, js := lines(style), lines(script)
	policy := fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; base-uri 'none'; form-action 'none'",
		digest(js), digest(css))
	parts := strings.NewReplacer("@@title@@", html.EscapeString(title), "@@policy@@", policy, "@@style@@", css,
		"@@data@@", string(data), "@@script@@", js)
	return []byte(parts.Replace(lines(shell)))
}

// lines are a file's as they are hashed, however it was checked out: a browser reads every line break as one.
func lines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// digest is how a policy names an inline script or style.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// said is a text that a person may have typed: it is masked wherever it goes.
type said string

// MarshalJSON masks.
func (s said) MarshalJSON() ([]byte, error) {
	return json.Marshal(text.Mask(strings.ToValidUTF8(string(s), string(utf8.RuneError))))
}

// record is one object of the data block, by the names that page.js reads it by.
type record map[string]any

// newPage gathers what the page shows of at most so many submissions. Words that must not be there before the marks are
// in stand here, not in the script. Points, evidence and metrics are listed once, and in the same order at every place.
func newPage(in Input, most int) record {
	d, k, complete := in.Definition, in.Choose(), in.Standing.Complete()
	p := record{
		"title": in.title(), "batch": d.Directory.Batch, "standing": said(in.Standing.String()), "short": in.Standing.Short(),
		"state": in.Ranking.State(), "complete": complete, "date": in.Date, "root": in.DataRoot, "schema": Schema,
		"weights": d.Rubric.WeightsNote, "available": d.Rubric.Available.InexactFloat64(), "earlier": in.Opinions,
		"trial":      in.AllowTrial || complete && in.Standing.Meeting == "", // weights may be tried
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
			return record{"inside": s.Inside, "outside": s.Outside, "words": said(s.Words)}
		})
		for c := range in.Ranking.Certificate.All() {
			p["certain"] = said(c.Words) // how much weight must be moved before anybody else is chosen
		}
	}
	p["indicators"], p["points"], p["evidence"] = scheme(d)
	p["years"] = table.Each(d.Form.Years, func(y templates.Year) record {
		return record{"year": y.Year, "promised": y.Kind == templates.Committed}
	})
	p["metrics"] = table.Each(series(d), func(f *templates.Field) record {
		return record{"label": d.Label(f.ID), "unit": f.Unit, "group": f.Group}
	})
	p["cities"] = table.Each(d.Directory.Cities, func(c templates.City) string { return c.Name })
	p["economies"] = table.Each(d.Directory.Economies, func(e templates.Economy) string { return e.Label })
	ranking, about := slices.Collect(in.Ranking.Ranking.All()), in.BySubmission()
	shown := around(ranking, k, most)
	p["places"] = in.places(shown, about)
	unseen := slices.DeleteFunc(ranking, func(r table.Rank) bool { return !r.Ranked || slices.Contains(shown, r) })
	p["unseen"] = table.Each(unseen, func(r table.Rank) record { return in.bare(r, about[r.Submission]) })
	return p
}

// label is something to choose from.
type label struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// earning are the points that bring something.
func earning(d *templates.Definition) []*templates.Point {
	return slices.DeleteFunc(slices.Clone(d.Rubric.Points()), func(p *templates.Point) bool { return p.Deduction })
}

// scheme lists what is scored; a point names its indicator, an evidence its point, by position.
func scheme(d *templates.Definition) (indicators []label, points, evidence []record) {
	for _, c := range earning(d) {
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

// series are the metrics that have a course to draw: all others say one year only.
func series(d *templates.Definition) []*templates.Field {
	return slices.DeleteFunc(d.Form.Metrics(), func(f *templates.Field) bool { return len(f.Years) < 2 })
}

// around takes at most so many rows of a ranking, nearest to the line after the first k; the unranked go first.
func around(ranking []table.Rank, k, most int) []table.Rank {
	if len(ranking) <= most {
		return ranking
	}
	ranked := len(table.Where(slices.Values(ranking), func(r table.Rank) bool { return r.Ranked }))
	from := max(0, min(k-most/2, ranked-most))
	return ranking[from : from+most]
}
