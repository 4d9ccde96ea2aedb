package blankform

import (
	"fmt"

	"lianheti/stages/office/book"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Colours of the template: inputs are the only tinted cells that one types in.
const (
	inputColor     = "FFF9E3" // one light tint for all that is typed in
	lockedColor    = "EDEDED"
	labelColor     = "F5F5F5"
	headerColor    = "DCE6F1"
	lineColor      = "8C8C8C"
	hintColor      = "595959"
	linkColor      = "0563C1"
	watermarkColor = "C00000"
	blankColor     = "ED7D31" // of the border: required and still blank
	wrongColor     = "FFC7CE" // 必须修改, or not to be read as what it should be
	doubtColor     = "FBD5B0" // 需核实说明
)

// look is how an input cell appears.
type look struct {
	color string
	wide  bool // long text: top left, wrapped
	right bool // a figure
	spare bool // a row of a list that is not needed yet: nothing is seen of it, and nothing printed
}

func lookOf(f *templates.Field) look {
	l := look{color: inputColor, wide: f.Long() || f.Type == templates.NamesField || f.Record != "" && f.Type == templates.TextField, right: f.Numeric()}
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
			style.Fill, style.Border = fill(l.color), border()
		}
		return style
	}
}

// titleFont is the font of titles; texts are in the form's own.
const titleFont = "黑体"

// fontSize is the size of a static text, in points.
func fontSize(role templates.Role) float64 {
	switch role {
	case templates.CoverRole:
		return 28
	case templates.TitleRole:
		return 20
	case templates.AnnexRole, templates.DatedRole:
		return 16
	case templates.HeadingRole:
		return 14
	case templates.NoteRole:
		return 10.5
	case templates.HintRole, templates.TagRole:
		return 10
	case templates.WordsRole:
		return 9
	}
	return 12
}

// staticStyle is how a static text looks. One that is merged over several rows stands at their top, where a page begins.
func staticStyle(role templates.Role, merged bool) func() *excelize.Style {
	return func() *excelize.Style {
		s := &excelize.Style{
			Font:       &excelize.Font{Family: book.FormFont, Size: fontSize(role)},
			Alignment:  &excelize.Alignment{Vertical: "center", WrapText: true},
			Protection: &excelize.Protection{Locked: true},
		}
		switch role {
		case templates.CoverRole, templates.TitleRole:
			s.Font.Family, s.Alignment.Horizontal = titleFont, "center"
		case templates.HeadingRole, templates.AnnexRole:
			s.Font.Family = titleFont
		case templates.DatedRole:
			s.Alignment.Horizontal = "center"
		case templates.GroupRole:
			s.Font.Bold, s.Fill, s.Border, s.Alignment.Horizontal = true, fill(headerColor), border(), "center"
		case templates.LabelRole:
			s.Fill, s.Border = fill(labelColor), border()
			if merged && role == templates.LabelRole {
				s.Alignment.Vertical = "top"
			}
		case templates.YearRole, templates.UnitRole:
			s.Fill, s.Border, s.Alignment.Horizontal = fill(labelColor), border(), "center"
		case templates.HintRole:
			s.Font.Color, s.Alignment.Indent = hintColor, 1
		case templates.HeaderRole:
			s.Font.Bold, s.Fill, s.Border, s.Alignment.Horizontal = true, fill(headerColor), border(), "center"
		case templates.TagRole:
			s.Fill, s.Border, s.Alignment.Horizontal = fill(headerColor), border(), "center"
		case templates.FormulaRole:
			s.Fill, s.Border, s.Alignment.Horizontal = fill(lockedColor), border(), "right"
		case templates.WordsRole:
			s.Alignment.Vertical = "top"
			s.Fill, s.Border, s.Alignment.Horizontal = fill(lockedColor), border(), "center"
		case templates.CaptionRole:
			s.Fill, s.Border = fill(headerColor), border()
		case templates.ShownRole:
			s.Font.Bold, s.Border, s.Alignment.Horizontal = true, border(), "left"
		case templates.LinkRole:
			s.Font.Color, s.Font.Underline, s.Border, s.Alignment.Horizontal = linkColor, "single", border(), "left"
		}
		return s
	}
}

func fill(color string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
}

