package intake

import (
	"cmp"
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/formula"
	"lianheti/stages/table"
	"lianheti/templates"
)

// bind finds the form's inputs in a workbook by their defined names, which move with inserted rows and survive renamed
// sheets; if a name is lost or no longer beside its label, by the label. Other filled cells are kept as loose.
func bind(d *templates.Definition, file model.File, book *Book) model.Workbook {
	b := &binder{d: d, book: book, out: model.Workbook{File: file}}
	b.identify()
	b.d = d.ForForm(b.out.Form.ID)
	for _, sheet := range book.Sheets {
		sheet.keyOf = b.d.Layout().Key // most texts are the template's, whose keys it has
	}
	b.locateSheets()
	for _, check := range []func() *Refusal{b.refuseRepeated, b.refuseForm} {
		if refusal := check(); refusal != nil {
			return refused(file, refusal)
		}
	}
	const listed = 200 // cells of lists, more or less
	b.out.Entries = make([]model.Entry, 0, len(b.names)+listed)
	for _, layout := range b.d.Layout().Sheets {
		for _, slot := range layout.Slots {
			b.out.Entries = append(b.out.Entries, b.bindSlot(layout, slot))
		}
		b.noteMergedSlots(layout)
		for _, area := range layout.Records {
			if n := b.bindList(layout, area); n > maxRecords {
				return refused(file, refuse(CodeManyParts, "“%s”填了 %d 行", layout.Sheet.Title, n))
			}
		}
	}
	b.recalculate()
	b.looseCells()
	b.report()
	return b.out
}

// arithmetic matches formulas over numbers and cells, which are evaluated again. Texts are not among them: a few of
// their functions can make a text of any size.
var arithmetic = regexp.MustCompile(`^(?:[-+*/%(),:<>=]|[0-9]+(?:\.[0-9]+)?|(?:'[^'!]+'!|[\pL0-9_]+!)?` +
	`\$?[A-Z]{1,2}\$?[1-9][0-9]{0,3}|(?:SUM|MAX|MIN|ROUND|ABS|INT|MOD|IF|AND|OR|NOT)\()+$`)

// recalculate notes the formulas whose saved result is another than what they give: Excel shows one or the other.
func (b *binder) recalculate() {
	const longest = 1000 // bytes of a formula
	o := operands{map[string]*Sheet{}, 200_000}
	for _, s := range b.sheets {
		if s != nil {
			o.sheets[s.Title] = s
		}
	}
	for i := range b.out.Entries {
		e := &b.out.Entries[i]
		if e.Kind != model.Number || len(e.Formula) > longest || !arithmetic.MatchString(e.Formula) {
			continue
		}
		saved, _ := strconv.ParseFloat(e.Raw, 64)
		v, err := formula.Evaluate(&o, e.Place.Sheet, e.Formula)
		if now, ok := v.(float64); err == nil && ok && math.Abs(now-saved) > 1e-9*max(1, math.Abs(now)) {
			e.Stale = strconv.FormatFloat(now, 'f', -1, 64)
		}
	}
}

// operands gives formulas the saved values of cells.
type operands struct {
	sheets map[string]*Sheet // of the form: others are not kept whole
	budget int               // of cells that all formulas together may look at
}

func (o *operands) Cell(sheet string, row, col int) (formula.Value, error) {
	s := o.sheets[sheet]
	if o.budget--; o.budget < 0 || s == nil {
		return nil, errors.New("too many cells, or a sheet beyond the form")
	}
	switch c := s.At(row, col); c.Kind {
	case model.Blank:
		return nil, nil
	case model.Number:
		return strconv.ParseFloat(c.Raw, 64)
	case model.Text:
		return c.Raw, nil
	default:
		return nil, errors.New("no value")
	}
}

func (*operands) Name(string) (formula.Area, bool)     { return formula.Area{}, false }
func (*operands) Format(_ string, row, col int) string { return "" }

// find lists the positions of a text of the form on a sheet, also in its wording in earlier templates.
func (b *binder) find(sheet *Sheet, words string) [][2]int {
	at := sheet.find(b.d.Layout().Key(words))
	if was := b.d.Form.Formerly[words]; was != "" {
		at = slices.Concat(at, sheet.find(b.d.Layout().Key(was)))
	}
	return at
}

