package blankform

import (
	"cmp"
	"fmt"

	"lianheti/stages/office/book"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Colours of the template: inputs are the only tinted cells that one types in.
const (
	inputColor     = book.Cream // one light tint for all that is typed in
	lockedColor    = "EDEDED"
	labelColor     = "F5F5F5"
	headerColor    = "DCE6F1"
	lineColor      = "8C8C8C"
	hintColor      = "595959"
	linkColor      = "0563C1"
	watermarkColor = "C00000"
	blankColor     = book.Accent
	errorColor     = "FFC7CE" // 必须修改, or not to be read as what it should be
	warningColor   = "FBD5B0" // 需核实说明
)

type look struct {
	color string
	wide  bool // long text: top left, wrapped
	right bool // a figure
	spare bool // a row of a list that is not needed yet: nothing is seen of it, and nothing printed
}

func lookOf(f *templates.Field) look {
	l := look{color: inputColor, wide: f.Long() || f.Type == templates.NamesField || f.Record != "" &&
		f.Type == templates.TextField, right: f.Numeric()}
	if f.Locked {
		l.color = lockedColor
	}
	return l
}

func inputStyle(l look, format string) func() *excelize.Style {
	return func() *excelize.Style {
		alignment := &excelize.Alignment{Vertical: "center", WrapText: true}
		if l.wide {
			alignment.Vertical = "top"
		}
		if l.right {
			alignment.Horizontal = "right"
		}
		style := &excelize.Style{
			Font: &excelize.Font{Family: book.FormFont, Size: 12}, Alignment: alignment,
			CustomNumFmt: &format, Protection: &excelize.Protection{Locked: l.color == lockedColor},
		}
		if !l.spare {
			style.Fill, style.Border = book.Solid(l.color), border()
		}
		return style
	}
}

// titleFont is the font of titles; texts are in the form's own.
const titleFont = "黑体"

// bearing is how a static text looks; nothing said: the form's font, unframed, to the left.
type bearing struct {
	size        float64 // in points; 0: textSize
	title, bold bool
	fill        string // a colour; with or without one, all but titles and notes are framed
	framed      bool
	across      string // horizontal alignment
}

// textSize is the size of what is not set otherwise: 小四.
const textSize = 12

var bearings = map[templates.Role]bearing{
	templates.CoverRole:   {size: 28, title: true, across: "center"},
	templates.TitleRole:   {size: 20, title: true, across: "center"},
	templates.AnnexRole:   {size: 16, title: true},
	templates.HeadingRole: {size: 14, title: true},
	templates.DatedRole:   {size: 16, across: "center"},
	templates.NoteRole:    {size: 10.5},
	templates.HintRole:    {size: 10},
	templates.GroupRole:   {framed: true, fill: headerColor, bold: true, across: "center"},
	templates.HeaderRole:  {framed: true, fill: headerColor, bold: true, across: "center"},
	templates.TagRole:     {framed: true, fill: headerColor, size: 10, across: "center"},
	templates.CaptionRole: {framed: true, fill: headerColor},
	templates.LabelRole:   {framed: true, fill: labelColor},
	templates.YearRole:    {framed: true, fill: labelColor, across: "center"},
	templates.UnitRole:    {framed: true, fill: labelColor, across: "center"},
	templates.FormulaRole: {framed: true, fill: lockedColor, across: "right"},
	templates.WordsRole:   {framed: true, fill: lockedColor, size: 9, across: "center"},
	templates.ShownRole:   {framed: true, bold: true, across: "left"},
	templates.LinkRole:    {framed: true, across: "left"},
}

func fontSize(role templates.Role) float64 { return cmp.Or(bearings[role].size, textSize) }

// staticStyle is how a static text looks. A label merged over several rows stands at their top, where a page begins.
func staticStyle(role templates.Role, merged bool) func() *excelize.Style {
	return func() *excelize.Style {
		b := bearings[role]
		s := &excelize.Style{
			Font:       &excelize.Font{Family: book.FormFont, Size: fontSize(role), Bold: b.bold},
			Alignment:  &excelize.Alignment{Vertical: "center", Horizontal: b.across, WrapText: true},
			Protection: &excelize.Protection{Locked: true},
		}
		if b.title {
			s.Font.Family = titleFont
		}
		if b.framed {
			s.Border = border()
		}
		if b.fill != "" {
			s.Fill = book.Solid(b.fill)
		}
		switch {
		case role == templates.WordsRole, role == templates.LabelRole && merged:
			s.Alignment.Vertical = "top"
		case role == templates.HintRole:
			s.Font.Color, s.Alignment.Indent = hintColor, 1
		case role == templates.LinkRole:
			s.Font.Color, s.Font.Underline = linkColor, "single"
		}
		return s
	}
}

func border() []excelize.Border { return borderOf(lineColor) }

func borderOf(color string) []excelize.Border {
	return table.Each([]string{"left", "right", "top", "bottom"}, func(side string) excelize.Border {
		return excelize.Border{Type: side, Color: color, Style: 1}
	})
}

// page sets up A4 paper with a binding margin on the left, protection, and what repeats on every page.
func (p *painter) page(layout *templates.SheetLayout) {
	p.paper(layout.Sheet.Landscape)
	area := book.Fixed(layout.LastRow, layout.LastCol)
	// a list is printed as far as it shows: a print area would end before the rows filled in later
	if len(layout.Records) > 0 {
		area = ""
	}
	p.printNames(area, 1, layout.Freeze)
	col := 1 // left of a title in the middle
	if layout.Sheet.Cover {
		col = layout.LastCol - 1 // right of the number of the annex
	}
	p.watermark(col)
}

// paper is what all visible sheets have in common.
func (p *painter) paper(landscape bool) {
	print := book.Print{Landscape: landscape, Left: 0.8, Right: 0.5, Top: 0.5, Bottom: 0.5, Edge: 0.3} // bound on the left
	print.Head = excelize.HeaderFooterOptions{OddHeader: "&R&9" + p.at, OddFooter: "&C&P / &N"}
	if p.v.Watermark != "" {
		print.Top = 0.65 // below its header
		print.Head.OddHeader = "&C&\"" + book.FormFont + ",Bold\"&16&K" + watermarkColor + p.v.Watermark + "&R&9" + p.at
	}
	print.Set(p.f, p.at)
	try.Do(p.f.SetSheetView(p.at, 0, &excelize.ViewOptions{ShowGridLines: new(false)}))
	try.Do(book.Protect(p.f, p.at))
}

// printNames sets the print area down to a cell, and the header rows that repeat; empty and 0: none.
func (p *painter) printNames(lastCell string, repeat, to int) {
	name := func(name, refers string) {
		try.Do(p.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm." + name, Scope: p.at,
			RefersTo: book.Range(p.at) + refers}))
	}
	if lastCell != "" {
		name("Print_Area", "$A$1:"+lastCell)
	}
	if to > 0 {
		name("Print_Titles", fmt.Sprintf("$%d:$%d", repeat, to))
	}
}

