package blankform

import (
	_ "embed"
	"fmt"
	"sync"

	"lianheti/stages/office/book"
	"lianheti/stages/office/try"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v4"
)

//go:embed styles.yaml
var stylesText []byte

// styles are the cell styles of the form, by name.
var styles = sync.OnceValue(func() map[string]*excelize.Style {
	var own map[string]yaml.Node
	try.Do(yaml.Load(stylesText, &own)) // the program's own text
	out := map[string]*excelize.Style{}
	for name, differs := range own {
		out[name] = &excelize.Style{
			Font:       &excelize.Font{Family: book.FormFont, Size: textSize},
			Alignment:  &excelize.Alignment{Vertical: "center", WrapText: true},
			Protection: &excelize.Protection{Locked: true},
		}
		try.Do(differs.Decode(out[name]))
	}
	return out
})

// textSize is the default font size: 小四.
const textSize = 12

// watermarkColor is the colour of the watermark on samples.
const watermarkColor = "C00000"

// styleName returns the style of a fixed text; body for a role without a style.
func styleName(role templates.Role, merged bool) (name string) {
	switch {
	case role == templates.LabelRole && merged:
		return "label merged"
	case styles()[string(role)] == nil:
		return string(templates.BodyRole)
	}
	return string(role)
}

// style returns the id of a style.
func (p *renderer) style(name string) int {
	return try.Get(p.styles.Get(name, func() *excelize.Style { return styles()[name] }))
}

// inputStyle returns the id of the style of an input: figures are right-aligned, long texts start at the top.
func (p *renderer) inputStyle(f *templates.Field, spare bool, format string) int {
	name := inputStyleName(f)
	if spare {
		name = "spare " + name
	}
	multiline := f.Long() || f.Type == templates.NamesField || f.Record != "" && f.Type == templates.TextField
	return try.Get(p.styles.Get(fmt.Sprint(name, multiline, f.Numeric(), format), func() *excelize.Style {
		style, alignment := *styles()[name], *styles()[name].Alignment
		style.Alignment, style.CustomNumFmt = &alignment, &format
		if multiline {
			alignment.Vertical = "top"
		}
		if f.Numeric() {
			alignment.Horizontal = "right"
		}
		return &style
	}))
}

// inputStyleName returns the name of the style of an input.
func inputStyleName(f *templates.Field) string {
	if f.Locked {
		return "locked"
	}
	return "input"
}

// setUpSheet sets page, print area, repeated header rows and watermark of a sheet of the form.
func (p *renderer) setUpSheet(layout *templates.SheetLayout) {
	p.setUpPage(layout.Sheet.Landscape)
	area := book.AbsCell(layout.LastRow, layout.LastCol)
	// no print area for a list: it would end before the rows that are filled in later
	if len(layout.Records) > 0 {
		area = ""
	}
	p.setPrintNames(area, 1, layout.Freeze)
	col := 1 // left of the centred title
	if layout.Sheet.Cover {
		col = layout.LastCol - 1 // right of the number of the annex
	}
	p.watermark(col)
}

// setUpPage sets up A4 with a binding margin, header, footer and protection, as on every visible sheet.
func (p *renderer) setUpPage(landscape bool) {
	print := book.Print{Landscape: landscape, Left: 0.8, Right: 0.5, Top: 0.5, Bottom: 0.5, Edge: 0.3}
	print.Head = excelize.HeaderFooterOptions{OddHeader: "&R&9" + p.current, OddFooter: "&C&P / &N"}
	if p.v.Watermark != "" {
		print.Top = 0.65 // below its header
		print.Head.OddHeader = "&C&\"" + book.FormFont + ",Bold\"&16&K" + watermarkColor + p.v.Watermark + "&R&9" + p.current
	}
	print.Set(p.f, p.current)
	try.Do(p.f.SetSheetView(p.current, 0, &excelize.ViewOptions{ShowGridLines: new(false)}))
	try.Do(book.Protect(p.f, p.current))
}

// setPrintNames sets the print area, down to a cell, and the header rows that repeat; empty and 0: none.
func (p *renderer) setPrintNames(lastCell string, repeat, to int) {
	name := func(name, refers string) {
		try.Do(p.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm." + name, Scope: p.current,
			RefersTo: book.SheetPrefix(p.current) + refers}))
	}
	if lastCell != "" {
		name("Print_Area", "$A$1:"+lastCell)
	}
	if to > 0 {
		name("Print_Titles", fmt.Sprintf("$%d:$%d", repeat, to))
	}
}

