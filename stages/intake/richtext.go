package intake

import (
	"strings"

	"lianheti/stages/office/ooxml"
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
