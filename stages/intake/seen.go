package intake

import (
	"slices"
	"strconv"

	"lianheti/stages/model"
	"lianheti/templates"
)

// Here stands what the look of a sheet says beside its values: cells merged over several inputs, and what is hidden.

// mergedSlots marks the inputs of a sheet's single values that somebody merged into one: whose of them the value is,
// nobody can say.
func (b *binder) mergedSlots(layout *templates.SheetLayout) {
	sheet := b.sheets[layout]
	if sheet == nil || len(sheet.merges) == 0 {
		return
	}
	of := map[*merged][]int{}
	var order []*merged
	for i, e := range b.out.Entries {
		if e.Record != 0 || e.Place.Sheet != sheet.Title || e.Row == 0 {
			continue
		}
		if m := sheet.mergedAt(e.Row, e.Col); m != nil {
			if of[m] == nil {
				order = append(order, m)
			}
			of[m] = append(of[m], i)
		}
	}
	for _, m := range order {
		if first := b.out.Entries[of[m][0]]; len(of[m]) == 1 && first.Row == m.row && first.Col == m.col {
			continue // the template's own
		}
		shown := sheet.At(m.row, m.col).Shown
		n := model.Finding{Code: CodeMerged, Raw: shown,
			Vars: map[string]string{"cell": m.ref, "sheet": sheet.Title, "value": shown}}
		for _, i := range of[m] {
			e := &b.out.Entries[i]
			e.Merged = m.ref
			n.Places, n.Fields = append(n.Places, e.Place), append(n.Fields, e.Field)
		}
		b.out.Notes = append(b.out.Notes, n)
	}
}

// listColumn is a column of a list where it stands in this workbook.
type listColumn struct {
	field *templates.Field
	col   int
}

// mergedRows gives the entries of a list that lie under a merged area. Where it goes down one column of texts it names
// a group, and its value is each row's; otherwise whose the value is nobody can say. Rows without anything of their own
// are left alone.
func (b *binder) mergedRows(sheet *Sheet, columns []listColumn, header int, entries []model.Entry) []model.Entry {
	var more []model.Entry
	filled := map[int]bool{}
	at := map[[2]int]int{}
	for i, e := range entries {
		filled[e.Row], at[[2]int{e.Row, e.Col}] = true, i
	}
	notes := map[string]*model.Finding{}
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
		code := CodeMerged
		if group {
			code = CodeMergedGroup
		}
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
				b.mergedNote(notes, code, m.ref, value, c.field.ID, model.CellName(row, c.col))
			}
		}
	}
	for _, code := range []string{CodeMerged, CodeMergedGroup} {
		if n := notes[code]; n != nil {
			b.out.Notes = append(b.out.Notes, *n)
		}
	}
	return more
}

// mergedNote adds a cell to the note about the merged areas of a list: they have one cause, and are told together.
func (b *binder) mergedNote(notes map[string]*model.Finding, code, area string, value model.Cell, field, cell string) {
	n := notes[code]
	if n == nil {
		n = &model.Finding{Code: code, Raw: value.Shown,
			Vars: map[string]string{"sheet": value.Place.Sheet, "cell": area, "value": value.Shown, "count": "0"}}
		notes[code] = n
	}
	if !slices.Contains(n.Fields, field) {
		n.Fields = append(n.Fields, field)
	}
	if last, count := n.Vars["last"], n.Vars["count"]; last != area {
		areas, _ := strconv.Atoi(count)
		n.Vars["last"], n.Vars["count"] = area, strconv.Itoa(areas+1)
		if areas > 0 && areas < toldSingly {
			n.Vars["cell"] += "、" + area
			n.Vars["value"] += "、" + value.Shown
		} else if areas == toldSingly {
			n.Vars["cell"] += "等"
			n.Vars["value"] += "等"
		}
	}
	n.Places = append(n.Places, model.Place{File: b.out.File.Path, Sheet: value.Place.Sheet, Cell: cell})
}

// tellHidden says of each sheet which filled inputs nobody sees who opens it: they are read like all others.
func (b *binder) tellHidden() {
	at := map[string]int{}
	for _, e := range b.out.Entries {
		if !e.Filled || !e.Hidden || b.d.Field(e.Field).Locked {
			continue
		}
		i, told := at[e.Place.Sheet]
		if !told {
			i = len(b.out.Notes)
			at[e.Place.Sheet] = i
			b.note(CodeHidden, e.Place, "")
			b.out.Notes[i].Places = nil
		}
		n := &b.out.Notes[i]
		if n.Places = append(n.Places, e.Place); !slices.Contains(n.Fields, e.Field) {
			n.Fields = append(n.Fields, e.Field)
		}
		n.Vars["count"], n.Vars["detail"] = strconv.Itoa(len(n.Places)), model.Ranges(n.Places)
	}
}
