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

// maxRecords bounds the filled rows of a list. The template prepares some hundred; checks compare rows with each other.
const maxRecords = 2000

// listColumn is a column of a list and where it is in this workbook.
type listColumn struct {
	field *templates.Field
	col   int
}

// bindList binds the rows of a list, also beyond those that the template prepares, and counts the filled ones.
func (b *binder) bindList(layout *templates.SheetLayout, record templates.RecordArea) int {
	sheet := b.sheets[layout]
	var columns []listColumn
	labels := table.Each(record.Columns, func(c templates.RecordColumn) string { return c.Header })
	order, header, rows := map[string]int{}, 0, b.headerRows(sheet, labels)
	for i, c := range record.Columns {
		order[c.Field.ID] = i
		at, how := b.columnAt(sheet, labels, i, c.Name, rows)
		switch {
		case how == byLabel:
			b.byLabel++
		case how != byDefinedName && !(how == notFound && b.notAsked(c.Field)):
			b.addMismatch(how, mismatch{layout: layout, field: c.Field.ID, label: c.Header}, at)
		}
		if how != notFound {
			header = max(header, at.row)
			columns = append(columns, listColumn{c.Field, at.col})
		}
	}
	if sheet == nil {
		return 0
	}
	for _, c := range columns {
		b.out.Columns = append(b.out.Columns, model.Entry{Field: c.field.ID, Cell: sheet.At(header, c.col)})
	}
	first := len(b.out.Entries)
	for i := range sheet.Cells { // not row by row: a stray cell may stand in the millionth
		cell := &sheet.Cells[i]
		at := slices.IndexFunc(columns, func(c listColumn) bool { return c.col == cell.Col })
		if at < 0 || cell.Row <= header || !cell.Filled || rows[cell.Row] {
			continue
		}
		cell.Place.File, cell.used, sheet.used = b.out.File.Path, true, true
		b.out.CellsRead++
		b.out.Entries = append(b.out.Entries,
			model.Entry{Field: columns[at].field.ID, Record: cell.Row - header, Cell: cell.Cell})
	}
	b.out.Entries = append(b.out.Entries, b.mergedEntries(sheet, columns, header, b.out.Entries[first:])...)
	slices.SortStableFunc(b.out.Entries[first:], func(x, y model.Entry) int {
		return cmp.Or(cmp.Compare(x.Record, y.Record), cmp.Compare(order[x.Field], order[y.Field]))
	})
	return len(table.Unique(b.out.Entries[first:], func(e model.Entry) int { return e.Record }))
}

// headerRows finds the rows that hold most headers of a list: the header itself, and repetitions further down.
func (b *binder) headerRows(sheet *Sheet, labels []string) map[int]bool {
	out, seen := map[int]bool{}, map[int]int{}
	for _, label := range labels {
		for _, p := range b.find(sheet, label) {
			if seen[p[0]]++; 2*seen[p[0]] > len(labels) {
				out[p[0]] = true
			}
		}
	}
	return out
}

// columnAt finds the header of a list's column: above the named cells; or in a row with most of the headers, because a
// similar text may be elsewhere; or, if its text was changed, in the cell above the named ones.
func (b *binder) columnAt(sheet *Sheet, labels []string, i int, name string, rows map[int]bool) (area, locatedBy) {
	at := area{sheet: sheet}
	a, named := b.names[name]
	named = named && a.sheet == sheet
	most := 0
	for _, p := range b.find(sheet, labels[i]) {
		if named && p[1] == a.col && p[0] < a.row {
			at.row, at.col = p[0], p[1]
			return at, byDefinedName
		}
		if !rows[p[0]] && (named || len(rows) > 0) {
			continue
		}
		if n := b.countInRow(sheet, p[0], labels); n > most {
			at.row, at.col, most = p[0], p[1], n
		}
	}
	switch {
	case most > 0 && named:
		return at, movedAway
	case most > 0:
		return at, byLabel
	case named && a.row > 1 && !b.underOtherHeader(a, labels):
		at.row, at.col = a.row-1, a.col
		return at, relabelled
	}
	return at, notFound
}

// underOtherHeader reports whether one of a list's headers is above a named area or within it.
func (b *binder) underOtherHeader(a area, labels []string) bool {
	return slices.ContainsFunc(labels, func(label string) bool {
		return slices.ContainsFunc(b.find(a.sheet, label),
			func(p [2]int) bool { return p[1] == a.col && p[0] <= a.lastRow })
	})
}

