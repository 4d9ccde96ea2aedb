package intake

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// bind finds the form's inputs in a workbook by their defined names, which move with inserted rows and survive renamed
// sheets; where a name is lost or has left its label, by the label, with a note. Other filled cells are kept as loose.
func bind(d *templates.Definition, file model.File, book *Book) model.Workbook {
	b := &binder{d: d, book: book, out: model.Workbook{File: file}}
	b.identify()
	b.d = d.ForForm(b.out.Form.ID)
	b.place()
	for _, look := range []func() *Refusal{b.repeated, b.acceptable} {
		if refusal := look(); refusal != nil {
			return refused(file, refusal)
		}
	}
	for _, layout := range b.d.Layout().Sheets {
		for _, slot := range layout.Slots {
			b.out.Entries = append(b.out.Entries, b.slot(layout, slot))
		}
		b.mergedSlots(layout)
		for _, area := range layout.Records {
			if n := b.records(layout, area); n > maxRecords {
				return refused(file, refuse(CodeManyParts, "“%s”填了 %d 行", layout.Sheet.Title, n))
			}
		}
	}
	b.looseCells()
	b.report()
	return b.out
}

// find lists where a text of the form stands on a sheet, be it as templates sent out earlier have it.
func (b *binder) find(sheet *Sheet, words string) [][2]int {
	at := sheet.find(b.d.Layout().Key(words))
	if was := b.d.Form.Formerly[words]; was != "" {
		at = slices.Concat(at, sheet.find(b.d.Layout().Key(was)))
	}
	return at
}

// binder holds one workbook while its cells are bound.
type binder struct {
	d       *templates.Definition
	book    *Book
	out     model.Workbook
	names   map[string]area // defined names that point at cells
	sheets  map[*templates.SheetLayout]*Sheet
	hasForm bool
	byLabel int // inputs found by their label because the name was lost
	changes []change
}

// area is what a defined name points at.
type area struct {
	sheet *Sheet
	span
}

// identify reads the very hidden sheet that names the template.
func (b *binder) identify() {
	sheet := b.book.Sheet(templates.MetaSheet)
	if sheet == nil {
		return
	}
	b.hasForm = true
	values := map[string]string{}
	for _, cell := range sheet.Cells {
		if cell.Col == 1 {
			values[cell.Raw] = sheet.At(cell.Row, 2).Raw
		}
	}
	form := &b.out.Form
	form.ID, form.Parent = values[templates.MetaForm], values[templates.MetaParent]
	form.ContentHash, form.QuestionsHash = values[templates.MetaSaid], values[templates.MetaAsked]
	form.Year, _ = strconv.Atoi(values[templates.MetaYear])
	form.Version, _ = strconv.Atoi(values[templates.MetaVersion])
}

// place finds the sheets: by their title, by the names that point at them, or by the labels on them.
func (b *binder) place() {
	b.names, b.sheets = map[string]area{}, map[*templates.SheetLayout]*Sheet{}
	for _, n := range b.book.Names {
		title, at, ok := parseReference(n.Refers)
		sheet := b.book.Sheet(title)
		if _, known := b.names[n.Name]; ok && sheet != nil && (!known || n.Scope == "") {
			b.names[n.Name] = area{sheet, at}
		}
	}
	for _, layout := range b.d.Layout().Sheets {
		b.sheets[layout] = b.sheetOf(layout)
	}
}

// sheetOf finds the sheet of a layout: of one with its title and one that the names point at, the one with more labels.
func (b *binder) sheetOf(layout *templates.SheetLayout) *Sheet {
	votes := map[*Sheet]int{}
	for _, name := range inputNames(layout) {
		if a, ok := b.names[name]; ok {
			votes[a.sheet]++
		}
	}
	titled, named := b.book.Sheet(layout.Sheet.Title), b.most(votes)
	switch {
	case titled == named && named != nil:
		return named
	case titled != nil && (named == nil || b.labelsOn(titled, layout) > b.labelsOn(named, layout)):
		return titled
	case named != nil:
		return named
	}
	for _, s := range b.book.Sheets { // the program's own sheets repeat many labels and are none of the form's
		if !b.ownSheet(s) && b.looksLike(s, layout) {
			votes[s] = b.labelsOn(s, layout)
		}
	}
	return b.most(votes)
}

