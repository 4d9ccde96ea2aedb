package render

import (
	"fmt"

	"lianheti/stages/book"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Colours of the template: inputs are the only tinted cells that one types in.
const (
	inputColor     = "FFF8DC" // light yellow
	committedColor = "E3F1FA" // light blue: promised, or collected beyond the form
	lockedColor    = "EDEDED"
	labelColor     = "F5F5F5"
	headerColor    = "DCE6F1"
	lineColor      = "8C8C8C"
	watermarkColor = "C00000"
)

// look is how an input cell appears.
type look struct {
	color string
	wide  bool // long text: top left, wrapped
	right bool // a figure
}

func lookOf(f *templates.Field, committed bool) look {
	l := look{color: inputColor, wide: f.Long() || f.Type == templates.NamesField || f.Record != "" && f.Type == templates.TextField, right: f.Numeric()}
	switch {
	case f.Locked:
		l.color = lockedColor
	case committed:
		l.color = committedColor
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
		return &excelize.Style{
			Font: &excelize.Font{Family: book.FormFont, Size: 12}, Fill: fill(l.color), Border: border(), Alignment: alignment,
			CustomNumFmt: &format, Protection: &excelize.Protection{Locked: l.color == lockedColor},
		}
	}
}

func staticStyle(role templates.Role) func() *excelize.Style {
	return func() *excelize.Style {
		s := &excelize.Style{
			Font:       &excelize.Font{Family: book.FormFont, Size: 12},
			Alignment:  &excelize.Alignment{Vertical: "center", WrapText: true},
			Protection: &excelize.Protection{Locked: true},
		}
		switch role {
		case templates.TitleRole:
			s.Font.Size, s.Font.Bold, s.Alignment.Horizontal = 20, true, "center"
		case templates.HeadingRole:
			s.Font.Size, s.Font.Bold = 14, true
		case templates.NoteRole:
			s.Font.Size = 10.5
		case templates.GroupRole, templates.LabelRole:
			s.Fill, s.Border = fill(labelColor), border()
		case templates.YearRole, templates.UnitRole:
			s.Fill, s.Border, s.Alignment.Horizontal = fill(labelColor), border(), "center"
		case templates.HintRole:
			s.Font.Size, s.Border = 10, border()
		case templates.HeaderRole:
			s.Font.Bold, s.Fill, s.Border, s.Alignment.Horizontal = true, fill(headerColor), border(), "center"
		case templates.TagRole:
			s.Font.Size, s.Fill, s.Border, s.Alignment.Horizontal = 10, fill(headerColor), border(), "center"
		case templates.FormulaRole:
			s.Fill, s.Border, s.Alignment.Horizontal = fill(lockedColor), border(), "right"
		}
		return s
	}
}

func fill(color string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
}

func border() []excelize.Border {
	var out []excelize.Border
	for _, side := range []string{"left", "right", "top", "bottom"} {
		out = append(out, excelize.Border{Type: side, Color: lineColor, Style: 1})
	}
	return out
}

// page sets up A4 paper with a binding margin on the left, protection, and what repeats on every page.
func (p *painter) page(layout *templates.SheetLayout) error {
	title := layout.Sheet.Title
	orientation := "portrait"
	if layout.Sheet.Landscape {
		orientation = "landscape"
	}
	a4, wide, tall, fit := 9, 1, 0, true
	if err := p.f.SetPageLayout(title, &excelize.PageLayoutOptions{Size: &a4, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &tall}); err != nil {
		return err
	}
	if err := p.f.SetSheetProps(title, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	binding, margin, edge, centred := 0.9, 0.6, 0.3, true
	if err := p.f.SetPageMargins(title, &excelize.PageLayoutMarginsOptions{Left: &binding, Right: &margin, Top: &margin, Bottom: &margin, Header: &edge, Footer: &edge, Horizontally: &centred}); err != nil {
		return err
	}
	header := "&R&9" + title
	if p.v.Watermark != "" {
		header = "&C&\"" + book.FormFont + ",Bold\"&16&K" + watermarkColor + p.v.Watermark + header
	}
	if err := p.f.SetHeaderFooter(title, &excelize.HeaderFooterOptions{OddHeader: header, OddFooter: "&C&P / &N"}); err != nil {
		return err
	}
	if err := p.printNames(layout); err != nil {
		return err
	}
	grid := false
	if err := p.f.SetSheetView(title, 0, &excelize.ViewOptions{ShowGridLines: &grid}); err != nil {
		return err
	}
	if err := p.watermark(layout); err != nil {
		return err
	}
	return book.Protect(p.f, title)
}

// printNames sets the print area and the header rows that repeat.
func (p *painter) printNames(layout *templates.SheetLayout) error {
	title := layout.Sheet.Title
	area := excelize.DefinedName{Name: "_xlnm.Print_Area", Scope: title, RefersTo: fmt.Sprintf("'%s'!$A$1:%s", title, absolute(cell(layout.LastRow, layout.LastCol)))}
	if err := p.f.SetDefinedName(&area); err != nil || layout.Freeze == 0 {
		return err
	}
	return p.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: title, RefersTo: fmt.Sprintf("'%s'!$1:$%d", title, layout.Freeze)})
}

// watermark marks a sheet on the screen, as the header does on paper: a drawn label, because a cell would be content.
func (p *painter) watermark(layout *templates.SheetLayout) error {
	if p.v.Watermark == "" {
		return nil
	}
	red := watermarkColor
	if err := p.f.SetSheetProps(layout.Sheet.Title, &excelize.SheetPropsOptions{TabColorRGB: &red}); err != nil {
		return err
	}
	return p.f.AddShape(layout.Sheet.Title, &excelize.Shape{
		Cell: cell(1, layout.LastCol), Type: "rect", Width: uint(min(130, layout.Widths[layout.LastCol-1]*6)), Height: 26,
		Line: excelize.LineOptions{Type: excelize.LineSolid, Fill: fill(watermarkColor), Width: 1.5}, Fill: excelize.Fill{Color: []string{"FFFFFF"}, Pattern: 1},
		Paragraph: []excelize.RichTextRun{{Text: p.v.Watermark, Font: &excelize.Font{Bold: true, Size: 10, Color: watermarkColor, Family: book.FormFont}}},
	})
}
