package feedback

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/try"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// relatesNotes says whether a part holds the relations of a sheet with notes.
func relatesNotes(p ooxml.Part) bool {
	return strings.HasPrefix(p.Name, "xl/worksheets/_rels/") && bytes.Contains(p.Data, []byte("/comments\""))
}

// withoutNotes takes the notes out of the workbook, to be added again, and gives what is left: beside notes that
// another program wrote excelize fails to add its own, or loses them. Nil: there are none.
func (c *copying) withoutNotes(parts *ooxml.Parts) ([]ooxml.Part, error) {
	notes, count := map[string][]excelize.Comment{}, 0
	for _, sheet := range c.f.GetSheetList() {
		found := try.Get(c.f.GetComments(sheet))
		if count += len(found); count > maxNotes {
			return nil, errUnbounded
		}
		for _, note := range found {
			if note, left := withoutOurs(note); left {
				notes[sheet] = append(notes[sheet], note)
			}
		}
	}
	if count == 0 {
		return nil, nil
	}
	left, err := dropNotes(parts)
	if err == nil {
		c.notes = notes
	}
	return left, err
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

// dropNotes gives the parts of a workbook without comments, threaded comments and the drawings that show them.
func dropNotes(all *ooxml.Parts) ([]ooxml.Part, error) {
	parts := map[string][]byte{}
	for _, p := range all.All {
		parts[p.Name] = p.Data
	}
	gone, controls := map[string]bool{}, false
	for _, p := range all.All {
		if !relatesNotes(p) {
			continue
		}
		sheet := "xl/worksheets/" + strings.TrimSuffix(path.Base(p.Name), ".rels")
		drawing := attributes(legacyDrawing.Find(parts[sheet]))["id"]
		parts[p.Name] = relationship.ReplaceAllFunc(p.Data, func(tag []byte) []byte {
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
	var left []ooxml.Part
	for _, p := range all.All {
		if !gone[p.Name] {
			left = append(left, ooxml.Part{Name: p.Name, Data: parts[p.Name]})
		}
	}
	return left, nil
}

func attributes(tag []byte) map[string]string {
	out := map[string]string{}
	for _, m := range attribute.FindAllSubmatch(tag, -1) {
		out[string(m[1])] = string(m[2])
	}
	return out
}

// transitional takes a workbook out of strict Open XML: excelize reads its namespaces, and writes half of them.
func transitional(parts *ooxml.Parts) {
	plain := []byte("http://schemas.openxmlformats.org/$1/2006/$2")
	for i, p := range parts.All {
		if !bytes.Contains(p.Data, strictBegin) || !strings.HasSuffix(p.Name, ".xml") && !strings.HasSuffix(p.Name, ".rels") {
			continue
		}
		data := strictNamespace.ReplaceAllFunc(p.Data, func(b []byte) []byte {
			return []byte(strictProperties.Replace(string(strictNamespace.ReplaceAll(b, plain))))
		})
		parts.All[i].Data = strictConformance.ReplaceAll(data, nil)
	}
}

var (
	strictBegin       = []byte("http://purl.oclc.org/ooxml/")
	strictNamespace   = regexp.MustCompile(`http://purl\.oclc\.org/ooxml/(\w+)/([\w/]+)`)
	strictProperties  = strings.NewReplacer("/extendedP", "/extended-p", "/customP", "/custom-p")
	strictConformance = regexp.MustCompile(` conformance="strict"`)
)

// annotate adds the notes that stood there before, and ours: code, title, problem and cure of each finding.
func (c *copying) annotate() {
	if c.silent {
		return
	}
	old := map[place]excelize.Comment{}
	for _, sheet := range c.f.GetSheetList() {
		for _, note := range c.notes[sheet] {
			if at := (place{sheet, note.Cell}); c.marks[at] != nil {
				old[at] = note
			} else {
				try.Do(c.f.AddComment(sheet, note))
			}
		}
	}
	for _, at := range c.marked() {
		try.Do(c.f.AddComment(at.sheet, c.note(at, old[at])))
		c.touched[at.sheet] = true
	}
}

// note is the note of a marked cell, behind what stood there before.
func (c *copying) note(at place, was excelize.Comment) excelize.Comment {
	note := excelize.Comment{Cell: at.cell, Author: c.author, Width: 320, Paragraph: was.Paragraph}
	say := func(text string, font *excelize.Font) {
		note.Paragraph = append(note.Paragraph, excelize.RichTextRun{Text: text, Font: font})
	}
	if was.Cell != "" {
		if was.Paragraph == nil {
			say(was.Text, nil)
		}
		say("\n", nil)
	}
	say(model.NoteBegin+c.author+"\n", nil)
	for _, i := range c.marks[at] {
		x := c.findings[i]
		say(fmt.Sprintf("【%s】%s（%s）\n", x.Severity.Label(), x.Title, x.Code), &excelize.Font{Bold: true})
		say(fmt.Sprintf("%s\n%s\n见“%s”第%d行\n", x.Message, x.Cure, templates.ReturnSheet, listRow(i)), nil)
	}
	say(model.NoteEnd, nil)
	lines := 0
	for _, run := range note.Paragraph {
		for line := range strings.SplitSeq(run.Text, "\n") {
			lines += 1 + book.TextWidth(line)/44
		}
	}
	note.Height = uint(min(400, 24+lines*15))
	return note
}

// withoutOurs takes what an earlier round wrote out of a note. Nothing is left of a note that was ours alone.
func withoutOurs(note excelize.Comment) (excelize.Comment, bool) {
	text := note.Text
	for _, run := range note.Paragraph {
		text += run.Text
	}
	if !strings.Contains(text, model.NoteBegin) {
		return note, true
	}
	text = model.WithoutNotes(text)
	note.Text, note.Paragraph = "", []excelize.RichTextRun{{Text: text}}
	return note, text != ""
}
