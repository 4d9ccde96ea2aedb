package pipeline

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lianheti/samples/must"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. A file that makes the program itself fail is refused with a code of its own; what the others give is the same as without it.
//  2. Files that can't be used change nothing of what the others give: every table but that of the files has the same bytes, every
//     prefecture whose files were good gets the same returns.

// rowsOfAll writes everything that was read of the submissions, so that it can be compared.
func rowsOfAll(t *testing.T, facts *table.Facts) map[string]string {
	t.Helper()
	b := must.Get(batch())(t)
	out := map[string]string{}
	for form := range facts.Forms {
		if _, twice := out[form.Submission.Submission]; twice {
			t.Fatalf("%s stands twice", form.Submission.Submission)
		}
		out[form.Submission.Submission] = form.Submission.CheckCode + " " + form.Submission.SHA256
	}
	if len(out) == 0 || b.facts.Submissions.Len() == 0 {
		t.Fatal("nothing was read")
	}
	return out
}

func TestPanicIsOneFilesFate(t *testing.T) {
	b := must.Get(batch())(t)
	sources, err := intake.Discover([]string{filepath.Join(samplesDir, "福州"), filepath.Join(samplesDir, "厦门")})
	if err != nil {
		t.Fatal(err)
	}
	victim := slices.IndexFunc(sources, func(s intake.Source) bool { return strings.HasSuffix(s.Path, ".xlsx") })
	panics := func(d *templates.Definition, w model.Workbook) *normalize.Rows {
		if w.File.Fate == model.Accepted && w.File.Path == sources[victim].Path {
			var nobody *model.Workbook
			_ = nobody.File.Path // as a mistake of ours would
		}
		return normalize.Workbook(d, w)
	}
	both := must.Get(read(context.Background(), sources, Options{Definition: b.d}, panics, normalize.Workbook))(t)
	plain := must.Get(read(context.Background(), slices.Delete(slices.Clone(sources), victim, victim+1), Options{Definition: b.d}, normalize.Workbook))(t)
	got, want := rowsOfAll(t, both[0]), rowsOfAll(t, plain[0])
	for id := range want {
		if got[id] != want[id] {
			t.Errorf("%s is another one: %s, was %s", id, got[id], want[id])
		}
	}
	if len(got) != len(want) || both[0].Metrics.Len() != plain[0].Metrics.Len() || both[0].Texts.Len() != plain[0].Texts.Len() {
		t.Errorf("%d submissions beside the one that failed, want %d", len(got), len(want))
	}
	f := both[0].Files.Row(victim)
	if f.Fate != model.Rejected || f.Code != intake.CodeFailed || len(f.SHA256) != 64 || f.Reason == "" || f.Cure == "" {
		t.Errorf("%s: %s %s %q", f.Path, f.Fate, f.Code, f.Reason)
	}
}

func TestOneBadFileHarmsNoOther(t *testing.T) {
	good := must.Get(published())(t)
	sample, err := filepath.Glob(samplesDir + "/福州/*.xlsx")
	if err != nil || len(sample) == 0 {
		t.Fatal("no samples", err)
	}
	whole := must.Get(os.ReadFile(sample[0]))(t)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/3] ^= 4
	in := t.TempDir()
	must.Do(t, os.CopyFS(in, os.DirFS(samplesDir)))
	bad := map[string][]byte{
		"漳州/断.xlsx": whole[:len(whole)*2/3], "漳州/翻转.xlsx": flipped, "漳州/网页.xlsx": []byte("<html><table>"), "漳州/空.xlsx": {}, "漳州/旧.xls": []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 old"),
		"漳州/断.zip": whole[:len(whole)/2], "漳州/~$锁.xlsx": []byte("x"),
	}
	for name, data := range bad {
		put(t, filepath.Join(in, filepath.Dir(name)), filepath.Base(name), string(data))
	}
	link := filepath.Join(in, "漳州", "链接.xlsx")
	if err := os.Symlink(os.DevNull, link); err != nil {
		t.Logf("no links here: %v", err)
	}
	b := must.Get(batch())(t)
	r := must.Get(Run(context.Background(), Options{Definition: b.d, Inputs: []string{in}, Out: t.TempDir()}))(t)
	if c := r.Manifest.Counts; c.Files < b.facts.Files.Len()+len(bad) || c.Rejected < 6 {
		t.Fatalf("the bad files did not arrive: %+v", c)
	}
	compared := 0
	err = filepath.WalkDir(good, func(path string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(good, path)
		if err = errors.Join(err, relErr); err != nil || d.IsDir() {
			return err
		}
		name, _, _ := strings.Cut(filepath.Base(rel), ".")
		switch rel = filepath.ToSlash(rel); {
		case slices.Contains([]string{"files", "file_notes", "findings", "datapackage"}, name), !strings.Contains(rel, "/"): // they list the files
			return nil
		case rel == "退回/漳州/问题清单.xlsx": // lists what was refused
			return nil
		case strings.HasPrefix(rel, "公文/"): // whose feet name the data as a whole
			return nil
		}
		want, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(r.Dir, filepath.FromSlash(rel)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is another one beside bad files: %v", rel, err)
		}
		compared++
		return nil
	})
	if err != nil || compared < 60 {
		t.Errorf("%d files compared: %v", compared, err)
	}
	about := func(r *Result) (of []table.Finding) { // submissions, not files
		return slices.DeleteFunc(tableOf[table.Finding](t, r, "findings"), func(x table.Finding) bool { return x.Submission == "" })
	}
	if got, want := about(r), about(&Result{Dir: good}); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%d findings about submissions, want the same %d", len(got), len(want))
	}
}
