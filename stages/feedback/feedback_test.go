package feedback

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"
	"lianheti/samples/must"
	"lianheti/stages/check"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. A copy has each faulty cell coloured, with a note that says code, problem and cure; all cells of a finding are marked.
//  2. Read back, a copy gives the values of its original: colours, notes and the list are never data; its parent is the original.
//  3. A warning has its row in 情况说明, once; an explanation written there covers it in the next round.
//  4. Notes that a workbook had stay, beside ours.
//  5. A prefecture learns nothing about another's consortia.
//  6. Twice written, the same bytes; a file that can't be annotated goes back as it came, and the run goes on.

const samples = "../../samples/2024"

// world is the samples, read and judged.
type world struct {
	in   table.Publication
	open func(string) ([]byte, error)
}

func judge(t testing.TB, inputs ...string) world {
	t.Helper()
	d := must.Get(templates.Load(2024))(t)
	sources := must.Get(intake.Discover(inputs))(t)
	batch := normalize.NewBatch(d)
	files := map[string]intake.Source{}
	for _, s := range sources {
		files[s.Path] = s
		batch.Add(normalize.Workbook(d, intake.Read(d, s)))
	}
	facts := batch.Facts()
	judgement := must.Get(check.Run(facts, check.Known{}))(t)
	return world{table.Publication{Round: table.Round{Facts: facts, Judgement: judgement}}, func(path string) ([]byte, error) {
		s := files[path]
		return s.Read()
	}}
}

// written is the returns of the samples, made once.
var written = sync.OnceValue(func() func(t testing.TB) (string, world, map[string]string) {
	dir, _ := os.MkdirTemp("", "lianheti")
	var w world
	var copies map[string]string
	var once sync.Once
	return func(t testing.TB) (string, world, map[string]string) {
		t.Helper()
		once.Do(func() {
			w = judge(t, samples)
			copies = must.Get(Write(filepath.Join(dir, Folder), w.in, w.open))(t)
		})
		return dir, w, copies
	}
})

func TestMain(m *testing.M) {
	code := m.Run()
	dir, _, _ := written()(&testing.B{})
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func TestWhoGetsACopy(t *testing.T) {
	dir, w, copies := written()(t)
	for i := range w.in.Facts.Submissions.Len() {
		s, v := w.in.Facts.Submissions.Row(i), w.in.Judgement.Verdicts.Row(i)
		path, ok := copies[s.Submission]
		if ok == (v.Verdict == model.Accept) {
			t.Errorf("%s is %s, copy: %v", s.Submission, v.Verdict, ok)
		}
		if ok {
			if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(path))); err != nil {
				t.Error(err)
			}
		}
	}
	if len(copies) < 10 {
		t.Errorf("only %d copies", len(copies))
	}
	for _, c := range w.in.Definition.Directory.Cities {
		f := must.Get(excelize.OpenFile(filepath.Join(dir, Folder, c.Name, "问题清单.xlsx")))(t)
		for _, sheet := range f.GetSheetList() {
			if rows, err := f.GetRows(sheet); err != nil || len(rows) < 2 {
				t.Errorf("%s: the sheet %s would print as a header alone (%v)", c.Name, sheet, err)
			}
		}
		f.Close()
	}
}