func border() []excelize.Border { return borderOf(lineColor) }

func borderOf(color string) []excelize.Border {
	var out []excelize.Border
	for _, side := range []string{"left", "right", "top", "bottom"} {
		out = append(out, excelize.Border{Type: side, Color: color, Style: 1})
	}
	return out
}

// page sets up A4 paper with a binding margin on the left, protection, and what repeats on every page.
func (p *painter) page(layout *templates.SheetLayout) error {
	title := layout.Sheet.Title
	if err := p.paper(title, layout.Sheet.Landscape); err != nil {
		return err
	}
	area := absolute(cell(layout.LastRow, layout.LastCol))
	if len(layout.Records) > 0 { // a list is printed as far as it shows: a print area would end before the rows filled in later
		area = ""
	}
	if err := p.printNames(title, area, 1, layout.Freeze); err != nil {
		return err
	}
	col := 1 // left of a title in the middle
	if layout.Sheet.Cover {
		col = layout.LastCol - 1 // right of the number of the annex
	}
	return p.watermark(title, col)
}

// paper is what all visible sheets have in common.
func (p *painter) paper(title string, landscape bool) error {
	orientation := "portrait"
	if landscape {
		orientation = "landscape"
	}
	a4, wide, tall, fit := 9, 1, 0, true
	if err := p.f.SetPageLayout(title, &excelize.PageLayoutOptions{Size: &a4, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &tall}); err != nil {
		return err
	}
	if err := p.f.SetSheetProps(title, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	binding, margin, top, edge, centred := 0.8, 0.5, 0.5, 0.3, true
	if p.v.Watermark != "" {
		top = 0.65 // below its header
	}
	if err := p.f.SetPageMargins(title, &excelize.PageLayoutMarginsOptions{Left: &binding, Right: &margin, Top: &top, Bottom: &margin, Header: &edge, Footer: &edge, Horizontally: &centred}); err != nil {
		return err
	}
	header := "&R&9" + title
	if p.v.Watermark != "" {
		header = "&C&\"" + book.FormFont + ",Bold\"&16&K" + watermarkColor + p.v.Watermark + header
	}
	if err := p.f.SetHeaderFooter(title, &excelize.HeaderFooterOptions{OddHeader: header, OddFooter: "&C&P / &N"}); err != nil {
		return err
	}
	grid := false
	if err := p.f.SetSheetView(title, 0, &excelize.ViewOptions{ShowGridLines: &grid}); err != nil {
		return err
	}
	return book.Protect(p.f, title)
}

// printNames sets the print area down to a cell, and the header rows that repeat, from one to another; empty and 0: none.
func (p *painter) printNames(title, lastCell string, repeat, to int) error {
	if lastCell != "" {
		area := excelize.DefinedName{Name: "_xlnm.Print_Area", Scope: title, RefersTo: fmt.Sprintf("'%s'!$A$1:%s", title, lastCell)}
		if err := p.f.SetDefinedName(&area); err != nil {
			return err
		}
	}
	if to == 0 {
		return nil
	}
	return p.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: title, RefersTo: fmt.Sprintf("'%s'!$%d:$%d", title, repeat, to)})
}

// watermark marks a sheet on the screen, as the header does on paper: a drawn label, because a cell would be content. It stands
// in the first row, beside what is written there.
func (p *painter) watermark(title string, col int) error {
	if p.v.Watermark == "" {
		return nil
	}
	red := "FF" + watermarkColor
	if err := p.f.SetSheetProps(title, &excelize.SheetPropsOptions{TabColorRGB: &red}); err != nil {
		return err
	}
	return p.f.AddShape(title, &excelize.Shape{
		Cell: cell(1, col), Type: "rect", Width: 124, Height: 24,
		Format: excelize.GraphicOptions{Positioning: "oneCell", OffsetX: 2, OffsetY: 4},
		Line:   excelize.LineOptions{Type: excelize.LineSolid, Fill: fill(watermarkColor), Width: 1.5}, Fill: excelize.Fill{Color: []string{"FFFFFF"}, Pattern: 1},
		Paragraph: []excelize.RichTextRun{{Text: p.v.Watermark, Font: &excelize.Font{Bold: true, Size: 10, Color: watermarkColor, Family: book.FormFont}}},
	})
}

