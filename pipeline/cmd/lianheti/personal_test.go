package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lianheti/pipeline/publish"
	"lianheti/samples/must"
	"lianheti/stages/consolidate"
	"lianheti/stages/export"
	"lianheti/stages/model"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. Phones, identity numbers, mail addresses and the names of the persons that a workbook names, typed wherever one can type —
//     every cell, names of files, packages and sheets, cells outside the form, an expert's comments and unit, the names of files that come back
//     from experts, the register — are found 0 times in data/ (bytes and decoded values), run.json, what the commands say (refusals, too),
//     the Word files for the Department, and the provincial workbook but for its one sheet.
//  2. They are found there: the search would see them.
//  3. Done again from the tables, the same tables come out, byte for byte.

const (
	plantedPhone = "13900005678"
	plantedName  = "欧阳若涵"
)

// secrets is everything planted; none may be found.
var secrets = []string{plantedPhone, "139 0000 5678", "１３９００００５６７８", "+86 139-0000-5679", "0591-87651234", "35020319900307123X", "ruohan.o@example.com",
	plantedName, "张若素", "李娜", "李 娜", "\u202e"}

func TestPlantedPersonalDataIsFoundNowhere(t *testing.T) {
	d := must.Get(templates.Load(2024))(t)
	in := t.TempDir()
	plant(t, d, in)
	out, again := filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "again")
	data := filepath.Join(out, "2024", "data")
	said := map[string][]byte{}
	marks := plantMarks(t)
	consortium := d.Directory.Names()[0]
	register := plantRegister(t, map[string]string{"材料收讫!A4": consortium, "材料收讫!F4": "已电话" + plantedPhone, "目录调整!A4": consortium, "目录调整!B4": d.Directory.Entries[0].City, "目录调整!C4": d.Directory.Entries[0].Park, "目录调整!F4": "同意", "目录调整!G4": "函，联系" + plantedPhone, "目录调整!H4": "2024-08-01"})
	faulty := plantRegister(t, map[string]string{"逾期补报!A4": consortium, "逾期补报!B4": "同意", "逾期补报!C4": "八月底，问" + plantedPhone})
	for _, args := range [][]string{
		{"run", in, "-o", out, "--register", faulty}, {"run", in, "-o", out, "--marks", marks, "--register", register},
		{"run", "--from", data, "-o", again, "--json", "--register", register}, // the marks stand in the tables
		{"check", in}, {"check", in, "--json"},
	} {
		var stdout, stderr bytes.Buffer
		if code := Main(append([]string{"lianheti"}, args...), &stdout, &stderr); code != exitDone && args[0] != "check" && !(code == exitUsage && slices.Contains(args, faulty)) {
			t.Fatalf("%v: %d %s", args, code, &stderr)
		}
		said[strings.Join(args[:1], " ")+fmt.Sprint(len(said))] = append(stdout.Bytes(), stderr.Bytes()...)
	}
	for what, text := range published(t, filepath.Join(out, "2024")) {
		said[what] = text
	}
	for what, text := range said {
		for _, secret := range secrets {
			if at := bytes.Index(text, []byte(secret)); at >= 0 {
				t.Errorf("%s holds %s: …%s…", what, secret, bytes.ToValidUTF8(text[max(0, at-60):min(len(text), at+60)], nil))
			}
		}
	}
	for _, name := range []string{"metrics.arrow", "texts.parquet", "file_notes.arrow", export.PackageName} {
		first := must.Get(os.ReadFile(filepath.Join(data, name)))(t)
		second, err := os.ReadFile(filepath.Join(again, "2024", "data", name))
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s is another one when made from the tables: %v", name, err)
		}
	}
	masked := 0
	for _, text := range said {
		masked += bytes.Count(text, []byte("已隐去〕"))
	}
	if masked < 500 {
		t.Errorf("only %d places were masked: what was planted did not arrive", masked)
	}
}