// inputNames lists the names that a sheet of the form gives its inputs and the columns of its lists.
func inputNames(layout *templates.SheetLayout) []string {
	names := table.Each(layout.Slots, func(s templates.Slot) string { return s.Name })
	for _, list := range layout.Records {
		names = append(names, table.Each(list.Columns, func(c templates.RecordColumn) string { return c.Name })...)
	}
	return names
}

// most gives the sheet with most votes, the first of several in the workbook's order; nil where there are none.
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

// repeated refuses a sheet that has a label hundreds of times: trying them all takes the square of their number.
func (b *binder) repeated() *Refusal {
	const many = 500
	for _, layout := range b.d.Layout().Sheets {
		for _, text := range layout.Statics {
			if n := len(b.find(b.sheets[layout], text.Text)); n > many {
				return refuse(CodeManyParts, "“%s”在“%s”里出现 %d 次", text.Text, b.sheets[layout].Title, n)
			}
		}
	}
	return nil
}

// acceptable refuses what is no filled template of an accepted version.
func (b *binder) acceptable() *Refusal {
	form, is, found, all := b.d.Form, b.out.Form, 0, 0
	for _, layout := range b.d.Layout().Sheets {
		for _, slot := range layout.Slots {
			if b.unasked(slot.Field) {
				continue
			}
			all++
			_, ok := b.names[slot.Name]
			if !ok {
				_, ok = b.byAnchor(layout, slot)
			}
			if ok {
				found++
			}
		}
	}
	register := b.d.Register
	switch {
	case b.hasForm && is.ID != form.ID:
		return refuse(CodeNotTemplate, "工作簿的表单编号是“%s”", is.ID)
	case b.hasForm && (is.Year == 0 || is.Version == 0):
		return &Refusal{CodeNotTemplate, "隐藏的模板标识被改动，认不出年度或版本"}
	case b.hasForm && is.Year != b.d.Year:
		return refuse(CodeWrongYear, "工作簿是 %d 年的模板", is.Year)
	case b.hasForm && !slices.Contains(form.Accepts, is.Version):
		return refuse(CodeWrongVersion, "工作簿的模板版本是 %d", is.Version)
	case 2*found < all && b.book.Sheet(templates.RegisterNames) != nil && b.book.Sheet(register.Sheets[0].Title) != nil:
		return &Refusal{CodeServes, register.Title + "，要用它请写在 --register 后面"}
	case 2*found < all:
		return refuse(CodeNotTemplate, "推荐书的栏目只找到 %d 个，应有 %d 个", found, all)
	case !b.hasForm:
		b.note(CodeMetaLost, "", b.file())
	}
	return nil
}

// unasked says whether the workbook is of a version of the form that did not have a field yet.
func (b *binder) unasked(f *templates.Field) bool { return b.hasForm && b.out.Form.Version < f.Since }

// slot binds one input cell, blank or not.
func (b *binder) slot(layout *templates.SheetLayout, slot templates.Slot) model.Entry {
	out := model.Entry{Field: slot.Field.ID, Year: slot.Year, Cell: model.Cell{Place: b.whole(layout)}}
	if out.NotAsked = b.unasked(slot.Field); out.NotAsked {
		return out
	}
	home, in := b.sheets[layout], change{layout: layout, field: out.Field, year: out.Year,
		label: strings.Join(slot.RowAnchor, " "), header: slot.Header}
	a, bound := b.names[slot.Name]
	if !bound || a.sheet != home || !b.besideLabel(home, a.row, slot) || !b.underHeader(a, slot) {
		labelled, found := b.byAnchor(layout, slot)
		switch {
		case found && bound:
			b.changed(movedAway, in, labelled)
		case bound && (b.anotherLine(layout, a, slot) || b.anotherYear(layout, a, slot)):
			bound = false // it was deleted, and its name slid onto a neighbour
		case bound:
			in.now = b.calledNow(a, slot, layout)
			b.changed(relabelled, in, a)
		case found:
			b.byLabel++
		}
		if found {
			a, bound = labelled, true
		}
	}
	if !bound {
		b.changed(nowhere, in, area{})
		return out
	}
	out.Cell = a.sheet.At(a.row, a.col)
	out.Place.File = b.out.File.Path
	a.sheet.use(a.row, a.col)
	if out.Filled {
		b.out.CellsRead++
	}
	return out
}