// noteMergedSlots notes inputs that were merged into one cell: nobody can tell which input the value is for.
func (b *binder) noteMergedSlots(layout *templates.SheetLayout) {
	sheet := b.sheets[layout]
	if sheet == nil || len(sheet.merges) == 0 {
		return
	}
	var under []int
	for i, e := range b.out.Entries {
		if e.Record == 0 && e.Place.Sheet == sheet.Title && e.Row != 0 && sheet.mergedAt(e.Row, e.Col) != nil {
			under = append(under, i)
		}
	}
	area := func(i int) *mergedArea { return sheet.mergedAt(b.out.Entries[i].Row, b.out.Entries[i].Col) }
	for _, same := range table.GroupBy(under, area) {
		m, first := area(same[0]), b.out.Entries[same[0]]
		if len(same) == 1 && first.Row == m.row && first.Col == m.col {
			continue // the template's own
		}
		n := b.note(CodeMerged, "", table.Each(same, func(i int) model.Place { return b.out.Entries[i].Place })...)
		n.Raw = sheet.At(m.row, m.col).Shown
		n.Vars["cell"], n.Vars["value"] = m.ref, n.Raw
		for _, i := range same {
			b.out.Entries[i].Merged = m.ref
			n.Fields = append(n.Fields, b.out.Entries[i].Field)
		}
	}
}

// mergedEntries returns entries for cells of a list that a merged area covers. Merged down one text column, the value
// names a group and counts for each row; otherwise its row can't be told. Empty rows get none.
func (b *binder) mergedEntries(sheet *Sheet, columns []listColumn, header int, entries []model.Entry) []model.Entry {
	var more []model.Entry
	filled := map[int]bool{}
	at := map[[2]int]int{}
	for i, e := range entries {
		filled[e.Row], at[[2]int{e.Row, e.Col}] = true, i
	}
	hits := map[string][]model.Entry{} // by code: the place, the merged area, and what it shows
	for _, m := range sheet.merges {
		within := slices.DeleteFunc(slices.Clone(columns), func(c listColumn) bool {
			return c.col < m.col || c.col > m.lastCol
		})
		if m.row <= header || len(within) == 0 || len(within) == 1 && m.row == m.lastRow {
			continue
		}
		value := sheet.At(m.row, m.col)
		names := !within[0].field.Numeric() && within[0].field.Type != templates.DateField
		group := len(within) == 1 && value.Filled && names
		code := table.Either(group, CodeMergedGroup, CodeMerged)
		value.Place.File = b.out.File.Path
		for row := m.row; row <= min(m.lastRow, m.row+maxRecords); row++ {
			for _, c := range within {
				i, own := at[[2]int{row, c.col}]
				switch {
				case own && group:
				case own:
					entries[i].Merged = m.ref
				case filled[row] && value.Filled:
					e := model.Entry{Field: c.field.ID, Record: row - header, Cell: sheet.At(row, c.col)}
					if group {
						e.Cell, e.Copied = value, true
						e.Row, e.Col, e.Place.Cell = row, c.col, model.CellName(row, c.col)
					} else {
						e.Merged, e.Place.File = m.ref, b.out.File.Path
					}
					more = append(more, e)
				default:
					continue
				}
				place := model.Place{File: b.out.File.Path, Sheet: sheet.Title, Cell: model.CellName(row, c.col)}
				hits[code] = append(hits[code], model.Entry{Field: c.field.ID,
					Cell: model.Cell{Place: place, Merged: m.ref, Shown: value.Shown}})
			}
		}
	}
	for _, code := range []string{CodeMerged, CodeMergedGroup} {
		if len(hits[code]) > 0 {
			b.noteMerged(code, hits[code])
		}
	}
	return more
}

// noteMerged adds one note about the merged areas of a list.
func (b *binder) noteMerged(code string, cells []model.Entry) {
	n := b.note(code, "", table.Each(cells, func(c model.Entry) model.Place { return c.Place })...)
	n.Raw, n.Fields = cells[0].Shown, table.Unique(cells, func(c model.Entry) string { return c.Field })
	areas := table.Unique(cells, func(c model.Entry) [2]string { return [2]string{c.Merged, c.Shown} })
	n.Vars["count"] = strconv.Itoa(len(areas))
	for i, name := range []string{"cell", "value"} {
		said := table.Each(areas, func(a [2]string) string { return a[i] })
		n.Vars[name] = strings.Join(said[:min(len(said), maxListed)], "、")
		if len(said) > maxListed {
			n.Vars[name] += "等"
		}
	}
}