// watermark marks a sheet on the screen as the header does on paper. It is a shape: a cell would be content.
func (p *renderer) watermark(col int) {
	if p.v.Watermark == "" {
		return
	}
	try.Do(p.f.SetSheetProps(p.current, &excelize.SheetPropsOptions{TabColorRGB: new("FF" + watermarkColor)}))
	font := &excelize.Font{Bold: true, Size: 10, Color: watermarkColor, Family: book.FormFont}
	try.Do(p.f.AddShape(p.current, &excelize.Shape{
		Cell: cell(1, col), Type: "rect", Width: 124, Height: 24,
		Format:    excelize.GraphicOptions{Positioning: "oneCell", OffsetX: 2, OffsetY: 4},
		Line:      excelize.LineOptions{Type: excelize.LineSolid, Fill: book.SolidFill(watermarkColor), Width: 1.5},
		Fill:      excelize.Fill{Color: []string{"FFFFFF"}, Pattern: 1},
		Paragraph: []excelize.RichTextRun{{Text: p.v.Watermark, Font: font}},
	}))
}

// colourInputs colours inputs while one types. Older programs reach the flags, on another sheet, only by a name.
func (p *renderer) colourInputs(r inputRun) {
	if r.slot.Field.Locked {
		return
	}
	at, flag := cell(r.slot.Row, r.slot.Col), fmt.Sprint(p.check.print.number[r.slot.Name]+1)
	if r.last > r.slot.Col {
		flag += fmt.Sprintf("+COLUMN(%s)-%d", at, r.slot.Col)
	}
	flag = fmt.Sprintf("INDEX(%s,%s)", flagsName, flag)
	given := "LEN(TRIM(" + at + "))>0"
	var rules []conditionalFormat
	if r.required {
		rules = append(rules, conditionalFormat{templates.BlankTest(at), "blank"})
	}
	rules = append(rules, conditionalFormat{"AND(" + given + "," + flag + "=3)", "error"},
		conditionalFormat{"AND(" + given + "," + flag + "=2)", "warning"})
	p.addConditionalFormats(at+":"+cell(r.slot.Row, r.last), rules)
}

// A list shows openRows rows, and always spareRows more than are filled in: so it prints no longer than needed.
const (
	openRows  = 30
	spareRows = 5
)

// colourRows colours a list; its later rows look like inputs once one shortly before them is filled.
func (p *renderer) colourRows(area templates.RecordArea) {
	later := min(area.FirstRow+openRows, area.LastRow+1)
	p.colourPart(area, area.FirstRow, later-1)
	if later <= area.LastRow {
		p.colourPart(area, later, area.LastRow)
	}
}

func (p *renderer) colourPart(area templates.RecordArea, from, to int) {
	first, last := columnName(area.Columns[0].Col), columnName(area.Columns[len(area.Columns)-1].Col)
	for _, c := range area.Columns {
		at := cell(from, c.Col)
		var rules []conditionalFormat
		if c.Field.Required {
			blank := fmt.Sprintf("AND(COUNTA($%s%d:$%s%d)>0,%s)", first, from, last, from, templates.BlankTest(at))
			rules = append(rules, conditionalFormat{blank, "blank"})
		}
		if flags := rowFlagsName + area.Block.ID; p.workbook.names[flags].Sheet != "" {
			flag := fmt.Sprintf("INDEX(%s,ROW(%s)-ROW(INDEX(%s,1))+1)", flags, at, c.Name)
			rules = append(rules, conditionalFormat{flag + "=3", "error"}, conditionalFormat{flag + "=2", "warning"})
		}
		if c.Field.Locked {
			rules = nil
		}
		if from > area.FirstRow {
			near := fmt.Sprintf("COUNTA($%s%d:$%s$%d)>0", first, from-spareRows, last, area.LastRow)
			rules = append(rules, conditionalFormat{near, inputStyleName(c.Field)})
		}
		p.addConditionalFormats(at+":"+cell(to, c.Col), rules)
	}
}

// conditionalFormat is a condition and the style of a cell where it holds.
type conditionalFormat struct{ condition, style string }

func (p *renderer) addConditionalFormats(area string, rules []conditionalFormat) {
	var options []excelize.ConditionalFormatOptions
	for _, r := range rules {
		if _, made := p.formats[r.style]; !made {
			own := styles()[r.style]
			p.formats[r.style] = try.Get(p.f.NewConditionalStyle(&excelize.Style{Fill: own.Fill, Border: own.Border}))
		}
		options = append(options, excelize.ConditionalFormatOptions{Type: "formula", Criteria: r.condition,
			Format: new(p.formats[r.style]), StopIfTrue: true})
	}
	if len(options) > 0 {
		try.Do(p.f.SetConditionalFormat(p.current, area, options))
	}
}
