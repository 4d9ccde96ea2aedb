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

//go:embed looks.yaml
var looksText []byte

// looks are the styles of the form by their names.
var looks = sync.OnceValue(func() map[string]*excelize.Style {
	var own map[string]yaml.Node
	try.Do(yaml.Load(looksText, &own)) // the program's own text
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

// textSize is the size of what is not set otherwise: 小四.
const textSize = 12

// watermarkColor marks what is no real form.
const watermarkColor = "C00000"

// lookOf is how a static text looks. What has no look of its own is plain.
func lookOf(role templates.Role, merged bool) (name string) {
	switch {
	case role == templates.LabelRole && merged:
		return "label merged"
	case looks()[string(role)] == nil:
		return string(templates.BodyRole)
	}
	return string(role)
}

// styled gives the id of a look.
func (p *painter) styled(name string) int {
	return try.Get(p.styles.Get(name, func() *excelize.Style { return looks()[name] }))
}

// typed gives the id of the style of an input: figures stand on the right, long texts at the top.
func (p *painter) typed(f *templates.Field, spare bool, format string) int {
	name := inputOf(f)
	if spare {
		name = "spare " + name
	}
	wide := f.Long() || f.Type == templates.NamesField || f.Record != "" && f.Type == templates.TextField
	return try.Get(p.styles.Get(fmt.Sprint(name, wide, f.Numeric(), format), func() *excelize.Style {
		style, alignment := *looks()[name], *looks()[name].Alignment
		style.Alignment, style.CustomNumFmt = &alignment, &format
		if wide {
			alignment.Vertical = "top"
		}
		if f.Numeric() {
			alignment.Horizontal = "right"
		}
		return &style
	}))
}

// inputOf is the look of an input.
func inputOf(f *templates.Field) string {
	if f.Locked {
		return "locked"
	}
	return "input"
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
		rules = append(rules, colouring{templates.BlankTest(at), "blank"})
	}
	rules = append(rules, colouring{"AND(" + given + "," + flag + "=3)", "error"},
		colouring{"AND(" + given + "," + flag + "=2)", "warning"})
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
			rules = append(rules, colouring{blank, "blank"})
		}
		if flags := rowFlagsName + area.Block.ID; p.l.names[flags].Sheet != "" {
			flag := fmt.Sprintf("INDEX(%s,ROW(%s)-ROW(INDEX(%s,1))+1)", flags, at, c.Name)
			rules = append(rules, colouring{flag + "=3", "error"}, colouring{flag + "=2", "warning"})
		}
		if c.Field.Locked {
			rules = nil
		}
		if from > area.FirstRow {
			near := fmt.Sprintf("COUNTA($%s%d:$%s$%d)>0", first, from-spareRows, last, area.LastRow)
			rules = append(rules, colouring{near, inputOf(c.Field)})
		}
		p.colour(at+":"+cell(to, c.Col), rules)
	}
}

// colouring is a condition and the look that a cell takes where it holds.
type colouring struct{ condition, look string }

func (p *painter) colour(area string, rules []colouring) {
	var options []excelize.ConditionalFormatOptions
	for _, r := range rules {
		if _, made := p.formats[r.look]; !made {
			own := looks()[r.look]
			p.formats[r.look] = try.Get(p.f.NewConditionalStyle(&excelize.Style{Fill: own.Fill, Border: own.Border}))
		}
		options = append(options, excelize.ConditionalFormatOptions{Type: "formula", Criteria: r.condition,
			Format: new(p.formats[r.look]), StopIfTrue: true})
	}
	if len(options) > 0 {
		try.Do(p.f.SetConditionalFormat(p.at, area, options))
	}
}
