package review

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// said is a text that a person may have typed: it is masked wherever it goes.
type said string

// MarshalJSON masks.
func (s said) MarshalJSON() ([]byte, error) {
	return json.Marshal(text.Mask(strings.ToValidUTF8(string(s), string(utf8.RuneError))))
}

// maybe is a number, or null where there is none.
func maybe[N int32 | float64](v table.Opt[N]) *N {
	if !v.Valid {
		return nil
	}
	return &v.V
}

// page is the data block. Lists about points and evidence in a place run parallel to Points and Evidence here.
type page struct {
	Title      string      `json:"title"`
	Batch      int         `json:"batch"`
	Standing   string      `json:"standing"`
	Short      string      `json:"short"`
	State      table.State `json:"state"`
	Complete   bool        `json:"complete"`
	Trial      bool        `json:"trial"` // weights may be tried
	Date       string      `json:"date"`
	DataRoot   string      `json:"root"`
	Schema     string      `json:"schema"` // of what the page exports
	Weights    string      `json:"weights"`
	Select     [3]int      `json:"select"` // at least, as the run has it, at most
	Available  float64     `json:"available"`
	Words      words       `json:"words"`
	Indicators []indicator `json:"indicators"`
	Points     []point     `json:"points"`
	Evidence   []evidence  `json:"evidence"`
	Metrics    []metric    `json:"metrics"`
	Years      []year      `json:"years"`
	Cities     []string    `json:"cities"`
	Economies  []label     `json:"economies"`
	Industries []string    `json:"industries"`
	Choices    []label     `json:"choices"` // of an opinion
	Places     []place     `json:"places"`
	All        int         `json:"all"` // submissions of the batch
	Swaps      []swap      `json:"swaps"`
	Certain    string      `json:"certain"` // how much weight must be moved before anybody else is chosen
	Earlier    *Opinions   `json:"earlier"`
}

// words are those that must not be there before the marks are in: the page's script has none of them.
type words struct {
	Overview string `json:"overview"`
	Rank     string `json:"rank"`
	Line     string `json:"line"`
	Chance   string `json:"chance"`
	Chosen   string `json:"chosen"`
	Note     string `json:"note"`
	Moved    string `json:"moved"` // said where another number than the run's is looked at
	// Sides of the line, for such a number.
	Sides []string `json:"sides"`
}

type (
	label struct {
		ID    string `json:"id"`
		Label string `json:"label"`
	}
	indicator struct {
		ID    string `json:"id"`
		Label string `json:"label"`
	}
	point struct {
		ID        string  `json:"id"`
		Indicator int     `json:"indicator"` // index
		Label     string  `json:"label"`
		Weight    float64 `json:"weight"`
		Open      float64 `json:"open"` // share that experts give
	}
	evidence struct {
		ID    string `json:"id"`
		Point int    `json:"point"` // index
		Label string `json:"label"`
		Unit  string `json:"unit"`
		Kind  string `json:"kind"`
	}
	metric struct {
		Label string `json:"label"`
		Unit  string `json:"unit"`
		Group string `json:"group"`
		Head  bool   `json:"head"` // one of the main figures
	}
	year struct {
		Year     int  `json:"year"`
		Promised bool `json:"promised"`
	}
	swap struct {
		Inside  string `json:"inside"`
		Outside string `json:"outside"`
		Words   said   `json:"words"`
	}
)

// newPage gathers what the page shows of at most so many submissions.
func newPage(in Input, most int) *page {
	d := in.Definition
	k := in.Select
	if k == 0 {
		k = d.Directory.Select.Default
	}
	p := &page{
		Title: in.title(), Batch: d.Directory.Batch, Standing: text.Mask(in.Standing.String()),
		Short: in.Standing.Short(), State: in.Ranking.State(),
		Complete: in.Standing.Complete(), Date: in.Date, DataRoot: in.DataRoot, Schema: Schema, Weights: d.Rubric.WeightsNote,
		Select:     [3]int{min(d.Directory.Select.Min, k), k, max(d.Directory.Select.Max, k)},
		Available:  d.Rubric.Available.InexactFloat64(),
		Industries: d.Directory.Industries, All: in.Facts.Submissions.Len(), Earlier: in.Opinions,
		Words: words{Overview: "各家得分", Rank: "数据部分暂列", Chosen: "各家", Note: "专家评齐之前只有数据部分得分，次序是暂列，不作数。点一家看问题和缺数。"},
	}
	p.Trial = in.AllowTrial || p.Complete && in.Standing.Meeting == ""
	if p.Complete {
		p.Words = words{Overview: "入选线", Rank: "名次", Line: "线内外", Chance: "机会", Chosen: "拟选", Note: "入选由处里决定，不由名次。点一家看为什么两可、什么定得下来。",
			Moved: fmt.Sprintf("稳不稳只按本次运行的%d家算过；现在看的是别的家数，标记里是进入前几名的机会。", k), Sides: []string{sides["inside"], sides["outside"]}}
		p.Choices = choices
		for s := range in.Ranking.Swaps.All() {
			p.Swaps = append(p.Swaps, swap{s.Inside, s.Outside, said(s.Words)})
		}
		for c := range in.Ranking.Certificate.All() {
			p.Certain = text.Mask(c.Words)
		}
	}
	p.scheme(d)
	for _, c := range d.Directory.Cities {
		p.Cities = append(p.Cities, c.Name)
	}
	for _, e := range d.Directory.Economies {
		p.Economies = append(p.Economies, label{e.ID, e.Label})
	}
	p.Places = in.places(p, around(slices.Collect(in.Ranking.Ranking.All()), k, most))
	return p
}

// scheme lists what is scored, and what has years.
func (p *page) scheme(d *templates.Definition) {
	for _, i := range d.Rubric.Indicators {
		for _, c := range i.Points {
			if c.Deduction {
				continue
			}
			if n := len(p.Indicators); n == 0 || p.Indicators[n-1].ID != i.ID {
				p.Indicators = append(p.Indicators, indicator{i.ID, i.Label})
			}
			weight, open := c.Weight.InexactFloat64(), c.ExpertShare.InexactFloat64()
			p.Points = append(p.Points, point{c.ID, len(p.Indicators) - 1, c.Full(), weight, open})
			for _, e := range c.Evidence {
				if e.Counts() {
					p.Evidence = append(p.Evidence, evidence{e.ID, len(p.Points) - 1, e.Label, e.Unit, e.Kind})
				}
			}
		}
	}
	for _, y := range d.Form.Years {
		p.Years = append(p.Years, year{y.Year, y.Kind == templates.Committed})
	}
	for _, f := range series(d) {
		p.Metrics = append(p.Metrics, metric{d.Label(f.ID), f.Unit, f.Group, slices.Contains(f.Topics, templates.Headline)})
	}
}

// series are the metrics that have a course to draw: all others say one year only.
func series(d *templates.Definition) []*templates.Field {
	return slices.DeleteFunc(d.Form.Metrics(), func(f *templates.Field) bool { return len(f.Years) < 2 })
}

// around takes at most so many rows of a ranking, those nearest to the line after the first k; the unranked come last and go first.
func around(ranking []table.Rank, k, most int) []table.Rank {
	if len(ranking) <= most {
		return ranking
	}
	ranked := len(slices.DeleteFunc(slices.Clone(ranking), func(r table.Rank) bool { return !r.Ranked }))
	from := max(0, min(k-most/2, ranked-most))
	return ranking[from : from+most]
}
