package intake

// What the tests of this package share: a filled workbook with a value in every input, ways to change a workbook, and the
// comparison of what was read with what was filled in.

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"lianheti/samples/programs"
	"lianheti/stages/blankform"
	"lianheti/stages/model"
	"lianheti/templates"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
)

var definition = sync.OnceValue(func() *templates.Definition {
	d, err := templates.Load(2024)
	if err != nil {
		panic(err)
	}
	return d
})

// records that the filled workbook has in each list
const filledRecords = 5

// values fills every input: numbers with fractions, dates, texts with line breaks, quotes and a leading =.
func values() blankform.Values {
	d := definition()
	v := blankform.Values{Fields: map[templates.Ref]blankform.Value{}, Records: map[string][]map[string]blankform.Value{}}
	for i, slot := range d.Layout().Slots() {
		v.Fields[templates.Ref{Field: slot.Field.ID, Year: slot.Year}] = valueOf(slot.Field, i)
	}
	for _, sheet := range d.Layout().Sheets {
		for _, area := range sheet.Records {
			for i := range filledRecords {
				row := map[string]blankform.Value{}
				for j, c := range area.Columns {
					row[c.Field.ID] = valueOf(c.Field, 1000+10*i+j)
				}
				v.Records[area.Block.ID] = append(v.Records[area.Block.ID], row)
			}
		}
	}
	return v
}

func valueOf(f *templates.Field, i int) blankform.Value {
	switch {
	case f.Numeric():
		n := decimal.New(int64(i)*1117+3, -2)
		if f.Type == templates.IntegerField {
			n = decimal.New(int64(i)*31+7, 0)
		}
		return blankform.Value{Number: &n}
	case f.Type == templates.DateField:
		return blankform.Value{Date: fmt.Sprintf("2024-%02d-%02d", i%12+1, i%28+1)}
	}
	texts := []string{"第%d项：普通文字，含“引号”和<尖括号>&符号", "=1+%d 是文字", "第一行%d\n第二行", "  前后有空格%d  ", "𠮷野家%d·①②③", "+86%d", "_x000D_样子的文字%d"}
	return blankform.Value{Text: fmt.Sprintf(texts[i%len(texts)], i)}
}

// filled is the workbook of values, made once.
var filled = sync.OnceValue(func() []byte { return render1(values()) })

