package feedback

// Requirements
//  1. Whatever stands in a submitted workbook that the reader takes, annotating it ends soon, with a copy that the reader takes as well or
//     with an error.

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lianheti/samples/must"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

func FuzzAnnotate(f *testing.F) {
	w := judge(f, filepath.Join(samples, "南平"))
	findings := map[string][]table.Finding{}
	for x := range w.in.Judgement.Findings.All() {
		findings[x.Submission] = append(findings[x.Submission], x)
	}
	most := ""
	for i := range w.in.Facts.Submissions.Len() {
		if s := w.in.Facts.Submissions.Row(i); most == "" || len(findings[s.Submission]) > len(findings[most]) {
			most = s.Submission
		}
	}
	var parts map[string][]byte
	var order []string
	for s := range w.in.Facts.Submissions.All() {
		if s.Submission != most {
			continue
		}
		data := must.Get(w.open(s.File))(f)
		parts, order = unzip(f, plain(f, data))
		for i := range findings[most] {
			findings[most][i].File = s.File
		}
	}
	f.Add(uint8(slices.Index(order, "xl/worksheets/sheet6.xml")), uint32(4000), uint16(0), "")
	f.Add(uint8(slices.Index(order, "xl/styles.xml")), uint32(400), uint16(3), `<mergeCell ref="A1:XFD1048576"/>`)
	dir := f.TempDir()
	read := func(t *testing.T, data []byte) model.Fate {
		file := filepath.Join(dir, "表.xlsx")
		must.Do(t, os.WriteFile(file, data, 0o600))
		sources := must.Get(intake.Discover([]string{file}))(t)
		return intake.Read(w.in.Definition, sources[0]).File.Fate
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint32, cut uint16, text string) {
		name := order[int(which)%len(order)]
		was := parts[name]
		from := int(at) % (len(was) + 1)
		changed := map[string][]byte{name: slices.Concat(was[:from], []byte(text), was[min(len(was), from+int(cut)%300):])}
		data := zipped(t, order, func(part string) []byte {
			if data, ok := changed[part]; ok {
				return data
			}
			return parts[part]
		})
		if read(t, data) != model.Accepted {
			return
		}
		begin := time.Now()
		copied, err := Annotate(data, originalOf(w, most), findings[most], Department)
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("took %v", took)
		}
		if err == nil && read(t, copied) != model.Accepted {
			t.Error("the copy can't be read")
		}
	})
}

// plain is a workbook without the sheets that calculate the 自检: they are two thirds of it, and the same in every one.
func plain(f *testing.F, data []byte) []byte {
	f.Helper()
	book := must.Get(excelize.OpenReader(bytes.NewReader(data)))(f)
	defer book.Close()
	for _, sheet := range book.GetSheetList() {
		if calculates := strings.HasPrefix(sheet, templates.HiddenPrefix+"_") && sheet != templates.ListSheet; calculates || sheet == templates.CheckSheet {
			must.Do(f, book.DeleteSheet(sheet))
		}
	}
	var b bytes.Buffer
	must.Do(f, book.Write(&b))
	return b.Bytes()
}

// zipped is a container of parts.
func zipped(t *testing.T, order []string, part func(name string) []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, name := range order {
		w := must.Get(zw.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store}))(t)
		if _, err := w.Write(part(name)); err != nil {
			t.Fatal(err)
		}
	}
	must.Do(t, zw.Close())
	return b.Bytes()
}