// binder binds the cells of one workbook to the form.
type binder struct {
	d          *templates.Definition
	book       *Book
	out        model.Workbook
	names      map[string]area // defined names that point at cells
	sheets     map[*templates.SheetLayout]*Sheet
	hasForm    bool
	byLabel    int // inputs found by their label because the name was lost
	mismatches []mismatch
}

// area is the range of a defined name.
type area struct {
	sheet *Sheet
	span
}

// identify reads the hidden sheet that holds the template's id, year and version.
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

// locateSheets finds the sheets by title, by the defined names that refer to them, or by their labels.
func (b *binder) locateSheets() {
	b.names, b.sheets = make(map[string]area, len(b.book.Names)), map[*templates.SheetLayout]*Sheet{}
	for _, n := range b.book.Names {
		title, at, ok := parseReference(n.RefersTo)
		sheet := b.book.Sheet(title)
		if _, known := b.names[n.Name]; ok && sheet != nil && (!known || n.Scope == "") {
			b.names[n.Name] = area{sheet, at}
		}
	}
	for _, layout := range b.d.Layout().Sheets {
		b.sheets[layout] = b.sheetOf(layout)
	}
}

// sheetOf finds the sheet of a layout: by its title or by its defined names, whichever sheet has more labels.
func (b *binder) sheetOf(layout *templates.SheetLayout) *Sheet {
	votes := map[*Sheet]int{}
	for _, name := range inputNames(layout) {
		if a, ok := b.names[name]; ok {
			votes[a.sheet]++
		}
	}
	titled, named := b.book.Sheet(layout.Sheet.Title), b.mostVoted(votes)
	switch {
	case titled == named && named != nil:
		return named
	case titled != nil && (named == nil || b.countLabels(titled, layout) > b.countLabels(named, layout)):
		return titled
	case named != nil:
		return named
	}
	for _, s := range b.book.Sheets { // the program's own sheets repeat many labels and are none of the form's
		if !b.isOwnSheet(s) && b.looksLike(s, layout) {
			votes[s] = b.countLabels(s, layout)
		}
	}
	return b.mostVoted(votes)
}

// inputNames lists the defined names of a sheet's inputs and list columns.
func inputNames(layout *templates.SheetLayout) []string {
	names := table.Each(layout.Slots, func(s templates.Slot) string { return s.Name })
	for _, list := range layout.Records {
		names = append(names, table.Each(list.Columns, func(c templates.RecordColumn) string { return c.Name })...)
	}
	return names
}

// mostVoted returns the sheet with most votes, the first of equals; nil if there are none.
func (b *binder) mostVoted(votes map[*Sheet]int) (best *Sheet) {
	for _, s := range b.book.Sheets {
		if votes[s] > votes[best] {
			best = s
		}
	}
	return best
}

// countLabels counts the texts of a layout that are on a sheet.
func (b *binder) countLabels(s *Sheet, layout *templates.SheetLayout) (n int) {
	for _, text := range layout.Statics {
		if len(b.find(s, text.Text)) > 0 {
			n++
		}
	}
	return n
}

// looksLike reports whether at least half of a layout's texts are on a sheet.
func (b *binder) looksLike(s *Sheet, layout *templates.SheetLayout) bool {
	return 2*b.countLabels(s, layout) >= len(layout.Statics)
}

