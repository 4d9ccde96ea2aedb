package intake

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages"
	"lianheti/templates"
)

// bind finds the form's inputs in a workbook: by their defined names, which move with inserted rows and survive renamed
// sheets; where a name is lost or no longer stands beside its label, by the label, with a note that says so. Whatever is
// filled besides is kept as loose.
func bind(d *templates.Definition, file stages.File, book *Book) stages.Workbook {
	b := &binder{d: d, book: book, out: stages.Workbook{File: file}, bound: map[position]bool{}}
	b.identify()
	b.place()
	for _, look := range []func() *Refusal{b.repeated, b.judge} {
		if refusal := look(); refusal != nil {
			return refused(file, refusal)
		}
	}
	for _, layout := range d.Layout().Sheets {
		for _, slot := range layout.Slots {
			b.slot(layout, slot)
		}
		for _, area := range layout.Records {
			if n := b.records(layout, area); n > maxRecords {
				return refused(file, refuse(CodeManyParts, "“%s”填了 %d 行", layout.Sheet.Title, n))
			}
		}
	}
	b.looseCells()
	b.tellNames()
	return b.out
}

// position is a cell of the workbook.
type position struct {
	sheet    string
	row, col int
}

// binder holds one workbook while its cells are bound.
type binder struct {
	d       *templates.Definition
	book    *Book
	out     stages.Workbook
	names   map[string]area // defined names that point at cells
	sheets  map[*templates.SheetLayout]*Sheet
	bound   map[position]bool
	hasForm bool
	byLabel int // slots found by their label because the name was lost
	lost    int // slots not found at all
}

// area is what a defined name points at.
type area struct {
	sheet                     *Sheet
	row, col, lastRow, endCol int
}

// identify reads the very hidden sheet that names the template.
func (b *binder) identify() {
	sheet := b.book.Sheet(templates.MetaSheet)
	if sheet == nil {
		return
	}
	b.hasForm = true
	for _, cell := range sheet.Cells {
		if cell.Col != 1 {
			continue
		}
		value := sheet.At(cell.Row, 2).Raw
		switch cell.Raw {
		case templates.MetaForm:
			b.out.Form.ID = value
		case templates.MetaYear:
			b.out.Form.Year, _ = strconv.Atoi(value)
		case templates.MetaVersion:
			b.out.Form.Version, _ = strconv.Atoi(value)
		case templates.MetaParent:
			b.out.Form.Parent = value
		}
	}
}

// place finds the sheets: by title, or by the sheet that most names of the layout point at, or by the labels on them.
func (b *binder) place() {
	b.names = map[string]area{}
	for _, n := range b.book.Names {
		if a, ok := b.pointsAt(n); ok {
			if _, known := b.names[n.Name]; !known || n.Scope == "" {
				b.names[n.Name] = a
			}
		}
	}
	b.sheets = map[*templates.SheetLayout]*Sheet{}
	for _, layout := range b.d.Layout().Sheets {
		b.sheets[layout] = b.sheetOf(layout)
	}
}

func (b *binder) pointsAt(n DefinedName) (area, bool) {
	title, row, col, lastRow, endCol, ok := parseReference(n.Refers)
	if !ok {
		return area{}, false
	}
	sheet := b.book.Sheet(title)
	return area{sheet, row, col, lastRow, endCol}, sheet != nil
}

func (b *binder) sheetOf(layout *templates.SheetLayout) *Sheet {
	if s := b.book.Sheet(layout.Sheet.Title); s != nil {
		return s
	}
	votes := map[*Sheet]int{}
	for _, slot := range layout.Slots {
		if a, ok := b.names[slot.Name]; ok {
			votes[a.sheet]++
		}
	}
	for _, record := range layout.Records {
		for _, c := range record.Columns {
			if a, ok := b.names[c.Name]; ok {
				votes[a.sheet]++
			}
		}
	}
	if len(votes) == 0 {
		b.labelVotes(layout, votes)
	}
	var best *Sheet
	for _, s := range b.book.Sheets { // in the workbook's order, so that a tie has one outcome
		if votes[s] > 0 && (best == nil || votes[s] > votes[best]) {
			best = s
		}
	}
	return best
}

// labelVotes counts for each sheet how many texts of the layout stand on it. At least half must, to be that sheet. The program's own sheets
// repeat many labels and are none of the form's.
func (b *binder) labelVotes(layout *templates.SheetLayout, votes map[*Sheet]int) {
	for _, s := range b.book.Sheets {
		if b.ours(s) {
			continue
		}
		n := 0
		for _, text := range layout.Statics {
			if len(s.Find(text.Text)) > 0 {
				n++
			}
		}
		if 2*n >= len(layout.Statics) {
			votes[s] = n
		}
	}
}