// plantMarks gives a folder of what came back from experts: a workbook with personal data in all that an expert can type, and others that
// are refused.
func plantMarks(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	if code := Main([]string{"lianheti", "experts", "../../../samples/2024/福州", "--count", "1", "-o", dir}, &stdout, &stderr); code != exitDone {
		t.Fatal(stderr.String())
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.xlsx"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	f := must.Get(excelize.OpenFile(files[0]))(t)
	defer f.Close()
	rows := must.Get(f.GetRows("_评分索引"))(t)
	typed := 0
	for _, r := range rows {
		if !slices.Contains([]string{"unit", "mark", "deduct", "veto", "comment"}, r[0]) {
			continue
		}
		row, err1 := strconv.Atoi(r[2])
		col, err2 := strconv.Atoi(r[3])
		must.Do(t, errors.Join(err1, err2, f.SetCellStr(r[1], model.CellName(row, col), "见"+plantedPhone+"，ruohan.o@example.com")))
		typed++
	}
	if err := f.SaveAs(filepath.Join(dir, "评分"+plantedPhone+".xlsx")); err != nil || typed < 20 {
		t.Fatal(typed, err)
	}
	foreign := excelize.NewFile()
	defer foreign.Close()
	must.Do(t, errors.Join(os.Remove(files[0]), foreign.SaveAs(filepath.Join(dir, "别的"+plantedPhone+".xlsx")), os.WriteFile(filepath.Join(dir, "扫描35020319900307123X.xlsx"), []byte("%PDF"), 0o600)))
	return dir
}

// plantRegister is the blank register with these cells.
func plantRegister(t *testing.T, cells map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	if code := Main([]string{"lianheti", "template", "--register", "-o", dir}, &stdout, &stderr); code != exitDone {
		t.Fatal(stderr.String())
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.xlsx"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	f := must.Get(excelize.OpenFile(files[0]))(t)
	defer f.Close()
	for at, text := range cells {
		sheet, cell, _ := strings.Cut(at, "!")
		must.Do(t, f.SetCellStr(sheet, cell, text))
	}
	must.Do(t, f.Save())
	return files[0]
}

// plant writes workbooks in which personal data stands in every cell that can be typed into, or in all but the figures.
func plant(t *testing.T, d *templates.Definition, dir string) {
	t.Helper()
	samples, err := filepath.Glob("../../../samples/2024/福州/*.xlsx")
	if err != nil || len(samples) == 0 {
		t.Fatal("no samples", err)
	}
	said := []string{
		"\u202e由" + plantedName + "（" + plantedPhone + "）经办，证件35020319900307123X", "请问张若素：139 0000 5678，ruohan.o@example.com", "１３９００００５６７８李娜",
		"座机0591-87651234，手机+86 139-0000-5679，李 娜", plantedPhone,
	}
	persons := map[string]string{"head_name": plantedName, "head_contact": "主任 " + plantedPhone, "office_head": "张若素主任", "office_phone": "0591-87651234",
		"staff_names": plantedName + "、张若素、李 娜"}
	workbook := func(consortium string, everywhere bool) *excelize.File {
		f := must.Get(excelize.OpenFile(samples[0]))(t)
		n := 0
		set := func(sheet string, row, col int, field *templates.Field) {
			var v any = said[n%len(said)]
			switch {
			case persons[field.ID] != "":
				v = persons[field.ID]
			case field.ID == "consortium":
				v = consortium
			case !everywhere && (field.Numeric() || field.Type == templates.ChoiceField || field.Type == templates.DateField || field.Type == templates.ConfirmField):
				return
			case field.Numeric() && n%2 == 0 && !strings.Contains(field.Unit, "元"): // eleven digits of money are an amount
				v, _ = strconv.Atoi(plantedPhone)
			}
			n++
			must.Do(t, f.SetCellValue(sheet, model.CellName(row, col), v))
		}
		for _, s := range d.Layout().Sheets {
			for _, slot := range s.Slots {
				set(s.Sheet.Title, slot.Row, slot.Col, slot.Field)
			}
			for _, area := range s.Records {
				for row := area.FirstRow; row < area.FirstRow+4; row++ {
					for _, c := range area.Columns {
						set(s.Sheet.Title, row, c.Col, c.Field)
					}
				}
			}
		}
		extra := "张若素" + plantedPhone
		if _, err := f.NewSheet(extra); err != nil {
			t.Fatal(err)
		}
		for i, s := range said {
			must.Do(t, f.SetCellStr(extra, model.CellName(i+1, 1), s))
			must.Do(t, f.SetCellStr(d.Layout().Sheets[1].Sheet.Title, model.CellName(200+i, 9), s))
		}
		return f
	}
	save := func(name string, f *excelize.File) {
		path := filepath.Join(dir, name)
		must.Do(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must.Do(t, f.SaveAs(path))
	}
	names := d.Directory.Names()
	save("福州/推荐书"+plantedName+plantedPhone+".xlsx", workbook(names[0], true))
	save("福州/推荐书"+plantedName+"13900005679.xlsx", workbook(names[1], true))
	save("厦门/张若素（"+plantedPhone+"）.xlsx", workbook(names[2], false))
	save("厦门/张若素（35020319900307123X）.xlsx", workbook(names[3], false))
	save("泉州/目录外.xlsx", workbook("联合体，联系"+plantedPhone, false))
	save("泉州/目录外二.xlsx", workbook("联合体，联系"+plantedPhone, false)) // side by side, or a copy
	renamed := workbook(names[4], false)
	must.Do(t, renamed.SetSheetName(d.Layout().Sheets[2].Sheet.Title, "数据"+plantedName+plantedPhone))
	save("莆田/改过表名.xlsx", renamed)

	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	entry := must.Get(z.Create("李娜" + plantedPhone + "/推荐书.xlsx"))(t)
	inside := must.Get(workbook(names[5], false).WriteToBuffer())(t)
	if _, err := entry.Write(inside.Bytes()); err != nil {
		t.Fatal(err)
	}
	must.Do(t, z.Close())
	for name, content := range map[string][]byte{
		"漳州" + plantedPhone + ".zip": packed.Bytes(), "说明" + plantedPhone + ".txt": []byte(plantedPhone), "扫描35020319900307123X.xlsx": []byte("%PDF-1.7 " + plantedPhone),
		"旧表ruohan.o@example.com.xls": []byte(plantedPhone), "~$" + plantedPhone + ".xlsx": []byte(plantedName),
	} {
		must.Do(t, os.WriteFile(filepath.Join(dir, name), content, 0o644))
	}
}

// published gives all that may be seen in the results: bytes of data/ and run.json, the values in both formats, and the sheets of the
// provincial workbook but one.
func published(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	out[publish.ManifestName] = must.Get(os.ReadFile(filepath.Join(dir, publish.ManifestName)))(t)
	files, err := filepath.Glob(filepath.Join(dir, "data", "*"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d data files: %v", len(files), err)
	}
	tables := must.Get(filepath.Glob(filepath.Join(dir, "data", "csv", "*")))(t)
	mem := memory.NewGoAllocator()
	for _, path := range append(files, tables...) {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			continue
		}
		name := filepath.Base(path)
		out[name] = must.Get(os.ReadFile(path))(t)
		if filepath.Ext(path) == ".parquet" {
			r := must.Get(file.NewParquetReader(bytes.NewReader(out[name])))(t)
			p := must.Get(pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, mem))(t)
			rows := must.Get(p.ReadTable(context.Background()))(t)
			for i := range int(rows.NumCols()) {
				for _, chunk := range rows.Column(i).Data().Chunks() {
					out[name+" values"] = append(out[name+" values"], values(chunk)...)
				}
			}
		}
	}
	records := must.Get(export.Read(filepath.Join(dir, "data")))(t)
	for name, rec := range records {
		for _, c := range rec.Columns() {
			out[name+".arrow values"] = append(out[name+".arrow values"], values(c)...)
		}
	}
	seen := false
	for _, name := range []string{consolidate.FileName, consolidate.AppendixFile, consolidate.ContactsFile} {
		book := must.Get(excelize.OpenFile(filepath.Join(dir, name)))(t)
		defer book.Close()
		for _, sheet := range book.GetSheetList() {
			rows := must.Get(book.GetRows(sheet, excelize.Options{RawCellValue: true}))(t)
			text := []byte(strings.Join(slices.Concat(rows...), "\n"))
			if name == consolidate.ContactsFile {
				seen = bytes.Contains(text, []byte(plantedName)) && bytes.Contains(text, []byte(plantedPhone))
				continue
			}
			out[name+sheet] = text
		}
	}
	words := must.Get(filepath.Glob(filepath.Join(dir, "*.docx")))(t)
	for _, path := range words {
		zr := must.Get(zip.OpenReader(path))(t)
		part := must.Get(zr.Open("word/document.xml"))(t)
		if out[filepath.Base(path)], err = io.ReadAll(part); errors.Join(err, part.Close(), zr.Close()) != nil {
			t.Fatal(err)
		}
	}
	if !seen {
		t.Error("the contacts do not say what was planted: a search like this sees nothing")
	}
	return out
}

// values writes a column's values as anybody would read them.
func values(column arrow.Array) []byte {
	var b []byte
	for i := range column.Len() {
		if column.IsNull(i) {
			continue
		}
		switch c := column.(type) {
		case *array.Float64:
			b = strconv.AppendFloat(b, c.Value(i), 'f', -1, 64)
		default:
			b = append(b, column.ValueStr(i)...)
		}
		b = append(b, '\n')
	}
	return b
}