func TestFaultsAreMarkedWhereTheyAre(t *testing.T) {
	dir, w, copies := written()(t)
	marked := 0
	for submission, path := range copies {
		f := must.Get(excelize.OpenFile(filepath.Join(dir, filepath.FromSlash(path))))(t)
		notes := map[string]string{}
		for _, sheet := range f.GetSheetList() {
			comments := must.Get(f.GetComments(sheet))(t)
			for _, c := range comments {
				for _, run := range c.Paragraph {
					notes[sheet+"!"+c.Cell] += run.Text
				}
				notes[sheet+"!"+c.Cell] += c.Text
			}
		}
		for x := range w.in.Judgement.Findings.All() {
			if x.Submission != submission {
				continue
			}
			for p := range strings.SplitSeq(x.Places, "; ") {
				i := strings.LastIndex(p, "!")
				if i < 0 || strings.Contains(p, ".xlsx") {
					continue
				}
				marked++
				if !strings.Contains(notes[p], x.Code) || !strings.Contains(notes[p], x.Cure) {
					t.Errorf("%s: the note at %s lacks %s: %q", submission, p, x.Code, notes[p])
				}
				id, _ := f.GetCellStyle(p[:i], p[i+1:])
				style, err := f.GetStyle(id)
				if err != nil || len(style.Fill.Color) == 0 || style.Protection == nil || style.Protection.Locked {
					t.Errorf("%s: %s is not coloured or can't be mended: %+v %v", submission, p, style, err)
				}
			}
		}
		f.Close()
	}
	if marked < 40 {
		t.Errorf("only %d cells marked", marked)
	}
}

func TestCopiesReadBackTheSame(t *testing.T) {
	dir, w, copies := written()(t)
	again := judge(t, filepath.Join(dir, Folder))
	originals := map[string]string{}
	for f := range w.in.Facts.Files.All() {
		originals[f.Path] = f.SHA256
	}
	compared := 0
	byID := map[string]*table.Form{}
	for form := range w.in.Facts.Forms {
		byID[form.Submission.Submission] = form
	}
	for form := range again.in.Facts.Forms {
		before := byID[form.Submission.Submission]
		if before == nil {
			t.Errorf("%s came from nowhere", form.Submission.Submission)
			continue
		}
		compared++
		same(t, form.Submission.Submission+" figures", before.Figures, form.Figures)
		same(t, form.Submission.Submission+" metrics", slices.Collect(before.Metrics), slices.Collect(form.Metrics))
		same(t, form.Submission.Submission+" texts", before.Texts, form.Texts)
		same(t, form.Submission.Submission+" members", before.Members, form.Members)
		same(t, form.Submission.Submission+" materials", before.Materials, form.Materials)
		if len(form.Loose) > 0 {
			t.Errorf("%s: our marks were read as content: %+v", form.Submission.Submission, form.Loose[0])
		}
	}
	if compared != len(copies) {
		t.Errorf("%d of %d copies were accepted again", compared, len(copies))
	}
	for submission, path := range copies {
		f := must.Get(excelize.OpenFile(filepath.Join(dir, filepath.FromSlash(path))))(t)
		rows, err := f.GetRows(templates.MetaSheet)
		if err != nil || !slices.ContainsFunc(rows, func(row []string) bool {
			return len(row) >= 2 && row[0] == templates.MetaParent && row[1] == originals[byID[submission].Submission.File]
		}) {
			t.Errorf("%s does not name its parent: %v %v", submission, rows, err)
		}
		f.Close()
	}
}

func same[T comparable](t *testing.T, what string, a, b []T) {
	t.Helper()
	if !slices.Equal(a, b) {
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Errorf("%s: %+v became %+v", what, a[i], b[i])
				return
			}
		}
		t.Errorf("%s: %d rows became %d", what, len(a), len(b))
	}
}

