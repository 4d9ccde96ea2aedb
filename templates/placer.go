package templates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

func layOutSheet(form *Form, s *Sheet) *SheetLayout {
	p := &placer{form: form, out: &SheetLayout{Sheet: s}, row: 1}
	p.setWidths()
	for _, b := range s.Blocks {
		switch {
		case b.Notes != nil:
			p.notes(b.Notes)
		case b.Progress != nil:
			p.progress(b.Progress)
		case b.Lines != nil:
			p.lines(b.Lines)
		case b.Years != nil:
			p.years(b.Years)
		case b.Records != nil:
			p.records(b.Records)
		case b.RosterSummary != nil:
			p.summary(b.RosterSummary)
		}
	}
	p.out.LastRow = p.row - 1
	return p.out
}

type placer struct {
	form *Form
	out  *SheetLayout
	row  int
	// valueEnd is the last column of the value cells, noteCol the column of the notes beside them.
	valueEnd, noteCol int
}

// Column widths, in characters. A4 shows 95 upright and 140 across at full size, so that 小四 stays 小四 on paper.
var (
	lineWidths     = []float64{12, 17, 14, 6, 22, 24} // group, label, year, unit, value, note
	plainWidths    = []float64{2, 14, 10, 7, 36, 26}  // the same where no line has a group
	guideWidths    = []float64{24, 71}
	yearBlockStart = []float64{14, 40, 7} // group, label, unit, before the years
	yearWidth      = 12.0
	yearNoteWidth  = 19.0
)

func (p *placer) setWidths() {
	p.valueEnd, p.noteCol = valueCol, valueCol+1
	p.out.Widths = plainWidths
	for _, b := range p.out.Sheet.Blocks {
		if slices.ContainsFunc(b.Lines, func(f *Field) bool { return f.Group != "" }) || b.RosterSummary != nil {
			p.out.Widths = lineWidths
		}
	}
	for _, b := range p.out.Sheet.Blocks {
		if b.Years != nil {
			columns := p.yearColumns(b.Years)
			p.valueEnd = valueCol + len(columns) - 2 // group, label, unit, then the years
			p.noteCol = p.valueEnd + 1
			years := each(columns, func(c yearColumn) float64 { return c.width })
			p.out.Widths = append(slices.Concat(yearBlockStart, years), yearNoteWidth)
		}
		if b.Records != nil {
			p.out.Widths = each(b.Records.Columns, func(c *Field) float64 { return c.Width })
		}
	}
	if !p.out.Sheet.HasInputs() {
		p.out.Widths = guideWidths
	}
	p.out.LastCol = len(p.out.Widths)
}

// progress places the results of the self-check, then a link to each sheet with what is left to fill in there.
func (p *placer) progress(b *ProgressBlock) {
	line := func(label string, role Role, formula string) {
		p.static(p.row, 1, 1, 1, CaptionRole, label)
		p.static(p.row, 2, 1, p.out.LastCol-1, role, formula)
		p.row++
	}
	for _, l := range b.Lines {
		line(l.Label, ShownRole, "check_"+l.Show)
	}
	for _, s := range p.form.Sheets {
		if s.HasInputs() {
			line(s.Title, LinkRole, fmt.Sprintf("HYPERLINK(%s,%s)", quote("#'"+s.Title+"'!A1"), LeftName(s)))
		}
	}
}

// HasInputs says whether the sheet has cells to fill in.
func (s *Sheet) HasInputs() bool {
	return slices.ContainsFunc(s.Blocks,
		func(b *Block) bool { return b.Lines != nil || b.Years != nil || b.Records != nil })
}

// LeftName is the defined name of the formula that says what is left to fill in on a sheet.
func LeftName(s *Sheet) string { return "check_left_" + s.ID }

func (p *placer) static(row, col, rows, cols int, role Role, text string) {
	if text == "" {
		return
	}
	was := p.form.Formerly[text]
	if hint, ok := strings.CutSuffix(text, p.form.Beyond.Tool); ok && role == HintRole {
		was = hint + p.form.ExtraTag
	}
	p.out.Statics = append(p.out.Statics, Static{row, col, rows, cols, role, text, was})
}

func (p *placer) notes(notes []Note) {
	for _, n := range notes {
		if Role(n.Role) == DatedRole {
			n.Text = p.form.Dated
		}
		p.static(p.row, 1, 1, p.out.LastCol, Role(n.Role), n.Text)
		if mark := p.mark(); mark != "" && Role(n.Role) == BodyRole { // the official form has no such list
			s := &p.out.Statics[len(p.out.Statics)-1]
			s.Text, s.Was = n.Text+"（"+mark+"）", n.Text
		}
		p.row++
	}
}

