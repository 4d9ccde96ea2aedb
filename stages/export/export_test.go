package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"lianheti/samples/programs"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

// Requirements
//  1. A folder holds three files a table and the data package; written twice, the bytes are the same.
//  2. Read back, all formats give the records that were written, with all metadata; also where a table is empty, or has more
//     rows than one batch.
//  3. pyarrow, pandas, DuckDB, polars, apache-arrow for JavaScript and parquet-wasm see the same rows, columns, nulls and sums.
//  4. The data package is true (bytes, hashes, columns) and frictionless finds it valid, data included; a value outside a
//     closed list is noticed.
//  5. What must not be seen is in no byte of any file.
//  6. A write that fails, at whatever byte, is an error.
//  7. The committed dictionary is current, and the rendering of the notice.

var update = flag.Bool("update", false, "write the committed dictionary anew")

const (
	phone  = "13900005678"
	person = "35020319900307123X"
	name   = "欧阳某某"
)

func load(t testing.TB) *templates.Definition {
	t.Helper()
	d, err := templates.Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// published is a small batch: every kind of value, every kind of absence, and what must not be seen, wherever one can type it.
func published(t testing.TB, d *templates.Definition) []table.NamedTable {
	t.Helper()
	said := "请拨" + phone + "，证件" + person
	f := &table.Facts{
		Definition: d,
		Files: table.Of([]table.File{
			{Role: table.RoleSubmission, Path: "福州/推荐书" + phone + ".xlsx", SHA256: "ab", Size: 1 << 40, Fate: model.Accepted, Submission: "2024-01", CellsRead: 9, CellsUsed: 8, CellsOther: 1},
			{Role: table.RoleSubmission, Path: "福州/" + person + ".doc", SHA256: "cd", Fate: model.Rejected, Code: "LHT-1-001", Reason: said, Cure: said},
			{Role: table.RoleSubmission, Path: "b.xlsx", SHA256: "ef", Fate: model.Accepted, Submission: "2024-05"},
		}),
		Submissions: table.Of([]table.Submission{
			{Submission: "2024-01", DirectoryNo: table.Some[int32](1), CityCode: "350100", City: "福州", Consortium: "=甲联合体", Park: said, LeadSchool: said, LeadEnterprise: said, File: "福州/推荐书" + phone + ".xlsx", SHA256: "ab"},
			{Submission: "2024-05", Consortium: "乙联合体", National: true, File: "b.xlsx", SHA256: "ef"},
		}),
		Figures: table.Of([]table.Figure{
			{Submission: "2024-01", Field: "office_area", Number: table.Some(0.1), Unit: "㎡", Status: table.Normal, Sheet: "1概况", Cell: "C7", Raw: "0.1"},
			{Submission: "2024-01", Field: "office_unit", Text: said, Status: table.Normal, Raw: said},
			{Submission: "2024-01", Field: "no_violation", Text: "true", Status: table.Normal},
			{Submission: "2024-05", Field: "employees", Status: table.NotApplicable, Raw: said},
		}),
		Metrics: table.Of([]table.Metric{
			{Submission: "2024-01", Indicator: "apprentices", Year: 2022, Value: table.Some(0.0), Unit: "人", Kind: "actual", Status: table.Normal, Sheet: "2年度数据", Cell: "D15", Raw: "0"},
			{Submission: "2024-01", Indicator: "apprentices", Year: 2023, Unit: "人", Kind: "actual", Status: table.Missing},
			{Submission: "2024-05", Indicator: "research_income", Year: 2026, Value: table.Some(1234.5678), Unit: "万元", Kind: "committed", Status: table.Normal, Raw: phone},
		}),
		Texts:        table.Of([]table.Text{{Submission: "2024-01", Field: "plan", Text: said + "\n第二行，“引号”\t|", Characters: 40, Limit: table.Some[int32](1000), Status: table.Normal}}),
		Members:      table.Of([]table.Member{{Submission: "2024-01", Record: 1, Kind: "enterprise", KindLabel: "企业", Name: said, NameKey: said, Status: table.Missing, IsLead: true}}),
		Materials:    table.Of([]table.Material{{Submission: "2024-01", Record: 1, Number: said, Title: said, Supports: said, Pages: said}}),
		Explanations: table.Of([]table.Explanation{{Submission: "2024-01", Record: 1, Fingerprint: phone, About: said, Explanation: said}}),
		Verifications: table.Of([]table.Verification{
			{Submission: "2024-01", Record: 1, Section: said, Means: said, Unit: said, Result: said, Date: said}}),
		Coercions:   table.Of([]table.Coercion{{Submission: "2024-01", Field: "assets", From: said, To: said, Guess: true}}),
		ListColumns: table.Of([]table.ListColumn{{Submission: "2024-01", Field: "members_name", Sheet: phone, Cell: "B2"}}),
		Loose:       table.Of([]table.LooseCell{{Submission: "2024-01", Sheet: phone, Cell: "Z9", Raw: said, Reason: "不在推荐书栏目内"}}),
		Contacts:    table.Of([]table.Contact{{Submission: "2024-01", Field: "head_name", Text: name + phone}}),
		Fulfilment:  table.Of[table.Fulfilled](nil),
	}
	j := &table.Judgement{
		Findings: table.Of([]table.Finding{{Role: table.RoleSubmission, Code: "LHT-2-001", Rule: "not_a_number", Severity: model.MustFix, Submission: "2024-01", Fields: "assets",
			File: "福州/推荐书" + phone + ".xlsx", Places: phone + ".xlsx", Raw: said, Value: said, Title: "不是数字", Message: said, Cure: "请改", Authority: "内在一致性", Explanation: said}}),
		Outcomes: table.Of[table.Outcome](nil), // a table may be empty
		Verdicts: table.Of([]table.Verdict{{Submission: "2024-01", Verdict: model.Return, Unranked: "退回修改", Errors: 1}, {Submission: "2024-05", Verdict: model.Accept}}),
	}
	r := &table.Ranking{
		Scores: table.Of([]table.Score{{Submission: "2024-01", Point: "3.1", Evidence: "apprentices_level", Kind: "level", Raw: table.Some(math.Pi), Method: "percentile", Weight: 0.25, Status: "scored"}}),
		Ranking: table.Of([]table.Rank{{Submission: "2024-05", Verdict: "受理", State: "figures", Ranked: true, Total: 12.25, Rank: table.Some[int32](1), First3: table.Some(1.0)},
			{Submission: "2024-01", Verdict: "退回修改", State: "figures", Unranked: "退回修改"}}),
		Marks: table.Of[table.Mark](nil), Experts: table.Of[table.Expert](nil), Credibility: table.Of[table.Growth](nil),
		Scenarios: table.Of[table.Scenario](nil), Influence: table.Of[table.Influence](nil), Swaps: table.Of[table.Swap](nil), Lifts: table.Of[table.Lift](nil), Scales: table.Of[table.Scale](nil), Lapses: table.Of[table.Lapse](nil),
		Certificate: table.Of[table.Certificate](nil), Checklist: table.Of[table.Check](nil),
	}
	changes := table.Of([]table.Change{{Submission: "2024-01", Kind: table.ValueFilled, Label: "资产", After: said}})
	tables, err := table.Published(&table.Round{Facts: f, Judgement: j, Ranking: r, Changes: changes})
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// written gives the tables and a folder they were written to.
func written(t *testing.T) (*templates.Definition, []table.NamedTable, string) {
	t.Helper()
	d, dir := load(t), filepath.Join(t.TempDir(), "data")
	tables := published(t, d)
	if _, err := Write(dir, d, tables); err != nil {
		t.Fatal(err)
	}
	return d, tables, dir
}

func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			out[name], err = os.ReadFile(filepath.Join(dir, name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSameBytes(t *testing.T) {
	_, tables, dir := written(t)
	_, _, again := written(t)
	first, second := contents(t, dir), contents(t, again)
	if len(first) != len(formats)*len(tables)+2 || len(first) != len(second) {
		t.Fatalf("%d tables gave %d and %d files", len(tables), len(first), len(second))
	}
	for file, data := range first {
		if !bytes.Equal(data, second[file]) {
			t.Errorf("%s differs when written again", file)
		}
	}
}

func TestReadBack(t *testing.T) {
	_, tables, dir := written(t)
	files := contents(t, dir)
	for _, want := range tables {
		for _, f := range formats {
			compare(t, want.Name+"."+f.name, want.Record(), f.name, files[path.Join(f.folder, want.Name+"."+f.name)])
		}
	}
	odd := filepath.Join(t.TempDir(), "结果[终稿]") // a pattern, to what looks for files by one
	if err := os.CopyFS(odd, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if all, err := Read(odd); err != nil || len(all) != len(tables) {
		t.Errorf("of %d tables in %s came back %d: %v", len(tables), odd, len(all), err)
	}
}

func TestManyBatches(t *testing.T) {
	codes := make([]table.Code, 2*batchRows+3)
	for i := range codes {
		codes[i] = table.Code{List: "indicator", Label: strings.Repeat("甲", i%3)}
		if i%2 == 0 {
			codes[i].Unit = "人"
		}
	}
	rows := recordOf(t, "codes", codes)
	for _, f := range formats {
		var b bytes.Buffer
		w := newSink(nopCloser{&b})
		if err := w.finish(f.write(w, rows)); err != nil {
			t.Fatal(err)
		}
		compare(t, f.name, rows, f.name, b.Bytes())
	}
}

// recordOf is a table with these rows, as it is published.
func recordOf[T any](t *testing.T, name string, rows []T) arrow.Record {
	made, err := table.InternalTable(load(t), name, rows)
	if err != nil {
		t.Fatal(err)
	}
	return made.Record()
}

// compare reads a file and demands the record that was written.
func compare(t *testing.T, what string, want arrow.Record, format string, data []byte) {
	t.Helper()
	var got arrow.Table
	var schema *arrow.Schema
	switch format {
	case "csv":
		compareCSV(t, what, want, data)
		return
	case "arrow":
		r, err := ipc.NewFileReader(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		var records []arrow.Record
		for i := range r.NumRecords() {
			rec, err := r.RecordAt(i)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			records = append(records, rec)
		}
		got, schema = array.NewTableFromRecords(r.Schema(), records), r.Schema()
	case "parquet":
		r, err := file.NewParquetReader(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		p, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, memory.NewGoAllocator())
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if schema, err = p.Schema(); err != nil { // ReadTable gives the columns' metadata only
			t.Fatalf("%s: %v", what, err)
		}
		if got, err = p.ReadTable(t.Context()); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if root := r.MetaData().Schema.Root().RepetitionType().String(); root != "required" {
			t.Errorf("%s: the root is %s", what, root)
		}
	}
	if got.NumRows() != want.NumRows() || got.NumCols() != want.NumCols() {
		t.Fatalf("%s: %d × %d came back of %d × %d", what, got.NumRows(), got.NumCols(), want.NumRows(), want.NumCols())
	}
	for key, value := range want.Schema().Metadata().ToMap() {
		if table.MetadataValue(schema.Metadata(), key) != value {
			t.Errorf("%s: metadata %s is lost", what, key)
		}
	}
	for i, f := range want.Schema().Fields() {
		g := got.Schema().Field(i)
		if g.Name != f.Name || g.Nullable != f.Nullable || !arrow.TypeEqual(g.Type, f.Type) {
			t.Errorf("%s: %v came back as %v", what, f, g)
		}
		for key, value := range f.Metadata.ToMap() {
			if table.MetadataValue(g.Metadata, key) != value {
				t.Errorf("%s.%s: metadata %s is lost", what, f.Name, key)
			}
		}
		whole := arrow.NewChunked(f.Type, []arrow.Array{want.Column(i)})
		if !array.ChunkedEqual(got.Column(i).Data(), whole) {
			t.Errorf("%s.%s: other values came back", what, f.Name)
		}
	}
}

func TestOtherReaders(t *testing.T) {
	_, tables, dir := written(t)
	records := map[string]arrow.Record{}
	for _, n := range tables {
		records[n.Name] = n.Record()
	}
	t.Run("python", func(t *testing.T) { readByPython(t, dir, records) })
	t.Run("javascript", func(t *testing.T) { readByNode(t, dir, records) })
}

// In CI the samples have just been published.
func TestReadersOfThePublished(t *testing.T) {
	programs.OnlyInCI(t) // that they read what export writes is asked everywhere
	data := "../../output/2024/data"
	if _, err := os.Stat(data); err != nil {
		t.Skip("还没有结果：先照 README 的第一条命令运行一次")
	}
	records, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(records) < 20 || records["metrics"].NumRows() < 1000 {
		t.Fatalf("%d tables: this proves nothing", len(records))
	}
	t.Run("python", func(t *testing.T) { readByPython(t, data, records) })
	t.Run("javascript", func(t *testing.T) { readByNode(t, data, records) })
}

func TestPackageIsTrue(t *testing.T) {
	_, tables, dir := written(t)
	files := contents(t, dir)
	var p struct {
		Resources []struct {
			Path, Type, Hash string
			Bytes            int64
			Schema           struct {
				Fields []struct{ Name, Type, Title, Description string }
			}
		}
	}
	if err := json.Unmarshal(files[PackageName], &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Resources) != len(formats)*len(tables)+1 {
		t.Fatalf("%d resources for %d tables", len(p.Resources), len(tables))
	}
	for i, r := range p.Resources[:len(p.Resources)-1] { // the last are the views
		data, want := files[r.Path], tables[i/len(formats)].Record()
		digest := sha256.Sum256(data)
		if r.Type == "" && r.Bytes != int64(len(data)) || r.Hash != "sha256:"+hex.EncodeToString(digest[:]) {
			t.Errorf("%s: the package says %d bytes, %s", r.Path, r.Bytes, r.Hash)
		}
		if len(r.Schema.Fields) != int(want.NumCols()) {
			t.Errorf("%s: %d of %d columns", r.Path, len(r.Schema.Fields), want.NumCols())
		}
		for _, f := range r.Schema.Fields {
			if f.Type == "" || f.Title == "" || f.Description == "" {
				t.Errorf("%s.%s is not explained", r.Path, f.Name)
			}
		}
	}
}

func TestFrictionless(t *testing.T) {
	programs.OnlyInCI(t) // two passes of seven seconds
	programs.NeedPython(t, "frictionless", "pyarrow", "pandas")
	_, _, dir := written(t)
	validate := func() (string, error) {
		command := exec.Command("python3", "-m", "frictionless", "validate", PackageName)
		command.Dir = dir
		out, err := command.CombinedOutput()
		return string(out), err
	}
	if out, err := validate(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// The tool must have looked at the data: the same package with one allowed value less is refused.
	path := filepath.Join(dir, PackageName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fewer := regexp.MustCompile(`("actual",\s*)"committed"`).ReplaceAll(data, []byte(`$1"promised"`))
	if err := os.WriteFile(path, fewer, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := validate(); err == nil || !strings.Contains(out, "committed") {
		t.Errorf("a value outside its list passed: %v\n%s", err, out)
	}
}

func TestNothingPersonal(t *testing.T) {
	d, tables, dir := written(t)
	files := contents(t, dir)
	files["plain"] = nil // snappy may hide a text from a search: the values are searched as well
	for _, n := range tables {
		files["plain"] = append(files["plain"], n.Record().Schema().String()...)
		for _, c := range n.Record().Columns() {
			for i := range c.Len() {
				files["plain"] = append(files["plain"], c.ValueStr(i)+"\n"...)
			}
		}
	}
	for file, data := range files {
		for _, secret := range []string{phone, person, name} {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s contains what must not be seen", file)
			}
		}
	}
	if d.Table("contacts") == nil || files["contacts.arrow"] != nil || files["contacts.parquet"] != nil {
		t.Error("contacts are published, or no longer known to be personal")
	}
	if !bytes.Contains(files["texts.arrow"], []byte("第二行，“引号”")) {
		t.Error("the text around what was masked is gone")
	}
}

// full is a disk that has room for so many bytes.
type full struct{ room int }

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func (f *full) Close() error { return nil }

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func TestFullDisk(t *testing.T) {
	_, tables, _ := written(t)
	rec := tables[0].Record()
	for _, f := range formats {
		var b bytes.Buffer
		w := newSink(nopCloser{&b})
		if err := w.finish(f.write(w, rec)); err != nil {
			t.Fatal(err)
		}
		for room := 0; room < b.Len(); room += 97 {
			w := newSink(&full{room})
			if err := w.finish(f.write(w, rec)); !errors.Is(err, errFull) {
				t.Fatalf("%s: %d of %d bytes were written, and the error is %v", f.name, room, b.Len(), err)
			}
		}
	}
}

func TestCommittedDictionary(t *testing.T) {
	d, err := templates.LoadDir(filepath.Join("..", "..", "templates"), 2024) // with the notice
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := DictionaryMarkdown(&b, d); err != nil {
		t.Fatal(err)
	}
	committed(t, "数据字典.md", b.Bytes())
	var grounds bytes.Buffer
	if err := groundsMarkdown(&grounds, d); err != nil {
		t.Fatal(err)
	}
	committed(t, groundsName, grounds.Bytes())
	var sheet, again bytes.Buffer
	if err := errors.Join(DictionarySheet(&sheet, d), DictionarySheet(&again, d)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(sheet.Bytes(), again.Bytes()) {
		t.Error("the dictionary written twice is not the same workbook")
	}
	committed(t, "数据字典.xlsx", sheet.Bytes())
	columns := len(regexp.MustCompile(`(?m)^\| [^|]+(\| .*)?\|$`).FindAllString(b.String(), -1))
	entries, err := table.Dictionary(d)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(entries) + len(table.Codes(d)); columns < want {
		t.Errorf("%d lines for %d columns and codes", columns, want)
	}
}

// committed demands that a file beside the definition is what the definition gives.
func committed(t *testing.T, name string, want []byte) {
	t.Helper()
	file := filepath.Join("..", "..", "templates", "2024", name)
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := os.ReadFile(file); err != nil || !bytes.Equal(found, want) {
		t.Errorf("templates/2024/%s is not what the definition says (%v); go test ./stages/export -run Committed -update", name, err)
	}
}

// Texts of more than a megabyte, each another one, outgrow the dictionary that the library would make of them.
func TestManyTextsGiveTheSameBytes(t *testing.T) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range 4000 {
		b.Append(strconv.Itoa(i) + strings.Repeat("产教联合体", 40))
	}
	texts := b.NewArray()
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "text", Type: arrow.BinaryTypes.String}}, nil), []arrow.Array{texts}, int64(texts.Len()))
	var first string
	for n := range 80 { // a map of two begins with the second one time in eight
		w := newSink(discard{io.Discard})
		if err := w.finish(writeParquet(w, rec)); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = w.sha256()
		}
		if w.sha256() != first || w.size < 1000 {
			t.Fatalf("written %d times, the bytes are others", n+1)
		}
	}
}

type discard struct{ io.Writer }

func (discard) Close() error { return nil }