// repeated refuses a sheet on which a label of the form stands hundreds of times: which of them is meant nobody could say,
// and trying them all takes the square of their number.
func (b *binder) repeated() *Refusal {
	const many = 500
	for _, layout := range b.d.Layout().Sheets {
		for _, text := range layout.Statics {
			if s := b.sheets[layout]; s != nil && len(s.Find(text.Text)) > many {
				return refuse(CodeManyParts, "“%s”在“%s”里出现 %d 次", text.Text, s.Title, len(s.Find(text.Text)))
			}
		}
	}
	return nil
}

// judge decides whether this is a filled template at all, and of an accepted version.
func (b *binder) judge() *Refusal {
	form := b.d.Form
	found, all := 0, 0
	for _, layout := range b.d.Layout().Sheets {
		sheet := b.sheets[layout]
		for _, slot := range layout.Slots {
			all++
			if sheet == nil {
				continue
			}
			if _, named := b.names[slot.Name]; named {
				found++
			} else if _, _, ok := b.byAnchor(sheet, slot); ok {
				found++
			}
		}
	}
	switch {
	case b.hasForm && b.out.Form.ID != form.ID:
		return &Refusal{CodeNotTemplate, "工作簿的表单编号是“" + b.out.Form.ID + "”"}
	case b.hasForm && b.out.Form.Year != b.d.Year:
		return &Refusal{CodeWrongYear, "工作簿是 " + strconv.Itoa(b.out.Form.Year) + " 年的模板"}
	case b.hasForm && !slices.Contains(form.Accepts, b.out.Form.Version):
		return &Refusal{CodeWrongVersion, "工作簿的模板版本是 " + strconv.Itoa(b.out.Form.Version)}
	case 2*found < all:
		return &Refusal{CodeNotTemplate, "推荐书的栏目只找到 " + strconv.Itoa(found) + " 个，应有 " + strconv.Itoa(all) + " 个"}
	case !b.hasForm:
		b.note(CodeMetaLost, stages.Place{File: b.out.File.Path}, "")
	}
	return nil
}

// slot binds one input cell, blank or not.
func (b *binder) slot(layout *templates.SheetLayout, slot templates.Slot) {
	sheet := b.sheets[layout]
	a, named := b.names[slot.Name]
	row, col := a.row, a.col
	if named {
		sheet = a.sheet
	}
	if !named || !b.besideLabel(sheet, row, slot) || !b.underHeader(sheet, row, col, slot) {
		r, c, found := 0, 0, false
		if s := b.sheets[layout]; s != nil {
			r, c, found = b.byAnchor(s, slot)
		}
		switch {
		case found && named:
			b.altered(sheet, row, col, "“"+slot.RowAnchor[0]+"”的名称指向别处，已按标签在 "+stages.CellName(r, c)+" 读取")
		case named && b.anotherLine(layout, sheet, row, slot): // its row is deleted, and its name slid onto a neighbour
			named = false
		case named:
			b.altered(sheet, row, col, "“"+slot.RowAnchor[0]+"”的标签被改动")
		case found:
			b.byLabel++
		}
		if found {
			sheet, row, col, named = b.sheets[layout], r, c, true
		}
	}
	if !named {
		b.lost++
		place := stages.Place{File: b.out.File.Path, Sheet: layout.Sheet.Title}
		b.note(CodeFieldLost, place, "“"+strings.Join(slot.RowAnchor, " ")+"”")
		b.out.Entries = append(b.out.Entries, stages.Entry{Field: slot.Field.ID, Year: slot.Year, Cell: stages.Cell{Place: place}})
		return
	}
	cell := sheet.At(row, col)
	cell.Place.File = b.out.File.Path
	b.bound[position{sheet.Title, row, col}] = true
	b.count(cell)
	b.out.Entries = append(b.out.Entries, stages.Entry{Field: slot.Field.ID, Year: slot.Year, Cell: cell})
}

func (b *binder) count(cell stages.Cell) {
	if cell.Filled {
		b.out.CellsRead++
	}
}

// anotherLine says whether a row belongs to another line of the form, or to its headers.
func (b *binder) anotherLine(layout *templates.SheetLayout, sheet *Sheet, row int, slot templates.Slot) bool {
	roles := []templates.Role{templates.LabelRole, templates.HeaderRole, templates.YearRole, templates.TagRole}
	return slices.ContainsFunc(layout.Statics, func(s templates.Static) bool {
		return slices.Contains(roles, s.Role) && !slices.Contains(slot.RowAnchor, s.Text) && b.inRow(sheet, row, []string{s.Text}) > 0
	})
}

// besideLabel says whether the row of a slot still carries its label.
func (b *binder) besideLabel(sheet *Sheet, row int, slot templates.Slot) bool {
	return b.inRow(sheet, row, slot.RowAnchor) == len(slot.RowAnchor)
}

