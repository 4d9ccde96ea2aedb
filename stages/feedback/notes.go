package feedback

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"lianheti/stages/book"
	"lianheti/templates"

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
	notes, any, count := map[string][]excelize.Comment{}, false, 0
	for _, sheet := range f.GetSheetList() {
		found, err := f.GetComments(sheet)
		if err != nil {
			return nil, nil, err
		}
		any = any || len(found) > 0
		if count += len(found); count > maxNotes {
			return nil, nil, errUnbounded
		}
		for _, note := range found {
			if note, left := withoutOurs(note); left {
				notes[sheet] = append(notes[sheet], note)
			}
		}
	}
	if !any {
		return data, nil, nil
	}
	clean, err := dropNotes(data)
	if errors.Is(err, errControls) {
		return data, nil, err
	}
	return clean, notes, err
}

// errControls says that notes share their drawing with buttons or boxes, which can't be kept apart.
var errControls = errors.New("批注与控件在同一张图里")

// shapes finds what kinds of shapes stand in the drawing of a sheet's notes.
var shapes = regexp.MustCompile(`ObjectType="(\w+)"`)

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
	gone, controls := map[string]bool{}, false
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
			target = strings.TrimPrefix(target, "/")
			for _, shape := range shapes.FindAllSubmatch(parts[target], -1) {
				controls = controls || string(shape[1]) != "Note"
			}
			gone[target] = true
			return nil
		})
		parts[sheet] = legacyDrawing.ReplaceAll(parts[sheet], nil)
	}
	if controls {
		return nil, errControls
	}
	parts["[Content_Types].xml"] = override.ReplaceAllFunc(parts["[Content_Types].xml"], func(tag []byte) []byte {
		if gone[strings.TrimPrefix(attributes(tag)["PartName"], "/")] {
			return nil
		}
		return tag
	})
	return packed(parts, slices.DeleteFunc(order, func(name string) bool { return gone[name] }))
}

func attributes(tag []byte) map[string]string {
	out := map[string]string{}
	for _, m := range attribute.FindAllSubmatch(tag, -1) {
		out[string(m[1])] = string(m[2])
	}
	return out
}

// transitional gives a workbook that Excel saved as strict Open XML in the namespaces that every program reads: excelize reads the strict
// ones and writes half of them.
func transitional(data []byte) ([]byte, error) {
	parts, order, err := unzip(data)
	if err != nil {
		return nil, err
	}
	strict := false
	for name, part := range parts {
		if strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".rels") {
			parts[name] = strictNamespace.ReplaceAllFunc(part, func(b []byte) []byte {
				strict = true
				return []byte(strictProperties.Replace(string(strictNamespace.ReplaceAll(b, []byte("http://schemas.openxmlformats.org/$1/2006/$2")))))
			})
		}
	}
	if !strict {
		return data, nil
	}
	for name, part := range parts {
		parts[name] = strictConformance.ReplaceAll(part, nil)
	}
	return packed(parts, order)
}

var (
	strictNamespace   = regexp.MustCompile(`http://purl\.oclc\.org/ooxml/(\w+)/([\w/]+)`)
	strictProperties  = strings.NewReplacer("/extendedProperties", "/extended-properties", "/customProperties", "/custom-properties")
	strictConformance = regexp.MustCompile(` conformance="strict"`)
)

// packed writes parts in an order.
func packed(parts map[string][]byte, order []string) ([]byte, error) {
	var out bytes.Buffer
	zw := zip.NewWriter(&out)
	for _, name := range order {
		w, err := zw.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(parts[name]); err != nil {
			return nil, err
		}
	}
	err := zw.Close() // before Bytes: it writes the directory
	return out.Bytes(), err
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

// Where a note of ours begins and ends. What a submitter wrote before or behind it is the submitter's.
const (
	noteBegin = "▼ 批注："
	noteEnd   = "▲ 批注完"
)

// annotate adds the notes that stood there before, and ours: code, title, problem and cure of each finding.
func (c *copying) annotate() error {
	if c.silent {
		return nil
	}
	old := map[place]excelize.Comment{}
	for _, sheet := range c.f.GetSheetList() {
		for _, note := range c.notes[sheet] {
			at := place{sheet, note.Cell}
			if c.marks[at] != nil {
				old[at] = note
				continue
			}
			if err := c.f.AddComment(sheet, note); err != nil {
				return err
			}
		}
	}
	for _, at := range c.marked() {
		note := excelize.Comment{Cell: at.cell, Author: c.author, Width: 320}
		if was, ok := old[at]; ok {
			note.Paragraph = append(note.Paragraph, was.Paragraph...)
			if was.Paragraph == nil {
				note.Paragraph = []excelize.RichTextRun{{Text: was.Text}}
			}
			note.Paragraph = append(note.Paragraph, excelize.RichTextRun{Text: "\n"})
		}
		note.Paragraph = append(note.Paragraph, excelize.RichTextRun{Text: noteBegin + c.author + "\n"})
		for _, i := range c.marks[at] {
			x := c.findings[i]
			note.Paragraph = append(note.Paragraph,
				excelize.RichTextRun{Text: fmt.Sprintf("【%s】%s（%s）\n", x.Severity.Label(), x.Title, x.Code), Font: &excelize.Font{Bold: true}},
				excelize.RichTextRun{Text: x.Message + "\n" + x.Cure + fmt.Sprintf("\n见“%s”第%d行\n", templates.ReturnSheet, listRow(i))})
		}
		note.Paragraph = append(note.Paragraph, excelize.RichTextRun{Text: noteEnd})
		lines := 0
		for _, run := range note.Paragraph {
			for line := range strings.SplitSeq(run.Text, "\n") {
				lines += 1 + book.Width(line)/44
			}
		}
		note.Height = uint(min(400, 24+lines*15))
		if err := c.f.AddComment(at.sheet, note); err != nil {
			return err
		}
		c.touched[at.sheet] = true
	}
	return nil
}

// withoutOurs takes what an earlier round wrote out of a note. Nothing is left of a note that was ours alone.
func withoutOurs(note excelize.Comment) (excelize.Comment, bool) {
	text := note.Text
	for _, run := range note.Paragraph {
		text += run.Text
	}
	if !strings.Contains(text, noteBegin) {
		return note, true
	}
	for {
		before, ours, found := strings.Cut(text, noteBegin)
		if !found {
			break
		}
		_, behind, _ := strings.Cut(ours, noteEnd)
		text = strings.TrimSpace(before) + "\n" + strings.TrimSpace(behind)
	}
	note.Text, note.Paragraph = "", []excelize.RichTextRun{{Text: strings.TrimSpace(text)}}
	return note, note.Paragraph[0].Text != ""
}
