package pipeline

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"lianheti/stages/score"
	"lianheti/stages/table"
)

// Requirements
//  1. 计分说明.md is what the rubric and the samples say now.
//  2. On the samples the shipped rubric has no lapse, and the points of every submission add up to its total.

func TestScoringGolden(t *testing.T) {
	b, err := batch()
	if err != nil {
		t.Fatal(err)
	}
	ranking, err := score.Run(b.facts, b.judgement, table.Marking{}, score.Options{})
	if err != nil {
		t.Fatal(err)
	}
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
	if err := scoringMarkdown(&said, b.d, ranking); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "templates", "2024", scoringName)
	if *update {
		if err := os.WriteFile(path, said.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := os.ReadFile(path); err != nil || !bytes.Equal(found, said.Bytes()) {
		t.Errorf("%s is not what the rubric says (%v); go test ./pipeline -run Golden -update", path, err)
	}
}