// underHeader says whether the column of a slot still carries its header: cutting a cell and pasting it into the next
// year takes its name along.
func (b *binder) underHeader(sheet *Sheet, row, col int, slot templates.Slot) bool {
	return slot.Header == "" || slices.ContainsFunc(sheet.Find(slot.Header), func(p [2]int) bool { return p[0] < row && p[1] == col })
}

// byAnchor finds a slot by the texts of its row, and by the header over its column where it has one. Where the template has
// the same texts more than once (two lines for a date), as many must be there, and the slot is the one in its turn.
func (b *binder) byAnchor(sheet *Sheet, slot templates.Slot) (row, col int, ok bool) {
	var found [][2]int
	for _, at := range sheet.Find(slot.RowAnchor[0]) {
		if !b.besideLabel(sheet, at[0], slot) {
			continue
		}
		if slot.Header == "" {
			found = append(found, [2]int{at[0], at[1] + slot.Col - slot.RowAnchorCols[0]})
			continue
		}
		for _, h := range sheet.Find(slot.Header) {
			if h[0] < at[0] && h[1] > at[1] {
				found = append(found, [2]int{at[0], h[1]})
				break
			}
		}
	}
	turn, alike := b.turn(slot)
	if len(found) < alike || turn >= len(found) {
		return 0, 0, false
	}
	slices.SortFunc(found, func(x, y [2]int) int { return cmp.Compare(x[0], y[0]) })
	return found[turn][0], found[turn][1], true
}

// turn says how many slots of the template's sheet have the same texts, and which of them from the top this one is.
func (b *binder) turn(slot templates.Slot) (turn, alike int) {
	layout, _, _ := b.d.Layout().Slot(slot.Field.ID, slot.Year)
	for _, other := range layout.Slots {
		if other.Header == slot.Header && slices.Equal(other.RowAnchor, slot.RowAnchor) {
			alike++
			if other.Row < slot.Row {
				turn++
			}
		}
	}
	return turn, alike
}

// maxRecords bounds the filled rows of one list. The template prepares some hundred; checks compare rows with each other.
const maxRecords = 2000

// records binds a list: every filled cell below the headers, also beyond the rows prepared in the template. It gives the number of
// rows with content.
func (b *binder) records(layout *templates.SheetLayout, record templates.RecordArea) int {
	sheet := b.sheets[layout]
	type column struct {
		field string
		col   int
	}
	var columns []column
	var labels []string
	for _, c := range record.Columns {
		labels = append(labels, b.headerOf(layout, record, c))
	}
	header := 0
	for i, c := range record.Columns {
		a, named := b.names[c.Name]
		label := labels[i]
		at, found := [2]int{}, false
		if named {
			sheet = a.sheet
		}
		if sheet != nil {
			at, found = b.headerAt(sheet, labels, label, a, named)
		}
		switch {
		case found:
			header = max(header, at[0])
			columns = append(columns, column{c.Field.ID, at[1]})
			if !named {
				b.byLabel++
			}
		case named:
			header = max(header, a.row-1)
			columns = append(columns, column{c.Field.ID, a.col})
			b.altered(sheet, max(1, a.row-1), a.col, "表头“"+label+"”被改动")
		default:
			b.lost++
			b.note(CodeFieldLost, stages.Place{File: b.out.File.Path, Sheet: layout.Sheet.Title}, "“"+label+"”")
		}
	}
	if sheet == nil {
		return 0
	}
	first := len(b.out.Entries)
	for _, cell := range sheet.Cells { // not row by row: a stray cell may stand in the millionth
		i := slices.IndexFunc(columns, func(c column) bool { return c.col == cell.Col })
		if i < 0 || cell.Row <= header || !cell.Filled {
			continue
		}
		cell.Place.File = b.out.File.Path
		b.bound[position{sheet.Title, cell.Row, cell.Col}] = true
		b.out.CellsRead++
		b.out.Entries = append(b.out.Entries, stages.Entry{Field: columns[i].field, Record: cell.Row - header, Cell: cell.Cell})
	}
	order := map[string]int{}
	for i, c := range columns {
		order[c.field] = i
	}
	slices.SortStableFunc(b.out.Entries[first:], func(x, y stages.Entry) int {
		return cmp.Or(cmp.Compare(x.Record, y.Record), cmp.Compare(order[x.Field], order[y.Field]))
	})
	rows := map[int]bool{}
	for _, e := range b.out.Entries[first:] {
		rows[e.Record] = true
	}
	return len(rows)
}

// headerOf is the text over a column of a list in the template.
func (b *binder) headerOf(layout *templates.SheetLayout, record templates.RecordArea, c templates.RecordColumn) string {
	i := slices.IndexFunc(layout.Statics, func(s templates.Static) bool { return s.Row == record.HeaderRow && s.Col == c.Col })
	return layout.Statics[i].Text
}

