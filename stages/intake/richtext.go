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

// richText gathers a text run by run. What a filler struck out is kept apart. Raised and lowered digits are written as
// the signs that look so, because 260² is not 2602. Phonetic guides are left out.
type richText struct {
	kept, struck strings.Builder
	own, bare    strings.Builder // of the runs kept: those with a look of their own, and those with their cell's
	crossed      bool            // the run at hand is struck through
	styled       bool            // it has a look of its own
	place        string
}

// element takes what stands inside <si> or <is>.
func (x *richText) element(e *ooxml.Element) {
	switch {
	case e.Start && string(e.Name) == "r":
		x.crossed, x.styled, x.place = false, false, ""
	case e.Start && string(e.Name) == "rPr":
		x.styled = true
	case e.Start && string(e.Name) == "strike" && e.Within("rPr"):
		x.crossed = on(e.Attr("val"))
	case e.Start && string(e.Name) == "vertAlign" && e.Within("rPr"):
		x.place = e.Attr("val")
	case !e.Start && string(e.Name) == "t" && !e.Within("rPh"):
		run := e.Within("r")
		if !run {
			x.crossed, x.styled, x.place = false, false, ""
		}
		words := e.Text()
		if x.crossed {
			x.struck.Write(words)
			return
		}
		if signs := shiftedSigns[x.place]; signs != nil {
			words = []byte(signs.Replace(string(words)))
		}
		x.kept.Write(words)
		if x.styled {
			x.own.Write(words)
		} else if run {
			x.bare.Write(words)
		}
	}
}

// take gives the text, and what was struck out of it. Where all of it is, that is the text.
func (x *richText) take() cellText {
	out := cellText{text: unescape(x.kept.String()), struck: unescape(x.struck.String())}
	if strings.TrimSpace(x.own.String()) != "" {
		out.own, out.bare = unescape(x.own.String()), unescape(x.bare.String())
	}
	if strings.TrimSpace(out.text) == "" && out.struck != "" {
		out.text = out.struck
	}
	*x = richText{}
	return out
}

// cellText is a text as shown, what is struck out in it, and its runs with and without a look of their own.
type cellText struct{ text, struck, own, bare string }

// in gives the text in a cell: where that is struck through, so is what looks as the cell does.
func (s cellText) in(crossed bool) (text, struck string) {
	switch {
	case !crossed:
		return s.text, s.struck
	case s.own == "":
		return s.text, s.text
	}
	return s.own, s.bare + s.struck
}

// on reads a property that is also on where it has no value.
func on(val string) bool { return val != "0" && val != "false" }

var shiftedSigns = map[string]*strings.Replacer{
	"superscript": strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴",
		"5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹", "+", "⁺", "-", "⁻"),
	"subscript": strings.NewReplacer("0", "₀", "1", "₁", "2", "₂", "3", "₃", "4", "₄",
		"5", "₅", "6", "₆", "7", "₇", "8", "₈", "9", "₉", "+", "₊", "-", "₋"),
}

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