func TestAnExplanationCoversItsWarning(t *testing.T) {
	dir, w, copies := written()(t)
	const submission = "2024-02" // two warnings, nothing else
	data := must.Get(os.ReadFile(filepath.Join(dir, filepath.FromSlash(copies[submission]))))(t)
	f := must.Get(excelize.OpenReader(bytes.NewReader(data)))(t)
	defer f.Close()
	area := w.in.Definition.Layout().Area("explanations")
	const words = "数据属实，统计口径有调整。"
	asked := 0
	for row := area.FirstRow; row <= area.LastRow; row++ {
		if v, _ := f.GetCellValue(area.Sheet, model.CellName(row, 1)); v != "" {
			asked++
			if high, err := f.GetRowHeight(area.Sheet, row); err != nil || high < 2*16 {
				t.Errorf("the row of a fingerprint in two lines is %g points tall (%v)", high, err)
			}
			at, before := model.CellName(row, 3), ""
			if asked == 2 { // the second is answered in the cell that asks
				at = model.CellName(row, 2)
				before, _ = f.GetCellValue(area.Sheet, at)
			}
			must.Do(t, f.SetCellStr(area.Sheet, at, before+"\n"+words))
		}
	}
	if asked != 2 {
		t.Fatalf("%d rows were prefilled for two warnings", asked)
	}
	to := t.TempDir()
	must.Do(t, f.SaveAs(filepath.Join(to, "再报.xlsx")))
	next := judge(t, to)
	if v := next.in.Judgement.Verdicts.Row(0); v.Verdict != model.Accept || v.Explained != 2 {
		t.Errorf("explained, it is %+v", v)
	}
	// A second round does not ask again.
	again := must.Get(Annotate(read(t, filepath.Join(to, "再报.xlsx")), originalOf(w, submission), findingsOf(w, submission), Department))(t)
	g := must.Get(excelize.OpenReader(bytes.NewReader(again)))(t)
	defer g.Close()
	rows, _ := g.GetCols(area.Sheet)
	if n := len(slices.DeleteFunc(rows[0], func(s string) bool { return len(s) != 33 })); n != 2 {
		t.Errorf("%d fingerprints stand there after the second round", n)
	}
	if n := len(slices.DeleteFunc(rows[2], func(s string) bool { return strings.TrimSpace(s) != words })); n != 2 {
		t.Errorf("%d explanations stand where they belong after the second round", n)
	}
}

func findingsOf(w world, submission string) []table.Finding {
	return table.Where(w.in.Judgement.Findings.All(), func(x table.Finding) bool { return x.Submission == submission })
}

func originalOf(w world, submission string) Original {
	columns := table.Where(w.in.Facts.ListColumns.All(), func(c table.ListColumn) bool { return c.Submission == submission })
	return Original{Definition: w.in.Definition, Columns: columns}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data := must.Get(os.ReadFile(path))(t)
	return data
}

func TestNotesOfTheSubmitterStay(t *testing.T) {
	_, w, _ := written()(t)
	const submission = "2024-04"
	var s table.Submission
	for x := range w.in.Facts.Submissions.All() {
		if x.Submission == submission {
			s = x
		}
	}
	f := must.Get(excelize.OpenReader(bytes.NewReader(read(t, filepath.Join(samples, filepath.FromSlash(s.File))))))(t)
	defer f.Close()
	for _, at := range []string{"E7", "F8"} { // one on a faulty cell, one elsewhere
		must.Do(t, f.AddComment("2年度数据", excelize.Comment{Cell: at, Author: "填报人", Text: "填报人的批注 " + at}))
	}
	var noted bytes.Buffer
	must.Do(t, f.Write(&noted))
	out := must.Get(Annotate(noted.Bytes(), originalOf(w, submission), findingsOf(w, submission), Department))(t)
	g := must.Get(excelize.OpenReader(bytes.NewReader(out)))(t)
	defer g.Close()
	comments := must.Get(g.GetComments("2年度数据"))(t)
	text := map[string]string{}
	for _, c := range comments {
		for _, run := range c.Paragraph {
			text[c.Cell] += run.Text
		}
		text[c.Cell] += c.Text
	}
	if !strings.Contains(text["F8"], "填报人的批注 F8") || !strings.Contains(text["E7"], "填报人的批注 E7") || !strings.Contains(text["E7"], "LHT-2-001") {
		t.Errorf("notes after annotating: %q", text)
	}
}

