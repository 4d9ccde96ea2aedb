package pipeline

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"lianheti/samples/must"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. 计分说明.md is what the rubric and the samples say now.
//  2. On the samples the shipped rubric has no lapse, and the points of every submission add up to its total.

func TestScoringGolden(t *testing.T) {
	b := must.Get(batch())(t)
	ranking := must.Get(score.Run(b.facts, b.judgement, table.Marking{}, score.Options{}))(t)
	if n := ranking.Lapses.Len(); n != 0 {
		t.Errorf("%d lapses; the first: %+v", n, ranking.Lapses.Row(0))
	}
	points := map[string]float64{}
	for s := range ranking.Scores.All() {
		if s.Evidence == "" {
			points[s.Submission] += s.Points.V
		}
	}
	for k := range ranking.Ranking.All() {
		if diff := points[k.Submission] - k.Total; diff > 1e-9 || diff < -1e-9 {
			t.Errorf("%s: points %v, total %v", k.Submission, points[k.Submission], k.Total)
		}
	}
	var said bytes.Buffer
	must.Do(t, scoringMarkdown(&said, b.d, ranking))
	path := filepath.Join("..", "templates", "2024", scoringName)
	if *update {
		must.Do(t, os.WriteFile(path, said.Bytes(), 0o644))
	}
	if found, err := os.ReadFile(path); err != nil || !bytes.Equal(found, said.Bytes()) {
		t.Errorf("%s is not what the rubric says (%v); go test ./pipeline -run Golden -update", path, err)
	}
}

// scoringName is the committed rendering of the rubric, beside the year's definition: what a stranger needs to work out every number.
const scoringName = "计分说明.md"

//go:embed testdata/scoring.md
var scoringText string

// scoring is what the text is filled with.
type scoringGuide struct {
	Title, WeightsNote, Schools, Available, Combine, Spread, A string
	Base, Sure, Upper, Margin                                  string
	Batch, Year, Least, TrimFrom, Budget, K, Near              int
	Scale, S                                                   string
	Years                                                      []templates.Year
	Scenarios                                                  []templates.Scenario
	Bases                                                      []*templates.Base
	Points                                                     []*templates.Point
	Example                                                    worked
}

// worked is one submission, worked through.
type worked struct {
	Submission, Consortium, Kind, Total, Possible string
	Rank                                          int32
	Evidence                                      []workedEvidence
	Points                                        []workedPoint
}

type workedEvidence struct {
	ID, Raw, Normalised, Share, Points string
	N, Gaps, Below, Equal              int
}

type workedPoint struct{ ID, Earn, Value, Points string }

// scoringMarkdown writes how every score is made, and works the first of a ranking through.
func scoringMarkdown(w io.Writer, d *templates.Definition, r *table.Ranking) error {
	x, k, sum := d.Rubric(), 0, 0.0
	for _, p := range x.Points() {
		if p.Weight.IsPositive() {
			k++
			sum += p.Weight.InexactFloat64()
		}
	}
	spread := x.Robustness.Spread.InexactFloat64()
	s := scoringGuide{Title: d.Form.Title, WeightsNote: x.WeightsNote, Batch: d.Directory.Batch, Year: d.Year, Available: x.Available.String(), Least: x.Experts.Least,
		Base: x.Credibility.Base.String(), Upper: x.Credibility.Upper.String(), Margin: x.Credibility.Margin.String(), Sure: x.Robustness.Sure.String(), TrimFrom: x.Experts.TrimFrom,
		Scale: x.Experts.Scale.String(), Budget: x.Robustness.Budget, Near: x.Robustness.Near, K: k, S: digits(sum), Spread: x.Robustness.Spread.String(), A: digits(float64(k-1)/(spread*spread) - 1),
		Years: d.Form.Years, Scenarios: x.Scenarios, Bases: x.Bases, Points: x.Points(), Example: workedOf(d, r), Combine: "取平均"}
	if x.Experts.Combine == templates.TrimmedMean {
		s.Combine = fmt.Sprintf("取平均；某一观测点参加排名的各家都有不少于%d个的，各家先去掉一个最高、一个最低", x.Experts.TrimFrom)
	}
	var schools []string
	for _, kind := range d.Form.Kinds {
		if kind.School {
			schools = append(schools, kind.ID)
		}
	}
	s.Schools = strings.Join(schools, "、")
	text := template.Must(template.New(scoringName).Funcs(template.FuncMap{
		"cell": func(s string) string { return strings.ReplaceAll(s, "|", "\\|") },
		"half": func(n int) int { return n / 2 },
	}).Parse(scoringText))
	return text.Execute(w, s)
}

// workedOf takes the first of a ranking apart, down to its places in the reference sets.
func workedOf(d *templates.Definition, r *table.Ranking) worked {
	first := r.Ranking.Row(0)
	out := worked{Submission: first.Submission, Consortium: first.Consortium, Total: digits(first.Total), Possible: digits(first.Possible), Rank: first.Rank.V, Kind: "数据部分"}
	if first.Complete {
		out.Kind = "评齐"
	}
	for s := range r.Scores.All() {
		switch {
		case s.Submission != first.Submission || s.Weight == 0:
		case s.Evidence == "":
			out.Points = append(out.Points, workedPoint{s.Point, digits(s.Weight - s.Open), maybe(s.Value), maybe(s.Points)})
		default:
			e := workedEvidence{ID: s.Evidence, Raw: maybe(s.Raw), Normalised: maybe(s.Normalised), Points: maybe(s.Points)}
			for _, x := range d.Rubric().Point(s.Point).Evidence {
				if x.ID == s.Evidence {
					e.Share = digits(x.Weight.InexactFloat64())
				}
			}
			for v := range r.Scales.All() {
				if v.Evidence != s.Evidence || v.Base != table.AsCounted {
					continue
				}
				switch e.N++; {
				case !v.Raw.Valid:
					e.Gaps++
				case v.Raw.V < s.Raw.V:
					e.Below++
				case v.Raw.V == s.Raw.V:
					e.Equal++
				}
			}
			out.Evidence = append(out.Evidence, e)
		}
	}
	return out
}

// digits writes a number with at most ten decimals.
func digits(v float64) string { return strconv.FormatFloat(math.Round(v*1e10)/1e10, 'f', -1, 64) }

func maybe(v table.Opt[float64]) string {
	if !v.Valid {
		return "—"
	}
	return digits(v.V)
}
