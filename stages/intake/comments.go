package intake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/text"
)

// comment is what somebody wrote in the note of a cell. It is no data, but may answer what was asked: it is reported.
type comment struct{ cell, words string }

// loadComments reads the notes of a sheet. What can't be read there is left out: no value rests on it.
func (w *workbookReader) loadComments(sheet *Sheet) {
	rels, err := w.parts.Relations(w.walker, sheet.part)
	if err != nil {
		return
	}
	notes := ooxml.ByType(rels, "/comments")
	if notes == "" || !w.parts.Has(notes) {
		return
	}
	var text richText
	var authors []string
	ref, author := "", ""
	_ = w.walker.Walk(w.parts.Get(notes), func(e *ooxml.Element) error {
		switch name := string(e.Name); {
		case !e.Native:
		case !e.Start && name == "author":
			authors = append(authors, string(e.Text()))
		case e.Start && name == "comment":
			ref, author, text = e.Attr("ref"), "", richText{}
			if i, err := strconv.Atoi(e.Attr("authorId")); err == nil && i >= 0 && i < len(authors) {
				author = authors[i]
			}
		case !e.Start && name == "comment":
			if words := written(text.take().text, author); words != "" {
				sheet.comments = append(sheet.comments, comment{ref, words})
			}
		default:
			text.element(e)
		}
		return nil
	})
}

// Beginnings of a note that stands for a conversation, for programs that know only notes; the words come last.
var conversations = []string{"[Threaded comment]", "[线程批注]", "[线程注释]"}

// written is what a filler wrote in a note: without our own words, and the author's name that programs put first.
func written(note, author string) string {
	words := strings.TrimSpace(model.WithoutNotes(note))
	if slices.ContainsFunc(conversations, func(head string) bool { return strings.HasPrefix(words, head) }) {
		if at := max(strings.LastIndex(words, ":\n"), strings.LastIndex(words, "：\n")); at >= 0 {
			words = strings.TrimLeft(words[at:], ":：\n ")
		}
	}
	if author != "" {
		words = strings.TrimPrefix(words, author+":")
	}
	return strings.TrimSpace(words)
}

// reportComments says what was written in notes: one by one, or of many together where they are.
func (b *binder) reportComments() {
	const singly, longest = 10, 60
	var words []string
	var places []model.Place
	for _, sheet := range b.book.Sheets {
		for _, c := range sheet.comments {
			words = append(words, text.Clip(c.words, longest))
			places = append(places, model.Place{File: b.out.File.Path, Sheet: sheet.Title, Cell: c.cell})
		}
	}
	if len(words) > singly {
		b.note(CodeNoteWords, fmt.Sprintf("共%d处写有文字", len(words)), places...).Raw = words[0]
		return
	}
	for i, said := range words {
		b.note(CodeNoteWords, "写有“"+said+"”", places[i]).Raw = said
	}
}
