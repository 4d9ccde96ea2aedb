package intake

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/templates"
)

// bind finds the form's inputs in a workbook: by their defined names, which move with inserted rows and survive renamed
// sheets; where a name is lost or no longer stands beside its label, by the label, with a note that says so. Whatever is
// filled besides is kept as loose.
func bind(d *templates.Definition, file model.File, book *Book) model.Workbook {
	b := &binder{d: d, book: book, out: model.Workbook{File: file}, bound: map[position]bool{}}
	b.identify()
	b.d = d.Asking(b.out.Form.ID)
	b.place()
	for _, look := range []func() *Refusal{b.repeated, b.judge} {
		if refusal := look(); refusal != nil {
			return refused(file, refusal)
		}
	}
	for _, layout := range b.d.Layout().Sheets {
		for _, slot := range layout.Slots {
			b.slot(layout, slot)
		}
		b.mergedSlots(layout)
		for _, area := range layout.Records {
			if n := b.records(layout, area); n > maxRecords {
				return refused(file, refuse(CodeManyParts, "“%s”填了 %d 行", layout.Sheet.Title, n))
			}
		}
	}
	b.looseCells()
	b.tell()
	return b.out
}

// find lists where a text of the form stands on a sheet, or the one in its place in templates that were sent out earlier.
func (b *binder) find(sheet *Sheet, words string) [][2]int {
	at := sheet.find(b.d.Layout().Key(words))
	if was := b.d.Form.Formerly[words]; was != "" {
		at = slices.Concat(at, sheet.find(b.d.Layout().Key(was)))
	}
	return at
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
	out     model.Workbook
	names   map[string]area // defined names that point at cells
	sheets  map[*templates.SheetLayout]*Sheet
	bound   map[position]bool
	hasForm bool
	byLabel int // inputs found by their label because the name was lost
	changes []change
	lost    []input // not found at all
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
		case templates.MetaSaid:
			b.out.Form.Said = value
		case templates.MetaAsked:
			b.out.Form.Asked = value
		}
	}
}

// place finds the sheets: by their title, by the names that point at them, or by the labels on them.
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

// sheetOf finds the sheet of a layout. Where one has its title and the names point at another, it is the one with more of its labels.
func (b *binder) sheetOf(layout *templates.SheetLayout) *Sheet {
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
	titled, named := b.book.Sheet(layout.Sheet.Title), b.most(votes)
	switch {
	case titled != nil && (named == nil || titled == named || b.labelsOn(titled, layout) > b.labelsOn(named, layout)):
		return titled
	case named != nil:
		return named
	}
	for _, s := range b.book.Sheets { // the program's own sheets repeat many labels and are none of the form's
		if !b.ours(s) && b.looksLike(s, layout) {
			votes[s] = b.labelsOn(s, layout)
		}
	}
	return b.most(votes)
}

// most gives the sheet with most votes, the first in the workbook's order where several have as many; nil where there is none.
func (b *binder) most(votes map[*Sheet]int) (best *Sheet) {
	for _, s := range b.book.Sheets {
		if votes[s] > 0 && (best == nil || votes[s] > votes[best]) {
			best = s
		}
	}
	return best
}

// labelsOn counts the texts of a layout that stand on a sheet.
func (b *binder) labelsOn(s *Sheet, layout *templates.SheetLayout) (n int) {
	for _, text := range layout.Statics {
		if len(b.find(s, text.Text)) > 0 {
			n++
		}
	}
	return n
}

// looksLike says whether at least half of a layout's texts stand on a sheet.
func (b *binder) looksLike(s *Sheet, layout *templates.SheetLayout) bool {
	return 2*b.labelsOn(s, layout) >= len(layout.Statics)
}

