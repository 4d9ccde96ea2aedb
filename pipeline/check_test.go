package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lianheti/stages"
)

// Requirements
//  1. Of each workbook alone, check says what the run of the batch says of it: same findings, cells, values; but for the rules
//     across submissions, which it names and does not judge, even where several workbooks lie together.
//  2. The JSON has stable keys in English, and every finding has a place.
//  3. Annotated copies are put beside what is there: nothing is overwritten; a sound workbook gets none.

func TestCheckAgreesWithTheRun(t *testing.T) {
	b, err := batch()
	if err != nil {
		t.Fatal(err)
	}
	across := func(code string) bool {
		rule := b.d.Rule(code)
		return rule.Across() || rule.Check == "file" && rule.Tier() == 1 && strings.HasPrefix(code, "LHT-1-04") || rule.Check == "two_versions"
	}
	want := map[string][]string{}
	for x := range b.judgement.Findings.All() {
		if !across(x.Code) {
			want[x.Submission] = append(want[x.Submission], strings.Join([]string{x.Code, x.Sheet, x.Cell, x.Message, x.Fingerprint, x.ValueHash}, "|"))
		}
	}
	compared := 0
	for f := range b.facts.Files.All() {
		path := filepath.Join(samplesDir, filepath.FromSlash(f.Path))
		if f.Fate != stages.Accepted || strings.Contains(f.Path, ".zip/") {
			continue
		}
		r, err := Check(context.Background(), Options{Definition: b.d, Inputs: []string{path}}, "")
		if err != nil || len(r.Files) != 1 || r.Files[0].Submission == nil {
			t.Fatalf("%s: %v %+v", f.Path, err, r)
		}
		var got []string
		for _, x := range r.Files[0].Submission.Findings {
			if across(x.Code) {
				t.Errorf("%s: %s was judged of one workbook", f.Path, x.Code)
				continue
			}
			got = append(got, strings.Join([]string{x.Code, x.Places[0].Sheet, x.Places[0].Cell, x.Message, x.Fingerprint, x.ValueHash}, "|"))
		}
		if !slices.Equal(got, want[f.Submission]) {
			t.Errorf("%s: check finds\n%s\nthe run\n%s", f.Path, strings.Join(got, "\n"), strings.Join(want[f.Submission], "\n"))
		}
		compared++
	}
	if compared < 15 {
		t.Errorf("only %d workbooks compared", compared)
	}
	together, err := Check(context.Background(), Options{Definition: b.d, Inputs: []string{samplesDir}}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range together.Files {
		if f.Submission == nil {
			continue
		}
		for _, x := range f.Submission.Findings {
			if b.d.Rule(x.Code).Across() {
				t.Errorf("%s: %s was judged though it needs the whole batch", f.Path, x.Code)
			}
		}
	}
	if len(together.Later) != 5 {
		t.Errorf("the rules left to the run: %+v", together.Later)
	}
}

func TestCheckForPrograms(t *testing.T) {
	b, err := batch()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	inputs := []string{filepath.Join(samplesDir, "福州")}
	r, err := Check(context.Background(), Options{Definition: b.d, Inputs: inputs}, dir)
	if err != nil || !r.MustCorrect() {
		t.Fatal(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range regexp.MustCompile(`"([^"\\]*)":`).FindAllSubmatch(text, -1) {
		if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).Match(key[1]) {
			t.Errorf("%s is no stable English key", key[1])
		}
	}
	first := map[string][]byte{}
	for _, f := range r.Files {
		if f.Submission == nil {
			continue
		}
		if faulty := len(f.Submission.Findings) > 0; faulty != (f.Annotated != "") {
			t.Errorf("%s has %d findings, annotated copy %q %s", f.Path, len(f.Submission.Findings), f.Annotated, f.NotAnnotated)
		}
		for _, x := range f.Submission.Findings {
			if len(x.Places) == 0 || x.Cure == "" || x.Title == "" || x.Severity == "" || len(x.Fingerprint) != 16 {
				t.Errorf("not a whole finding: %+v", x)
			}
		}
		if f.Annotated != "" {
			if first[f.Annotated], err = os.ReadFile(f.Annotated); err != nil {
				t.Error(err)
			}
		}
	}
	if len(first) < 3 {
		t.Fatalf("%d copies", len(first))
	}
	if _, err := Check(context.Background(), Options{Definition: b.d, Inputs: inputs}, dir); err != nil {
		t.Fatal(err)
	}
	for path, data := range first {
		if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%s was written over: %v", path, err)
		}
	}
	if all, _ := filepath.Glob(filepath.Join(dir, "*")); len(all) != 2*len(first) {
		t.Errorf("%d files stand there after two checks", len(all))
	}
}
