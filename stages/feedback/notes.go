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

// hasNoteRelations reports whether a part holds the relationships of a sheet with notes.
func hasNoteRelations(p ooxml.Part) bool {
	return strings.HasPrefix(p.Name, "xl/worksheets/_rels/") && bytes.Contains(p.Data, []byte("/comments\""))
}

// removeNotes reads the notes, to be added again later, and returns the parts without them; nil: there are none.
// Beside notes of another program excelize fails to add its own, or loses them.
func (c *annotator) removeNotes(parts *ooxml.Parts) ([]ooxml.Part, error) {
	notes, count := map[string][]excelize.Comment{}, 0
	for _, sheet := range c.f.GetSheetList() {
		found := try.Get(c.f.GetComments(sheet))
		if count += len(found); count > maxNotes {
			return nil, errTooLarge
		}
		for _, note := range found {
			if note, left := withoutOwnText(note); left {
				notes[sheet] = append(notes[sheet], note)
			}
		}
	}
	if count == 0 {
		return nil, nil
	}
	left, err := withoutNoteParts(parts)
	if err == nil {
		c.notes = notes
	}
	return left, err
}

// errNotesWithControls: the notes share their drawing with form controls, which can't be separated.
var errNotesWithControls = errors.New("批注与控件在同一张图里")

// shapeType matches the types of the shapes in the drawing of notes.
var shapeType = regexp.MustCompile(`ObjectType="(\w+)"`)

// XML elements, self-closing or (excelize) with an end tag.
var (
	legacyDrawing = element("legacyDrawing")
	relationship  = element("Relationship")
	override      = element("Override")
	attribute     = regexp.MustCompile(`(?:\w+:)?(\w+)="([^"]*)"`)
)

func element(name string) *regexp.Regexp {
	return regexp.MustCompile(`<(?:\w+:)?` + name + `\b[^>]*?(?:/>|>\s*</(?:\w+:)?` + name + `>)`)
}

// withoutNoteParts returns the parts of a workbook without comments, threaded comments and their drawings.
func withoutNoteParts(all *ooxml.Parts) ([]ooxml.Part, error) {
	parts := map[string][]byte{}
	for _, p := range all.All {
		parts[p.Name] = p.Data
	}
	removed, controls := map[string]bool{}, false
	for _, p := range all.All {
		if !hasNoteRelations(p) {
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
			for _, shape := range shapeType.FindAllSubmatch(parts[target], -1) {
				controls = controls || string(shape[1]) != "Note"
			}
			removed[target] = true
			return nil
		})
		parts[sheet] = legacyDrawing.ReplaceAll(parts[sheet], nil)
	}
	if controls {
		return nil, errNotesWithControls
	}
	parts["[Content_Types].xml"] = override.ReplaceAllFunc(parts["[Content_Types].xml"], func(tag []byte) []byte {
		if removed[strings.TrimPrefix(attributes(tag)["PartName"], "/")] {
			return nil
		}
		return tag
	})
	var kept []ooxml.Part
	for _, p := range all.All {
		if !removed[p.Name] {
			kept = append(kept, ooxml.Part{Name: p.Name, Data: parts[p.Name]})
		}
	}
	return kept, nil
}

func attributes(tag []byte) map[string]string {
	out := map[string]string{}
	for _, m := range attribute.FindAllSubmatch(tag, -1) {
		out[string(m[1])] = string(m[2])
	}
	return out
}

// toTransitional converts strict Open XML to transitional: excelize reads strict namespaces, but writes only some back.
func toTransitional(parts *ooxml.Parts) {
	plain := []byte("http://schemas.openxmlformats.org/$1/2006/$2")
	for i, p := range parts.All {
		isXML := strings.HasSuffix(p.Name, ".xml") || strings.HasSuffix(p.Name, ".rels")
		if !isXML || !bytes.Contains(p.Data, strictPrefix) {
			continue
		}
		data := strictNamespace.ReplaceAllFunc(p.Data, func(b []byte) []byte {
			return []byte(strictProperties.Replace(string(strictNamespace.ReplaceAll(b, plain))))
		})
		parts.All[i].Data = strictConformance.ReplaceAll(data, nil)
	}
}

var (
	strictPrefix      = []byte("http://purl.oclc.org/ooxml/")
	strictNamespace   = regexp.MustCompile(`http://purl\.oclc\.org/ooxml/(\w+)/([\w/]+)`)
	strictProperties  = strings.NewReplacer("/extendedP", "/extended-p", "/customP", "/custom-p")
	strictConformance = regexp.MustCompile(` conformance="strict"`)
)

// addNotes adds the former notes, and ours: code, title, problem and cure of each finding.
func (c *annotator) addNotes() {
	if c.noNotes {
		return
	}
	old := map[cellRef]excelize.Comment{}
	for _, sheet := range c.f.GetSheetList() {
		for _, note := range c.notes[sheet] {
			if at := (cellRef{sheet, note.Cell}); c.findingsAt[at] != nil {
				old[at] = note
			} else {
				try.Do(c.f.AddComment(sheet, note))
			}
		}
	}
	for _, at := range c.markedCells() {
		try.Do(c.f.AddComment(at.sheet, c.buildNote(at, old[at])))
		c.changedSheets[at.sheet] = true
	}
}

// buildNote returns the note of a marked cell, appended to the existing one.
func (c *annotator) buildNote(at cellRef, existing excelize.Comment) excelize.Comment {
	note := excelize.Comment{Cell: at.cell, Author: c.author, Width: 320, Paragraph: existing.Paragraph}
	add := func(text string, font *excelize.Font) {
		note.Paragraph = append(note.Paragraph, excelize.RichTextRun{Text: text, Font: font})
	}
	if existing.Cell != "" {
		if existing.Paragraph == nil {
			add(existing.Text, nil)
		}
		add("\n", nil)
	}
	add(model.NoteBegin+c.author+"\n", nil)
	for _, i := range c.findingsAt[at] {
		x := c.findings[i]
		add(fmt.Sprintf("【%s】%s（%s）\n", x.Severity.Label(), x.Title, x.Code), &excelize.Font{Bold: true})
		add(fmt.Sprintf("%s\n%s\n见“%s”第%d行\n", x.Message, x.Cure, templates.ReturnSheet, listRow(i)), nil)
	}
	add(model.NoteEnd, nil)
	lines := 0
	for _, run := range note.Paragraph {
		for line := range strings.SplitSeq(run.Text, "\n") {
			lines += 1 + book.TextWidth(line)/44
		}
	}
	note.Height = uint(min(400, 24+lines*15))
	return note
}

// withoutOwnText removes the text of an earlier round from a note; false: nothing is left.
func withoutOwnText(note excelize.Comment) (excelize.Comment, bool) {
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