// headerAt finds the header of a column: above the named cells in their column, or else in the row that has most of the
// list's headers, because a text like one of them may stand elsewhere on the sheet.
func (b *binder) headerAt(sheet *Sheet, labels []string, label string, a area, named bool) (at [2]int, found bool) {
	most := 0
	for _, p := range sheet.Find(label) {
		if named {
			if p[1] == a.col && p[0] < a.row {
				return p, true
			}
			continue
		}
		if n := b.inRow(sheet, p[0], labels); n > most {
			at, found, most = p, true, n
		}
	}
	return at, found
}

// inRow counts the texts that stand in a row.
func (b *binder) inRow(sheet *Sheet, row int, texts []string) (n int) {
	for _, text := range texts {
		if slices.ContainsFunc(sheet.Find(text), func(p [2]int) bool { return p[0] == row }) {
			n++
		}
	}
	return n
}

// looseCells keeps every filled cell that is neither an input nor the template's own.
func (b *binder) looseCells() {
	for _, sheet := range b.book.Sheets {
		if b.ours(sheet) {
			continue
		}
		texts, formulas := b.ownContent(sheet)
		for _, cell := range sheet.Cells {
			if !cell.Filled || b.bound[position{sheet.Title, cell.Row, cell.Col}] || texts[stages.NameKey(cell.Raw)] && cell.Kind == stages.Text || cell.FormulaText != "" && formulas[plainFormula(cell.FormulaText)] {
				continue
			}
			c := cell.Cell
			c.Place.File = b.out.File.Path
			b.out.CellsRead++
			b.out.Loose = append(b.out.Loose, c)
		}
	}
	b.tellLoose()
}

// tellLoose says of each loose cell that it was not used; of more than many on one sheet only how many there are. All of them
// stand in the table of loose cells.
func (b *binder) tellLoose() {
	const many = 100
	of := map[string]int{}
	for _, c := range b.out.Loose {
		of[c.Place.Sheet]++
	}
	for _, c := range b.out.Loose {
		switch n := of[c.Place.Sheet]; {
		case n > many:
			b.note(CodeLoose, stages.Place{File: c.Place.File, Sheet: c.Place.Sheet}, "（"+strconv.Itoa(n)+" 格）")
			of[c.Place.Sheet] = 0
		case n > 0:
			b.note(CodeLoose, c.Place, "")
		}
	}
}

// ours says whether a whole sheet is the program's own: hidden ones, the list of a return, and the self-check, which is
// known by the rules' codes in its first column should it have been renamed.
func (b *binder) ours(sheet *Sheet) bool {
	if strings.HasPrefix(sheet.Title, templates.HiddenPrefix) || sheet.Title == templates.ReturnSheet || sheet.Title == templates.CheckSheet {
		return true
	}
	codes := 0
	for _, cell := range sheet.Cells {
		if cell.Col == 1 && b.d.Rule(cell.Raw) != nil {
			codes++
		}
	}
	return 2*codes > len(b.d.Rules)
}

// ownContent lists the template's texts and formulas on a sheet.
func (b *binder) ownContent(sheet *Sheet) (texts, formulas map[string]bool) {
	texts, formulas = map[string]bool{}, map[string]bool{}
	for layout, at := range b.sheets {
		if at != sheet {
			continue
		}
		for _, s := range layout.Statics {
			if s.Role.Formula() {
				formulas[plainFormula(s.Text)] = true
			} else {
				texts[stages.NameKey(s.Text)] = true
			}
		}
	}
	return
}

// plainFormula makes a formula comparable however a program writes it.
func plainFormula(s string) string {
	return strings.ToUpper(strings.NewReplacer("$", "", " ", "", "=", "", ";", ",").Replace(s))
}

// tellNames says once that names are gone and labels were used.
func (b *binder) tellNames() {
	if b.byLabel > 0 {
		b.note(CodeNamesLost, stages.Place{File: b.out.File.Path}, strconv.Itoa(b.byLabel)+" 处")
	}
}

func (b *binder) altered(sheet *Sheet, row, col int, detail string) {
	b.note(CodeAltered, stages.Place{File: b.out.File.Path, Sheet: sheet.Title, Cell: stages.CellName(row, col)}, detail)
}

func (b *binder) note(code string, place stages.Place, detail string) {
	b.out.Notes = append(b.out.Notes, stages.Finding{Code: code, Places: []stages.Place{place},
		Vars: map[string]string{"detail": detail, "file": place.File, "sheet": place.Sheet, "cell": place.Cell}})
}

// refused is a workbook that can't be used.
func refused(file stages.File, r *Refusal) stages.Workbook {
	file.Fate, file.Code, file.Detail = stages.Rejected, r.Code, r.Detail
	return stages.Workbook{File: file}
}