// refuseRepeated refuses a sheet that has a label hundreds of times: trying them all takes quadratic time.
func (b *binder) refuseRepeated() *Refusal {
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

// refuseForm refuses what is no filled template of an accepted version.
func (b *binder) refuseForm() *Refusal {
	form, is, found, all := b.d.Form, b.out.Form, 0, 0
	for _, layout := range b.d.Layout().Sheets {
		for _, slot := range layout.Slots {
			if b.notAsked(slot.Field) {
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
	register := b.d.Register()
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
		return &Refusal{CodeOwnPaper, register.Title + "，要用它请写在 --register 后面"}
	case 2*found < all:
		return refuse(CodeNotTemplate, "推荐书的栏目只找到 %d 个，应有 %d 个", found, all)
	case !b.hasForm:
		b.note(CodeMetaLost, "", b.filePlace())
	}
	return nil
}

// notAsked reports whether the workbook's version of the form did not have the field yet.
func (b *binder) notAsked(f *templates.Field) bool { return b.hasForm && b.out.Form.Version < f.Since }

// bindSlot binds one input cell, blank or not.
func (b *binder) bindSlot(layout *templates.SheetLayout, slot templates.Slot) model.Entry {
	out := model.Entry{Field: slot.Field.ID, Year: slot.Year, Cell: model.Cell{Place: b.sheetPlace(layout)}}
	if out.NotAsked = b.notAsked(slot.Field); out.NotAsked {
		return out
	}
	home, in := b.sheets[layout], mismatch{layout: layout, field: out.Field, year: out.Year,
		label: strings.Join(slot.RowAnchor, " "), header: slot.Header}
	a, bound := b.names[slot.Name]
	if !bound || a.sheet != home || !b.besideLabel(home, a.row, slot) || !b.underHeader(a, slot) {
		labelled, found := b.byAnchor(layout, slot)
		switch {
		case found && bound:
			b.addMismatch(movedAway, in, labelled)
		case bound && (b.inOtherRow(layout, a, slot) || b.underOtherYear(layout, a, slot)):
			bound = false // it was deleted, and its name moved to a neighbour
		case bound:
			in.now = b.newLabel(a, slot, layout)
			b.addMismatch(relabelled, in, a)
		case found:
			b.byLabel++
		}
		if found {
			a, bound = labelled, true
		}
	}
	if !bound {
		b.addMismatch(notFound, in, area{})
		return out
	}
	out.Cell = a.sheet.At(a.row, a.col)
	out.Place.File = b.out.File.Path
	a.sheet.markUsed(a.row, a.col)
	if out.Filled {
		b.out.CellsRead++
	}
	return out
}

// inOtherRow reports whether a named cell is in another row of the form, or in a header.
func (b *binder) inOtherRow(layout *templates.SheetLayout, a area, slot templates.Slot) bool {
	roles := []templates.Role{templates.LabelRole, templates.HeaderRole, templates.YearRole, templates.TagRole}
	return slices.ContainsFunc(layout.Statics, func(s templates.Static) bool {
		return slices.Contains(roles, s.Role) && !slices.Contains(slot.RowAnchor, s.Text) &&
			b.countInRow(a.sheet, a.row, []string{s.Text}) > 0
	})
}

// underOtherYear reports whether the header over a named cell is another year's.
func (b *binder) underOtherYear(layout *templates.SheetLayout, a area, slot templates.Slot) bool {
	return slot.Header != "" && slices.ContainsFunc(layout.Slots, func(other templates.Slot) bool {
		return other.Header != slot.Header && other.Header != "" && b.underHeader(a, other)
	})
}

// besideLabel reports whether a row has the label of a slot.
func (b *binder) besideLabel(sheet *Sheet, row int, slot templates.Slot) bool {
	return b.countInRow(sheet, row, slot.RowAnchor) == len(slot.RowAnchor)
}

// underHeader reports whether a named cell is under its year's header: a cell cut and pasted takes its name along.
func (b *binder) underHeader(a area, slot templates.Slot) bool {
	return slot.Header == "" || slices.ContainsFunc(b.find(a.sheet, slot.Header),
		func(p [2]int) bool { return p[0] < a.row && p[1] == a.col })
}

// byAnchor finds a slot by the texts of its row, and the header over its column if it has one. If the template has the
// same texts in several rows (two rows for a date), all must be there, and are taken in their order.
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

func (b *binder) countInRow(sheet *Sheet, row int, texts []string) (n int) {
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
		own := b.ownCells(sheet)
		if own == nil {
			own = b.templateCells(sheet)
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

// templateCells returns a predicate for the template's texts and formulas on a sheet of the form.
func (b *binder) templateCells(sheet *Sheet) func(*Cell) bool {
	texts, formulas := map[string]bool{}, map[string]bool{}
	for layout, at := range b.sheets {
		for _, s := range layout.Statics {
			switch {
			case at != sheet:
			case s.Role.Formula():
				formulas[formulaKey(s.Text)] = true
			default:
				texts[b.d.Layout().Key(s.Text)] = true
				texts[b.d.Layout().Key(cmp.Or(s.Was, s.Text))] = true
			}
		}
	}
	return func(c *Cell) bool {
		return c.Kind == model.Text && texts[sheet.nameKey(c)] || c.Formula != "" && formulas[formulaKey(c.Formula)]
	}
}

// formulaKey normalises a formula for comparison, because programs write formulas differently.
func formulaKey(s string) string { return strings.ToUpper(formulaNoise.Replace(s)) }

var formulaNoise = strings.NewReplacer("$", "", " ", "", "=", "", ";", ",")