// repeated refuses a sheet on which a label of the form stands hundreds of times: which of them is meant nobody could say,
// and trying them all takes the square of their number.
func (b *binder) repeated() *Refusal {
	const many = 500
	for _, layout := range b.d.Layout().Sheets {
		for _, text := range layout.Statics {
			if s := b.sheets[layout]; s != nil && len(b.find(s, text.Text)) > many {
				return refuse(CodeManyParts, "“%s”在“%s”里出现 %d 次", text.Text, s.Title, len(b.find(s, text.Text)))
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
			if b.unasked(slot.Field) {
				continue
			}
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
	case b.hasForm && (b.out.Form.Year == 0 || b.out.Form.Version == 0):
		return &Refusal{CodeNotTemplate, "隐藏的模板标识被改动，认不出年度或版本"}
	case b.hasForm && b.out.Form.Year != b.d.Year:
		return &Refusal{CodeWrongYear, "工作簿是 " + strconv.Itoa(b.out.Form.Year) + " 年的模板"}
	case b.hasForm && !slices.Contains(form.Accepts, b.out.Form.Version):
		return &Refusal{CodeWrongVersion, "工作簿的模板版本是 " + strconv.Itoa(b.out.Form.Version)}
	case 2*found < all && b.book.Sheet(templates.RegisterNames) != nil && b.book.Sheet(b.d.Register.Sheets[0].Title) != nil:
		return &Refusal{CodeServes, b.d.Register.Title + "，要用它请写在 --register 后面"}
	case 2*found < all:
		return &Refusal{CodeNotTemplate, "推荐书的栏目只找到 " + strconv.Itoa(found) + " 个，应有 " + strconv.Itoa(all) + " 个"}
	case !b.hasForm:
		b.note(CodeMetaLost, model.Place{File: b.out.File.Path}, "")
	}
	return nil
}

// unasked says whether the workbook is of a version of the form that did not have a field yet.
func (b *binder) unasked(f *templates.Field) bool { return b.hasForm && b.out.Form.Version < f.Since }

// slot binds one input cell, blank or not.
func (b *binder) slot(layout *templates.SheetLayout, slot templates.Slot) {
	if b.unasked(slot.Field) {
		entry := model.Entry{Field: slot.Field.ID, Year: slot.Year, Cell: model.Cell{Place: b.whole(layout)}, NotAsked: true}
		b.out.Entries = append(b.out.Entries, entry)
		return
	}
	sheet := b.sheets[layout]
	a, named := b.names[slot.Name]
	row, col := a.row, a.col
	if named {
		sheet = a.sheet
	}
	in := input{layout, slot.Field.ID, slot.Year, strings.Join(slot.RowAnchor, " "), slot.Header}
	if !named || sheet != b.sheets[layout] || !b.besideLabel(sheet, row, slot) || !b.underHeader(sheet, row, col, slot) {
		r, c, found := 0, 0, false
		if s := b.sheets[layout]; s != nil {
			r, c, found = b.byAnchor(s, slot)
		}
		switch {
		case found && named:
			b.changed(movedAway, in, b.sheets[layout], r, c)
		case named && (b.anotherLine(layout, sheet, row, slot) || b.anotherYear(layout, sheet, row, col, slot)): // deleted, and its name slid onto a neighbour
			named = false
		case named:
			b.changed(relabelled, in, sheet, row, col)
		case found:
			b.byLabel++
		}
		if found {
			sheet, row, col, named = b.sheets[layout], r, c, true
		}
	}
	if !named {
		b.lost = append(b.lost, in)
		b.out.Entries = append(b.out.Entries, model.Entry{Field: slot.Field.ID, Year: slot.Year, Cell: model.Cell{Place: b.whole(layout)}})
		return
	}
	cell := sheet.At(row, col)
	cell.Place.File = b.out.File.Path
	b.bound[position{sheet.Title, row, col}] = true
	b.count(cell)
	b.out.Entries = append(b.out.Entries, model.Entry{Field: slot.Field.ID, Year: slot.Year, Cell: cell})
}

func (b *binder) count(cell model.Cell) {
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

// anotherYear says whether the header of another year stands over a cell.
func (b *binder) anotherYear(layout *templates.SheetLayout, sheet *Sheet, row, col int, slot templates.Slot) bool {
	return slot.Header != "" && slices.ContainsFunc(layout.Slots, func(other templates.Slot) bool {
		return other.Header != slot.Header && other.Header != "" && b.underHeader(sheet, row, col, other)
	})
}

// besideLabel says whether the row of a slot still carries its label.
func (b *binder) besideLabel(sheet *Sheet, row int, slot templates.Slot) bool {
	return b.inRow(sheet, row, slot.RowAnchor) == len(slot.RowAnchor)
}

// underHeader says whether the column of a slot still carries its header: cutting a cell and pasting it into the next
// year takes its name along.
func (b *binder) underHeader(sheet *Sheet, row, col int, slot templates.Slot) bool {
	return slot.Header == "" || slices.ContainsFunc(b.find(sheet, slot.Header), func(p [2]int) bool { return p[0] < row && p[1] == col })
}

// byAnchor finds a slot by the texts of its row, and by the header over its column where it has one. Where the template has
// the same texts more than once (two lines for a date), as many must be there, and the slot is the one in its turn.
func (b *binder) byAnchor(sheet *Sheet, slot templates.Slot) (row, col int, ok bool) {
	var found [][2]int
	for _, at := range b.find(sheet, slot.RowAnchor[0]) {
		if !b.besideLabel(sheet, at[0], slot) {
			continue
		}
		if slot.Header == "" {
			found = append(found, [2]int{at[0], at[1] + slot.Col - slot.RowAnchorCols[0]})
			continue
		}
		for _, h := range b.find(sheet, slot.Header) {
			if h[0] < at[0] && h[1] > at[1] {
				found = append(found, [2]int{at[0], h[1]})
				break
			}
		}
	}
	turn, alike := b.turn(slot)
	if len(found) < alike { // otherwise the turn is among them: it is less than alike
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
	var columns []listColumn
	var labels []string
	for _, c := range record.Columns {
		labels = append(labels, b.headerOf(layout, record, c))
	}
	header, rows := 0, b.headerRows(sheet, labels)
	for i, c := range record.Columns {
		in := input{layout, c.Field.ID, 0, labels[i], ""}
		at, how := b.columnAt(sheet, labels, i, c.Name, rows)
		switch how {
		case nowhere:
			if !b.unasked(c.Field) {
				b.lost = append(b.lost, in)
			}
			continue
		case byLabel:
			b.byLabel++
		case movedAway, relabelled:
			b.changed(how, in, sheet, at[0], at[1])
		}
		header = max(header, at[0])
		columns = append(columns, listColumn{c.Field, at[1]})
	}
	if sheet == nil {
		return 0
	}
	for _, c := range columns {
		b.out.Columns = append(b.out.Columns, model.Entry{Field: c.field.ID, Cell: sheet.At(header, c.col)})
	}
	first := len(b.out.Entries)
	for _, cell := range sheet.Cells { // not row by row: a stray cell may stand in the millionth
		i := slices.IndexFunc(columns, func(c listColumn) bool { return c.col == cell.Col })
		if i < 0 || cell.Row <= header || !cell.Filled || rows[cell.Row] {
			continue
		}
		cell.Place.File = b.out.File.Path
		b.bound[position{sheet.Title, cell.Row, cell.Col}] = true
		b.out.CellsRead++
		b.out.Entries = append(b.out.Entries, model.Entry{Field: columns[i].field.ID, Record: cell.Row - header, Cell: cell.Cell})
	}
	b.out.Entries = append(b.out.Entries, b.mergedRows(sheet, columns, header, b.out.Entries[first:])...)
	order := map[string]int{}
	for i, c := range columns {
		order[c.field.ID] = i
	}
	slices.SortStableFunc(b.out.Entries[first:], func(x, y model.Entry) int {
		return cmp.Or(cmp.Compare(x.Record, y.Record), cmp.Compare(order[x.Field], order[y.Field]))
	})
	filled := map[int]bool{}
	for _, e := range b.out.Entries[first:] {
		filled[e.Record] = true
	}
	return len(filled)
}

// headerOf is the text over a column of a list in the template.
func (b *binder) headerOf(layout *templates.SheetLayout, record templates.RecordArea, c templates.RecordColumn) string {
	i := slices.IndexFunc(layout.Statics, func(s templates.Static) bool { return s.Row == record.HeaderRow && s.Col == c.Col })
	return layout.Statics[i].Text
}

// headerRows are the rows in which most headers of a list stand: those of the list itself, and repetitions further down.
func (b *binder) headerRows(sheet *Sheet, labels []string) map[int]bool {
	out, seen := map[int]bool{}, map[int]int{}
	if sheet == nil {
		return out
	}
	for _, label := range labels {
		for _, p := range b.find(sheet, label) {
			if seen[p[0]]++; 2*seen[p[0]] > len(labels) {
				out[p[0]] = true
			}
		}
	}
	return out
}

// columnAt finds the header of a column of a list: above the named cells in their column; or in the row that has most of the list's
// headers, because a text like one of them may stand elsewhere on the sheet; or, where the text was changed, as the cell above the
// named ones, unless the header of another column stands there.
func (b *binder) columnAt(sheet *Sheet, labels []string, i int, name string, rows map[int]bool) (at [2]int, how location) {
	if sheet == nil {
		return at, nowhere
	}
	a, named := b.names[name]
	named = named && a.sheet == sheet
	most := 0
	for _, p := range b.find(sheet, labels[i]) {
		if named && p[1] == a.col && p[0] < a.row {
			return p, byItsName
		}
		if !rows[p[0]] && (named || len(rows) > 0) {
			continue
		}
		if n := b.inRow(sheet, p[0], labels); n > most {
			at, most = p, n
		}
	}
	switch {
	case most > 0 && named:
		return at, movedAway
	case most > 0:
		return at, byLabel
	case named && a.row > 1 && !b.headsAnother(sheet, labels, a):
		return [2]int{a.row - 1, a.col}, relabelled
	}
	return at, nowhere
}

// headsAnother says whether one of a list's headers stands above a named area or within it.
func (b *binder) headsAnother(sheet *Sheet, labels []string, a area) bool {
	return slices.ContainsFunc(labels, func(label string) bool {
		return slices.ContainsFunc(b.find(sheet, label), func(p [2]int) bool { return p[1] == a.col && p[0] <= a.lastRow })
	})
}

// inRow counts the texts that stand in a row.
func (b *binder) inRow(sheet *Sheet, row int, texts []string) (n int) {
	for _, text := range texts {
		if slices.ContainsFunc(b.find(sheet, text), func(p [2]int) bool { return p[0] == row }) {
			n++
		}
	}
	return n
}

// looseCells keeps every filled cell that is neither an input nor the template's own.
func (b *binder) looseCells() {
	for _, sheet := range b.book.Sheets {
		own := b.owned(sheet)
		if own == nil {
			own = b.printed(sheet)
		}
		for i := range sheet.Cells {
			cell := &sheet.Cells[i]
			if !cell.Filled || b.bound[position{sheet.Title, cell.Row, cell.Col}] || own(cell) {
				continue
			}
			c := cell.Cell
			c.Place.File = b.out.File.Path
			b.out.CellsRead++
			b.out.Loose = append(b.out.Loose, c)
		}
	}
}

// printed tells the template's texts and formulas on a sheet of the form.
func (b *binder) printed(sheet *Sheet) func(*Cell) bool {
	texts, formulas := map[string]bool{}, map[string]bool{}
	for layout, at := range b.sheets {
		if at != sheet {
			continue
		}
		for _, s := range layout.Statics {
			if s.Role.Formula() {
				formulas[plainFormula(s.Text)] = true
			} else {
				texts[b.d.Layout().Key(s.Text)] = true
				if s.Was != "" {
					texts[b.d.Layout().Key(s.Was)] = true
				}
			}
		}
	}
	return func(c *Cell) bool {
		return c.Kind == model.Text && texts[c.nameKey()] || c.Formula != "" && formulas[plainFormula(c.Formula)]
	}
}

// plainFormula makes a formula comparable however a program writes it.
func plainFormula(s string) string { return strings.ToUpper(plainer.Replace(s)) }

var plainer = strings.NewReplacer("$", "", " ", "", "=", "", ";", ",")

// refused is a workbook that can't be used.
func refused(file model.File, r *Refusal) model.Workbook {
	file.Fate, file.Code, file.Detail = model.Rejected, r.Code, r.Detail
	if r.Code == CodeServes {
		file.Fate = model.Ignored
	}
	return model.Workbook{File: file}
}