// colourRun colours inputs as one types: blank where they are required, at fault, in doubt. The flags are reached through a
// name, since older programs take no other sheet in such a rule.
func (p *painter) colourRun(sheet string, r run) error {
	if r.slot.Field.Locked {
		return nil
	}
	at, flag := cell(r.slot.Row, r.slot.Col), fmt.Sprint(p.check.print.number[r.slot.Name]+1)
	if r.last > r.slot.Col {
		flag += fmt.Sprintf("+COLUMN(%s)-%d", at, r.slot.Col)
	}
	flag = fmt.Sprintf("INDEX(%s,%s)", flagsName, flag)
	given := "LEN(TRIM(" + at + "))>0"
	var rules []colouring
	if r.required {
		rules = append(rules, colouring{"LEN(TRIM(" + at + "))=0", blankColor})
	}
	rules = append(rules, colouring{"AND(" + given + "," + flag + "=3)", wrongColor}, colouring{"AND(" + given + "," + flag + "=2)", doubtColor})
	return p.colour(sheet, at+":"+cell(r.slot.Row, r.last), rules)
}

// A list shows so many rows from the start, and beyond them so many more than are filled: it prints on as many pages as it
// needs, in whatever program.
const (
	openRows  = 30
	spareRows = 5
)

// colourRows does so for a list: a required cell is blank where its row holds anything. Rows that were not needed at first show
// as inputs once a row shortly before them is filled.
func (p *painter) colourRows(sheet string, area templates.RecordArea) error {
	later := min(area.FirstRow+openRows, area.LastRow+1)
	if err := p.colourPart(sheet, area, area.FirstRow, later-1); err != nil || later > area.LastRow {
		return err
	}
	return p.colourPart(sheet, area, later, area.LastRow)
}

// colourPart colours the rows of a list from one to another.
func (p *painter) colourPart(sheet string, area templates.RecordArea, from, to int) error {
	first, last := columnName(area.Columns[0].Col), columnName(area.Columns[len(area.Columns)-1].Col)
	for _, c := range area.Columns {
		at := cell(from, c.Col)
		var rules []colouring
		if c.Field.Required {
			rules = append(rules, colouring{fmt.Sprintf("AND(COUNTA($%s%d:$%s%d)>0,LEN(TRIM(%s))=0)", first, from, last, from, at), blankColor})
		}
		if flags := rowFlagsName + area.Block.ID; p.l.names[flags].Sheet != "" {
			flag := fmt.Sprintf("INDEX(%s,ROW(%s)-ROW(INDEX(%s,1))+1)", flags, at, c.Name)
			rules = append(rules, colouring{flag + "=3", wrongColor}, colouring{flag + "=2", doubtColor})
		}
		if c.Field.Locked {
			rules = nil
		}
		if from > area.FirstRow {
			rules = append(rules, colouring{fmt.Sprintf("COUNTA($%s%d:$%s$%d)>0", first, from-spareRows, last, area.LastRow), lookOf(c.Field).color})
		}
		if err := p.colour(sheet, at+":"+cell(to, c.Col), rules); err != nil {
			return err
		}
	}
	return nil
}

// colouring is a condition and the colour that a cell takes where it holds.
type colouring struct{ condition, color string }

func (p *painter) colour(sheet, area string, rules []colouring) error {
	var options []excelize.ConditionalFormatOptions
	for _, r := range rules {
		id, err := p.conditional(r.color)
		if err != nil {
			return err
		}
		options = append(options, excelize.ConditionalFormatOptions{Type: "formula", Criteria: r.condition, Format: &id, StopIfTrue: true})
	}
	if len(options) == 0 {
		return nil
	}
	return p.f.SetConditionalFormat(sheet, area, options)
}

// conditional makes the format of a colour once.
func (p *painter) conditional(color string) (int, error) {
	if id, ok := p.formats[color]; ok {
		return id, nil
	}
	style := &excelize.Style{Fill: fill(color), Border: border()}
	if color == blankColor { // an accent, not an alarm
		style = &excelize.Style{Fill: fill(inputColor), Border: borderOf(color)}
	}
	id, err := p.f.NewConditionalStyle(style)
	p.formats[color] = id
	return id, err
}