// watermark marks a sheet on the screen, as the header does on paper: a drawn label, because a cell would be content.
func (p *painter) watermark(col int) {
	if p.v.Watermark == "" {
		return
	}
	try.Do(p.f.SetSheetProps(p.at, &excelize.SheetPropsOptions{TabColorRGB: new("FF" + watermarkColor)}))
	font := &excelize.Font{Bold: true, Size: 10, Color: watermarkColor, Family: book.FormFont}
	try.Do(p.f.AddShape(p.at, &excelize.Shape{
		Cell: cell(1, col), Type: "rect", Width: 124, Height: 24,
		Format:    excelize.GraphicOptions{Positioning: "oneCell", OffsetX: 2, OffsetY: 4},
		Line:      excelize.LineOptions{Type: excelize.LineSolid, Fill: book.Solid(watermarkColor), Width: 1.5},
		Fill:      excelize.Fill{Color: []string{"FFFFFF"}, Pattern: 1},
		Paragraph: []excelize.RichTextRun{{Text: p.v.Watermark, Font: font}},
	}))
}

// colourRun colours inputs as one types. The flags are reached through a name: older programs take no other sheet.
func (p *painter) colourRun(r run) {
	if r.slot.Field.Locked {
		return
	}
	at, flag := cell(r.slot.Row, r.slot.Col), fmt.Sprint(p.check.print.number[r.slot.Name]+1)
	if r.last > r.slot.Col {
		flag += fmt.Sprintf("+COLUMN(%s)-%d", at, r.slot.Col)
	}
	flag = fmt.Sprintf("INDEX(%s,%s)", flagsName, flag)
	given := "LEN(TRIM(" + at + "))>0"
	var rules []colouring
	if r.required {
		rules = append(rules, colouring{templates.BlankTest(at), blankColor})
	}
	rules = append(rules, colouring{"AND(" + given + "," + flag + "=3)", errorColor},
		colouring{"AND(" + given + "," + flag + "=2)", warningColor})
	p.colour(at+":"+cell(r.slot.Row, r.last), rules)
}