// anotherLine says whether a named row belongs to another line of the form, or to its headers.
func (b *binder) anotherLine(layout *templates.SheetLayout, a area, slot templates.Slot) bool {
	roles := []templates.Role{templates.LabelRole, templates.HeaderRole, templates.YearRole, templates.TagRole}
	return slices.ContainsFunc(layout.Statics, func(s templates.Static) bool {
		return slices.Contains(roles, s.Role) && !slices.Contains(slot.RowAnchor, s.Text) &&
			b.inRow(a.sheet, a.row, []string{s.Text}) > 0
	})
}

// anotherYear says whether the header of another year stands over a named cell.
func (b *binder) anotherYear(layout *templates.SheetLayout, a area, slot templates.Slot) bool {
	return slot.Header != "" && slices.ContainsFunc(layout.Slots, func(other templates.Slot) bool {
		return other.Header != slot.Header && other.Header != "" && b.underHeader(a, other)
	})
}

// besideLabel says whether the row of a slot still carries its label.
func (b *binder) besideLabel(sheet *Sheet, row int, slot templates.Slot) bool {
	return b.inRow(sheet, row, slot.RowAnchor) == len(slot.RowAnchor)
}

// underHeader says whether a named cell still has its year's header: a cell cut and pasted takes its name along.
func (b *binder) underHeader(a area, slot templates.Slot) bool {
	return slot.Header == "" || slices.ContainsFunc(b.find(a.sheet, slot.Header),
		func(p [2]int) bool { return p[0] < a.row && p[1] == a.col })
}

// byAnchor finds a slot by the texts of its row, and by the header over its column where it has one. Of texts that the
// template has more than once (two lines for a date) as many must be there, and the slot is the one in its turn.
func (b *binder) byAnchor(layout *templates.SheetLayout, slot templates.Slot) (at area, ok bool) {
	sheet, found := b.sheets[layout], [][2]int(nil)
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
	turn, alike := 0, 0
	for _, other := range layout.Slots {
		if other.Header == slot.Header && slices.Equal(other.RowAnchor, slot.RowAnchor) {
			if alike++; other.Row < slot.Row {
				turn++
			}
		}
	}
	if len(found) < alike { // otherwise the turn is among them: it is less than alike
		return area{}, false
	}
	slices.SortFunc(found, func(x, y [2]int) int { return cmp.Compare(x[0], y[0]) })
	return area{sheet, span{row: found[turn][0], col: found[turn][1]}}, true
}

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
			if !cell.Filled || cell.used || own(cell) {
				continue
			}
			b.out.CellsRead++
			b.out.Loose = append(b.out.Loose, cell.Cell)
			b.out.Loose[len(b.out.Loose)-1].Place.File = b.out.File.Path
		}
	}
}

// printed tells the template's texts and formulas on a sheet of the form.
func (b *binder) printed(sheet *Sheet) func(*Cell) bool {
	texts, formulas := map[string]bool{}, map[string]bool{}
	for layout, at := range b.sheets {
		for _, s := range layout.Statics {
			switch {
			case at != sheet:
			case s.Role.Formula():
				formulas[plainFormula(s.Text)] = true
			default:
				texts[b.d.Layout().Key(s.Text)] = true
				texts[b.d.Layout().Key(cmp.Or(s.Was, s.Text))] = true
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