// slim is the filled workbook without the sheets that calculate the 自检, which are two thirds of it and never read: what is done to it, or
// what it is put through, costs a third.
var slim = sync.OnceValue(func() []byte {
	f, err := excelize.OpenReader(bytes.NewReader(filled()))
	if err != nil {
		panic(err)
	}
	defer f.Close()
	for _, sheet := range f.GetSheetList() {
		if keep := sheet == templates.MetaSheet || sheet == templates.ListSheet; strings.HasPrefix(sheet, templates.HiddenPrefix) && !keep || sheet == templates.CheckSheet {
			if err := f.DeleteSheet(sheet); err != nil {
				panic(err)
			}
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		panic(err)
	}
	return b.Bytes()
})

// sent is the filled workbook for tests that edit or damage it again and again: whole in CI, slim elsewhere.
func sent() []byte {
	if programs.InCI() {
		return filled()
	}
	return slim()
}

// sparse is a workbook with one value only, for seeds.
var sparse = sync.OnceValue(func() []byte { return render1(blankform.Values{}) })

func render1(v blankform.Values) []byte {
	var b bytes.Buffer
	if err := blankform.Fill(&b, definition(), v); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// readBytes reads a workbook as Read does, from memory.
func readBytes(data []byte) model.Workbook {
	book, refusal := open(data, "")
	if refusal != nil {
		return refused(model.File{Path: "表.xlsx"}, refusal)
	}
	defer book.release() // as Read does: what is bound must not depend on the memory of the cells
	return bind(definition(), model.File{Path: "表.xlsx", Fate: model.Accepted}, book)
}

// original is what the filled workbook reads as.
var original = sync.OnceValue(func() model.Workbook { return readBytes(filled()) })

// entryKey names an input independently of where it stands.
type entryKey struct {
	field        string
	year, record int
}

func entriesOf(w model.Workbook) map[entryKey]model.Entry {
	out := map[entryKey]model.Entry{}
	for _, e := range w.Entries {
		out[entryKey{e.Field, e.Year, e.Record}] = e
	}
	return out
}

// accounted fails where a filled cell is counted twice or not at all.
func accounted(t testing.TB, w model.Workbook) {
	t.Helper()
	n, at := len(w.Loose), map[model.Place]string{}
	for _, e := range w.Entries {
		if e.Filled && !e.Copied {
			n++
		}
		if other, taken := at[e.Place]; taken && e.Place.Cell != "" {
			t.Errorf("%s is read for %s and for %s", e.Place, other, e.Field)
		}
		at[e.Place] = e.Field
	}
	for _, c := range w.Loose {
		if field, taken := at[c.Place]; taken {
			t.Errorf("%s is loose and read for %s", c.Place, field)
		}
	}
	if n != w.CellsRead {
		t.Errorf("CellsRead %d, but %d entries and loose cells are filled", w.CellsRead, n)
	}
}

// mustAccept fails where a workbook was refused.
func mustAccept(t testing.TB, w model.Workbook) {
	t.Helper()
	if w.File.Fate != model.Accepted {
		t.Fatalf("refused: %s %s", w.File.Code, w.File.Detail)
	}
	accounted(t, w)
}

// sameValues fails where an input of the filled workbook does not arrive with its value. Where loose is -1, loose cells are not counted.
func sameValues(t testing.TB, w model.Workbook, loose int) {
	t.Helper()
	sameAs(t, w, original(), loose)
}

// sameAs fails where an input of one workbook does not arrive with its value in another. Numbers are compared to the 15 digits
// that spreadsheets keep: some programs write the 17 of the binary number.
func sameAs(t testing.TB, w, original model.Workbook, loose int) {
	t.Helper()
	mustAccept(t, w)
	want, got := entriesOf(original), entriesOf(w)
	bad := 0
	for key, o := range want {
		e, ok := got[key]
		if ok && e.Kind == o.Kind && sameRaw(e, o) && e.IsDate == o.IsDate && e.Filled == o.Filled {
			continue
		}
		if bad++; bad <= 5 {
			t.Errorf("%s %d #%d: got %q (%v, date %v) at %s, want %q (%v, date %v)", key.field, key.year, key.record, e.Raw, e.Kind, e.IsDate, e.Place, o.Raw, o.Kind, o.IsDate)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d entries, want %d", len(got), len(want))
	}
	if bad > 5 {
		t.Errorf("%d entries differ in all", bad)
	}
	if loose >= 0 && len(w.Loose) != loose {
		t.Errorf("%d loose cells, want %d: %v", len(w.Loose), loose, firstCells(w.Loose))
	}
}

func sameRaw(a, b model.Entry) bool {
	if a.Raw == b.Raw || a.Kind != model.Number {
		return a.Raw == b.Raw
	}
	x, errX := strconv.ParseFloat(a.Raw, 64)
	y, errY := strconv.ParseFloat(b.Raw, 64)
	return errX == nil && errY == nil && strconv.FormatFloat(x, 'g', 15, 64) == strconv.FormatFloat(y, 'g', 15, 64)
}

func firstCells(cells []model.Cell) (out []string) {
	for _, c := range cells[:min(5, len(cells))] {
		out = append(out, c.Place.String()+"="+c.Raw)
	}
	return
}

// has says whether a note of a code was made.
func has(w model.Workbook, code string) bool { return count(w, code) > 0 }

func count(w model.Workbook, code string) (n int) {
	for _, f := range w.Notes {
		if f.Code == code {
			n++
		}
	}
	return
}

// edit opens a workbook with excelize, changes it and saves it.
func edit(t testing.TB, data []byte, change func(f *excelize.File) error) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := change(f); err != nil {
		t.Fatal(err)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// part is one entry of a container.
type part struct {
	name string
	data []byte
}

// takeApart lists the parts of a container in its order.
func takeApart(t testing.TB, data []byte) []part {
	t.Helper()
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out []part
	for _, f := range zr.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, part{f.Name, content})
	}
	return out
}

// putTogether makes a container of parts.
func putTogether(t testing.TB, parts []part) []byte {
	t.Helper()
	return putWith(t, parts, func(*zip.FileHeader) {})
}

// putWith makes a container of parts, each with a header of one's own making.
func putWith(t testing.TB, parts []part, header func(*zip.FileHeader)) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, p := range parts {
		h := &zip.FileHeader{Name: p.name, Method: zip.Deflate}
		header(h)
		w, err := zw.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(p.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func checksum(data []byte) uint32 { return crc32.ChecksumIEEE(data) }

// editParts changes the text of every part whose name contains a word.
func editParts(t testing.TB, data []byte, word string, change func(xml string) string) []byte {
	t.Helper()
	parts := takeApart(t, data)
	for i, p := range parts {
		if strings.Contains(p.name, word) {
			parts[i].data = []byte(change(string(p.data)))
		}
	}
	return putTogether(t, parts)
}

// changeParts is editParts of which something must come.
func changeParts(t testing.TB, data []byte, word string, change func(xml string) string) []byte {
	t.Helper()
	changed := false
	out := editParts(t, data, word, func(s string) string {
		to := change(s)
		changed = changed || to != s
		return to
	})
	if !changed {
		t.Fatal("nothing changed")
	}
	return out
}

// became fails where a file has another fate than that of a code or, without one, other values than the original.
func became(t testing.TB, w model.Workbook, code string, loose int) {
	t.Helper()
	oneFate(t, w)
	if w.File.Code != code {
		t.Errorf("got %q (%s), want %q", w.File.Code, w.File.Detail, code)
	}
	if code == "" {
		sameValues(t, w, loose)
	}
}

// readFolder reads everything below a folder, ordered by path.
func readFolder(t testing.TB, dir string) []model.Workbook {
	t.Helper()
	sources, err := Discover([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	var out []model.Workbook
	for _, s := range sources {
		out = append(out, Read(definition(), s))
	}
	return out
}

// put writes files below a folder.
func put(t testing.TB, dir string, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// oneFate fails where a file has no fate, or one that contradicts its code.
func oneFate(t testing.TB, w model.Workbook) {
	t.Helper()
	switch w.File.Fate {
	case model.Accepted:
		if w.File.Code != "" || len(w.Entries) == 0 {
			t.Errorf("%s: accepted with code %q and %d entries", w.File.Path, w.File.Code, len(w.Entries))
		}
		accounted(t, w)
	case model.Rejected, model.Ignored:
		if definition().Rule(w.File.Code) == nil {
			t.Errorf("%s: %s with code %q, which the catalogue doesn't know", w.File.Path, w.File.Fate, w.File.Code)
		}
		if len(w.Entries) != 0 || w.CellsRead != 0 {
			t.Errorf("%s: %s, but has %d entries", w.File.Path, w.File.Fate, len(w.Entries))
		}
	default:
		t.Errorf("%s: fate %q", w.File.Path, w.File.Fate)
	}
}

// A template that was sent out before its texts were made those of the notice is read without a word about them.
func TestTemplatesSentOutEarlierAreRead(t *testing.T) {
	form := definition().Form
	tag := `\n` + form.ExtraTag + `"`
	edit := strings.NewReplacer("label: 到账经费,", "label: "+form.Formerly["到账经费"]+",", "printed: （人数）", "printed: （人）", " heading: 类 型,", "",
		"asked: "+form.Beyond.Asked, "asked: ''", "tool: "+form.Beyond.Tool, "tool: ''",
		"hint: 第一次报送填1，更正后再报依次加一", `hint: "第一次报送填1，更正后再报依次加一`+tag, "hint: 上一栏未确认（☐）时，请写明情况", `hint: "上一栏未确认（☐）时，请写明情况`+tag)
	files := fstest.MapFS{}
	for name, data := range definition().Texts {
		if strings.HasSuffix(name, "/form.yaml") {
			data = []byte(edit.Replace(string(data)))
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	earlier, err := templates.LoadFS(files, definition().Year)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := blankform.Fill(&b, earlier, values()); err != nil {
		t.Fatal(err)
	}
	w := readBytes(b.Bytes())
	if len(w.Notes) > 0 || len(w.Loose) > 0 || len(w.Entries) != len(original().Entries) {
		t.Errorf("%d entries, notes %+v, loose %+v", len(w.Entries), w.Notes, w.Loose)
	}
}