// A list shows so many rows from the start, and then so many more than are filled: it prints as long as it needs.
const (
	openRows  = 30
	spareRows = 5
)

// colourRows does so for a list; its later rows show as inputs once one shortly before them is filled.
func (p *painter) colourRows(area templates.RecordArea) {
	later := min(area.FirstRow+openRows, area.LastRow+1)
	p.colourPart(area, area.FirstRow, later-1)
	if later <= area.LastRow {
		p.colourPart(area, later, area.LastRow)
	}
}

func (p *painter) colourPart(area templates.RecordArea, from, to int) {
	first, last := columnName(area.Columns[0].Col), columnName(area.Columns[len(area.Columns)-1].Col)
	for _, c := range area.Columns {
		at := cell(from, c.Col)
		var rules []colouring
		if c.Field.Required {
			blank := fmt.Sprintf("AND(COUNTA($%s%d:$%s%d)>0,%s)", first, from, last, from, templates.BlankTest(at))
			rules = append(rules, colouring{blank, blankColor})
		}
		if flags := rowFlagsName + area.Block.ID; p.l.names[flags].Sheet != "" {
			flag := fmt.Sprintf("INDEX(%s,ROW(%s)-ROW(INDEX(%s,1))+1)", flags, at, c.Name)
			rules = append(rules, colouring{flag + "=3", errorColor}, colouring{flag + "=2", warningColor})
		}
		if c.Field.Locked {
			rules = nil
		}
		if from > area.FirstRow {
			near := fmt.Sprintf("COUNTA($%s%d:$%s$%d)>0", first, from-spareRows, last, area.LastRow)
			rules = append(rules, colouring{near, lookOf(c.Field).color})
		}
		p.colour(at+":"+cell(to, c.Col), rules)
	}
}

// colouring is a condition and the colour that a cell takes where it holds.
type colouring struct{ condition, color string }

func (p *painter) colour(area string, rules []colouring) {
	var options []excelize.ConditionalFormatOptions
	for _, r := range rules {
		id := p.conditional(r.color)
		options = append(options,
			excelize.ConditionalFormatOptions{Type: "formula", Criteria: r.condition, Format: &id, StopIfTrue: true})
	}
	if len(options) > 0 {
		try.Do(p.f.SetConditionalFormat(p.at, area, options))
	}
}

// conditional makes the format of a colour once.
func (p *painter) conditional(color string) int {
	if id, ok := p.formats[color]; ok {
		return id
	}
	style := &excelize.Style{Fill: book.Solid(color), Border: border()}
	if color == blankColor { // an accent, not an alarm
		style = &excelize.Style{Fill: book.Solid(inputColor), Border: borderOf(color)}
	}
	p.formats[color] = try.Get(p.f.NewConditionalStyle(style))
	return p.formats[color]
}
