package intake

import (
	"slices"
	"strconv"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// mergedSlots marks single inputs of a sheet that somebody merged into one: whose the value is, nobody can say.
func (b *binder) mergedSlots(layout *templates.SheetLayout) {
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
	area := func(i int) *merged { return sheet.mergedAt(b.out.Entries[i].Row, b.out.Entries[i].Col) }
	for _, same := range table.Grouped(under, area) {
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

// reportHidden says of each sheet which filled inputs are hidden: they are read like all others.
func (b *binder) reportHidden() {
	hidden := table.Where(slices.Values(b.out.Entries), func(e model.Entry) bool {
		return e.Filled && e.Hidden && !b.d.Field(e.Field).Locked
	})
	for _, same := range table.Grouped(hidden, func(e model.Entry) string { return e.Place.Sheet }) {
		places := table.Each(same, func(e model.Entry) model.Place { return e.Place })
		n := b.note(CodeHidden, model.Ranges(places), places...)
		n.Fields = table.Unique(same, func(e model.Entry) string { return e.Field })
		n.Vars["count"] = strconv.Itoa(len(places))
	}
}
