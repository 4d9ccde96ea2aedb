package book

import (
	_ "embed"
	"strings"
	"sync"

	"lianheti/stages/office/try"

	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v4"
)

// Fonts. The official form is set in 仿宋_GB2312, 小四 (12 point); programs without it fall back by themselves.
const (
	FormFont  = "仿宋_GB2312"
	SheetFont = "微软雅黑"
)

// Styles creates each style of a workbook once, because excelize's NewStyle is slow with many styles.
type Styles struct {
	file *excelize.File
	ids  map[string]int
}

// NewStyles creates the list for one workbook.
func NewStyles(f *excelize.File) *Styles { return &Styles{f, map[string]int{}} }

// Get returns the id of a named style, created on first use.
func (s *Styles) Get(name string, make func() *excelize.Style) (int, error) {
	if id, ok := s.ids[name]; ok {
		return id, nil
	}
	id, err := s.file.NewStyle(make())
	if err == nil {
		s.ids[name] = id
	}
	return id, err
}

// Look is the name of a style in workbooks for reading; the form has its own styles.
type Look string

const (
	Title           Look = "title"
	Subtitle        Look = "subtitle"
	Heading         Look = "heading" // of a part of a sheet
	Remark          Look = "remark"  // what a sheet says about itself, over its header
	Alarm           Look = "alarm"   // a remark that must not be missed
	Header          Look = "header"
	CommittedHeader Look = "header promised" // header over committed figures
	Vertical        Look = "header standing" // header with its text from top to bottom
	Plain           Look = "text"
	Prose           Look = "prose"  // long texts
	Mono            Look = "mono"   // hashes, codes, cell addresses
	Quiet           Look = "quiet"  // 未填, 不适用: what stands for a value that is not there
	Centred         Look = "centre" // short words
	Link            Look = "link"
	Integer         Look = "integer"
	Decimal         Look = "decimal"
	Points          Look = "points"  // two decimals
	Precise         Look = "precise" // four decimals
	Share           Look = "share"   // 0–1 shown as percent
	Growth          Look = "growth"  // signed percent
	Change          Look = "change"  // signed percentage points
	Gain            Look = "gain"    // signed, two decimals
	Total           Look = "total"   // text in a line of totals
	Sum             Look = "sum"     // number in a line of totals
	Figure          Look = "figure"  // a number to be seen from afar
	Input           Look = "input"   // a number or word that the reader may change
	Entry           Look = "entry"   // a text that the reader types: a number typed into it stays as typed
	Verdict         Look = "status"  // what a sheet says about its own state
	Caption         Look = "caption"
	Bare            Look = "bare" // nothing to see
)

// committedPrefix begins the looks of committed figures, which have their own background.
const committedPrefix = "promised "

// Committed is the same look for a committed figure.
func (l Look) Committed() Look { return committedPrefix + l }

//go:embed looks.yaml
var looksText []byte

// looks holds, by look, the differences from the default style.
var looks = sync.OnceValue(func() (all map[Look]yaml.Node) {
	try.Do(yaml.Load(looksText, &all)) // the program's own text
	return all
})

// Colours of the workbooks, as RGB.
const (
	Ink    = "262626"
	Faint  = "767676"
	Blue   = "1F4E79"
	Cream  = "FFF9E3" // what is typed in, and committed figures
	Line   = "D0D7DE"
	Green  = "548235"
	Amber  = "ED9B00"
	Accent = "ED7D31" // of the border: required and still blank
	Red    = "C0392B"
)

// Palette are the colours of lines, in order.
var Palette = []string{Blue, Red, Green, Amber, "7030A0", "00838F", Faint}

// OutOf is the look of points with their maximum: 16.70/54.
func OutOf(most string) Look { return Points + outOf + Look(most) }

const outOf = " of "

// Of returns the id of a look's style.
func (s *Styles) Of(l Look) (int, error) { return s.Get(string(l), l.style) }

func (l Look) style() *excelize.Style {
	style := &excelize.Style{
		Font:      &excelize.Font{Family: SheetFont, Size: textSize, Color: Ink},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
		Border:    borders(Line),
	}
	base, committed := strings.CutPrefix(string(l), committedPrefix)
	if committed {
		style.Fill = SolidFill(Cream)
	}
	base, most, of := strings.Cut(base, outOf)
	if own, ok := looks()[Look(base)]; ok {
		try.Do(own.Decode(style))
	}
	if of {
		format := `0.00"/` + most + `"`
		style.CustomNumFmt = &format
	}
	return style
}

// SolidFill is a fill of one colour.
func SolidFill(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

func borders(colour string) []excelize.Border {
	return []excelize.Border{{Type: "left", Color: colour, Style: 1}, {Type: "top", Color: colour, Style: 1},
		{Type: "right", Color: colour, Style: 1}, {Type: "bottom", Color: colour, Style: 1}}
}

// Tone is a meaning that is shown as a colour.
type Tone string

const (
	Good    Tone = "good"
	Caution Tone = "caution"
	Bad     Tone = "bad"
	Info    Tone = "info"
	Doubt   Tone = "doubt"   // in the form itself, whose cells to fill are of Caution's yellow
	Lacking Tone = "lacking" // required and still blank: an accent around the cell, no fill
)

// tones holds the fill and font colour of each tone.
var tones = map[Tone][2]string{
	Good:    {"C6EFCE", "006100"},
	Caution: {"FFEB9C", "7F4F00"},
	Bad:     {"FFC7CE", "9C0006"},
	Info:    {"DDEBF7", "1F4E79"},
	Doubt:   {"FBD5B0", "7F4F00"},
}

// Fill is the fill of a cell in the tone.
func (t Tone) Fill() excelize.Fill { return SolidFill(tones[t][0]) }

// Conditional returns the id of a tone's conditional style.
func (s *Styles) Conditional(t Tone) int {
	name := "tone " + string(t)
	if _, known := s.ids[name]; !known {
		style := &excelize.Style{Border: borders(Accent)}
		if t != Lacking {
			style = &excelize.Style{Fill: t.Fill(), Font: &excelize.Font{Color: tones[t][1]}}
		}
		s.ids[name] = try.Get(s.file.NewConditionalStyle(style))
	}
	return s.ids[name]
}

// NumberLook is the look for a number: whole ones are shown without decimals.
func NumberLook(v float64) Look {
	if v == float64(int64(v)) {
		return Integer
	}
	return Decimal
}