// mark is the tag of a sheet whose list is not in the official form; empty otherwise.
func (p *placer) mark() string {
	for _, b := range p.out.Sheet.Blocks {
		if b.Records != nil && b.Records.Extra {
			return p.form.Mark(b.Records.Columns[0])
		}
	}
	return ""
}

// lines places a row for each field and year: group, label, year, unit, value, note.
func (p *placer) lines(fields []*Field) {
	var groups []span
	for _, f := range fields {
		years := f.Years
		if len(years) == 0 {
			years = []string{""}
		}
		for _, id := range years {
			groups = append(groups, span{f.Group, p.row})
			p.line(f, p.form.Year(id))
		}
	}
	p.groups(groups)
}

type span struct {
	label string
	row   int
}

// groups places the group labels, each merged over the consecutive rows that share it.
func (p *placer) groups(spans []span) {
	for i := 0; i < len(spans); {
		j, end := i, p.row
		for j < len(spans) && spans[j].label == spans[i].label {
			j++
		}
		if j < len(spans) {
			end = spans[j].row
		}
		p.static(spans[i].row, groupCol, end-spans[i].row, 1, GroupRole, spans[i].label)
		i = j
	}
}

func (p *placer) line(f *Field, year Year) {
	if f.Limit > 0 {
		p.prose(f, year)
		return
	}
	wide := either(f.Unit == "", 2, 1) // columns of the cell before the unit, whose column it takes where there is none
	label := f.Label + f.PrintedLimit
	if year.ID == "" { // the label extends over the year's column
		p.static(p.row, labelCol, 1, yearCol-labelCol+wide, LabelRole, label)
	} else {
		p.static(p.row, labelCol, 1, 1, LabelRole, label)
		p.static(p.row, yearCol, 1, wide, YearRole, year.Label+year.Tag)
	}
	p.static(p.row, unitCol, 1, 1, UnitRole, f.ShownUnit())
	p.static(p.row, p.noteCol, 1, 1, HintRole, p.hint(f))
	lines := map[FieldType]int{NamesField: 2}[f.Type]
	p.slot(f, year, valueCol, 1, p.valueEnd, cmp.Or(f.Tall, lines, 1))
}

// slot places the input of a line from column col to column end, with room for some lines of text.
func (p *placer) slot(f *Field, year Year, col, rows, end, lines int) {
	s := Slot{Name: SlotName(f.ID, year.Year), Sheet: p.out.Sheet.Title, Field: f, Year: year.Year, Row: p.row, Col: col,
		Rows: rows, Cols: end - col + 1, RowAnchor: []string{f.Label + f.PrintedLimit}, RowAnchorCols: []int{labelCol},
		Lines: lines}
	if year.ID != "" {
		s.RowAnchor, s.RowAnchorCols = append(s.RowAnchor, year.Label+year.Tag), append(s.RowAnchorCols, yearCol)
	}
	if unit := f.ShownUnit(); unit != "" && col == valueCol {
		s.RowAnchor, s.RowAnchorCols = append(s.RowAnchor, unit), append(s.RowAnchorCols, unitCol)
	}
	p.out.Slots = append(p.out.Slots, s)
	p.row += rows
}

// prose places a long text over two rows or more: label above hint, year above the character count, then the text.
func (p *placer) prose(f *Field, year Year) {
	wide := 0.0
	for _, w := range p.out.Widths[unitCol-1 : p.noteCol] {
		wide += w
	}
	// pixels of a unit of column width and of a hanzi in the form's font size; lines of text that fit the tallest row
	const unitPixels, hanziPixels, linesPerRow = 7, 16, 22
	lines := max(3, f.Limit/int(wide*unitPixels/hanziPixels)+2) // room for the ends of paragraphs
	rows := 1 + (lines+linesPerRow-1)/linesPerRow               // the first row is as tall as the year's cell
	hint := p.hint(f)
	tall := either(hint == "", rows, 1)
	p.static(p.row, labelCol, tall, 1, LabelRole, f.Label+f.PrintedLimit)
	p.static(p.row+1, labelCol, rows-1, 1, HintRole, hint)
	p.static(p.row, yearCol, 1, 1, YearRole, cmp.Or(year.Label+year.Tag, "字数"))
	p.static(p.row+1, yearCol, rows-1, 1, WordsRole, "check_words_"+SlotName(f.ID, year.Year))
	p.slot(f, year, unitCol, rows, p.noteCol, lines)
}