func TestPrefecturesLearnNothingOfOthers(t *testing.T) {
	dir, w, _ := written()(t)
	for _, c := range w.in.Definition.Directory.Cities {
		f := must.Get(excelize.OpenFile(filepath.Join(dir, Folder, c.Name, "问题清单.xlsx")))(t)
		var all strings.Builder
		for _, sheet := range f.GetSheetList() {
			rows := must.Get(f.GetRows(sheet))(t)
			for _, row := range rows {
				all.WriteString(strings.Join(row, "\t") + "\n")
			}
		}
		f.Close()
		for s := range w.in.Facts.Submissions.All() {
			if w.in.Facts.CityOf(s) != c.Name && strings.Contains(all.String(), s.Consortium) {
				t.Errorf("%s is told of %s", c.Name, s.Consortium)
			}
		}
	}
}

func TestReturnsAreStable(t *testing.T) {
	dir, w, _ := written()(t)
	again := t.TempDir()
	if _, err := Write(filepath.Join(again, Folder), w.in, w.open); err != nil {
		t.Fatal(err)
	}
	if a, b := hashes(t, dir), hashes(t, again); a != b || a == "" {
		t.Errorf("written twice, the returns differ:\n%s\n%s", a, b)
	}
}

func hashes(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		sum := sha256.Sum256(read(t, path))
		rel, err := filepath.Rel(dir, path)
		fmt.Fprintln(&out, rel, hex.EncodeToString(sum[:]))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestWhatCannotBeAnnotatedGoesBackAsItCame(t *testing.T) {
	_, w, _ := written()(t)
	broken := []byte("not a workbook any more")
	dir := t.TempDir()
	copies := must.Get(Write(filepath.Join(dir, Folder), w.in, func(string) ([]byte, error) { return broken, nil }))(t)
	for _, path := range copies {
		if !bytes.Equal(read(t, filepath.Join(dir, filepath.FromSlash(path))), broken) {
			t.Errorf("%s was changed", path)
		}
	}
	f := must.Get(excelize.OpenFile(filepath.Join(dir, Folder, "福州", "问题清单.xlsx")))(t)
	defer f.Close()
	rows, err := f.GetRows("总览")
	if err != nil || !strings.Contains(fmt.Sprint(rows), "未能标注") {
		t.Errorf("the list does not say so: %v", err)
	}
}

func TestCityOfPath(t *testing.T) {
	d := must.Get(templates.Load(2024))(t)
	for path, want := range map[string]string{
		"福州/坏.xlsx": "福州", "3502 厦门市/坏.xlsx": "厦门", "厦门.zip/坏.xlsx": "厦门", "收件/三明市/深/坏.xlsx": "三明", "宁德市教育局报送/坏.xlsx": "宁德", "南平推荐书.xlsx": "南平",
		"福州/与厦门大学合作.xlsx":      "福州", // who sent it counts, not what it speaks of
		"福州会议后补/厦门/坏.xlsx":     "厦门",
		"晋江市域产教联合体.xlsx":       "泉州", // by the directory
		"福州、厦门两市/泉州.xlsx":      "泉州",
		"福州、厦门两市/坏.xlsx":       table.UnknownCity,
		"福州与厦门共建.xlsx":         table.UnknownCity,
		"与福州合作的晋江市域产教联合体.xlsx": "泉州",
		"坏.xlsx": table.UnknownCity, "收件/坏.xlsx": table.UnknownCity,
	} {
		if got := cityOfPath(d, path); got != want {
			t.Errorf("%s goes to %s, want %s", path, got, want)
		}
	}
}

func TestFreeName(t *testing.T) {
	taken := map[string]bool{}
	for _, c := range [][2]string{{"a.xlsx", "a.xlsx"}, {"A.xlsx", "A（2）.xlsx"}, {"x:y?.xlsx", "x_y_.xlsx"}, {"...xlsx", "申报.xlsx"}, {"联系13900001111.xlsx", "联系〔电话已隐去〕.xlsx"}} {
		if got := uniqueName(c[0], ".xlsx", taken); got != c[1] {
			t.Errorf("%s becomes %s, want %s", c[0], got, c[1])
		}
	}
}
