package intake

import (
	"strings"

	"lianheti/stages/office/ooxml"
)

// richText gathers a text run by run. What a filler struck out is kept apart: it is no longer said. Raised and lowered
// digits are written as the signs that look so, because 260² is not 2602. Phonetic guides are left out.
type richText struct {
	kept, struck strings.Builder
	crossed      bool // the run at hand is struck through
	place        string
}

// element takes what stands inside <si> or <is>.
func (x *richText) element(e *ooxml.Element) {
	switch {
	case e.Start && string(e.Name) == "r":
		x.crossed, x.place = false, ""
	case e.Start && string(e.Name) == "strike" && e.Within("rPr"):
		x.crossed = on(e.Attr("val"))
	case e.Start && string(e.Name) == "vertAlign" && e.Within("rPr"):
		x.place = e.Attr("val")
	case !e.Start && string(e.Name) == "t" && !e.Within("rPh"):
		if !e.Within("r") {
			x.crossed, x.place = false, ""
		}
		if words := string(e.Text()); x.crossed {
			x.struck.WriteString(words)
		} else {
			x.kept.WriteString(shifted(words, x.place))
		}
	}
}

// take gives the text, and what was struck out of it. Where all of it is, that is the text.
func (x *richText) take() said {
	out := said{unescape(x.kept.String()), unescape(x.struck.String())}
	if strings.TrimSpace(out.text) == "" && out.struck != "" {
		out.text = out.struck
	}
	*x = richText{}
	return out
}

// said is a text as its cell shows it, and what is struck out in it.
type said struct{ text, struck string }

// on reads a property that is also on where it has no value.
func on(val string) bool { return val != "0" && val != "false" }

var shiftedSigns = map[string]*strings.Replacer{
	"superscript": strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴",
		"5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹", "+", "⁺", "-", "⁻"),
	"subscript": strings.NewReplacer("0", "₀", "1", "₁", "2", "₂", "3", "₃", "4", "₄",
		"5", "₅", "6", "₆", "7", "₇", "8", "₈", "9", "₉", "+", "₊", "-", "₋"),
}

// shifted writes the digits of a raised or lowered run as such.
func shifted(words, place string) string {
	if signs := shiftedSigns[place]; signs != nil {
		return signs.Replace(words)
	}
	return words
}
