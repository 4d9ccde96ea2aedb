package consolidate

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"lianheti/stages/score"
	"lianheti/stages/table"
)

// Requirements
//  1. There is a list only once the marks are in; it holds those within the line with their totals, and nobody else; another k gives another list.
//  2. What is to be said of each names its parts; contested pairs are there in the words of the scoring.
//  3. The same run gives the same bytes; nobody ranked, no documents.

var tags = regexp.MustCompile(`<[^>]*>`)

// wordsOf gives the text of a Word file.
func wordsOf(t *testing.T, data []byte) string {
	t.Helper()
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := zr.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return tags.ReplaceAllString(string(text), "")
}

func TestDocuments(t *testing.T) {
	_, figures, _ := open(t)
	in := withMarks(t, figures)
	in.Standing.Meeting = "0905评审会"
	for _, k := range []int{5, 3} {
		in.Select = k
		var err error
		if in.Ranking, err = score.Run(in.Facts, in.Judgement, in.Marking, score.Options{Draws: 100, Select: k}); err != nil {
			t.Fatal(err)
		}
		files, err := Documents(in)
		if err != nil || len(files) != 2 {
			t.Fatal(len(files), err)
		}
		again, err := Documents(in)
		if err != nil {
			t.Fatal(err)
		}
		for name := range files {
			if !bytes.Equal(files[name], again[name]) {
				t.Errorf("%s differs when written twice", name)
			}
			if words := wordsOf(t, files[name]); !strings.Contains(words, "代拟稿·评齐·会议版 0905评审会") {
				t.Errorf("%s does not say what is known", name)
			}
		}
		whole := wordsOf(t, files[ProposalFile])
		list, _, _ := strings.Cut(whole, "二、线的两侧")
		opinions := wordsOf(t, files[OpinionsFile])
		for r := range in.Ranking.Ranking.All() {
			inside := r.Ranked && int(r.Rank.V) <= k
			total := fmt.Sprintf("%.2f", r.Total)
			if strings.Contains(list, r.Consortium) != inside || inside && !strings.Contains(list, total) {
				t.Errorf("k = %d: %s (%v) in the list: %v", k, r.Consortium, r.Rank.V, !inside)
			}
			said := fmt.Sprintf("第%d名，得分%s/100：已有基础%.2f分，建设承诺%.2f分", r.Rank.V, total, r.Foundation, r.Promise)
			if inside != strings.Contains(opinions, said) {
				t.Errorf("k = %d: %q is said: %v", k, said, !inside)
			}
		}
		for s := range in.Ranking.Swaps.All() {
			if !strings.Contains(whole, s.Words) {
				t.Errorf("%q is missing", s.Words)
			}
		}
	}
	files, err := Documents(figures)
	if err != nil || len(files) != 1 {
		t.Fatal("before the marks are in there is a list: ", len(files), err)
	}
	if words := wordsOf(t, files[OpinionsFile]); !strings.Contains(words, "数据部分暂列第1名") || !strings.Contains(words, noLine) || strings.Contains(words, "进入前") {
		t.Error("before the marks are in, the document says more than is known")
	}
	nobody := *in.Ranking
	nobody.Ranking = table.Table[table.Rank]{}
	in.Ranking = &nobody
	if files, err = Documents(in); err != nil || len(files) != 0 {
		t.Errorf("nobody is ranked, and there are %d documents: %v", len(files), err)
	}
}