// hint is the note beside an input: heading, footnote, hint, seal, and a mark where the field is not official.
func (p *placer) hint(f *Field) string {
	footnote := p.form.Note(f.Footnote)
	footnote = either(Characters(footnote) > 40, "见表下注", footnote) // too long: only below the table
	parts := []string{f.Heading, footnote, f.Hint, f.Seal, p.form.Mark(f)}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n")
}

// years places a header of two rows, then a row for each metric: group, label, unit, the years, note.
func (p *placer) years(b *YearBlock) {
	header := p.row
	p.static(header, groupCol, 2, 1, HeaderRole, b.Category)
	p.static(header, labelCol, 2, 1, HeaderRole, b.Item)
	p.static(header, yearCol, 2, 1, HeaderRole, b.Unit)
	columns := p.yearColumns(b)
	for i, c := range columns {
		p.static(header, unitCol+i, 1, 1, HeaderRole, c.header)
		p.static(header+1, unitCol+i, 1, 1, TagRole, c.tag)
	}
	p.row += 2
	p.out.Freeze = p.row - 1
	var groups []span
	for _, f := range b.Metrics {
		groups = append(groups, span{f.Group, p.row})
		p.static(p.row, labelCol, 1, 1, LabelRole, f.Label)
		p.static(p.row, yearCol, 1, 1, UnitRole, f.ShownUnit())
		p.static(p.row, p.noteCol, 1, 1, HintRole, p.hint(f))
		for i, c := range columns {
			field := f
			if c.companion >= 0 {
				field = f.Companions[c.companion]
			}
			p.out.Slots = append(p.out.Slots, Slot{
				Name: SlotName(field.ID, c.year.Year), Sheet: p.out.Sheet.Title, Field: field, Year: c.year.Year,
				Row: p.row, Col: unitCol + i, Rows: 1, Cols: 1,
				RowAnchor: []string{f.Label, f.ShownUnit()}, RowAnchorCols: []int{labelCol, yearCol},
				Header: c.header, Lines: 1,
			})
		}
		p.row++
	}
	p.groups(groups)
}

// yearColumn is one column of a year block: a year or a companion.
type yearColumn struct {
	year        Year
	header, tag string
	width       float64
	companion   int // of the companions; -1: the metrics themselves
}

// yearColumns lists the columns of a year block: companions before their year, those without a year at the end.
func (p *placer) yearColumns(b *YearBlock) []yearColumn {
	var out []yearColumn
	companions := func(before string) {
		for i, c := range b.Companions {
			if c.Before == before {
				year := p.form.Year(c.Year)
				out = append(out, yearColumn{year, year.Label + c.Label, c.Tag, c.Width, i})
			}
		}
	}
	for _, id := range b.Columns {
		companions(id)
		year := p.form.Year(id)
		tag := year.Tag
		if slices.Contains(b.Extra, id) {
			tag += "\n" + p.form.ExtraTag
		}
		out = append(out, yearColumn{year, year.Label, tag, yearWidth, -1})
	}
	companions("")
	return out
}

func (p *placer) records(b *RecordBlock) {
	area := RecordArea{Block: b, Sheet: p.out.Sheet.Title, HeaderRow: p.row, FirstRow: p.row + 1, LastRow: p.row + b.Rows}
	for i, f := range b.Columns {
		label := f.Label
		if f.Unit != "" {
			label += "（" + f.Unit + "）"
		}
		p.static(p.row, i+1, 1, 1, HeaderRole, label)
		area.Columns = append(area.Columns, RecordColumn{f.ID, label, f, i + 1})
	}
	p.out.Records = append(p.out.Records, area)
	p.out.Freeze = p.row
	p.row = area.LastRow + 1
}

// summary places the counts by member kind, as formulas over the defined names of the list's columns.
func (p *placer) summary(b *RosterSummary) {
	from := p.row
	for i, h := range b.Headers {
		p.static(p.row, []int{labelCol, unitCol, valueCol}[i], 1, []int{2, 1, 1}[i], HeaderRole, h)
	}
	p.row++
	for _, k := range p.form.Kinds {
		p.static(p.row, labelCol, 1, 2, LabelRole, k.Label)
		p.static(p.row, unitCol, 1, 1, FormulaRole, fmt.Sprintf(`SUMPRODUCT(--(%s_kind=%s))`, b.Of, quote(k.Label)))
		if k.School {
			p.static(p.row, valueCol, 1, 1, FormulaRole,
				fmt.Sprintf(`SUMIF(%s_kind,%s,%s_enrolment)`, b.Of, quote(k.Label), b.Of))
		}
		p.row++
	}
	p.static(from, groupCol, p.row-from, 1, GroupRole, b.Group)
}

// quote writes a text as an Excel string literal.
func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
