package feedback

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/xuri/excelize/v2"
)

// withoutNotes takes the notes out of a workbook and gives them by sheet, to be added again: beside notes that another
// program wrote excelize fails to add its own, or loses them. A workbook without notes stays as it is.
func withoutNotes(data []byte) ([]byte, map[string][]excelize.Comment, error) {
	f, err := open(data)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	notes, any := map[string][]excelize.Comment{}, false
	for _, sheet := range f.GetSheetList() {
		if notes[sheet], err = f.GetComments(sheet); err != nil {
			return nil, nil, err
		}
		any = any || len(notes[sheet]) > 0
	}
	if !any {
		return data, nil, nil
	}
	clean, err := dropNotes(data)
	return clean, notes, err
}

// Elements as programs write them: closed at once, or by an end tag (excelize).
var (
	legacyDrawing = element("legacyDrawing")
	relationship  = element("Relationship")
	override      = element("Override")
	attribute     = regexp.MustCompile(`(?:\w+:)?(\w+)="([^"]*)"`)
)

func element(name string) *regexp.Regexp {
	return regexp.MustCompile(`<(?:\w+:)?` + name + `\b[^>]*?(?:/>|>\s*</(?:\w+:)?` + name + `>)`)
}

// dropNotes rewrites a workbook without comments, threaded comments and the drawings that show them.
func dropNotes(data []byte) ([]byte, error) {
	parts, order, err := unzip(data)
	if err != nil {
		return nil, err
	}
	gone := map[string]bool{}
	for _, name := range order {
		if !strings.HasPrefix(name, "xl/worksheets/_rels/") {
			continue
		}
		sheet := "xl/worksheets/" + strings.TrimSuffix(path.Base(name), ".rels")
		drawing := attributes(legacyDrawing.Find(parts[sheet]))["id"]
		if !bytes.Contains(parts[name], []byte("/comments\"")) {
			continue
		}
		parts[name] = relationship.ReplaceAllFunc(parts[name], func(tag []byte) []byte {
			a := attributes(tag)
			kind := path.Base(a["Type"])
			if kind != "comments" && kind != "threadedComment" && a["Id"] != drawing {
				return tag
			}
			target := a["Target"]
			if !strings.HasPrefix(target, "/") {
				target = path.Join("xl/worksheets", target)
			}
			gone[strings.TrimPrefix(target, "/")] = true
			return nil
		})
		parts[sheet] = legacyDrawing.ReplaceAll(parts[sheet], nil)
	}
	parts["[Content_Types].xml"] = override.ReplaceAllFunc(parts["[Content_Types].xml"], func(tag []byte) []byte {
		if gone[strings.TrimPrefix(attributes(tag)["PartName"], "/")] {
			return nil
		}
		return tag
	})
	var out bytes.Buffer
	zw := zip.NewWriter(&out)
	for _, name := range order {
		if gone[name] {
			continue
		}
		w, err := zw.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(parts[name]); err != nil {
			return nil, err
		}
	}
	err = zw.Close() // before Bytes: it writes the directory
	return out.Bytes(), err
}

func attributes(tag []byte) map[string]string {
	out := map[string]string{}
	for _, m := range attribute.FindAllSubmatch(tag, -1) {
		out[string(m[1])] = string(m[2])
	}
	return out
}

// unzip gives the parts of a workbook and their order.
func unzip(data []byte) (map[string][]byte, []string, error) {
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, nil, err
	}
	parts, order := map[string][]byte{}, []string{}
	for _, entry := range zr.File {
		r, err := entry.Open()
		if err != nil {
			return nil, nil, err
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return nil, nil, err
		}
		if err := r.Close(); err != nil {
			return nil, nil, err
		}
		parts[entry.Name] = content
		order = append(order, entry.Name)
	}
	return parts, order, nil
}
